/**
 * How a running measurement does beside the incumbent at the same step, from the curve it writes as it goes. Shown,
 * never believed.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LabState, measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { type Curve, parseCurve, sameStepText } from '../view/pictures/curve.ts';

/** A curve above this is left alone while it runs: reading it again and again would cost the night time. */
const MOST_BYTES = 2_000_000;

/** The incumbent's curve changes with the incumbent only. */
let kept: { readonly blob: string; readonly curve: Curve | undefined } | undefined;

/** `loss 3.412, incumbent 3.398 at step 120`; undefined where one of the two wrote no curve. */
export function sameStep(lab: string, work: string, state: LabState, m: number): string | undefined {
  const file = path.join(work, `m${m}`, 'out', 'curve.csv');
  const mine = parseCurve(readOwn(file) ?? '');
  return mine && sameStepText(mine, incumbentCurve(lab, state));
}

/**
 * The candidate owns this folder: what lies there may be a link to elsewhere or a pipe that never ends. Neither is
 * followed.
 */
function readOwn(file: string): string | undefined {
  let fd: number;
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fs.fstatSync(fd);
    return stat.isFile() && stat.size <= MOST_BYTES ? fs.readFileSync(fd, 'utf8') : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function incumbentCurve(lab: string, state: LabState): Curve | undefined {
  const done = measurementsOf(state, state.incumbent).findLast((m) => m.state === 'finished' && m.conditions.curve);
  const blob = done?.state === 'finished' ? done.conditions.curve : undefined;
  if (blob === undefined) return undefined;
  if (kept?.blob !== blob) kept = { blob, curve: parseCurve(readBlobText(lab, blob) ?? '') };
  return kept.curve;
}

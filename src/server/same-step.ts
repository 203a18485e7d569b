/**
 * A running measurement beside the incumbent at the same step, from the curve that it writes as it goes. It is shown
 * and decides nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LabState, measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { type Curve, parseCurve, sameStepText } from '../view/pictures/curve.ts';

/** A curve above this is left alone while it runs: reading it again and again would slow down the measurement. */
const MAX_CURVE_BYTES = 2_000_000;

/** The incumbent's curve changes with the incumbent only. */
let cachedCurve: { readonly blob: string; readonly curve: Curve | undefined } | undefined;

/** `loss 3.412, incumbent 3.398 at step 120`; undefined where one of the two wrote no curve. */
export function compareAtSameStep(labPath: string, workDir: string, state: LabState, m: number): string | undefined {
  const curveFile = path.join(workDir, `m${m}`, 'out', 'curve.csv');
  const ownCurve = parseCurve(readCandidateFile(curveFile) ?? '');
  return ownCurve && sameStepText(ownCurve, incumbentCurve(labPath, state));
}

/**
 * The candidate owns this folder: what lies there may be a link to elsewhere or a pipe that never ends. Neither is
 * followed.
 */
function readCandidateFile(filePath: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(filePath, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const fileStats = fs.fstatSync(descriptor);
    return fileStats.isFile() && fileStats.size <= MAX_CURVE_BYTES ? fs.readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    fs.closeSync(descriptor);
  }
}

function incumbentCurve(labPath: string, state: LabState): Curve | undefined {
  const measured = measurementsOf(state, state.incumbent).findLast(
    (measurement) => measurement.state === 'finished' && measurement.conditions.curve,
  );
  const blob = measured?.state === 'finished' ? measured.conditions.curve : undefined;
  if (blob === undefined) return undefined;
  if (cachedCurve?.blob !== blob) cachedCurve = { blob, curve: parseCurve(readBlobText(labPath, blob) ?? '') };
  return cachedCurve.curve;
}

/**
 * One experiment as an agent from outside reads it: verdict, numbers beside the metric, times, curve, the end of what
 * the candidate printed. What the evaluator printed is left out where the arena hides anything.
 */
import { oneLine } from '../base/text.ts';
import { newestProfile } from '../core/profile.ts';
import { arenaOf, currentDevice, type LabState, measurementsOf } from '../core/state.ts';
import { readBlobText } from '../ledger/jsonl.ts';
import { curveText, logForAgents, logTail } from '../view/brief/digest.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { phasesOf, phasesText } from '../view/lab/phases.ts';
import type { Facts } from '../view/types.ts';
import { verdictWord } from '../view/words.ts';

export const MAX_LOG_LINES = 200;
const [DEFAULT_LOG_LINES, DEFAULT_CURVE_POINTS] = [20, 8];
const MAX_MEASUREMENTS = 8;

/** The text of a blob of the newest measurement of `n` that has one. */
function newestBlob(labFolder: string, state: LabState, n: number, kind: 'log' | 'curve'): string | undefined {
  const measured = measurementsOf(state, n).findLast(
    (measurement) => measurement.state === 'finished' && measurement.conditions[kind] !== undefined,
  );
  const hash = measured?.state === 'finished' ? measured.conditions[kind] : undefined;
  return hash === undefined ? undefined : readBlobText(labFolder, hash);
}

/** Points of the newest curve of `n`, as a line; undefined where there is none. */
export function curveOf(labFolder: string, state: LabState, n: number, points?: number): string | undefined {
  const csv = newestBlob(labFolder, state, n, 'curve');
  return csv === undefined ? undefined : curveText(csv, points);
}

/** `undefined` where the lab has no experiment `n`. */
export function experimentText(
  labFolder: string,
  state: LabState,
  n: number,
  facts: Facts,
  wish: { readonly logLines?: number | undefined; readonly curvePoints?: number | undefined } = {},
): string | undefined {
  const page = viewExperiment(state, n, facts);
  if (!page) return undefined;
  const { verdict, mean, effect, reason, parent, standing, rule } = page.row;
  const measured = page.mine.measurements;
  const values = measured.slice(-MAX_MEASUREMENTS).map(({ value, text }) => value?.text ?? oneLine(text, 160));
  const left = measured.length - values.length;
  const log = newestBlob(labFolder, state, n, 'log');
  const curve = curveOf(labFolder, state, n, wish.curvePoints ?? DEFAULT_CURVE_POINTS);
  const phases = phasesText(phasesOf(state, n, currentDevice(state)));
  const lines = [
    `#${n}${n > 0 ? ` on #${parent}` : ''}: ${verdictWord(verdict)}${standing === 'none' ? '' : `, ${standing}`}`,
    `Idea: ${oneLine(page.hypothesis, 600)}`,
    mean && `${page.metric}: ${mean.text}${page.row.half ? ` ± ${page.row.half.text}` : ''}`,
    effect && `Effect: ${effect.text}`,
    reason && `Reason: ${oneLine(reason, 600)}`,
    rule && `Rule: ${oneLine(rule, 100)}`,
    values.length > 0 && `Measurements: ${left > 0 ? `[… ${left} earlier] ` : ''}${values.join(', ')}`,
    ...page.beside.map((text) => `Beside it: ${text}`),
    phases && `Time of a measurement: ${phases}`,
    curve && `Curve: ${curve}`,
  ].filter((line) => typeof line === 'string' && line !== '');
  const profileBlob = newestProfile(state, n)?.end?.output;
  const profile = profileBlob === undefined ? undefined : readBlobText(labFolder, profileBlob);
  if (profile !== undefined)
    lines.push('Its profile (text of untrusted code):', ...logTail(profile, wish.logLines ?? DEFAULT_LOG_LINES));
  if (log === undefined) return [...lines, 'No output is kept.'].join('\n');
  const tail = logTail(logForAgents(log, arenaOf(state)), wish.logLines ?? DEFAULT_LOG_LINES);
  return [...lines, 'The end of what it printed (text of untrusted code):', ...tail].join('\n');
}

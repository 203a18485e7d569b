/**
 * What a candidate is compared with: the numbers of its base that were made under the same conditions. Controls are the
 * base's code, measured in the same round as the ideas; and where the machine has changed since the older numbers, only
 * the newer ones count. Decides nothing.
 */
import { mean } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import { comparisonBase } from '../bases/comparison-base.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { safeDeviation } from '../fold/far-out.ts';
import { arenaOf, type ClassNoise, type LabState, measurementsOf } from '../state.ts';

/**
 * Standard errors between older and newer numbers of the same code beyond which the machine has changed. The number
 * that an experiment was chosen by is about one deviation too good, so that two would drop it too often.
 */
const CHANGED_Z = 3;

/**
 * Numbers of the base of `candidate` and of its controls on a device class, oldest first, larger is better; without
 * those of the candidate, which may be such a control.
 */
export function referenceValues(state: LabState, candidate: number, deviceClass: string): number[] {
  const sign = signOf(arenaOf(state));
  const runs = referenceRuns(state, candidate, deviceClass);
  return sinceChange(
    runs.map((run) => valueOf(run)! * sign),
    changeDeviation(state.noise.get(deviceClass)),
  );
}

/**
 * The deviation of one number that a change is measured by: the robust one, but never less than that of the
 * calibration. Code whose repeats agree exactly makes the robust one small, and says nothing of the incumbent's.
 */
const changeDeviation = (noise: ClassNoise | undefined): number =>
  Math.max(safeDeviation(noise?.residuals), noise?.calibrated?.sigma ?? 0);

/** The measurements behind them, oldest first. */
export function referenceRuns(state: LabState, candidate: number, deviceClass: string): Measurement[] {
  const base = comparisonBase(state, candidate);
  const controls = state.controls.all.filter((n) => n !== candidate && state.experiments[n]!.idea.parent === base);
  return [base, ...controls]
    .flatMap((n) => measurementsOf(state, n))
    .filter((run) => run.deviceClass === deviceClass && !state.farOut.has(run.m) && valueOf(run) !== undefined)
    .sort((left, right) => left.m - right.m);
}

/**
 * The numbers after the clearest change of level; all of them where there is none. `deviation` is that of one number,
 * and must not contain the change: a pooled one does.
 */
export function sinceChange(values: readonly number[], deviation: number): number[] {
  let [start, clearest] = [0, CHANGED_Z];
  for (let split = 1; split < values.length; split++) {
    const [older, newer] = [values.slice(0, split), values.slice(split)];
    const z = Math.abs(mean(newer) - mean(older)) / (deviation * Math.sqrt(1 / older.length + 1 / newer.length));
    if (z > clearest) [start, clearest] = [split, z];
  }
  return values.slice(start);
}

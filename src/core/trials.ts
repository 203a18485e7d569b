/** How many tries a result was chosen from: what corrections for a search over many ideas need. */
import { type LabState, measurementsOf } from './state.ts';
import { valueOf } from './experiment.ts';

/**
 * Versions of the code, other than the baseline, that gave a number in this lab, screening runs included. The same code
 * counts once, so controls and repeats add none.
 */
export function countTrials(state: LabState): number {
  const isMeasured = (n: number): boolean => {
    const screenings = (state.screenRuns.get(n) ?? []).map((m) => state.measurements[m]!);
    return [...measurementsOf(state, n), ...screenings].some((measurement) => valueOf(measurement) !== undefined);
  };
  let trials = 0;
  for (const numbers of state.byEditable.values()) if (!numbers.includes(0) && numbers.some(isMeasured)) trials++;
  return trials;
}

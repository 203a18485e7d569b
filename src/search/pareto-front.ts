/** Several objectives: which trials no other beats in all of them. */
import type { Told } from './trial.ts';

export interface Objective {
  /** A metric told beside the value; `value` means the value itself. */
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/**
 * Trials within the limits that no other beats on every objective, best first on the first one. Trials that lack a
 * metric are left out.
 */
export function front(told: readonly Told[], objectives: readonly Objective[]): readonly Told[] {
  const scored = told
    .filter((result) => result.over <= 0)
    .map((result) => ({
      t: result,
      at: objectives.map(
        ({ metric, direction }) =>
          (direction === 'minimize' ? 1 : -1) *
          (metric === 'value' ? result.value : (result.metrics[metric] ?? Number.NaN)),
      ),
    }))
    .filter(({ at: scores }) => scores.every((score) => !Number.isNaN(score)));
  const isDominating = (left: readonly number[], right: readonly number[]): boolean =>
    left.every((score, index) => score <= right[index]!) && left.some((score, index) => score < right[index]!);
  return scored
    .filter((candidate) => !scored.some((other) => isDominating(other.at, candidate.at)))
    .sort((left, right) => left.at[0]! - right.at[0]! || left.t.trial.id - right.t.trial.id)
    .map(({ t: result }) => result);
}

/** Several objectives: the trials that no other trial beats in all of them. */
import type { Told } from './trial.ts';

export interface Objective {
  /** A metric that was told beside the value; `value` is the value itself. */
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/**
 * Trials within the limits that no other trial beats on every objective, best first by the first objective. Trials
 * without one of the metrics are left out.
 */
export function front(told: readonly Told[], objectives: readonly Objective[]): readonly Told[] {
  const scored = told
    .filter((result) => result.over <= 0)
    .map((result) => ({
      result,
      scores: objectives.map(
        ({ metric, direction }) =>
          (direction === 'minimize' ? 1 : -1) *
          (metric === 'value' ? result.value : (result.metrics[metric] ?? Number.NaN)),
      ),
    }))
    .filter(({ scores }) => scores.every((score) => !Number.isNaN(score)));
  const isDominating = (left: readonly number[], right: readonly number[]): boolean =>
    left.every((score, index) => score <= right[index]!) && left.some((score, index) => score < right[index]!);
  return scored
    .filter((candidate) => !scored.some((other) => isDominating(other.scores, candidate.scores)))
    .sort((left, right) => left.scores[0]! - right.scores[0]! || left.result.trial.id - right.result.trial.id)
    .map(({ result }) => result);
}

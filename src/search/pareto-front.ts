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
    .filter((t) => t.over <= 0)
    .map((t) => ({
      t,
      at: objectives.map(
        ({ metric, direction }) =>
          (direction === 'minimize' ? 1 : -1) * (metric === 'value' ? t.value : (t.metrics[metric] ?? Number.NaN)),
      ),
    }))
    .filter(({ at }) => at.every((v) => !Number.isNaN(v)));
  const dominates = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((v, i) => v <= b[i]!) && a.some((v, i) => v < b[i]!);
  return scored
    .filter((one) => !scored.some((other) => dominates(other.at, one.at)))
    .sort((a, b) => a.at[0]! - b.at[0]! || a.t.trial.id - b.t.trial.id)
    .map(({ t }) => t);
}

/** Several objectives, and short runs that stand for long ones: what is not dominated, and whether a short run ranks like a long one. */
import type { Told } from './trial.ts';

export interface Objective {
  /** A metric told beside the value; `value` means the value itself. */
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/** Trials within the limits that no other beats on every objective, best first on the first one. Trials that lack a metric are left out. */
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

export interface Agreement {
  /** Kendall's τ-a of short against long results, −1 to 1. */
  readonly tau: number;
  readonly pairs: number;
  /** Set when short runs should not be used to drop candidates. */
  readonly warning?: string;
}

/** Below this a short run drops too many good candidates; with fewer pairs nothing can be said. */
const TAU = 0.5;
const PAIRS = 6;

/** Do short runs rank configurations as long ones do? Both lists in the same order, smaller is better in both. */
export function agreement(short: readonly number[], long: readonly number[]): Agreement {
  const n = Math.min(short.length, long.length);
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) sum += Math.sign(short[i]! - short[j]!) * Math.sign(long[i]! - long[j]!);
  const tau = n < 2 ? 0 : sum / ((n * (n - 1)) / 2);
  if (n < PAIRS)
    return {
      tau,
      pairs: n,
      warning: `only ${n} configurations were run short and long: use short runs to find crashes, not to rank`,
    };
  if (tau < TAU)
    return {
      tau,
      pairs: n,
      warning: `short runs do not rank long ones (τ = ${tau.toFixed(2)} over ${n} configurations): use them only to find crashes and divergence`,
    };
  return { tau, pairs: n };
}

/** Successive halving's next rung (Jamieson & Talwalkar 2016): indices of the best 1/eta of the losses, at least one; failures (undefined) drop out. */
export function promote(losses: readonly (number | undefined)[], eta = 3): readonly number[] {
  const alive = losses
    .flatMap((loss, i) => (loss === undefined ? [] : [{ loss, i }]))
    .sort((a, b) => a.loss - b.loss || a.i - b.i);
  return alive
    .slice(0, Math.max(1, Math.floor(alive.length / eta)))
    .map(({ i }) => i)
    .sort((a, b) => a - b);
}

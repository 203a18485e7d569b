/**
 * Ranks: whether short runs order candidates as long ones do, which of them go on, and what no other beats. Numbers
 * only.
 */

export interface Agreement {
  /** Kendall's τ-a of short against long results, −1 to 1. */
  readonly tau: number;
  readonly pairs: number;
  /** 95 % interval of τ (Fieller, Hartley & Pearson 1957); −1 to 1 where there are too few pairs for one. */
  readonly interval: readonly [number, number];
  /** Set when short runs should not be used to drop candidates. */
  readonly warning?: string;
}

/** Below this a short run drops too many good candidates; with fewer pairs nothing can be said. */
export const RANKS_AT = 0.5;
export const FEWEST_RANKED = 6;

/** Do short runs rank configurations as long ones do? Both lists in the same order, smaller is better in both. */
export function agreement(short: readonly number[], long: readonly number[]): Agreement {
  const n = Math.min(short.length, long.length);
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) sum += Math.sign(short[i]! - short[j]!) * Math.sign(long[i]! - long[j]!);
  const tau = n < 2 ? 0 : sum / ((n * (n - 1)) / 2);
  const found = { tau, pairs: n, interval: tauInterval(tau, n) };
  if (n < FEWEST_RANKED)
    return {
      ...found,
      warning: `only ${n} configurations were run short and long: use short runs to find crashes, not to rank`,
    };
  if (tau < RANKS_AT)
    return {
      ...found,
      warning: `short runs do not rank long ones (τ = ${tau.toFixed(2)} over ${n} configurations): use them only to find crashes and divergence`,
    };
  return found;
}

/** Fisher's transformation with the variance of Kendall's τ, 0.437 / (n − 4). */
function tauInterval(tau: number, n: number): readonly [number, number] {
  if (n <= 4) return [-1, 1];
  const half = 1.96 * Math.sqrt(0.437 / (n - 4));
  const end = (sign: 1 | -1): number =>
    Math.abs(tau) === 1 && Math.sign(tau) === sign
      ? tau
      : Math.tanh(Math.atanh(Math.max(-0.99, Math.min(0.99, tau))) + sign * half);
  return [end(-1), end(1)];
}

/**
 * Successive halving's next rung (Jamieson & Talwalkar 2016): indices of the best 1/eta of the losses, at least one;
 * failures (undefined) drop out.
 */
export function promote(losses: readonly (number | undefined)[], eta = 3): readonly number[] {
  const alive = losses
    .flatMap((loss, i) => (loss === undefined ? [] : [{ loss, i }]))
    .sort((a, b) => a.loss - b.loss || a.i - b.i);
  return alive
    .slice(0, Math.max(1, Math.floor(alive.length / eta)))
    .map(({ i }) => i)
    .sort((a, b) => a - b);
}

/** Those that no other beats, larger being better in every place; best in the first place first. */
export function nonDominated<P extends { readonly at: readonly number[] }>(points: readonly P[]): P[] {
  const beats = (p: readonly number[], q: readonly number[]): boolean =>
    p.every((v, k) => v >= q[k]!) && p.some((v, k) => v > q[k]!);
  // What came before is no worse in the first place, so only it can beat a point; points that are equal there are
  // compared both ways.
  const front: P[] = [];
  for (const p of [...points].sort((a, b) => b.at[0]! - a.at[0]!)) {
    if (front.some((q) => beats(q.at, p.at))) continue;
    for (let i = front.length - 1; i >= 0 && front[i]!.at[0] === p.at[0]; i--)
      if (beats(p.at, front[i]!.at)) front.splice(i, 1);
    front.push(p);
  }
  return front;
}

/** Ranks: whether short runs order candidates as long ones do, which go on, and which no other beats. */

export interface Agreement {
  /** Kendall's τ-a of short against long results, −1 to 1. */
  readonly tau: number;
  /** Candidates that were run both ways. */
  readonly pairs: number;
  /** 95 % interval of τ (Fieller, Hartley & Pearson 1957); −1 to 1 where there are too few pairs for one. */
  readonly interval: readonly [number, number];
  /** Set when short runs should not be used to drop candidates. */
  readonly warning?: string;
}

/** Below this τ a short run drops too many good candidates. */
export const MIN_RANKING_TAU = 0.5;
/** With fewer pairs nothing can be said. */
export const MIN_RANKED_PAIRS = 6;

/** Do short runs rank configurations as long ones do? Both lists in the same order, smaller is better in both. */
export function agreement(shortLosses: readonly number[], longLosses: readonly number[]): Agreement {
  const pairCount = Math.min(shortLosses.length, longLosses.length);
  let concordance = 0;
  for (let i = 0; i < pairCount; i++)
    for (let earlier = 0; earlier < i; earlier++)
      concordance +=
        Math.sign(shortLosses[i]! - shortLosses[earlier]!) * Math.sign(longLosses[i]! - longLosses[earlier]!);
  const tau = pairCount < 2 ? 0 : concordance / ((pairCount * (pairCount - 1)) / 2);
  const result = { tau, pairs: pairCount, interval: tauInterval(tau, pairCount) };
  if (pairCount < MIN_RANKED_PAIRS)
    return {
      ...result,
      warning: `only ${pairCount} configurations were run short and long: use short runs to find crashes, not to rank`,
    };
  if (tau < MIN_RANKING_TAU)
    return {
      ...result,
      warning: `short runs do not rank long ones (τ = ${tau.toFixed(2)} over ${pairCount} configurations): use them only to find crashes and divergence`,
    };
  return result;
}

/** Fisher's transformation with the variance of Kendall's τ, 0.437 / (n − 4). */
function tauInterval(tau: number, pairCount: number): readonly [number, number] {
  if (pairCount <= 4) return [-1, 1];
  const halfWidth = 1.96 * Math.sqrt(0.437 / (pairCount - 4));
  const boundAt = (sign: 1 | -1): number =>
    Math.abs(tau) === 1 && Math.sign(tau) === sign
      ? tau
      : Math.tanh(Math.atanh(Math.max(-0.99, Math.min(0.99, tau))) + sign * halfWidth);
  return [boundAt(-1), boundAt(1)];
}

/**
 * Successive halving (Jamieson & Talwalkar 2016): indices of the best 1 / `reduction` of the losses, at least one.
 * Failures (undefined) drop out.
 */
export function promote(losses: readonly (number | undefined)[], reduction = 3): readonly number[] {
  const survivors = losses
    .flatMap((loss, i) => (loss === undefined ? [] : [{ loss, i }]))
    .sort((left, right) => left.loss - right.loss);
  return survivors
    .slice(0, Math.max(1, Math.floor(survivors.length / reduction)))
    .map(({ i }) => i)
    .sort((left, right) => left - right);
}

/** The points that no other dominates, larger is better in every place; the best in the first place first. */
export function nonDominated<P extends { readonly at: readonly number[] }>(points: readonly P[]): P[] {
  const dominatesPoint = (candidate: readonly number[], rival: readonly number[]): boolean =>
    candidate.every((value, place) => value >= rival[place]!) &&
    candidate.some((value, place) => value > rival[place]!);
  // Points are sorted by the first place, so only an earlier one can dominate a later one; equal ones there are
  // compared both ways.
  const front: P[] = [];
  for (const point of [...points].sort((left, right) => right.at[0]! - left.at[0]!)) {
    if (front.some((member) => dominatesPoint(member.at, point.at))) continue;
    for (let i = front.length - 1; i >= 0 && front[i]!.at[0] === point.at[0]; i--)
      if (dominatesPoint(point.at, front[i]!.at)) front.splice(i, 1);
    front.push(point);
  }
  return front;
}

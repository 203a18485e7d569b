/**
 * The marginal pool: ideas that were neither better nor clearly worse. Several that do not touch each other are tried together as one, measured more
 * often than a single idea, and kept or dissolved; each gets one such chance, and a second when the incumbent has moved far since. Pure.
 */
import { arenaOf, type LabState, lineage, rulesOf } from './state.ts';

/** Probability of being better below which a near miss is a miss. */
const NEAR = 0.35;
/** Keeps since a near miss was bundled after which it may be tried again: the incumbent is another one by then. */
const FAR_KEEPS = 8;
/** Measurements of a bundle before it is kept or dissolved. */
export const BUNDLE_REPLICATES = 3;

/** The near misses to try together next, the likeliest first; undefined while there are not enough of them, or where bundling is off. */
export function nextBundle(state: LabState): readonly number[] | undefined {
  const size = arenaOf(state).decide.bundle ?? 0;
  if (size < 2 || rulesOf(state) === 1) return undefined;
  const keeps = lineage(state, state.incumbent);
  const isFar = (n: number): boolean => keeps.filter((k) => k > state.bundled.get(n)!).length >= FAR_KEEPS;
  const pool: { readonly n: number; readonly p: number }[] = [];
  for (const n of state.marginal) {
    const x = state.experiments[n]!;
    const p = (x.state === 'decided' && x.decision.probability) || 0;
    if (p >= NEAR && !state.steering.vetoed.has(n) && (!state.bundled.has(n) || isFar(n))) pool.push({ n, p });
  }
  if (pool.length < size) return undefined;
  return pool
    .sort((a, b) => b.p - a.p)
    .slice(0, size)
    .map(({ n }) => n);
}

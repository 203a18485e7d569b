/** Near misses: ideas that were neither better nor clearly worse, and when several are tried together as one idea. */
import { arenaOf, isRuledOut, type LabState, lineage } from '../state.ts';

/** Probability of being better below which an idea is no near miss. */
const MIN_NEAR_MISS_PROBABILITY = 0.35;
/** Kept steps since a near miss was bundled after which it may be tried again: the incumbent is another one by then. */
const MIN_KEEPS_BETWEEN_TRIES = 8;

/**
 * The near misses to try together next, the likeliest first; undefined while there are not enough of them, or where the
 * manifest asks for no bundles.
 */
export function nextBundle(state: LabState): readonly number[] | undefined {
  const size = arenaOf(state).decide.bundle;
  if (size < 2) return undefined;
  const candidates = nearMisses(state);
  return candidates.length < size ? undefined : candidates.slice(0, size);
}

/** Near misses that may be tried now, the likeliest first. */
export function nearMisses(state: LabState): number[] {
  const keptLine = lineage(state, state.incumbent);
  const mayTryAgain = (n: number): boolean =>
    keptLine.filter((kept) => kept > state.bundled.get(n)!).length >= MIN_KEEPS_BETWEEN_TRIES;
  const candidates: { readonly n: number; readonly probability: number }[] = [];
  for (const n of state.marginal) {
    const experiment = state.experiments[n]!;
    const probability = (experiment.state === 'decided' && experiment.decision.probability) || 0;
    if (
      probability >= MIN_NEAR_MISS_PROBABILITY &&
      !keptLine.includes(n) &&
      !isRuledOut(state, n) &&
      (!state.bundled.has(n) || mayTryAgain(n))
    )
      candidates.push({ n, probability });
  }
  return candidates.sort((left, right) => right.probability - left.probability).map(({ n }) => n);
}

/**
 * The holdout: an evaluator on a split that nobody who proposes ever sees, asked only about the baseline and confirmed
 * champions, and only so often. Pure. Fails closed: where it gave no number, that is said instead of one.
 */
import { signOf } from '../rules/judge.ts';
import type { Outcome } from '../event.ts';
import type { Step } from './plan.ts';
import { arenaOf, type LabState } from '../state.ts';

/** Times that it was asked, answers that failed or were lost included. */
export const holdoutReads = (state: LabState): number =>
  state.measurements.filter((m) => m.purpose === 'holdout').length;

/** A look that is still missing, for the first of `wanted` that has none, while the budget lasts. */
export function holdoutStep(state: LabState, wanted: readonly number[], seed: number): Step | undefined {
  const { holdout } = arenaOf(state);
  if (!holdout || state.running.size > 0) return undefined;
  const n = wanted.find((k) => !state.held.has(k));
  if (n === undefined || holdoutReads(state) >= holdout.reads) return undefined;
  return { do: 'measure', n, purpose: 'holdout', seed };
}

/** Improvement of `n` over the baseline on the holdout, positive = better; or why it is not known. */
export function heldEffect(state: LabState, n: number): { readonly effect: number } | { readonly problem: string } {
  const [mine, theirs] = [n, 0].map((k) => state.held.get(k)?.at(-1));
  const said = (outcome: Outcome | undefined, k: number): string | undefined => {
    if (outcome?.kind === 'measured') return undefined;
    const who = k === 0 ? 'the baseline' : `#${k}`;
    return outcome ? `it gave no number for ${who}: ${outcome.message}` : `it was not asked about ${who}`;
  };
  const problem = said(mine, n) ?? said(theirs, 0);
  if (problem || mine?.kind !== 'measured' || theirs?.kind !== 'measured') return { problem: problem ?? '' };
  return { effect: (mine.value - theirs.value) * signOf(arenaOf(state)) };
}

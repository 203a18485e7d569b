/**
 * The holdout: a second evaluator on a data split that is hidden from proposers. It is asked about the baseline and
 * confirmed champions alone, a limited number of times. Where it gave no number, the reason stands in its place.
 */
import { signOf } from '../arena.ts';
import type { Outcome } from '../outcome.ts';
import type { Step } from './step.ts';
import { arenaOf, type LabState } from '../state.ts';

/** Times that it was asked; answers that failed or were lost count. */
export const holdoutReads = (state: LabState): number =>
  state.measurements.filter((measurement) => measurement.purpose === 'holdout').length;

/** The next question: about the first of `candidates` that it was not asked about, while `holdout.reads` lasts. */
export function holdoutStep(state: LabState, candidates: readonly number[], seed: number): Step | undefined {
  const { holdout } = arenaOf(state);
  if (!holdout || state.running.size > 0) return undefined;
  const n = candidates.find((candidate) => !state.holdoutOutcomes.has(candidate));
  if (n === undefined || holdoutReads(state) >= holdout.reads) return undefined;
  return { do: 'measure', n, purpose: 'holdout', seed };
}

/** Improvement of `n` over the baseline on the holdout, positive = better; or why it is not known. */
export function holdoutEffect(state: LabState, n: number): { readonly effect: number } | { readonly problem: string } {
  const [ownOutcome, baselineOutcome] = [n, 0].map((side) => state.holdoutOutcomes.get(side)?.at(-1));
  const missingReason = (outcome: Outcome | undefined, side: number): string | undefined => {
    if (outcome?.kind === 'measured') return undefined;
    const sideName = side === 0 ? 'the baseline' : `#${side}`;
    return outcome ? `it gave no number for ${sideName}: ${outcome.message}` : `it was not asked about ${sideName}`;
  };
  const problem = missingReason(ownOutcome, n) ?? missingReason(baselineOutcome, 0);
  if (ownOutcome?.kind !== 'measured' || baselineOutcome?.kind !== 'measured') return { problem: problem! };
  return { effect: (ownOutcome.value - baselineOutcome.value) * signOf(arenaOf(state)) };
}

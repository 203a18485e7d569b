/**
 * The rule `margin` and the rule `greedy`: a comparison becomes a result. A recorded name (`margin/4`, `greedy/2`)
 * never changes its answers; a better rule gets a new name. Knows nothing about ledgers, experiments or directions:
 * positive is better.
 */
import type { Comparison } from '../../base/stats.ts';

export interface RuleResult {
  /** `again`: the rule asks for another measurement. */
  readonly verdict: 'kept' | 'discarded' | 'inconclusive' | 'again';
  readonly reason: string;
}

/** Beyond this many standard errors a difference is clear. */
export const CLEAR_Z = 2;
/** Standard errors that one step of the margin is worth before any idea failed against the incumbent. */
export const MARGIN_STEP = 0.2;
/** Shrinkage of a number that an experiment was chosen by, in standard errors, while no idea has failed against it. */
const FIRST_SHRINKAGE = 0.6;
/** Further shrinkage for each idea that failed against it. From simulated nights of known truth (bench/decide.ts). */
const SHRINKAGE_PER_FAILURE = 0.05;
/** Most further shrinkage. More wins little, and loses half of the gain where only 5 % of the ideas help. */
const MAX_ADDED_SHRINKAGE = 0.7;

/** greedy/2: what a plain loop does. It takes chance for improvement; for comparison only. */
export function greedyRule(comparison: Comparison): RuleResult {
  return comparison.difference > 0
    ? { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, noise ignored` }
    : { verdict: 'discarded', reason: `not better (${formatSignificant(comparison.difference)}), noise ignored` };
}

/**
 * By how many standard errors the mean of a chosen experiment is expected to be too good (winner's curse), when
 * `failedIdeas` ideas failed against it. The more numbers the mean is made of, the less.
 */
export const shrinkageOf = (failedIdeas: number, numberCount: number): number =>
  (FIRST_SHRINKAGE + Math.min(MAX_ADDED_SHRINKAGE, SHRINKAGE_PER_FAILURE * failedIdeas)) *
  Math.sqrt(2 / (1 + numberCount));

/**
 * margin/4: one measurement decides, unless it lies far out. The margin shrinks with each idea that fails against the
 * incumbent: the incumbent was chosen by its number, so that number is too good by chance, and every failure makes that
 * likelier. In the end an idea that measures a little worse than the incumbent's number is kept.
 */
export function marginRule(
  comparison: Comparison,
  steps: number,
  failedIdeas: number,
  againstCount: number,
): RuleResult {
  const addedShrinkage =
    comparison.se === 0 ? 0 : shrinkageOf(failedIdeas, againstCount) - shrinkageOf(0, againstCount);
  const requiredZ = steps * MARGIN_STEP - addedShrinkage;
  const evidenceText = `${describeEvidence(comparison)}, margin ${formatSignificant(requiredZ)}`;
  const isUnchanged = comparison.z === 0 && steps > 0;
  if (comparison.z > 0 && comparison.z < requiredZ)
    return {
      verdict: 'inconclusive',
      reason: `${describeEvidence(comparison)}, between nothing and the margin of ${formatSignificant(requiredZ)}`,
    };
  if (comparison.z < requiredZ || isUnchanged) return discardAsNoBetter(comparison, evidenceText);
  if (comparison.z >= 0)
    return { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` };
  const shrinkageText = `less than the luck in a number that ${failedIdeas} ideas failed against`;
  return {
    verdict: 'kept',
    reason: `worse by ${formatSignificant(-comparison.difference)}, ${shrinkageText}: ${evidenceText}`,
  };
}

export const discardAsNoBetter = (comparison: Comparison, evidenceText: string): RuleResult => ({
  verdict: 'discarded',
  reason:
    comparison.z <= -CLEAR_Z
      ? `worse by ${formatSignificant(-comparison.difference)}, ${evidenceText}`
      : `no better within noise, ${evidenceText}`,
});

export const describeEvidence = (comparison: Comparison): string =>
  `z = ${Number.isFinite(comparison.z) ? comparison.z.toFixed(2) : comparison.z > 0 ? '∞' : '−∞'} after ${comparison.n}`;

/** Four significant digits, for reasons. Views format their own numbers. */
export function formatSignificant(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

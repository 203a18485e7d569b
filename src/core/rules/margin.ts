/**
 * The rules themselves: a comparison becomes a ruling. Each has a name and a version and never changes its answers; a
 * better one is a new version beside it. Knows nothing about ledgers, experiments or directions: positive is better.
 */
import { type Comparison, mixtureRatio } from '../../base/stats.ts';

export interface RuleResult {
  readonly verdict: 'kept' | 'discarded' | 'inconclusive' | 'again';
  readonly reason: string;
}

/** Measurements of a bundle before it is kept or dissolved. */
export const BUNDLE_REPLICATES = 3;
/** Beyond this many standard errors a difference is clear. */
export const CLEAR_Z = 2;
/** Added lines above which a change must pay double (upstream's simplicity rule as arithmetic; papers: §3.5). */
export const LARGE_DIFF_LINES = 20;
/**
 * Standard errors that one step of the margin is worth in margin/2. A whole one costs a fifth of the true gain of a
 * night of 126 measurements, 0.1 next to nothing: the incumbent's own number is lucky, which is a hurdle already (`npm
 * run bench:decide`).
 */
const MARGIN_STEP = 0.1;

/** greedy/1, greedy/2: upstream's rule, luck included. For comparison only. */
export function greedyRule(comparison: Comparison): RuleResult {
  return comparison.difference > 0
    ? { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, noise ignored` }
    : { verdict: 'discarded', reason: `not better (${formatSignificant(comparison.difference)}), noise ignored` };
}

/**
 * margin/1: z-test with the noise known from repeats. Clear after one measurement beyond ±2; worse than the incumbent
 * is dropped at once; in between it is repeated up to `maxMeasurements` times, kept at the margin, else inconclusive.
 */
export function marginRule1(
  comparison: Comparison,
  measurementCount: number,
  requiredZ: number,
  maxMeasurements: number,
): RuleResult {
  const evidenceText = seenAfter(comparison, measurementCount);
  if (comparison.z >= Math.max(CLEAR_Z, requiredZ))
    return { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` };
  if (comparison.z <= 0 && !(requiredZ === 0 && comparison.z === 0)) return discardAsWorse(comparison, evidenceText);
  if (measurementCount < 2 && maxMeasurements > 1) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  if (comparison.z >= requiredZ)
    return {
      verdict: 'kept',
      reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}, margin ${requiredZ}`,
    };
  if (measurementCount < maxMeasurements) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  return { verdict: 'inconclusive', reason: `${evidenceText}, between nothing and the margin of ${requiredZ}` };
}

/** margin/2: one measurement steers. Whatever is called an improvement is measured afresh before the report says so. */
export function marginRule2(comparison: Comparison, measurementCount: number, steps: number): RuleResult {
  const requiredZ = steps * MARGIN_STEP;
  const evidenceText = seenAfter(comparison, measurementCount);
  if (comparison.z >= requiredZ && (comparison.z > 0 || steps === 0))
    return {
      verdict: 'kept',
      reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}, margin ${requiredZ}`,
    };
  if (comparison.z <= 0) return discardAsWorse(comparison, evidenceText);
  return { verdict: 'inconclusive', reason: `${evidenceText}, between nothing and the margin of ${requiredZ}` };
}

/** margin/3: standard errors that one step is worth before the incumbent's number has stood against anything. */
const FIRST_MARGIN_STEP = 0.2;
/**
 * Luck in a number that something was chosen by, in standard errors of a comparison with it: at first, more for each
 * idea that failed against it since, and at most more. Read off simulated nights of known truth (`npm run
 * bench:decide`).
 */
const [FIRST_SHRINKAGE, SHRINKAGE_PER_FAILURE, MAX_ADDED_SHRINKAGE] = [0.6, 0.05, 0.7];

/** `failedIdeas` ideas failed against a mean of `n` numbers: the more numbers, the less luck. */
export const shrinkageOf = (failedIdeas: number, numberCount: number): number =>
  (FIRST_SHRINKAGE + Math.min(MAX_ADDED_SHRINKAGE, SHRINKAGE_PER_FAILURE * failedIdeas)) *
  Math.sqrt(2 / (1 + numberCount));

/**
 * margin/3: as margin/2, with a margin that melts. The incumbent was chosen by its number, so that number is lucky, and
 * each idea that fails against it says so again: what comes a little below it may then be better than what it stands
 * for.
 */
export function marginRule3(
  comparison: Comparison,
  steps: number,
  failedIdeas: number,
  againstCount: number,
): RuleResult {
  const meltedMargin = comparison.se === 0 ? 0 : shrinkageOf(failedIdeas, againstCount) - shrinkageOf(0, againstCount);
  const requiredZ = steps * FIRST_MARGIN_STEP - meltedMargin;
  const evidenceText = `${seenAfter(comparison, comparison.n)}, margin ${formatSignificant(requiredZ)}`;
  const isUnchanged = comparison.z === 0 && steps > 0;
  if (comparison.z > 0 && comparison.z < requiredZ)
    return {
      verdict: 'inconclusive',
      reason: `${seenAfter(comparison, comparison.n)}, between nothing and the margin of ${formatSignificant(requiredZ)}`,
    };
  if (comparison.z < requiredZ || isUnchanged) return discardAsWorse(comparison, evidenceText);
  if (comparison.z >= 0)
    return { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` };
  const shrinkageText = `less than the luck in a number that ${failedIdeas} ideas failed against`;
  return {
    verdict: 'kept',
    reason: `worse by ${formatSignificant(-comparison.difference)}, ${shrinkageText}: ${evidenceText}`,
  };
}

/** Share of unchanged candidates that sequential may keep or refute by chance, whenever it stops. */
const SEQUENTIAL_ALPHA = 0.05;

/**
 * sequential/1: mixture sequential probability ratio test (Robbins 1970) on pairs, for measurements so cheap that
 * dozens can be afforded. It may look after every pair and stop as soon as the mixture of effects around one standard
 * deviation of a pair is 1/α times likelier than none.
 */
export function sequentialRule1(comparison: Comparison, maxPairs: number): RuleResult {
  const spread = comparison.se * Math.sqrt(comparison.n);
  const evidence = mixtureRatio(comparison.difference, spread, spread, comparison.n);
  const evidenceText = `evidence ${formatSignificant(evidence)} to 1 after ${comparison.n} pairs`;
  if (evidence >= 1 / SEQUENTIAL_ALPHA)
    return comparison.difference > 0
      ? { verdict: 'kept', reason: `better by ${formatSignificant(comparison.difference)}, ${evidenceText}` }
      : { verdict: 'discarded', reason: `worse by ${formatSignificant(-comparison.difference)}, ${evidenceText}` };
  if (comparison.n < maxPairs) return { verdict: 'again', reason: `in doubt: ${evidenceText}` };
  if (comparison.difference <= 0) return { verdict: 'discarded', reason: `no better within noise, ${evidenceText}` };
  return {
    verdict: 'inconclusive',
    reason: `not told apart: ${evidenceText}, ${formatSignificant(1 / SEQUENTIAL_ALPHA)} wanted`,
  };
}

const discardAsWorse = (comparison: Comparison, evidenceText: string): RuleResult => ({
  verdict: 'discarded',
  reason:
    comparison.z <= -CLEAR_Z
      ? `worse by ${formatSignificant(-comparison.difference)}, ${evidenceText}`
      : `no better within noise, ${evidenceText}`,
});

const seenAfter = (comparison: Comparison, measurementCount: number): string =>
  `z = ${Number.isFinite(comparison.z) ? comparison.z.toFixed(2) : comparison.z > 0 ? '∞' : '−∞'} after ${measurementCount}`;

/** Four significant digits, for reasons. Views format their own numbers. */
export function formatSignificant(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

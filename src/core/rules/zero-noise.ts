/**
 * What identical repeats prove. They are no proof of zero noise: a score that another run would have changed shows the
 * same number five times running often enough. Pure arithmetic on counts of repeats.
 */

/** Confidence of the bound on the chance of another value ("rule of three"). */
const BOUND_RISK = 0.05;
/**
 * Agreeing repeats in a lab from which on its metric counts as deterministic: another value then comes up in fewer than
 * one run of ten (95 % confidence).
 */
export const DETERMINISTIC_REPEATS = 29;

/** The chance, at most, that one more run shows another value, after `repeats` identical ones: 1 − 0.05^(1/repeats). */
export const chanceOfAnotherValue = (repeats: number): number => (repeats < 1 ? 1 : 1 - BOUND_RISK ** (1 / repeats));

/**
 * The chance, at most, that code which is no better gives `candidateCount` fresh numbers that are all better than each
 * of `championCount` identical numbers: the largest value of p^k · (1 − p)^n over the chance p of a better number.
 * Exact for any distribution of the numbers, and largest at p = k / (k + n).
 */
export function chanceOfLuck(candidateCount: number, championCount: number): number {
  if (candidateCount < 1 || championCount < 1) return 1;
  const total = candidateCount + championCount;
  return (candidateCount / total) ** candidateCount * (championCount / total) ** championCount;
}

export interface IdenticalTest {
  /** Better in every pair of numbers, and on enough of them for the level. */
  readonly passed: boolean;
  /** Mean of the candidate minus mean of the champion. */
  readonly difference: number;
  /** 95 % interval of the difference; of width zero only where the metric is shown to be deterministic. */
  readonly interval: readonly [number, number];
  /** 1 − the chance of luck, where the candidate is better; that chance, where it is worse; 0.5 for equal numbers. */
  readonly probability: number;
}

/**
 * The claim "the candidate is better" where no repeat of any code in the lab differed from another. Values are signed:
 * larger is better. `agreeingRepeats`: how many repeats of the lab agreed with an earlier number of the same code.
 */
export function testIdentical(
  candidateValue: number,
  championValue: number,
  counts: readonly [candidate: number, champion: number],
  level: number,
  agreeingRepeats: number,
): IdenticalTest {
  const difference = candidateValue - championValue;
  const luck = chanceOfLuck(...counts);
  const halfWidth = halfWidthOfIdentical(difference, agreeingRepeats);
  return {
    passed: difference > 0 && luck <= level,
    difference,
    interval: [difference - halfWidth, difference + halfWidth],
    probability: difference > 0 ? 1 - luck : difference < 0 ? luck : 0.5,
  };
}

/**
 * Half of the 95 % interval of a difference between identical numbers. Each side may show another value as often as the
 * repeats leave possible, and the only distance between two values that is known is the difference itself.
 */
export function halfWidthOfIdentical(difference: number, agreeingRepeats: number): number {
  if (agreeingRepeats >= DETERMINISTIC_REPEATS) return 0;
  return Math.abs(difference) * Math.min(1, Math.SQRT2 * chanceOfAnotherValue(agreeingRepeats));
}

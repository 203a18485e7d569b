/**
 * The test of a claim, confirm/4: when it looks, at which part of its level, and how sure its own noise is. Arithmetic
 * on numbers whose larger values are better; knows nothing about ledgers and experiments.
 */
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { mean, type PairKnowledge, pairVariance } from '../../base/stats.ts';

/** Fresh measurements of the candidate at which a claim looks; times `decide.replicates`. */
const LOOKS = [2, 4, 6] as const;
/**
 * Part of the level that each look may use. Together they use no more than the whole: 5, 25 and 70 % would, if the
 * looks had nothing in common; but each holds the numbers of the one before, and 1.2 times as much uses the level up
 * (independent increments, information in proportion to the looks; unequal information has more in common).
 */
const LOOK_SHARES = [0.06, 0.3, 0.84] as const;
/** After these looks the claim is given up where the improvement is below so many standard errors. */
const FUTILE_Z = [0.5, 1, Number.NEGATIVE_INFINITY] as const;
/** Fresh measurements of the champion, in turn with the candidate's; times `decide.replicates`. */
const CHAMPION_FRESH = 3;
/** Repeats that the noise of the lab counts for in the candidate's own spread. */
const PRIOR_REPEATS = 1;
/** The same in the spread of pairs, whose difference has no other side that would steady it. */
const PRIOR_PAIRS = 2;
/** Standard errors by which the champion's fresh mean may lie above its earlier one before that no longer counts. */
const STALE_ABOVE_Z = 0.75;
/** And below it. A machine that became slower makes no claim pass; one that became faster would. */
const STALE_BELOW_Z = 2;

/** One look of a claim: how many fresh numbers of both sides it needs, and what it does with them. */
export interface Look {
  /** From 1. */
  readonly number: number;
  readonly candidates: number;
  readonly champions: number;
  /** Part of the claim's level. */
  readonly share: number;
  readonly futileBelow: number;
}

/** The looks of a claim. In pairs each fresh number of the candidate has a partner. */
export const looksOf = (replicates: number, isPaired: boolean): Look[] =>
  LOOKS.map((look, i) => ({
    number: i + 1,
    candidates: look * replicates,
    champions: (isPaired ? look : Math.min(look, CHAMPION_FRESH)) * replicates,
    share: LOOK_SHARES[i]!,
    futileBelow: FUTILE_Z[i]!,
  }));

/** Noise of one measurement, in metric units, and the degrees of freedom behind it. */
export interface KnownNoise {
  readonly sigma: number;
  readonly dof: number;
}

export interface ClaimComparison {
  /** Positive is better. */
  readonly difference: number;
  readonly se: number;
  /** Degrees of freedom of the difference. */
  readonly dof: number;
}

/** Deviations by which the spread of repeats lies above the known one where code is noisier: the known says nothing. */
const NOISIER_Z = 3;

/** A variance that is at least `known`, and the degrees of freedom behind it; of much noisier values their own. */
function ownVariance(
  values: readonly number[],
  known: number,
  priorRepeats: number,
  noisierZ = Number.POSITIVE_INFINITY,
) {
  const average = mean(values);
  const squares = values.reduce((total, value) => total + (value - average) ** 2, 0);
  const ownFreedom = values.length - 1;
  const isNoisier = ownFreedom > 0 && squares / ownFreedom > known * (1 + noisierZ * Math.sqrt(2 / ownFreedom));
  if (isNoisier && known > 0) return { variance: squares / ownFreedom, dof: ownFreedom };
  const dof = values.length - 1 + priorRepeats;
  return { variance: Math.max(known, dof > 0 ? (squares + priorRepeats * known) / dof : 0), dof };
}

/**
 * Candidate against champion. The candidate may be noisier than the code that the noise is known from, so its own
 * repeats count: its variance is never below the known one, and has few degrees of freedom (Satterthwaite).
 */
export function compareFresh(
  candidateValues: readonly number[],
  championValues: readonly number[],
  { sigma, dof }: KnownNoise,
): ClaimComparison {
  const own = ownVariance(candidateValues, sigma ** 2, Math.min(PRIOR_REPEATS, dof), NOISIER_Z);
  const ownPart = own.variance / candidateValues.length;
  const championPart = sigma ** 2 / championValues.length;
  const difference = mean(candidateValues) - mean(championValues);
  const se = Math.sqrt(ownPart + championPart);
  if (se === 0) return { difference, se, dof: Math.max(1, dof) };
  const combined = se ** 4 / (ownPart ** 2 / Math.max(1, own.dof) + championPart ** 2 / Math.max(1, dof));
  return { difference, se, dof: Math.max(1, combined) };
}

/** Pairs under common seeds: candidate minus champion. Their spread is never below what the lab knows of pairs. */
export function compareFreshPairs(differences: readonly number[], known: PairKnowledge): ClaimComparison {
  const { variance, dof } = pairVariance(known);
  const own = ownVariance(differences, variance, Math.min(PRIOR_PAIRS, dof));
  const se = Math.sqrt(own.variance / differences.length);
  return { difference: mean(differences), se, dof: Math.max(1, own.dof) };
}

export interface LookResult {
  readonly passed: boolean;
  /** Nothing more is measured for this claim, although it did not pass. */
  readonly isFutile: boolean;
  /** The improvement is above this at the look's part of the level. */
  readonly bound: number;
  /** Level of this look. */
  readonly level: number;
}

/** What a look finds: is the bound of the improvement above zero at its part of the level? */
export function takeLook({ difference, se, dof }: ClaimComparison, look: Look, claimLevel: number): LookResult {
  const level = claimLevel * look.share;
  const bound = difference - tQuantile(1 - level, dof) * se;
  const passed = bound > 0;
  return { passed, isFutile: !passed && difference < look.futileBelow * se, bound, level };
}

/** The two-sided 95 % interval of the improvement, and the probability that it is above zero. */
export function describeComparison({ difference, se, dof }: ClaimComparison) {
  const halfWidth = tQuantile(0.975, dof) * se;
  const probability = se === 0 ? (difference > 0 ? 1 : difference < 0 ? 0 : 0.5) : tCdf(difference / se, dof);
  return { interval: [difference - halfWidth, difference + halfWidth] as const, probability };
}

/**
 * Has the machine changed since the champion's earlier numbers were made? Then its fresh ones alone count. The test is
 * stricter in the direction in which the earlier numbers would help the claim.
 */
export function isStale(earlierValues: readonly number[], freshValues: readonly number[], sigma: number): boolean {
  if (freshValues.length === 0) return false;
  const rise = mean(freshValues) - mean(earlierValues);
  const se = sigma * Math.sqrt(1 / freshValues.length + 1 / earlierValues.length);
  return rise > STALE_ABOVE_Z * se || rise < -STALE_BELOW_Z * se;
}

/**
 * The statistics of a lab: noise from repeats, intervals, probabilities. Pure arithmetic on arrays of numbers.
 * Knows nothing about experiments, directions or rules.
 */
import { tCdf, tQuantile } from './distributions.ts';

/** Pairs that earlier knowledge of their spread counts for at most, beside the pairs of the comparison itself. */
const MAX_PRIOR_PAIRS = 8;
/** Degrees of freedom of earlier pairs from which on they say, instead of the noise, how far pairs lie apart. */
const MIN_PAIR_FREEDOM = 4;

/** Share of quiet, normal machines on which each of the two alarms of a calibration goes off. */
const CALIBRATION_ALARM = 0.0125;

/** How far apart repeats of the same code lie on one device class. Metric units. */
export interface Noise {
  /** Pooled standard deviation of one measurement around the mean of its commit. */
  readonly sigma: number;
  /** Degrees of freedom behind sigma: how much to trust it. */
  readonly dof: number;
  /** 1.4826 × median absolute residual: what sigma would be if the tails were normal. 0 below 3 residuals. */
  readonly robust: number;
  readonly drift: {
    /** Slope of the repeats over their order, in sigmas per repeat. */
    readonly perRepeat: number;
    /** It is more than chance: beyond the quantile at which `CALIBRATION_ALARM` of quiet machines would be. */
    readonly suspicious: boolean;
  };
  /** Mean of the repeats. */
  readonly mean: number;
  /** Repeats. */
  readonly n: number;
  /** Things a person should know: identical repeats, heavy tails, drift. */
  readonly warnings: readonly string[];
}

export function mean(values: readonly number[]): number {
  const first = values[0];
  // The sum of equal values is rounded: their mean would not be their value, and deterministic code would show noise.
  if (first !== undefined && values.every((value) => value === first)) return 0 + first; // not −0
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Unbiased sample variance; 0 for fewer than two values. */
export function varianceOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const average = mean(values);
  return values.reduce((total, value) => total + (value - average) ** 2, 0) / (values.length - 1);
}

export const standardDeviationOf = (values: readonly number[]): number => Math.sqrt(varianceOf(values));

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median absolute deviation from the median, scaled to the standard deviation of a normal. */
export function medianDeviationOf(values: readonly number[]): number {
  const middle = medianOf(values);
  return 1.4826 * medianOf(values.map((value) => Math.abs(value - middle)));
}

/** Pearson's coefficient; 0 where one side does not vary. */
export function correlationOf(firstValues: readonly number[], secondValues: readonly number[]): number {
  const [firstMean, secondMean] = [mean(firstValues), mean(secondValues)];
  const sumOver = (term: (i: number) => number): number => firstValues.reduce((total, _value, i) => total + term(i), 0);
  const spread = Math.sqrt(
    sumOver((i) => (firstValues[i]! - firstMean) ** 2) * sumOver((i) => (secondValues[i]! - secondMean) ** 2),
  );
  return spread > 0 ? sumOver((i) => (firstValues[i]! - firstMean) * (secondValues[i]! - secondMean)) / spread : 0;
}

/** Noise from repeats of one commit, in the order they were made. Needs two values. */
export function noiseOf(values: readonly number[]): Noise {
  const sigma = standardDeviationOf(values);
  const robust = values.length >= 3 ? medianDeviationOf(values) : 0;
  const drift = driftOf(values, sigma);
  const warnings: string[] = [];
  if (sigma === 0)
    warnings.push(
      'all repeats are identical: the metric is deterministic, quantised or rarely changes; a claim counts repeats instead',
    );
  else if (new Set(values).size <= values.length / 2)
    warnings.push('repeats take few distinct values: the metric is quantised, small effects cannot show');
  if (hasFarValue(values, sigma))
    warnings.push('one repeat lies far from the others: heavy tails or a disturbed machine');
  if (drift.suspicious) warnings.push('repeats drift in one direction: the machine is warming up, throttling or busy');
  return { sigma, dof: values.length - 1, robust, drift, mean: mean(values), n: values.length, warnings };
}

/** Grubbs' test: does one value lie further from the others than chance explains? Needs five. */
function hasFarValue(values: readonly number[], sigma: number): boolean {
  const count = values.length;
  if (count < 5 || sigma === 0) return false;
  const average = mean(values);
  const farthest = Math.max(...values.map((value) => Math.abs(value - average))) / sigma;
  const quantile = tQuantile(1 - CALIBRATION_ALARM / (2 * count), count - 2);
  return farthest > ((count - 1) / Math.sqrt(count)) * Math.sqrt(quantile ** 2 / (count - 2 + quantile ** 2));
}

function driftOf(values: readonly number[], sigma: number): { perRepeat: number; suspicious: boolean } {
  const count = values.length;
  if (count < 4 || sigma === 0) return { perRepeat: 0, suspicious: false };
  const middleIndex = (count - 1) / 2;
  const average = mean(values);
  const indexSquares = values.reduce((total, _value, i) => total + (i - middleIndex) ** 2, 0);
  const slope = values.reduce((total, value, i) => total + (i - middleIndex) * (value - average), 0) / indexSquares;
  const residualSquares = values.reduce(
    (total, value, i) => total + (value - average - slope * (i - middleIndex)) ** 2,
    0,
  );
  const statistic = slope / Math.sqrt(Math.max(residualSquares / (count - 2), Number.MIN_VALUE) / indexSquares);
  return {
    perRepeat: slope / sigma,
    suspicious: Math.abs(statistic) > tQuantile(1 - CALIBRATION_ALARM / 2, count - 2),
  };
}

/** Sum of squared residuals and degrees of freedom of several groups of repeats, pooled. */
export interface Pool {
  readonly ss: number;
  readonly dof: number;
}

export const emptyPool: Pool = { ss: 0, dof: 0 };

/**
 * Add one value to a group that already has `earlierValues` values. Welford's update, so that a fold can keep it in
 * constant time.
 */
export function addToPool(pool: Pool, earlierValues: readonly number[], value: number): Pool {
  if (earlierValues.length === 0) return pool;
  const meanBefore = mean(earlierValues);
  const meanAfter = meanBefore + (value - meanBefore) / (earlierValues.length + 1);
  return { ss: pool.ss + (value - meanBefore) * (value - meanAfter), dof: pool.dof + 1 };
}

/** The pool with one more group of repeats. */
export const poolWith = (pool: Pool, group: readonly number[]): Pool =>
  group.length < 2
    ? pool
    : { ss: pool.ss + varianceOf(group) * (group.length - 1), dof: pool.dof + (group.length - 1) };

/** The pool before one of its groups was added. */
export const poolWithout = (pool: Pool, group: readonly number[]): Pool =>
  group.length < 2
    ? pool
    : { ss: Math.max(0, pool.ss - varianceOf(group) * (group.length - 1)), dof: pool.dof - (group.length - 1) };

export const poolSigma = (pool: Pool): number => (pool.dof > 0 ? Math.sqrt(Math.max(0, pool.ss) / pool.dof) : 0);

export interface Comparison {
  /** Values of the first sample. */
  readonly n: number;
  /** Mean of the first sample minus mean of the second. */
  readonly difference: number;
  /** Standard error of the difference under the known noise. */
  readonly se: number;
  /** difference / se; ±Infinity with zero noise and a difference. */
  readonly z: number;
  /** Two-sided 95 % interval of the true difference (t with the noise's degrees of freedom). */
  readonly interval: readonly [number, number];
  /** Probability that the true difference is above 0, flat prior. */
  readonly probability: number;
}

/** Compare two sets of measurements whose noise is known from repeats. */
export function compareSamples(
  firstSample: readonly number[],
  secondSample: readonly number[],
  sigma: number,
  degreesOfFreedom: number,
): Comparison {
  const difference = mean(firstSample) - mean(secondSample);
  const standardError = sigma * Math.sqrt(1 / firstSample.length + 1 / secondSample.length);
  if (standardError === 0) {
    const zScore = difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
    return {
      n: firstSample.length,
      difference,
      se: standardError,
      z: zScore,
      interval: [difference, difference],
      probability: difference > 0 ? 1 : difference < 0 ? 0 : 0.5,
    };
  }
  const zScore = difference / standardError;
  const quantile = tQuantile(0.975, Math.max(1, degreesOfFreedom));
  return {
    n: firstSample.length,
    difference,
    se: standardError,
    z: zScore,
    interval: [difference - quantile * standardError, difference + quantile * standardError],
    probability: tCdf(zScore, Math.max(1, degreesOfFreedom)),
  };
}

/** What is known about the spread of pairs before the pairs of one comparison are looked at. */
export interface PairKnowledge {
  /** Noise of one measurement, in metric units: two independent measurements differ by √2 of it. */
  readonly sigma: number;
  /** Degrees of freedom behind sigma; 0 where only pairs may say how far pairs lie apart. */
  readonly dof: number;
  /** Differences within other comparisons in pairs; under common seeds they lie much closer than sigma says. */
  readonly pairs: Pool;
}

/** Variance of one difference within a pair as far as it is known before, and its degrees of freedom. */
export function pairVariance(known: PairKnowledge): { readonly variance: number; readonly dof: number } {
  return known.pairs.dof >= MIN_PAIR_FREEDOM || known.dof === 0
    ? { variance: poolSigma(known.pairs) ** 2, dof: known.pairs.dof }
    : { variance: 2 * known.sigma ** 2, dof: known.dof };
}

/**
 * Differences of pairs measured side by side under common seeds. Their own spread counts, together with what is known
 * of the spread of pairs, as if that had been seen in up to `MAX_PRIOR_PAIRS` pairs: two pairs that agree by chance are
 * not certain. What is known comes from the pairs of other comparisons; while these have fewer than `MIN_PAIR_FREEDOM`
 * degrees of freedom, from the noise of two independent measurements.
 */
export function comparePairs(differences: readonly number[], known: PairKnowledge): Comparison {
  const pairCount = differences.length;
  const { variance: heldVariance, dof: knownFreedom } = pairVariance(known);
  const heldFreedom = Math.min(knownFreedom, MAX_PRIOR_PAIRS);
  const difference = mean(differences);
  const squares =
    differences.reduce((total, value) => total + (value - difference) ** 2, 0) + heldFreedom * heldVariance;
  const freedom = pairCount - 1 + heldFreedom;
  const pooledDeviation = freedom > 0 ? Math.sqrt(squares / freedom) : 0;
  // `compareSamples` takes the noise of one measurement; a difference of two has √2 of it.
  return compareSamples(differences, new Array<number>(pairCount).fill(0), pooledDeviation / Math.SQRT2, freedom);
}

/**
 * How much likelier n values of mean `x` are under effects N(0, tau²) than under none, their standard deviation being
 * `sigma`.
 */
export function mixtureRatio(average: number, sigma: number, effectDeviation: number, count: number): number {
  if (sigma === 0) return average === 0 ? 0 : Number.POSITIVE_INFINITY;
  const totalVariance = sigma ** 2 + count * effectDeviation ** 2;
  return (
    Math.sqrt(sigma ** 2 / totalVariance) *
    Math.exp((count ** 2 * effectDeviation ** 2 * average ** 2) / (2 * sigma ** 2 * totalVariance))
  );
}

/** Normal quantiles of 97.5 and 80 %: an effect of their sum in standard errors is shown in four of five cases. */
const [SHOWN_Z, POWER_Z] = [1.96, 0.8416];

/**
 * The smallest true difference whose 95 % interval lies above 0 in four of five cases, from the interval of one
 * comparison: half its width is what must be passed, and POWER_Z standard errors more make it likely. Same units.
 */
export const resolvableEffect = ([low, high]: readonly [number, number]): number =>
  ((high - low) / 2) * (1 + POWER_Z / SHOWN_Z);

/** 95 % interval of a share (Wilson): right also for few trials and for shares near 0 and 1. */
export function wilsonInterval(successes: number, trials: number): [number, number] {
  const z = 1.96;
  const share = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const centre = (share + z ** 2 / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

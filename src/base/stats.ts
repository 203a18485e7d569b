/**
 * The statistics of a lab: noise from repeats, intervals, probabilities. Pure arithmetic on arrays of numbers.
 * Knows nothing about experiments, directions or rules.
 */
import { tCdf, tQuantile } from './distributions.ts';

/** How far apart repeats of the same code lie on one device class. Metric units. */
export interface Noise {
  /** Pooled standard deviation of one measurement around the mean of its commit. */
  readonly sigma: number;
  /** Degrees of freedom behind sigma: how much to trust it. */
  readonly dof: number;
  /** 1.4826 × median absolute residual: what sigma would be if the tails were normal. 0 below 3 residuals. */
  readonly robust: number;
  /**
   * Slope of the baseline's repeats over their order, in sigmas per repeat, and whether it is more than chance (|t| >
   * 2.5).
   */
  readonly drift: { readonly perRepeat: number; readonly suspicious: boolean };
  /** Mean of the repeats. */
  readonly mean: number;
  readonly n: number;
  /** Things a person should know: identical repeats, heavy tails, drift. */
  readonly warnings: readonly string[];
}

export const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Unbiased sample variance; 0 for fewer than two values. */
export function variance(xs: readonly number[]): number {
  if (xs.length < 2) return 0;
  const m = mean(xs);
  return xs.reduce((sum, x) => sum + (x - m) ** 2, 0) / (xs.length - 1);
}

export const sd = (xs: readonly number[]): number => Math.sqrt(variance(xs));

export function median(xs: readonly number[]): number {
  const sorted = [...xs].sort((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2;
}

/** Median absolute deviation from the median, scaled to the standard deviation of a normal. */
export function mad(xs: readonly number[]): number {
  const m = median(xs);
  return 1.4826 * median(xs.map((x) => Math.abs(x - m)));
}

/** Pearson's coefficient; 0 where one side does not vary. */
export function correlation(xs: readonly number[], ys: readonly number[]): number {
  const [mx, my] = [mean(xs), mean(ys)];
  const sum = (f: (i: number) => number): number => xs.reduce((total, _, i) => total + f(i), 0);
  const spread = Math.sqrt(sum((i) => (xs[i]! - mx) ** 2) * sum((i) => (ys[i]! - my) ** 2));
  return spread > 0 ? sum((i) => (xs[i]! - mx) * (ys[i]! - my)) / spread : 0;
}

/** Noise from repeats of one commit, in the order they were made. Needs two values. */
export function noiseOf(values: readonly number[]): Noise {
  const sigma = sd(values);
  const robust = values.length >= 3 ? mad(values) : 0;
  const drift = driftOf(values, sigma);
  const warnings: string[] = [];
  if (sigma === 0)
    warnings.push('all repeats are identical: the metric is deterministic or quantised; any difference counts as real');
  else if (new Set(values).size <= values.length / 2)
    warnings.push('repeats take few distinct values: the metric is quantised, small effects cannot show');
  if (values.length >= 5 && robust > 0 && sigma > 2.5 * robust)
    warnings.push('one repeat lies far from the others: heavy tails or a disturbed machine');
  if (drift.suspicious) warnings.push('repeats drift in one direction: the machine is warming up, throttling or busy');
  return { sigma, dof: values.length - 1, robust, drift, mean: mean(values), n: values.length, warnings };
}

function driftOf(values: readonly number[], sigma: number): { perRepeat: number; suspicious: boolean } {
  const n = values.length;
  if (n < 4 || sigma === 0) return { perRepeat: 0, suspicious: false };
  const xm = (n - 1) / 2;
  const ym = mean(values);
  const sxx = values.reduce((s, _, i) => s + (i - xm) ** 2, 0);
  const slope = values.reduce((s, y, i) => s + (i - xm) * (y - ym), 0) / sxx;
  const sse = values.reduce((s, y, i) => s + (y - ym - slope * (i - xm)) ** 2, 0);
  const t = slope / Math.sqrt(Math.max(sse / (n - 2), Number.MIN_VALUE) / sxx);
  return { perRepeat: slope / sigma, suspicious: Math.abs(t) > Math.max(2.5, tQuantile(0.99, n - 2)) };
}

/** Sum of squared residuals and degrees of freedom of several groups of repeats, pooled. */
export interface Pool {
  readonly ss: number;
  readonly dof: number;
}

export const emptyPool: Pool = { ss: 0, dof: 0 };

/**
 * Add one value to a group that already has `earlier` values. Welford's update, so that a fold can keep it in constant
 * time.
 */
export function addToPool(pool: Pool, earlier: readonly number[], value: number): Pool {
  if (earlier.length === 0) return pool;
  const before = mean(earlier);
  const after = before + (value - before) / (earlier.length + 1);
  return { ss: pool.ss + (value - before) * (value - after), dof: pool.dof + 1 };
}

export const poolSigma = (pool: Pool): number => (pool.dof > 0 ? Math.sqrt(Math.max(0, pool.ss) / pool.dof) : 0);

// --------------------------------------------------------------------------------------------- comparing

export interface Comparison {
  /** Values of `a`. */
  readonly n: number;
  /** Mean of `a` minus mean of `b`. */
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

/** Compare two sets of measurements whose noise is known from repeats (papers: modded-nanogpt's rule; any t text). */
export function compare(a: readonly number[], b: readonly number[], sigma: number, dof: number): Comparison {
  const difference = mean(a) - mean(b);
  const se = sigma * Math.sqrt(1 / a.length + 1 / b.length);
  if (se === 0) {
    const z = difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
    return {
      n: a.length,
      difference,
      se,
      z,
      interval: [difference, difference],
      probability: difference > 0 ? 1 : difference < 0 ? 0 : 0.5,
    };
  }
  const z = difference / se;
  const t = tQuantile(0.975, Math.max(1, dof));
  return {
    n: a.length,
    difference,
    se,
    z,
    interval: [difference - t * se, difference + t * se],
    probability: tCdf(z, Math.max(1, dof)),
  };
}

/**
 * Differences of pairs measured side by side under common seeds. Their own spread counts, held by the known noise of
 * two measurements as if it had been seen in up to `PRIOR_PAIRS` pairs, so that two pairs that agree by chance are not
 * called certain.
 */
export function comparePairs(differences: readonly number[], sigma: number, dof: number): Comparison {
  const n = differences.length;
  const held = Math.min(dof, PRIOR_PAIRS);
  const difference = mean(differences);
  const ss = differences.reduce((sum, d) => sum + (d - difference) ** 2, 0) + held * 2 * sigma ** 2;
  const freedom = n - 1 + held;
  const pooled = freedom > 0 ? Math.sqrt(ss / freedom) : 0;
  // `compare` takes the noise of one measurement; a difference of two has √2 of it.
  return compare(differences, new Array<number>(n).fill(0), pooled / Math.SQRT2, freedom);
}
const PRIOR_PAIRS = 8;

/**
 * Smallest true improvement that `n` measurements of each arm show with 80 % power at one-sided 5 %:
 * (z.95 + z.80) · sigma · sqrt(2/n). Metric units.
 */
export function minimumDetectableEffect(sigma: number, n: number): number {
  return (1.6449 + 0.8416) * sigma * Math.sqrt(2 / n);
}

/**
 * How much likelier n values of mean `x` are under effects N(0, tau²) than under none, their standard deviation being
 * `sigma`.
 */
export function mixtureRatio(x: number, sigma: number, tau: number, n: number): number {
  if (sigma === 0) return x === 0 ? 0 : Number.POSITIVE_INFINITY;
  const total = sigma ** 2 + n * tau ** 2;
  return Math.sqrt(sigma ** 2 / total) * Math.exp((n ** 2 * tau ** 2 * x ** 2) / (2 * sigma ** 2 * total));
}

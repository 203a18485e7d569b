/** A ratio of two sums over the same units, with its interval: gain for each dollar, for each hour. Pure. */
import { tQuantile } from './distributions.ts';

export interface RatioUnit {
  readonly gain: number;
  /** In any unit, 0 or more. */
  readonly cost: number;
}

export interface Ratio {
  readonly ratio: number;
  /** 95 %. */
  readonly interval: readonly [number, number];
}

/** Units, and units with a gain, below which a ratio says nothing. */
export const MIN_RATIO_UNITS = 10;
export const MIN_RATIO_GAINS = 3;

/** `Var R` of the ratio estimator, see `ratioOfSums`; for two units or more. */
export function ratioVariance(units: readonly RatioUnit[], ratio: number): number {
  const n = units.length;
  const totalCost = units.reduce((total, { cost }) => total + cost, 0);
  const squares = units.reduce((total, { gain, cost }) => total + (gain - ratio * cost) ** 2, 0);
  return (n * squares) / (n - 1) / totalCost ** 2;
}

/**
 * Sum of gains over sum of costs, R, with Student's 95 % interval of the ratio estimator for a simple random sample
 * (Cochran, Sampling Techniques, 3rd edition 1977, equation 6.13, without the correction for a finite population):
 * `Var R = n / (sum of costs)² · sum of (gain − R · cost)² / (n − 1)`. The units are taken as independent, which ideas
 * of one proposer are only nearly: later ones build on better code. Undefined where there are too few units or gains,
 * or no cost: the estimator is biased there, and the interval too short.
 */
export function ratioOfSums(units: readonly RatioUnit[]): Ratio | undefined {
  const n = units.length;
  const totalCost = units.reduce((total, { cost }) => total + cost, 0);
  const gains = units.filter(({ gain }) => gain > 0).length;
  if (n < MIN_RATIO_UNITS || gains < MIN_RATIO_GAINS || !(totalCost > 0)) return undefined;
  const ratio = units.reduce((total, { gain }) => total + gain, 0) / totalCost;
  const half = tQuantile(0.975, n - 1) * Math.sqrt(ratioVariance(units, ratio));
  return { ratio, interval: [Math.max(0, ratio - half), ratio + half] };
}

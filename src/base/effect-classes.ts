/**
 * Does a step help, harm or do nothing? Each true effect is exactly zero, or lies on one side of zero; sizes on a side
 * spread over factors, not over differences. The mixture of a spike at zero and of log-normal distributions of several
 * sizes on both sides is fitted to all effects of a lab (adaptive shrinkage, Stephens 2017, with other components).
 * Pure arithmetic.
 */

/** An effect as measured, positive = better, and the variance of its error. */
export interface MeasuredEffect {
  readonly effect: number;
  readonly variance: number;
}

/** What is believed of a true effect. The three chances add up to 1. */
export interface EffectBelief {
  /** The expected true effect. */
  readonly effect: number;
  /** The chance that it is above zero. */
  readonly help: number;
  /** The chance that it is zero. */
  readonly nothing: number;
  /** The chance that it is below zero. */
  readonly harm: number;
}

/** Median sizes of the log-normal distributions, in typical errors of an effect. */
const MEDIAN_SIZES = [0.5, 1, 2, 4, 8] as const;
/** Their standard deviation on the scale of logarithms. */
const LOG_DEVIATION = 1.3;
/** Sizes at which the distributions are computed, in typical errors: from 1/16 to 64, four to each doubling. */
const SIZES = Array.from({ length: 41 }, (_value, i) => 2 ** (-4 + i / 4));
/** Spread of a size around its place, as a share of it, so that no gaps are between large ones. */
const SIZE_SPREAD = 0.1;
/**
 * Effects that the mixture is taken to have seen before the first, by kind and median size: a lab has few effects, and
 * most of them are smaller than their error. Chosen on simulated nights, so that the chances of kept steps agree with
 * the truth there.
 */
const PSEUDO_COUNTS = { nothing: 4, help: [3, 1.5, 0.6, 0.4, 0.4], harm: [2, 3, 3, 1, 1] } as const;
/** Rounds of the fit (expectation maximisation). */
const ROUNDS = 150;
/** Effects that the mixture is fitted to; of more, as many are taken at even distances, and each stands for several. */
const MAX_FITTED = 1000;

const COMPONENTS = 1 + 2 * MEDIAN_SIZES.length;
const INITIAL_COUNTS = [PSEUDO_COUNTS.nothing, ...PSEUDO_COUNTS.help, ...PSEUDO_COUNTS.harm];
/** Of each distribution: how much of it lies at each size. */
const SIZE_SHARES = MEDIAN_SIZES.map((median) => {
  const shares = SIZES.map((size) => Math.exp(-(Math.log(size / median) ** 2) / (2 * LOG_DEVIATION ** 2)));
  return normalise(shares);
});

/** Beliefs about all effects of a lab; `typicalError` is the usual standard error of one, above zero. */
export function classifyEffects(effects: readonly MeasuredEffect[], typicalError: number): EffectBelief[] {
  const candidates = effects.map((measured) => likelihoodsOf(measured, typicalError));
  const stride = Math.max(1, Math.floor(candidates.length / MAX_FITTED));
  const sample = candidates.filter((_candidate, i) => i % stride === 0).map(({ likelihoods }) => likelihoods);
  const counts = fitCounts(sample, candidates.length / Math.max(1, sample.length));
  return candidates.map(({ likelihoods, means }) => {
    // An effect is no evidence for itself: it is judged by what the other effects of the lab are like.
    const ownShares = normalise(likelihoods.map((likelihood, k) => likelihood * counts[k]!));
    const chances = normalise(likelihoods.map((likelihood, k) => likelihood * (counts[k]! - ownShares[k]!)));
    const sumOf = (from: number, to: number): number =>
      chances.slice(from, to).reduce((sum, chance) => sum + chance, 0);
    return {
      effect: chances.reduce((sum, chance, k) => sum + chance * means[k]!, 0),
      nothing: chances[0]!,
      help: sumOf(1, 1 + MEDIAN_SIZES.length),
      harm: sumOf(1 + MEDIAN_SIZES.length, COMPONENTS),
    };
  });
}

interface ComponentFit {
  /** How likely the measured effect is under each component, up to a common factor: nothing, help, harm. */
  readonly likelihoods: readonly number[];
  /** The true effect that is expected under each component. */
  readonly means: readonly number[];
}

function likelihoodsOf({ effect, variance }: MeasuredEffect, typicalError: number): ComponentFit {
  const logDensity = (center: number, spread: number): number =>
    -((effect - center) ** 2) / (2 * (variance + spread ** 2)) - 0.5 * Math.log(variance + spread ** 2);
  const centers = [1, -1].map((sign) => SIZES.map((size) => sign * size * typicalError));
  const logDensities = centers.map((side) => side.map((center) => logDensity(center, SIZE_SPREAD * center)));
  const spike = logDensity(0, 0);
  const largest = Math.max(spike, ...logDensities.flat());
  const [likelihoods, means] = [[Math.exp(spike - largest)], [0]];
  for (const [side, sideDensities] of logDensities.entries()) {
    const densities = sideDensities.map((density) => Math.exp(density - largest));
    for (const shares of SIZE_SHARES) {
      const joint = densities.map((density, i) => density * shares[i]!);
      const total = joint.reduce((sum, value) => sum + value, 0);
      likelihoods.push(total);
      means.push(total > 0 ? joint.reduce((sum, value, i) => sum + value * centers[side]![i]!, 0) / total : 0);
    }
  }
  return { likelihoods, means };
}

/**
 * How many effects are of each component where all effects are likeliest, the pseudo-counts included. Each row stands
 * for `weight` effects.
 */
function fitCounts(rows: readonly (readonly number[])[], weight: number): number[] {
  let counts: number[] = [...INITIAL_COUNTS];
  const joint = new Float64Array(COMPONENTS);
  for (let round = 0; round < ROUNDS; round++) {
    const nextCounts: number[] = [...INITIAL_COUNTS];
    for (const row of rows) {
      let total = 0;
      for (let k = 0; k < COMPONENTS; k++) total += joint[k] = row[k]! * counts[k]!;
      for (let k = 0; k < COMPONENTS; k++) nextCounts[k]! += (weight * joint[k]!) / total;
    }
    counts = nextCounts;
  }
  return counts;
}

function normalise(values: readonly number[]): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

/**
 * Strategy constants of CMA-ES: Hansen, arXiv 1604.00772, table 1, equations 49 to 58. A pure function of dimension and
 * population.
 */

export interface CmaConstants {
  readonly population: number;
  readonly parentCount: number;
  /** Recombination weights, best first: the first µ sum to one, the rest are zero or negative (active). */
  readonly weights: Float64Array;
  readonly effectiveParents: number;
  readonly rankOneRate: number;
  readonly rankMuRate: number;
  readonly stepSizePathRate: number;
  readonly stepSizeDamping: number;
  readonly covariancePathRate: number;
  /** Expected length of a standard normal vector. */
  readonly expectedNorm: number;
  /** Longest step that an injected point may make, in standard deviations. */
  readonly clipLength: number;
}

export function cmaConstants(dimension: number, population: number, isActive: boolean): CmaConstants {
  const parentCount = population >> 1;
  const rawWeights = Float64Array.from(
    { length: population },
    (_, rank) => Math.log((population + 1) / 2) - Math.log(rank + 1),
  );
  const [bestHalf, worseHalf] = [rawWeights.subarray(0, parentCount), rawWeights.subarray(parentCount)];
  const effectiveParents = effectiveCount(bestHalf);
  const negativeEffectiveParents = effectiveCount(worseHalf);
  const rankOneRate = 2 / ((dimension + 1.3) ** 2 + effectiveParents);
  const rankMuRate = Math.min(
    1 - rankOneRate - 1e-8,
    (2 * (effectiveParents - 2 + 1 / effectiveParents)) / ((dimension + 2) ** 2 + effectiveParents),
  );
  const negativeScale = Math.min(
    1 + rankOneRate / rankMuRate,
    1 + (2 * negativeEffectiveParents) / (effectiveParents + 2),
    (1 - rankOneRate - rankMuRate) / (dimension * rankMuRate),
  );
  const positiveSum = rawWeights.reduce((sum, weight) => sum + Math.max(0, weight), 0);
  const negativeSum = rawWeights.reduce((sum, weight) => sum + Math.max(0, -weight), 0);
  const weights = rawWeights.map((weight) =>
    weight >= 0 ? weight / positiveSum : isActive && rankMuRate > 0 ? (negativeScale / negativeSum) * weight : 0,
  );
  const stepSizePathRate = (effectiveParents + 2) / (dimension + effectiveParents + 5);
  return {
    population,
    parentCount,
    weights,
    effectiveParents,
    rankOneRate,
    rankMuRate,
    stepSizePathRate,
    stepSizeDamping: 1 + 2 * Math.max(0, Math.sqrt((effectiveParents - 1) / (dimension + 1)) - 1) + stepSizePathRate,
    covariancePathRate: (4 + effectiveParents / dimension) / (dimension + 4 + (2 * effectiveParents) / dimension),
    expectedNorm: Math.sqrt(dimension) * (1 - 1 / (4 * dimension) + 1 / (21 * dimension * dimension)),
    clipLength: Math.sqrt(dimension) + (2 * dimension) / (dimension + 2),
  };
}

/** (Σw)² / Σw². */
function effectiveCount(weights: Float64Array): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum ** 2 / weights.reduce((total, weight) => total + weight * weight, 0);
}

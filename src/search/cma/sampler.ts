/**
 * CMA-ES as a sampler on a space: its own distribution over the numeric knobs, a smoothed count of good trials for
 * categories; restarts with growing populations (IPOP, Auger & Hansen 2005; BIPOP, Hansen 2009); warm start from
 * earlier trials (Nomura et al., AAAI 2021).
 */
import { createRandom, type Random, seedOf } from '../../base/random.ts';
import { Cma, type Sample } from './cma.ts';
import { SearchError } from '../error.ts';
import { keepMargin } from './margin.ts';
import { symmetricEigen } from '../math/eigen.ts';
import { drawTruncatedNormal } from '../math/normal.ts';
import { Parzen } from '../tpe/parzen.ts';
import type { Dim } from '../param.ts';
import type { Point, Space, Values } from '../space.ts';
import { splitTrials } from '../tpe/densities.ts';
import { defaultGoodCount } from '../tpe/tpe.ts';
import { type Ask, compareTold, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface CmaSamplerOptions {
  /** First standard deviation, in coordinates (0.2 = a fifth of every range). Default 0.2. */
  readonly sigma?: number;
  readonly lambda?: number;
  readonly active?: boolean;
  /** Adapt the learning rates to noise. Default false: it needs many generations to pay. */
  readonly noisy?: boolean;
  readonly restarts?: 'ipop' | 'bipop' | 'none';
  /**
   * Keep a small probability that a discrete knob leaves its value. Default true. Without it, such a knob freezes when
   * the steps become small.
   */
  readonly margin?: boolean;
  /** Start from the mean and spread of the best tenth of the trials told so far. Default true. */
  readonly warm?: boolean;
  /**
   * Trials of an earlier search of something similar. They are used for the warm start, like trials that were told.
   * Smaller losses are better.
   */
  readonly earlier?: readonly { readonly values: Values; readonly loss: number }[];
  /** Centre of the first generation; the space's start when absent. */
  readonly start?: Point;
}

/** Most numeric knobs: with more, the covariance matrix would need more trials than it is worth. */
export const MAX_CMA_KNOBS = 100;
/** Width of the kernels of a warm start (α of the paper). */
const WARM_KERNEL_WIDTH = 0.1;

/** Throws E_OPTIONS on a space without numeric knobs or with more than 100 of them. */
export function cmaSampler(history: History, seed: number, options: CmaSamplerOptions = {}): Sampler {
  const { space } = history;
  const numericKnobs = numericKnobsOf(space);
  const dimensions = numericKnobs.map((knob) => space.dims[knob]!);
  const restarts = new Restarts(history, seed, options, numericKnobs);
  let distribution = restarts.createFirst();
  let generation: Sample[] = [];
  let lastGeneration: readonly Sample[] = [];
  const meanDeviation = (): number =>
    dimensions.reduce((sum, _, axis) => sum + distribution.deviation(axis), 0) / dimensions.length;
  return {
    name: 'cma-es',
    get spread() {
      return meanDeviation();
    },
    propose(ask: Ask): Proposed {
      const position = distribution.sample(ask.chance);
      const point: number[] = space.dims.map((dimension) =>
        dimension.kind === 'category' ? dimension.encode(dimension.default) : 0,
      );
      for (const [axis, knob] of numericKnobs.entries()) point[knob] = foldIntoRange(position[axis]!);
      drawCategories(history, point, ask);
      return {
        point,
        why: `generation ${distribution.generation + 1} of ${distribution.lambda}, steps of about ${meanDeviation().toPrecision(2)} of the range`,
      };
    },
    tell(result) {
      const chance = createRandom(seedOf(`cma/${seed}/locate/${result.trial.id}`));
      const coordinates = numericKnobs.map((knob) => result.trial.point[knob]!);
      const position = locateTrial(coordinates, dimensions, distribution, chance);
      const sample = penalizeExcess({ x: position, loss: result.loss, outside: true }, result);
      // An outside point gets a place only when it is good: in a generation of outside points, the distribution would
      // follow them.
      if (result.trial.source !== 'cma-es' && sample.loss >= injectionThreshold(generation, lastGeneration)) return;
      generation.push(sample);
      if (generation.length < distribution.lambda) return;
      distribution.update(generation);
      [lastGeneration, generation] = [generation, []];
      if (options.margin !== false) keepMargin(distribution, dimensions, 1 / (dimensions.length * distribution.lambda));
      for (let axis = 0; axis < dimensions.length; axis++)
        distribution.mean[axis] = Math.min(1, Math.max(0, distribution.mean[axis]!));
      distribution = restarts.continueOrRestart(distribution);
    },
  };
}

function numericKnobsOf(space: Space): readonly number[] {
  const numericKnobs = space.dims.flatMap((dimension, knob) => (dimension.kind === 'numeric' ? [knob] : []));
  if (numericKnobs.length === 0 || numericKnobs.length > MAX_CMA_KNOBS)
    throw new SearchError(
      'E_OPTIONS',
      'CMA-ES cannot search this space.',
      `It has ${numericKnobs.length} numeric knobs; 1 to ${MAX_CMA_KNOBS} are possible.`,
      'Use "tpe" or "auto".',
    );
  return numericKnobs;
}

/**
 * Where on a continuous scale a trial lies. A discrete value stands for an interval, so a coordinate is drawn from that
 * interval: the same at every replay.
 */
function locateTrial(
  coordinates: readonly number[],
  dimensions: readonly Dim[],
  distribution: Cma,
  chance: Random,
): number[] {
  return dimensions.map((dimension, axis) => {
    const [coordinate, uniform] = [coordinates[axis]!, chance.uniform()];
    if (Number.isNaN(coordinate)) return distribution.mean[axis]!;
    if (dimension.levels === Number.POSITIVE_INFINITY) return coordinate;
    const [low, high] = dimension.edges(coordinate);
    return drawTruncatedNormal(distribution.mean[axis]!, distribution.deviation(axis), low, high, uniform);
  });
}

/**
 * The loss that an outside point must beat: the median of the present generation, or of the previous one while the
 * present one has fewer than three.
 */
function injectionThreshold(generation: readonly Sample[], lastGeneration: readonly Sample[]): number {
  const losses = (generation.length >= 3 ? generation : lastGeneration)
    .map(({ loss }) => loss)
    .sort((left, right) => left - right);
  return losses[losses.length >> 1] ?? Number.NEGATIVE_INFINITY;
}

/** A trial that breaks the limits ranks behind every trial that keeps them, by how far it breaks them. */
const penalizeExcess = (sample: Sample, result: Told): Sample =>
  result.over > 0 ? { ...sample, loss: Number.MAX_VALUE * (1 - 1 / (2 + result.over)) } : sample;

/** A coordinate outside [0, 1], folded back at the ends. */
function foldIntoRange(coordinate: number): number {
  const folded = Math.abs(coordinate) % 2;
  return folded > 1 ? 2 - folded : folded;
}

/** Categories are drawn from the smoothed counts of the good trials, independently of each other. */
function drawCategories(history: History, point: number[], ask: Ask): void {
  if (history.space.dims.every((dimension) => dimension.kind === 'numeric')) return;
  const { below } = splitTrials(history, (trialCount) =>
    Math.max(defaultGoodCount(trialCount), Math.min(trialCount, 4)),
  );
  for (const [knob, dimension] of history.space.dims.entries()) {
    if (dimension.kind !== 'category') continue;
    const observations = below
      .map((index) => [history.told[index]!.trial.point[knob]!])
      .filter(([coordinate]) => !Number.isNaN(coordinate!));
    point[knob] = new Parzen([dimension], observations, false).draw(ask.chance)[0]!;
  }
}

/** Creates the first distribution, and a new one whenever one has converged. */
class Restarts {
  readonly #history: History;
  readonly #seed: number;
  readonly #options: CmaSamplerOptions;
  readonly #numeric: readonly number[];
  #restartCount = 0;
  /** Trials spent by the large and the small populations (BIPOP). */
  readonly #trialsSpent = { large: 0, small: 0 };
  #regime: 'large' | 'small' = 'large';
  #doublings = 0;
  #startedAt = 0;

  constructor(history: History, seed: number, options: CmaSamplerOptions, numericKnobs: readonly number[]) {
    this.#history = history;
    this.#seed = seed;
    this.#options = options;
    this.#numeric = numericKnobs;
  }

  createFirst(): Cma {
    const { sigma = 0.2, warm = true, start } = this.#options;
    const dimensionCount = this.#numeric.length;
    const ranked = [...this.#history.told].sort(compareTold);
    const warmPoints = this.#warmStartPoints(ranked);
    if (warm && warmPoints.length >= 20 && warmPoints.length >= 2 * dimensionCount) {
      const goodPoints = warmPoints
        .slice(0, Math.max(3, Math.ceil(0.1 * warmPoints.length)))
        .map((point) => this.#numeric.map((knob) => point[knob]!));
      if (goodPoints.every((goodPoint) => goodPoint.every((coordinate) => !Number.isNaN(coordinate))))
        return this.#createDistribution(warmStart(goodPoints, dimensionCount));
    }
    const origin =
      start ??
      (ranked.length > 0 && warm ? ranked[0]!.trial.point : this.#history.space.encode(this.#history.space.start));
    const mean = this.#numeric.map((knob) => (Number.isNaN(origin[knob]!) ? 0.5 : origin[knob]!));
    return this.#createDistribution({ mean, sigma });
  }

  /** The points of a warm start, best first. */
  #warmStartPoints(ranked: readonly Told[]): readonly Point[] {
    const { space } = this.#history;
    const earlier = (this.#options.earlier ?? []).map(({ values, loss }) => ({
      point: space.encode(space.snap(values)),
      loss,
    }));
    const ownTrials = ranked
      .filter((result) => result.over <= 0)
      .map(({ trial, loss }) => ({ point: trial.point, loss }));
    return [...earlier, ...ownTrials].sort((left, right) => left.loss - right.loss).map(({ point }) => point);
  }

  #createDistribution(
    initial: { readonly mean: readonly number[]; readonly sigma: number; readonly covariance?: Float64Array },
    population = this.#options.lambda,
  ): Cma {
    const { active = true, noisy = false } = this.#options;
    this.#startedAt = this.#history.told.length;
    return new Cma({ ...initial, active, noisy, ...(population !== undefined && { lambda: population }) });
  }

  /** The same distribution, or a new one when it has converged. */
  continueOrRestart(distribution: Cma): Cma {
    const { restarts = 'ipop', sigma = 0.2 } = this.#options;
    if (restarts === 'none' || distribution.stop() === undefined) return distribution;
    this.#trialsSpent[this.#regime] += this.#history.told.length - this.#startedAt;
    const chance = createRandom(seedOf(`cma/${this.#seed}/restart/${++this.#restartCount}`));
    const mean = this.#numeric.map(() => chance.uniform());
    const basePopulation = this.#options.lambda ?? 4 + Math.floor(3 * Math.log(mean.length));
    this.#regime =
      restarts === 'bipop' && this.#doublings > 0 && this.#trialsSpent.small < this.#trialsSpent.large
        ? 'small'
        : 'large';
    if (this.#regime === 'large')
      return this.#createDistribution({ mean, sigma: Math.max(sigma, 0.25) }, basePopulation * 2 ** ++this.#doublings);
    const population = Math.floor(basePopulation * (0.5 * 2 ** this.#doublings) ** (chance.uniform() ** 2));
    return this.#createDistribution(
      { mean, sigma: Math.max(sigma, 0.25) * 10 ** (-2 * chance.uniform()) },
      Math.max(basePopulation, population),
    );
  }
}

/**
 * Nomura et al. 2021, equation 8: the normal closest to a mixture of narrow normals on the good points of an earlier
 * search.
 */
function warmStart(
  goodPoints: readonly (readonly number[])[],
  dimensionCount: number,
): { mean: number[]; sigma: number; covariance: Float64Array } {
  const mean = Array.from(
    { length: dimensionCount },
    (_, axis) => goodPoints.reduce((sum, point) => sum + point[axis]!, 0) / goodPoints.length,
  );
  const covariance = new Float64Array(dimensionCount * dimensionCount);
  for (let row = 0; row < dimensionCount; row++)
    for (let column = 0; column < dimensionCount; column++) {
      const covarianceEntry =
        goodPoints.reduce((sum, point) => sum + (point[row]! - mean[row]!) * (point[column]! - mean[column]!), 0) /
        goodPoints.length;
      covariance[row * dimensionCount + column] = covarianceEntry + (row === column ? WARM_KERNEL_WIDTH ** 2 : 0);
    }
  const { eigenvalues } = symmetricEigen(covariance, dimensionCount);
  const stepSize = Math.exp(
    eigenvalues.reduce((sum, eigenvalue) => sum + Math.log(eigenvalue), 0) / (2 * dimensionCount),
  );
  return { mean, sigma: stepSize, covariance: covariance.map((entry) => entry / stepSize ** 2) };
}

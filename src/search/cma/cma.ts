/**
 * CMA-ES with active covariance update on an unbounded real space (Hansen, "The CMA evolution strategy: a tutorial",
 * arXiv 1604.00772: equations and default constants of its table 1), with injection of outside points (Hansen, arXiv
 * 1110.4181), learning-rate adaptation for noise (Nomura, Akimoto & Ono, arXiv 2304.03473) and a per-coordinate margin
 * for discrete knobs (Hamano et al., arXiv 2205.13482). Knows nothing about knobs; chance comes from the caller.
 */
import type { Random } from '../../base/random.ts';
import { type CmaConstants, cmaConstants } from './constants.ts';
import { LearningRates } from './learning-rates.ts';
import { symmetricEigen } from '../math/eigen.ts';

export interface CmaOptions {
  readonly mean: readonly number[];
  /** Standard deviation of the first generation, in the units of `mean`. */
  readonly sigma: number;
  /** Samples per generation. Default 4 + ⌊3 ln n⌋. */
  readonly lambda?: number;
  /** Negative weights for the worse half (Jastrebski & Arnold 2006). Default true. */
  readonly active?: boolean;
  /** Adapt the learning rates to the signal-to-noise ratio: slower, but converges under strong noise. Default false. */
  readonly noisy?: boolean;
  /** Start covariance, row-major; the identity when absent. */
  readonly covariance?: Float64Array;
}

export interface Sample {
  readonly x: ArrayLike<number>;
  readonly loss: number;
  /** True for a point that was not drawn from this distribution: its step is clipped to a plausible length. */
  readonly outside?: boolean;
}

export class Cma {
  readonly dimension: number;
  readonly constants: CmaConstants;
  readonly mean: Float64Array;
  sigma: number;
  /** Diagonal scale of the discrete coordinates (the matrix A of the margin paper); all ones without a margin. */
  readonly scale: Float64Array;
  generation = 0;
  readonly #covarianceMatrix: Float64Array;
  readonly #stepSizePath: Float64Array;
  readonly #covariancePath: Float64Array;
  /** Columns are eigenvectors of C; `#axisLengths` the square roots of its eigenvalues. */
  #eigenvectors: Float64Array;
  #axisLengths: Float64Array;
  readonly #learningRates: LearningRates | undefined;
  /** Best loss of each of the last generations, for the stop rules. */
  readonly #bestLosses: number[] = [];
  #lastRange = Number.POSITIVE_INFINITY;
  readonly #initialStepSize: number;

  constructor({ mean, sigma, lambda, active = true, noisy = false, covariance }: CmaOptions) {
    const dimension = mean.length;
    this.dimension = dimension;
    this.constants = cmaConstants(dimension, lambda ?? 4 + Math.floor(3 * Math.log(dimension)), active);
    this.mean = Float64Array.from(mean);
    this.sigma = sigma;
    this.#initialStepSize = sigma;
    this.scale = new Float64Array(dimension).fill(1);
    this.#covarianceMatrix = covariance ? Float64Array.from(covariance) : identityMatrix(dimension);
    this.#stepSizePath = new Float64Array(dimension);
    this.#covariancePath = new Float64Array(dimension);
    [this.#eigenvectors, this.#axisLengths] = [identityMatrix(dimension), new Float64Array(dimension).fill(1)];
    this.#learningRates = noisy ? new LearningRates(dimension) : undefined;
    if (covariance) this.#decomposeCovariance();
  }

  get lambda(): number {
    return this.constants.population;
  }

  /** Standard deviation of a coordinate. */
  deviation(axis: number): number {
    return this.sigma * this.scale[axis]! * Math.sqrt(this.#covarianceMatrix[axis * this.dimension + axis]!);
  }

  /** Entry of the covariance matrix C (without sigma and scale). */
  covariance(row: number, column: number): number {
    return this.#covarianceMatrix[row * this.dimension + column]!;
  }

  /** A draw from N(m, σ² A C A). */
  sample(chance: Random): Float64Array {
    const { dimension } = this;
    const stretched = new Float64Array(dimension);
    for (let axis = 0; axis < dimension; axis++) stretched[axis] = chance.normal() * this.#axisLengths[axis]!;
    const point = new Float64Array(dimension);
    for (let row = 0; row < dimension; row++) {
      let sum = 0;
      for (let column = 0; column < dimension; column++)
        sum += this.#eigenvectors[row * dimension + column]! * stretched[column]!;
      point[row] = this.mean[row]! + this.sigma * this.scale[row]! * sum;
    }
    return point;
  }

  /** ‖C^(−1/2) A^(−1) (x − m) / σ‖: how surprising a point is; about √n for the distribution's own samples. */
  surprise(point: ArrayLike<number>): number {
    return euclideanNorm(this.#whitenStep(this.#standardizeStep(point)));
  }

  /** Move the distribution by one generation: `lambda` evaluated points. Every loss must be finite. */
  update(samples: readonly Sample[]): void {
    const { dimension, constants: strategy } = this;
    if (samples.length !== strategy.population)
      throw new RangeError(`a generation has ${strategy.population} samples, got ${samples.length}`);
    const sorted = [...samples].sort((left, right) => left.loss - right.loss);
    const steps = sorted.map(({ x: point, outside: isOutside }) =>
      this.#clipStep(this.#standardizeStep(point), isOutside === true),
    );
    const previous = this.#learningRates && {
      mean: Float64Array.from(this.mean),
      sigma: this.sigma,
      covariance: Float64Array.from(this.#covarianceMatrix),
    };
    const whitener = this.#learningRates && this.#computeInverseRoot();

    const meanStep = new Float64Array(dimension);
    for (let rank = 0; rank < strategy.parentCount; rank++)
      for (let axis = 0; axis < dimension; axis++) meanStep[axis]! += strategy.weights[rank]! * steps[rank]![axis]!;
    for (let axis = 0; axis < dimension; axis++) this.mean[axis]! += this.sigma * this.scale[axis]! * meanStep[axis]!;

    const whitened = this.#whitenStep(meanStep);
    const stepSizePathGain = Math.sqrt(
      strategy.stepSizePathRate * (2 - strategy.stepSizePathRate) * strategy.effectiveParents,
    );
    for (let axis = 0; axis < dimension; axis++)
      this.#stepSizePath[axis] =
        (1 - strategy.stepSizePathRate) * this.#stepSizePath[axis]! + stepSizePathGain * whitened[axis]!;
    const pathLength = euclideanNorm(this.#stepSizePath);
    this.generation++;
    const correctedLength = pathLength / Math.sqrt(1 - (1 - strategy.stepSizePathRate) ** (2 * (this.generation + 1)));
    const heaviside = correctedLength < (1.4 + 2 / (dimension + 1)) * strategy.expectedNorm ? 1 : 0;
    this.sigma *= Math.exp(
      Math.min(1, (strategy.stepSizePathRate / strategy.stepSizeDamping) * (pathLength / strategy.expectedNorm - 1)),
    );
    const covariancePathGain =
      heaviside *
      Math.sqrt(strategy.covariancePathRate * (2 - strategy.covariancePathRate) * strategy.effectiveParents);
    for (let axis = 0; axis < dimension; axis++)
      this.#covariancePath[axis] =
        (1 - strategy.covariancePathRate) * this.#covariancePath[axis]! + covariancePathGain * meanStep[axis]!;
    this.#adaptCovariance(steps, heaviside);
    if (this.#learningRates && previous)
      this.sigma = this.#learningRates.shrinkStep(
        previous,
        { mean: this.mean, sigma: this.sigma, covariance: this.#covarianceMatrix },
        whitener!,
      );
    this.#decomposeCovariance();
    this.#rememberLosses(sorted[0]!.loss, sorted.at(-1)!.loss);
  }

  /**
   * Why a restart is due; undefined when none is. By the rules of the reference implementations: tolerances of points
   * and losses, condition number, stagnation.
   */
  stop(): string | undefined {
    const { dimension, sigma } = this;
    const spread = Math.max(...Array.from({ length: dimension }, (_, axis) => this.deviation(axis)));
    if (spread < 1e-12 * Math.max(1, this.#initialStepSize)) return 'the steps became tiny';
    const condition = (this.#axisLengths[dimension - 1]! / this.#axisLengths[0]!) ** 2;
    if (condition > 1e14) return 'the covariance became singular';
    if (spread > 1e4 * this.#initialStepSize) return 'the steps became huge';
    const windowLength = 10 + Math.ceil((30 * dimension) / this.lambda);
    if (this.#bestLosses.length >= windowLength) {
      const recentBests = this.#bestLosses.slice(-windowLength);
      const range = Math.max(...recentBests) - Math.min(...recentBests);
      if (Math.max(range, this.#lastRange) < 1e-12) return 'the last generations are all alike';
    }
    return Number.isFinite(sigma) ? undefined : 'the step size is not finite';
  }

  #rememberLosses(bestLoss: number, worstLoss: number): void {
    this.#bestLosses.push(bestLoss);
    if (this.#bestLosses.length > 400) this.#bestLosses.shift();
    this.#lastRange = worstLoss - bestLoss;
  }

  #standardizeStep(point: ArrayLike<number>): Float64Array {
    const step = new Float64Array(this.dimension);
    for (let axis = 0; axis < this.dimension; axis++)
      step[axis] = (point[axis]! - this.mean[axis]!) / (this.sigma * this.scale[axis]!);
    return step;
  }

  /** Hansen 2011, equation 4: an outside step is shortened to √n + 2n/(n + 2) standard deviations. */
  #clipStep(step: Float64Array, isOutside: boolean): Float64Array {
    if (!isOutside) return step;
    const factor = Math.min(1, this.constants.clipLength / Math.max(1e-300, euclideanNorm(this.#whitenStep(step))));
    return step.map((value) => value * factor);
  }

  /** C^(−1/2) y. */
  #whitenStep(step: Float64Array): Float64Array {
    const { dimension } = this;
    const rotated = new Float64Array(dimension);
    for (let column = 0; column < dimension; column++) {
      let sum = 0;
      for (let row = 0; row < dimension; row++) sum += this.#eigenvectors[row * dimension + column]! * step[row]!;
      rotated[column] = sum / this.#axisLengths[column]!;
    }
    const whitened = new Float64Array(dimension);
    for (let row = 0; row < dimension; row++) {
      let sum = 0;
      for (let column = 0; column < dimension; column++)
        sum += this.#eigenvectors[row * dimension + column]! * rotated[column]!;
      whitened[row] = sum;
    }
    return whitened;
  }

  #computeInverseRoot(): Float64Array {
    const { dimension } = this;
    const inverseRoot = new Float64Array(dimension * dimension);
    for (let row = 0; row < dimension; row++)
      for (let column = 0; column < dimension; column++) {
        let sum = 0;
        for (let axis = 0; axis < dimension; axis++)
          sum +=
            (this.#eigenvectors[row * dimension + axis]! * this.#eigenvectors[column * dimension + axis]!) /
            this.#axisLengths[axis]!;
        inverseRoot[row * dimension + column] = sum;
      }
    return inverseRoot;
  }

  /**
   * Rank-one and rank-µ update, negative weights scaled by n/‖C^(−1/2) y‖² so that C stays positive definite (tutorial,
   * equations 46, 47).
   */
  #adaptCovariance(steps: readonly Float64Array[], heaviside: number): void {
    const { dimension, constants: strategy } = this;
    const weights = steps.map((step, rank) => {
      const weight = strategy.weights[rank]!;
      return weight >= 0 ? weight : (weight * dimension) / (euclideanNorm(this.#whitenStep(step)) ** 2 + 1e-12);
    });
    const weightSum = strategy.weights.reduce((total, weight) => total + weight, 0);
    const covariance = this.#covarianceMatrix;
    const retained =
      1 +
      strategy.rankOneRate * (1 - heaviside) * strategy.covariancePathRate * (2 - strategy.covariancePathRate) -
      strategy.rankOneRate -
      strategy.rankMuRate * weightSum;
    for (let row = 0; row < dimension; row++) {
      const pathEntry = strategy.rankOneRate * this.#covariancePath[row]!;
      for (let column = 0; column <= row; column++)
        covariance[row * dimension + column] =
          retained * covariance[row * dimension + column]! + pathEntry * this.#covariancePath[column]!;
    }
    for (const [rank, step] of steps.entries()) {
      const weight = strategy.rankMuRate * weights[rank]!;
      for (let row = 0; row < dimension; row++)
        for (let column = 0; column <= row; column++)
          covariance[row * dimension + column]! += weight * step[row]! * step[column]!;
    }
    for (let row = 0; row < dimension; row++)
      for (let column = 0; column < row; column++)
        covariance[column * dimension + row] = covariance[row * dimension + column]!;
  }

  #decomposeCovariance(): void {
    const { dimension } = this;
    const { eigenvalues, eigenvectors } = symmetricEigen(this.#covarianceMatrix, dimension);
    const lowestEigenvalue = Math.max(eigenvalues[dimension - 1]!, 1e-300) * 1e-16;
    this.#eigenvectors = eigenvectors;
    this.#axisLengths = eigenvalues.map((eigenvalue) => Math.sqrt(Math.max(eigenvalue, lowestEigenvalue)));
  }
}

function identityMatrix(dimension: number): Float64Array {
  const matrix = new Float64Array(dimension * dimension);
  for (let axis = 0; axis < dimension; axis++) matrix[axis * dimension + axis] = 1;
  return matrix;
}

function euclideanNorm(vector: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += vector[index]! * vector[index]!;
  return Math.sqrt(sum);
}

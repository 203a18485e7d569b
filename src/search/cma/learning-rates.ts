/**
 * Learning-rate adaptation for CMA-ES under noise (Nomura, Akimoto & Ono, "CMA-ES with learning rate adaptation", arXiv
 * 2304.03473, algorithm 1): the updates of mean and covariance are shrunk so that their signal-to-noise ratio stays
 * constant.
 */
import { symmetricEigen } from '../math/eigen.ts';

/** α, β and γ as in the paper's section 4.4. */
const ALPHA = 1.4;
const BETA_MEAN = 0.1;
const BETA_SIGMA = 0.03;
const GAMMA = 0.1;

interface SearchDistribution {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Float64Array;
}

/** Moving averages of one parameter's updates, and its learning rate. */
class LearningRate {
  value = 1;
  readonly #meanUpdate: Float64Array;
  #averageSquare = 0;
  readonly #beta: number;

  constructor(size: number, beta: number) {
    this.#meanUpdate = new Float64Array(size);
    this.#beta = beta;
  }

  adaptRate(update: Float64Array): void {
    const beta = this.#beta;
    let [squaredMean, squaredUpdate] = [0, 0];
    for (let index = 0; index < update.length; index++) {
      this.#meanUpdate[index] = (1 - beta) * this.#meanUpdate[index]! + beta * update[index]!;
      squaredMean += this.#meanUpdate[index]! ** 2;
      squaredUpdate += update[index]! ** 2;
    }
    this.#averageSquare = (1 - beta) * this.#averageSquare + beta * squaredUpdate;
    const signalToNoise =
      (squaredMean - (beta / (2 - beta)) * this.#averageSquare) / (this.#averageSquare - squaredMean);
    const relativeChange = Math.min(1, Math.max(-1, signalToNoise / ALPHA / this.value - 1));
    this.value = Math.min(1, this.value * Math.exp(Math.min(GAMMA * this.value, beta) * relativeChange));
  }
}

export class LearningRates {
  readonly #dimension: number;
  readonly #meanRate: LearningRate;
  readonly #covarianceRate: LearningRate;

  constructor(dimension: number) {
    this.#dimension = dimension;
    this.#meanRate = new LearningRate(dimension, BETA_MEAN);
    this.#covarianceRate = new LearningRate(dimension * dimension, BETA_SIGMA);
  }

  /** Learning rates of mean and covariance, 0 to 1. */
  get values(): { readonly mean: number; readonly covariance: number } {
    return { mean: this.#meanRate.value, covariance: this.#covarianceRate.value };
  }

  /**
   * Shrink the step from `previous` to `proposed`: writes mean and covariance of `proposed` in place and returns the
   * new sigma. `inverseRoot` is C^(−1/2) of `previous`.
   */
  shrinkStep(previous: SearchDistribution, proposed: SearchDistribution, inverseRoot: Float64Array): number {
    const dimension = this.#dimension;
    const deltaMean = proposed.mean.map((value, index) => value - previous.mean[index]!);
    const [previousVariance, proposedVariance] = [previous.sigma ** 2, proposed.sigma ** 2];
    const deltaCovariance = proposed.covariance.map(
      (entry, index) => proposedVariance * entry - previousVariance * previous.covariance[index]!,
    );
    const previousRate = this.#meanRate.value;
    this.#meanRate.adaptRate(
      multiplyMatrices(inverseRoot, deltaMean, dimension, 1).map((value) => value / previous.sigma),
    );
    const localUpdate = multiplyMatrices(
      multiplyMatrices(inverseRoot, deltaCovariance, dimension, dimension),
      inverseRoot,
      dimension,
      dimension,
    );
    this.#covarianceRate.adaptRate(localUpdate.map((entry) => entry / (previousVariance * Math.SQRT2)));
    for (let index = 0; index < dimension; index++)
      proposed.mean[index] = previous.mean[index]! + this.#meanRate.value * deltaMean[index]!;
    const fullCovariance = previous.covariance.map(
      (entry, index) => previousVariance * entry + this.#covarianceRate.value * deltaCovariance[index]!,
    );
    const { eigenvalues } = symmetricEigen(fullCovariance, dimension);
    const stepSize = Math.exp(
      eigenvalues.reduce((sum, eigenvalue) => sum + Math.log(Math.max(eigenvalue, 1e-300)), 0) / (2 * dimension),
    );
    for (let index = 0; index < fullCovariance.length; index++)
      proposed.covariance[index] = fullCovariance[index]! / stepSize ** 2;
    return (stepSize * previousRate) / this.#meanRate.value;
  }
}

/** (n × n) · (n × m), row-major. */
function multiplyMatrices(left: Float64Array, right: Float64Array, size: number, columnCount: number): Float64Array {
  const product = new Float64Array(size * columnCount);
  for (let row = 0; row < size; row++)
    for (let inner = 0; inner < size; inner++) {
      const factor = left[row * size + inner]!;
      for (let column = 0; column < columnCount; column++)
        product[row * columnCount + column]! += factor * right[inner * columnCount + column]!;
    }
  return product;
}

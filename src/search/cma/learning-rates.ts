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

interface Distribution {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly c: Float64Array;
}

/** Moving averages of one parameter's updates, and its learning rate. */
class Rate {
  value = 1;
  readonly #mean: Float64Array;
  #square = 0;
  readonly #beta: number;

  constructor(size: number, beta: number) {
    this.#mean = new Float64Array(size);
    this.#beta = beta;
  }

  adapt(update: Float64Array): void {
    const beta = this.#beta;
    let [meanSquare, square] = [0, 0];
    for (let i = 0; i < update.length; i++) {
      this.#mean[i] = (1 - beta) * this.#mean[i]! + beta * update[i]!;
      meanSquare += this.#mean[i]! ** 2;
      square += update[i]! ** 2;
    }
    this.#square = (1 - beta) * this.#square + beta * square;
    const ratio = (meanSquare - (beta / (2 - beta)) * this.#square) / (this.#square - meanSquare);
    const relative = Math.min(1, Math.max(-1, ratio / ALPHA / this.value - 1));
    this.value = Math.min(1, this.value * Math.exp(Math.min(GAMMA * this.value, beta) * relative));
  }
}

export class LearningRates {
  readonly #n: number;
  readonly #mean: Rate;
  readonly #covariance: Rate;

  constructor(n: number) {
    this.#n = n;
    this.#mean = new Rate(n, BETA_MEAN);
    this.#covariance = new Rate(n * n, BETA_SIGMA);
  }

  /** Learning rates of mean and covariance, 0 to 1. */
  get values(): { readonly mean: number; readonly covariance: number } {
    return { mean: this.#mean.value, covariance: this.#covariance.value };
  }

  /**
   * Shrink the step from `old` to `now`: writes mean and covariance of `now` in place and returns the new sigma. `root`
   * is C^(−1/2) of `old`.
   */
  apply(old: Distribution, now: Distribution, root: Float64Array): number {
    const n = this.#n;
    const deltaMean = now.mean.map((v, i) => v - old.mean[i]!);
    const [s0, s1] = [old.sigma ** 2, now.sigma ** 2];
    const deltaC = now.c.map((v, i) => s1 * v - s0 * old.c[i]!);
    const before = this.#mean.value;
    this.#mean.adapt(multiply(root, deltaMean, n, 1).map((v) => v / old.sigma));
    const local = multiply(multiply(root, deltaC, n, n), root, n, n);
    this.#covariance.adapt(local.map((v) => v / (s0 * Math.SQRT2)));
    for (let i = 0; i < n; i++) now.mean[i] = old.mean[i]! + this.#mean.value * deltaMean[i]!;
    const full = old.c.map((v, i) => s0 * v + this.#covariance.value * deltaC[i]!);
    const { values } = symmetricEigen(full, n);
    const sigma = Math.exp(values.reduce((sum, v) => sum + Math.log(Math.max(v, 1e-300)), 0) / (2 * n));
    for (let i = 0; i < full.length; i++) now.c[i] = full[i]! / sigma ** 2;
    return (sigma * before) / this.#mean.value;
  }
}

/** (n × n) · (n × m), row-major. */
function multiply(a: Float64Array, b: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const v = a[i * n + k]!;
      for (let j = 0; j < m; j++) out[i * m + j]! += v * b[k * m + j]!;
    }
  return out;
}

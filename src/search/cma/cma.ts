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
  readonly n: number;
  readonly constants: CmaConstants;
  readonly mean: Float64Array;
  sigma: number;
  /** Diagonal scale of the discrete coordinates (the matrix A of the margin paper); all ones without a margin. */
  readonly scale: Float64Array;
  generation = 0;
  readonly #c: Float64Array;
  readonly #pathSigma: Float64Array;
  readonly #pathC: Float64Array;
  /** Columns are eigenvectors of C; `#d` the square roots of its eigenvalues. */
  #b: Float64Array;
  #d: Float64Array;
  readonly #rates: LearningRates | undefined;
  /** Best loss of the last generations, for the stop rules. */
  readonly #bests: number[] = [];
  #lastRange = Number.POSITIVE_INFINITY;
  readonly #sigma0: number;

  constructor({ mean, sigma, lambda, active = true, noisy = false, covariance }: CmaOptions) {
    const n = mean.length;
    this.n = n;
    this.constants = cmaConstants(n, lambda ?? 4 + Math.floor(3 * Math.log(n)), active);
    this.mean = Float64Array.from(mean);
    this.sigma = sigma;
    this.#sigma0 = sigma;
    this.scale = new Float64Array(n).fill(1);
    this.#c = covariance ? Float64Array.from(covariance) : identity(n);
    this.#pathSigma = new Float64Array(n);
    this.#pathC = new Float64Array(n);
    [this.#b, this.#d] = [identity(n), new Float64Array(n).fill(1)];
    this.#rates = noisy ? new LearningRates(n) : undefined;
    if (covariance) this.#decompose();
  }

  get lambda(): number {
    return this.constants.lambda;
  }

  /** Standard deviation of a coordinate. */
  deviation(j: number): number {
    return this.sigma * this.scale[j]! * Math.sqrt(this.#c[j * this.n + j]!);
  }

  /** Entry of the covariance matrix C (without sigma and scale). */
  covariance(i: number, j: number): number {
    return this.#c[i * this.n + j]!;
  }

  /** A draw from N(m, σ² A C A). */
  sample(chance: Random): Float64Array {
    const { n } = this;
    const z = new Float64Array(n);
    for (let k = 0; k < n; k++) z[k] = chance.normal() * this.#d[k]!;
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += this.#b[i * n + k]! * z[k]!;
      x[i] = this.mean[i]! + this.sigma * this.scale[i]! * sum;
    }
    return x;
  }

  /** ‖C^(−1/2) A^(−1) (x − m) / σ‖: how surprising a point is; about √n for the distribution's own samples. */
  surprise(x: ArrayLike<number>): number {
    return norm(this.#whiten(this.#step(x)));
  }

  /**
   * Move the distribution by one generation of evaluated points; `lambda` of them. Points with a loss that is not
   * finite are the caller's mistake.
   */
  update(samples: readonly Sample[]): void {
    const { n, constants: k } = this;
    if (samples.length !== k.lambda)
      throw new RangeError(`a generation has ${k.lambda} samples, got ${samples.length}`);
    const sorted = [...samples].sort((a, b) => a.loss - b.loss);
    const steps = sorted.map(({ x, outside }) => this.#clipped(this.#step(x), outside === true));
    const before = this.#rates && {
      mean: Float64Array.from(this.mean),
      sigma: this.sigma,
      c: Float64Array.from(this.#c),
    };
    const whitener = this.#rates && this.#inverseRoot();

    const move = new Float64Array(n);
    for (let i = 0; i < k.mu; i++) for (let j = 0; j < n; j++) move[j]! += k.weights[i]! * steps[i]![j]!;
    for (let j = 0; j < n; j++) this.mean[j]! += this.sigma * this.scale[j]! * move[j]!;

    const white = this.#whiten(move);
    const a = Math.sqrt(k.cSigma * (2 - k.cSigma) * k.muEff);
    for (let j = 0; j < n; j++) this.#pathSigma[j] = (1 - k.cSigma) * this.#pathSigma[j]! + a * white[j]!;
    const length = norm(this.#pathSigma);
    this.generation++;
    const settled = length / Math.sqrt(1 - (1 - k.cSigma) ** (2 * (this.generation + 1)));
    const h = settled < (1.4 + 2 / (n + 1)) * k.chi ? 1 : 0;
    this.sigma *= Math.exp(Math.min(1, (k.cSigma / k.dSigma) * (length / k.chi - 1)));
    const b = h * Math.sqrt(k.cC * (2 - k.cC) * k.muEff);
    for (let j = 0; j < n; j++) this.#pathC[j] = (1 - k.cC) * this.#pathC[j]! + b * move[j]!;
    this.#adaptCovariance(steps, h);
    if (this.#rates && before)
      this.sigma = this.#rates.apply(before, { mean: this.mean, sigma: this.sigma, c: this.#c }, whitener!);
    this.#decompose();
    this.#remember(sorted[0]!.loss, sorted.at(-1)!.loss);
  }

  /**
   * Why a restart is due, or undefined. The rules of the reference implementations: tolerances in x and f, condition,
   * stagnation.
   */
  stop(): string | undefined {
    const { n, sigma } = this;
    const spread = Math.max(...Array.from({ length: n }, (_, j) => this.deviation(j)));
    if (spread < 1e-12 * Math.max(1, this.#sigma0)) return 'the steps became tiny';
    const condition = (this.#d[n - 1]! / this.#d[0]!) ** 2;
    if (condition > 1e14) return 'the covariance became singular';
    if (spread > 1e4 * this.#sigma0) return 'the steps became huge';
    const window = 10 + Math.ceil((30 * n) / this.lambda);
    if (this.#bests.length >= window) {
      const last = this.#bests.slice(-window);
      const range = Math.max(...last) - Math.min(...last);
      if (Math.max(range, this.#lastRange) < 1e-12) return 'the last generations are all alike';
    }
    return Number.isFinite(sigma) ? undefined : 'the step size is not finite';
  }

  #remember(best: number, worst: number): void {
    this.#bests.push(best);
    if (this.#bests.length > 400) this.#bests.shift();
    this.#lastRange = worst - best;
  }

  #step(x: ArrayLike<number>): Float64Array {
    const y = new Float64Array(this.n);
    for (let j = 0; j < this.n; j++) y[j] = (x[j]! - this.mean[j]!) / (this.sigma * this.scale[j]!);
    return y;
  }

  /** Hansen 2011, equation 4: an outside step is shortened to √n + 2n/(n + 2) standard deviations. */
  #clipped(y: Float64Array, outside: boolean): Float64Array {
    if (!outside) return y;
    const factor = Math.min(1, this.constants.clip / Math.max(1e-300, norm(this.#whiten(y))));
    return y.map((v) => v * factor);
  }

  /** C^(−1/2) y. */
  #whiten(y: Float64Array): Float64Array {
    const { n } = this;
    const t = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += this.#b[i * n + k]! * y[i]!;
      t[k] = sum / this.#d[k]!;
    }
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += this.#b[i * n + k]! * t[k]!;
      out[i] = sum;
    }
    return out;
  }

  #inverseRoot(): Float64Array {
    const { n } = this;
    const out = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (this.#b[i * n + k]! * this.#b[j * n + k]!) / this.#d[k]!;
        out[i * n + j] = sum;
      }
    return out;
  }

  /**
   * Rank-one and rank-µ update, negative weights scaled by n/‖C^(−1/2) y‖² so that C stays positive definite (tutorial,
   * equations 46, 47).
   */
  #adaptCovariance(steps: readonly Float64Array[], h: number): void {
    const { n, constants: k } = this;
    const weights = steps.map((y, i) => {
      const w = k.weights[i]!;
      return w >= 0 ? w : (w * n) / (norm(this.#whiten(y)) ** 2 + 1e-12);
    });
    const sumW = k.weights.reduce((a, b) => a + b, 0);
    const c = this.#c;
    const keep = 1 + k.c1 * (1 - h) * k.cC * (2 - k.cC) - k.c1 - k.cMu * sumW;
    for (let i = 0; i < n; i++) {
      const p = k.c1 * this.#pathC[i]!;
      for (let j = 0; j <= i; j++) c[i * n + j] = keep * c[i * n + j]! + p * this.#pathC[j]!;
    }
    for (const [s, y] of steps.entries()) {
      const w = k.cMu * weights[s]!;
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) c[i * n + j]! += w * y[i]! * y[j]!;
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) c[j * n + i] = c[i * n + j]!;
  }

  #decompose(): void {
    const { n } = this;
    const { values, vectors } = symmetricEigen(this.#c, n);
    const floor = Math.max(values[n - 1]!, 1e-300) * 1e-16;
    this.#b = vectors;
    this.#d = values.map((value) => Math.sqrt(Math.max(value, floor)));
  }
}

function identity(n: number): Float64Array {
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) m[i * n + i] = 1;
  return m;
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return Math.sqrt(sum);
}

/**
 * All kernels of a mixture on one knob, prior last: normals truncated to [0, 1] on a continuous knob, their integrals
 * over the value's interval on a discrete one, smoothed indicators on a category. Knows nothing about weights and other
 * knobs.
 */
import type { Random } from '../../base/random.ts';
import { quickCdf, type Truncation, truncatedNormal, truncation } from '../math/normal.ts';
import type { Dim } from '../param.ts';

/** Centre and width of the prior kernel: the middle of the scale, as wide as the scale. */
export const PRIOR_MU = 0.5;
export const PRIOR_SIGMA = 1;
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

export class Column {
  readonly dim: Dim;
  /** Kernels without the prior. */
  readonly count: number;
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  /** A trial in which the knob was not active has the prior's kernel: true when there is one. */
  readonly hasInactive: boolean;
  readonly #inside: Float64Array;
  /** By kernel: the truncations of those that were drawn from. */
  readonly #drawn: (Truncation | undefined)[] = [];
  /** Log masses of all kernels by discrete value, made when first needed. */
  readonly #tables = new Map<number, Float64Array>();

  /** Kernels by their centres, prior included, where the caller knows: what gap widths were made from. */
  readonly order: Int32Array | undefined;

  /** `sigma`: one width for all kernels, or one each; the prior has its own. */
  constructor(dim: Dim, values: Float64Array, sigma: number | Float64Array, order?: Int32Array) {
    const n = values.length;
    this.dim = dim;
    this.order = order;
    this.count = n;
    this.mu = new Float64Array(n + 1);
    this.sigma = new Float64Array(n + 1);
    this.#inside = new Float64Array(n + 1);
    this.mu.set(values);
    if (typeof sigma === 'number') this.sigma.fill(sigma);
    else this.sigma.set(sigma);
    this.sigma[n] = PRIOR_SIGMA;
    let inactive = false;
    for (let i = 0; i < n; i++) {
      if (!Number.isNaN(this.mu[i]!)) continue;
      inactive = true;
      if (dim.kind === 'numeric') [this.mu[i], this.sigma[i]] = [PRIOR_MU, PRIOR_SIGMA];
    }
    this.hasInactive = inactive;
    this.mu[n] = dim.kind === 'category' ? Number.NaN : PRIOR_MU;
  }

  /** Is the knob a number without steps? */
  get isContinuous(): boolean {
    return this.dim.kind === 'numeric' && this.dim.levels === Number.POSITIVE_INFINITY;
  }

  /** A coordinate from kernel `k`. */
  draw(k: number, chance: Random): number {
    const { dim } = this;
    if (dim.kind === 'category') {
      let u = chance.uniform();
      for (let index = 0; index < dim.levels - 1; index++) {
        u -= this.masses([k], index)[0]!;
        if (u < 0) return index;
      }
      return dim.levels - 1;
    }
    const [mu, sigma] = [this.mu[k]!, this.sigma[k]!];
    this.#drawn[k] ??= truncation(mu, sigma, 0, 1);
    const u = truncatedNormal(mu, sigma, 0, 1, chance.uniform(), this.#drawn[k]);
    return dim.levels === Number.POSITIVE_INFINITY ? u : dim.encode(dim.decode(u));
  }

  /** The constant before the exponential of a continuous kernel. */
  constant(k: number): number {
    return INVERSE_SQRT_2PI / (this.sigma[k]! * this.inside(k));
  }

  /** Mass of a kernel inside [0, 1]: never small, because its centre lies there. */
  inside(k: number): number {
    const known = this.#inside[k]!;
    if (known > 0) return known;
    const mu = this.mu[k]!;
    const sigma = this.sigma[k]!;
    return (this.#inside[k] = quickCdf((1 - mu) / sigma) - quickCdf(-mu / sigma));
  }

  /**
   * What some kernels on a discrete knob or category give to the value at `u`; never nothing, so that logs are finite.
   */
  masses(kernels: readonly number[], u: number): Float64Array {
    const { dim, mu } = this;
    const out = new Float64Array(kernels.length);
    if (dim.kind === 'category') {
      const base = 1 / (this.count + 1);
      for (const [s, k] of kernels.entries())
        out[s] = Number.isNaN(mu[k]!) ? 1 / dim.levels : ((mu[k] === u ? 1 : 0) + base) / (1 + dim.levels * base);
      return out;
    }
    const [low, high] = dim.edges(u);
    for (let s = 0; s < kernels.length; s++) out[s] = this.between(kernels[s]!, low, high);
    return out;
  }

  /** What a kernel on a number gives to an interval. */
  between(k: number, low: number, high: number): number {
    const mu = this.mu[k]!;
    const sigma = this.sigma[k]!;
    return Math.max(1e-300, (quickCdf((high - mu) / sigma) - quickCdf((low - mu) / sigma)) / this.inside(k));
  }

  /** Add the log density of every kernel at `u`. */
  addTo(out: Float64Array, u: number): void {
    const n = this.count;
    if (!this.isContinuous) {
      const table = this.#table(u);
      for (let i = 0; i <= n; i++) out[i]! += table[i]!;
      return;
    }
    for (let i = 0; i <= n; i++)
      out[i]! += Math.log(this.constant(i)) - 0.5 * ((u - this.mu[i]!) / this.sigma[i]!) ** 2;
  }

  #table(u: number): Float64Array {
    const known = this.#tables.get(u);
    if (known) return known;
    const { site, first } = this.sites();
    const logs = this.masses(first, u).map(Math.log);
    const table = Float64Array.from(site, (s) => logs[s]!);
    this.#tables.set(u, table);
    return table;
  }

  /**
   * Kernels of the same centre and width are one: the number of each kernel's place, and the first kernel on every
   * place.
   */
  sites(): { readonly site: Int32Array; readonly first: readonly number[] } {
    const bySigma = new Map<number, Map<number, number>>();
    const first: number[] = [];
    const site = new Int32Array(this.count + 1);
    for (let i = 0; i <= this.count; i++) {
      let byMu = bySigma.get(this.sigma[i]!);
      if (!byMu) {
        byMu = new Map();
        bySigma.set(this.sigma[i]!, byMu);
      }
      let at = byMu.get(this.mu[i]!);
      if (at === undefined) {
        at = first.push(i) - 1;
        byMu.set(this.mu[i]!, at);
      }
      site[i] = at;
    }
    return { site, first };
  }
}

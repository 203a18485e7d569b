/**
 * Parzen estimators over knobs: a mixture of one kernel per observation and one broad prior kernel. Continuous knobs get normals truncated
 * to [0, 1], discrete numbers their integrals over the value's interval, categories the smoothed indicator (Bergstra et al., "Algorithms
 * for hyper-parameter optimization", NeurIPS 2011; constants of Optuna's TPESampler as described by Watanabe, arXiv 2304.11127, section 3).
 */
import type { Random } from '../base/random.ts';
import { LOG_SQRT_2PI } from '../base/distributions.ts';
import { quickCdf, truncatedNormal } from './normal.ts';
import type { Dim } from './param.ts';
import { Window } from './window.ts';

/** Centre and width of the prior kernel: the middle of the scale, as wide as the scale. */
const PRIOR_MU = 0.5;
const PRIOR_SIGMA = 1;
const PRIOR_HALF = 0.5 / PRIOR_SIGMA ** 2;

/**
 * Weights of observations, oldest first, prior last, normalised. Fewer than 25: all equal. More: the newest 25 weigh 1 and older ones ramp
 * down linearly to 1/n (Bergstra et al. 2013, "old decay").
 */
export function mixtureWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const ramp = n - 25;
  if (ramp > 0) for (let i = 0; i < ramp; i++) weights[i] = ramp === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (ramp - 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** The magic clip: no kernel narrower than 1/min(100, 2 + n) of the scale, none wider than it. n counts the observations. */
function magicClip(sigma: number, n: number): number {
  return Math.min(1, Math.max(1 / Math.min(100, 2 + n), sigma));
}

/**
 * Widths for one knob alone: the larger gap to a neighbour, the prior's centre counting as one; the outermost kernels take their inner gap
 * (consider_endpoints = false). `mu` in the order of observation.
 */
export function gapWidths(mu: readonly number[]): number[] {
  const n = mu.length;
  const all = [...mu, PRIOR_MU];
  const order = all.map((_, i) => i).sort((a, b) => all[a]! - all[b]! || a - b);
  const sigma = new Array<number>(n);
  for (let k = 0; k <= n; k++) {
    const i = order[k]!;
    if (i === n) continue;
    const left = k > 0 ? all[i]! - all[order[k - 1]!]! : Number.NaN;
    const right = k < n ? all[order[k + 1]!]! - all[i]! : Number.NaN;
    sigma[i] = magicClip(Number.isNaN(left) ? right : Number.isNaN(right) ? left : Math.max(left, right), n);
  }
  return sigma;
}

/** One width for all kernels of a mixture over d knobs: 0.2 · n^(−1/(d+4)) (Scott's rule as Optuna's multivariate TPE has it), clipped. */
export function scottWidth(n: number, d: number): number {
  return magicClip(0.2 * Math.max(n, 1) ** (-1 / (d + 4)), n);
}

/** Log of the smoothed indicator: the mass that a kernel on category `at` (or the uniform prior) gives to `index`. n observations. */
function categoryLogMass(levels: number, n: number, at: number, index: number): number {
  if (Number.isNaN(at)) return -Math.log(levels);
  const base = 1 / (n + 1);
  return Math.log(((at === index ? 1 : 0) + base) / (1 + levels * base));
}

/** A mixture over several knobs whose components are products (Falkner et al. 2018; with one knob it is the plain univariate one). */
export class Parzen {
  readonly size: number;
  readonly #columns: readonly Column[];
  /** Knobs of a joint mixture whose kernels share one width: one pass over a matrix instead of one per knob. */
  readonly #block: Block | undefined;
  /** A mixture on one knob: its window where that is continuous, what was computed already where it is discrete. */
  #window: Window | undefined;
  #asked = 0;
  readonly #known = new Map<number, number>();
  readonly #logWeights: Float64Array;
  readonly #cumulative: Float64Array;

  /** `points`: coordinates of the observations on these dims, oldest first. `joint`: one Scott width instead of gaps. */
  constructor(dims: readonly Dim[], points: readonly (readonly number[])[], joint: boolean) {
    const n = points.length;
    this.size = n;
    const weights = mixtureWeights(n);
    this.#logWeights = weights.map(Math.log);
    let sum = 0;
    this.#cumulative = weights.map((w) => (sum += w));
    this.#columns = dims.map((dim, j) => {
      const column = new Float64Array(n);
      for (let i = 0; i < n; i++) column[i] = points[i]![j]!;
      return new Column(dim, column, joint ? scottWidth(n, dims.length) : undefined);
    });
    if (joint && n > 0 && dims.length > 1)
      this.#block = new Block(this.#columns, this.#logWeights, scottWidth(n, dims.length));
  }

  /** A point drawn from the mixture. */
  draw(chance: Random): number[] {
    const u = chance.uniform();
    let k = 0;
    while (k < this.size && this.#cumulative[k]! <= u) k++;
    return this.#columns.map((column) => column.draw(k, chance));
  }

  /** Log density of a point; coordinates that are NaN are integrated out. `scratch` needs size + 1 places. */
  logDensity(point: readonly number[], scratch = new Float64Array(this.size + 1)): number {
    if (this.#columns.length > 1) return this.#joint(point, scratch);
    const u = point[0]!;
    if (Number.isNaN(u)) return 0;
    // Sorting the kernels pays only when it is asked more often than one proposal does.
    if (++this.#asked === 40) this.#window = this.#columns[0]!.window(this.#logWeights);
    if (this.#window) return this.#window.logDensity(u);
    const known = this.#known.get(u) ?? this.#joint(point, scratch);
    this.#known.set(u, known);
    return known;
  }

  #joint(point: readonly number[], scratch: Float64Array): number {
    const n = this.size + 1;
    const block = this.#block?.fill(scratch, point) ? this.#block : undefined;
    if (!block) scratch.set(this.#logWeights);
    for (let j = 0; j < this.#columns.length; j++)
      if (!Number.isNaN(point[j]!) && !block?.has[j]) this.#columns[j]!.addTo(scratch, point[j]!);
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) if (scratch[i]! > max) max = scratch[i]!;
    let sum = 0;
    for (let i = 0; i < n; i++) if (scratch[i]! > max - 30) sum += Math.exp(scratch[i]! - max);
    return max + Math.log(sum);
  }
}

/** Log densities of all kernels over the knobs whose kernels share a width, in one pass. */
class Block {
  /** Which knobs are in it. */
  readonly has: readonly boolean[];
  readonly #columns: readonly Column[];
  readonly #smooth: readonly number[];
  readonly #stepped: readonly number[];
  /** Centres on continuous knobs, row by row. */
  readonly #centres: Float64Array;
  /** Places in `#masses` of each kernel on discrete knobs, row by row. */
  readonly #places: Int32Array;
  /** Weight and normalising constants of each kernel, as logs. */
  readonly #base: Float64Array;
  readonly #half: number;
  readonly #point: Float64Array;
  readonly #masses: Float64Array;

  constructor(columns: readonly Column[], logWeights: Float64Array, width: number) {
    const rows = logWeights.length;
    this.#columns = columns;
    this.#smooth = columns.flatMap((column, j) => (column.isUniform ? [j] : []));
    this.#stepped = columns.flatMap((column, j) => (column.sites > 0 ? [j] : []));
    this.has = columns.map((column) => column.isUniform || column.sites > 0);
    this.#half = 0.5 / width ** 2;
    this.#base = logWeights.slice();
    this.#centres = new Float64Array(rows * this.#smooth.length);
    this.#places = new Int32Array(rows * this.#stepped.length);
    this.#point = new Float64Array(this.#smooth.length);
    for (const [c, j] of this.#smooth.entries())
      columns[j]!.copyCentres(this.#centres, this.#base, c, this.#smooth.length);
    let offset = 0;
    for (const [c, j] of this.#stepped.entries()) {
      columns[j]!.copyPlaces(this.#places, offset, c, this.#stepped.length);
      offset += columns[j]!.sites;
    }
    this.#masses = new Float64Array(offset);
  }

  /** Writes the log densities; false, and nothing written, where one of its knobs is not active. */
  fill(out: Float64Array, point: readonly number[]): boolean {
    for (let j = 0; j < point.length; j++) if (this.has[j] && Number.isNaN(point[j]!)) return false;
    const [u, centres, places, masses, base, half] = [
      this.#point,
      this.#centres,
      this.#places,
      this.#masses,
      this.#base,
      this.#half,
    ];
    const [smooth, stepped] = [this.#smooth.length, this.#stepped.length];
    for (let c = 0; c < smooth; c++) u[c] = point[this.#smooth[c]!]!;
    let offset = 0;
    for (const j of this.#stepped) {
      const small = this.#columns[j]!.small(point[j]!);
      masses.set(small, offset);
      offset += small.length;
    }
    const last = base.length - 1;
    for (let i = 0, k = 0, p = 0; i <= last; i++) {
      let sum = 0;
      for (let c = 0; c < smooth; c++, k++) {
        const d = u[c]! - centres[k]!;
        sum += d * d;
      }
      let log = base[i]! - sum * (i === last ? PRIOR_HALF : half);
      for (let c = 0; c < stepped; c++, p++) log += masses[places[p]!]!;
      out[i] = log;
    }
    return true;
  }
}

/** All kernels of a mixture on one knob, prior last. */
class Column {
  readonly #dim: Dim;
  readonly #n: number;
  /** The width that all kernels but the prior share, in a joint mixture. */
  readonly #width: number | undefined;
  readonly #mu: Float64Array;
  readonly #sigma: Float64Array;
  /** Log of the normalising constant per kernel (continuous knobs). */
  readonly #constant: Float64Array;
  readonly #halfPrecision: Float64Array;
  /** Log masses of all kernels by discrete value, filled when first needed. */
  readonly #tables = new Map<number, Float64Array>();
  /** Discrete knobs: which of `#sites` each kernel stands on. */
  #index: Int32Array | undefined;
  #sites: readonly number[] = [];

  constructor(dim: Dim, values: Float64Array, width: number | undefined) {
    this.#dim = dim;
    this.#width = width;
    const n = values.length;
    this.#n = n;
    this.#mu = new Float64Array(n + 1);
    this.#sigma = new Float64Array(n + 1).fill(PRIOR_SIGMA);
    this.#mu.set(values);
    this.#mu[n] = dim.kind === 'category' ? Number.NaN : PRIOR_MU;
    if (dim.kind === 'numeric') this.#setWidths(width);
    this.#constant = new Float64Array(n + 1);
    this.#halfPrecision = new Float64Array(n + 1);
    if (dim.kind === 'category' || dim.levels !== Number.POSITIVE_INFINITY) {
      if (dim.kind === 'category' || width !== undefined) this.#number();
      return;
    }
    for (let i = 0; i <= n; i++) {
      const [mu, sigma] = [this.#mu[i]!, this.#sigma[i]!];
      // The mass inside [0, 1] is never small, because the kernel's centre lies there.
      const mass = quickCdf((1 - mu) / sigma) - quickCdf(-mu / sigma);
      this.#constant[i] = -LOG_SQRT_2PI - Math.log(sigma * mass);
      this.#halfPrecision[i] = 0.5 / this.#sigma[i]! ** 2;
    }
  }

  #setWidths(width: number | undefined): void {
    const n = this.#n;
    const known: number[] = [];
    for (let i = 0; i < n; i++) if (!Number.isNaN(this.#mu[i]!)) known.push(i);
    const gaps = width === undefined ? gapWidths(known.map((i) => this.#mu[i]!)) : [];
    for (const [k, i] of known.entries()) this.#sigma[i] = width ?? gaps[k]!;
    for (let i = 0; i < n; i++) if (Number.isNaN(this.#mu[i]!)) this.#mu[i] = PRIOR_MU;
  }

  /** Continuous, with one width for all kernels but the prior: no trial in which the knob was not active. */
  get isUniform(): boolean {
    if (this.#dim.kind === 'category' || this.#dim.levels !== Number.POSITIVE_INFINITY) return false;
    for (let i = 0; i < this.#n; i++) if (this.#sigma[i] !== this.#width) return false;
    return this.#width !== undefined;
  }

  /** All kernels by their place, for a continuous knob alone. */
  window(logWeights: Float64Array): Window | undefined {
    if (this.#dim.kind === 'category' || this.#dim.levels !== Number.POSITIVE_INFINITY) return undefined;
    const logs = logWeights.map((w, i) => w + this.#constant[i]!);
    return new Window(this.#mu, this.#sigma, logs);
  }

  /** Places that kernels stand on and the prior's, where they are numbered; 0 where they are not. */
  get sites(): number {
    return this.#index ? this.#sites.length : 0;
  }

  copyPlaces(places: Int32Array, offset: number, c: number, stride: number): void {
    for (let i = 0; i <= this.#n; i++) places[i * stride + c] = offset + this.#index![i]!;
  }

  /** Centres into place `c` of every row of `stride`; constants added to `base`. */
  copyCentres(centres: Float64Array, base: Float64Array, c: number, stride: number): void {
    for (let i = 0; i <= this.#n; i++) {
      centres[i * stride + c] = this.#mu[i]!;
      base[i]! += this.#constant[i]!;
    }
  }

  draw(k: number, chance: Random): number {
    const dim = this.#dim;
    if (dim.kind === 'category') {
      let u = chance.uniform();
      for (let index = 0; index < dim.levels - 1; index++) {
        u -= Math.exp(categoryLogMass(dim.levels, this.#n, this.#mu[k]!, index));
        if (u < 0) return index;
      }
      return dim.levels - 1;
    }
    const u = truncatedNormal(this.#mu[k]!, this.#sigma[k]!, 0, 1, chance.uniform());
    return dim.levels === Number.POSITIVE_INFINITY ? u : dim.encode(dim.decode(u));
  }

  addTo(out: Float64Array, u: number): void {
    const n = this.#n + 1;
    if (this.#index) {
      const small = this.small(u);
      for (let i = 0; i < n; i++) out[i]! += small[this.#index[i]!]!;
      return;
    }
    if (this.#dim.kind === 'category' || this.#dim.levels !== Number.POSITIVE_INFINITY) {
      const table = this.#table(u);
      for (let i = 0; i < n; i++) out[i]! += table[i]!;
      return;
    }
    const [mu, constant, half] = [this.#mu, this.#constant, this.#halfPrecision];
    for (let i = 0; i < n; i++) {
      const d = u - mu[i]!;
      out[i]! += constant[i]! - d * d * half[i]!;
    }
  }

  /** Log masses at `u` by the value that a kernel stands on; the last one is the prior's. Where places are numbered. */
  small(u: number): Float64Array {
    const known = this.#tables.get(u);
    if (known) return known;
    const [dim, sites] = [this.#dim, this.#sites];
    const [low, high] = dim.edges(u);
    const prior = sites.length - 1;
    const masses = Float64Array.from(sites, (mu, k) =>
      dim.kind === 'category'
        ? categoryLogMass(dim.levels, this.#n, mu, u)
        : quickLogMass(mu, k === prior ? PRIOR_SIGMA : this.#width!, low, high),
    );
    this.#tables.set(u, masses);
    return masses;
  }

  /** Number the distinct places of the kernels, where their number is small and their width shared. */
  #number(): void {
    const seen = new Map<number, number>();
    const index = new Int32Array(this.#n + 1);
    for (let i = 0; i < this.#n; i++) {
      const mu = this.#mu[i]!;
      // A kernel where the knob was not active is the prior's.
      if (this.#dim.kind === 'numeric' && this.#sigma[i] !== this.#width) {
        index[i] = -1;
        continue;
      }
      let k = seen.get(mu);
      if (k === undefined) {
        k = seen.size;
        seen.set(mu, k);
      }
      index[i] = k;
    }
    if (seen.size > 64) return;
    index[this.#n] = -1;
    this.#index = index.map((k) => (k < 0 ? seen.size : k));
    this.#sites = [...seen.keys(), this.#mu[this.#n]!];
  }

  #table(u: number): Float64Array {
    const known = this.#tables.get(u);
    if (known) return known;
    const dim = this.#dim;
    const table = new Float64Array(this.#n + 1);
    const category = dim.kind === 'category';
    const [low, high] = dim.edges(u);
    // Kernels on the same value with the shared width have the same mass: one evaluation each instead of one per observation.
    const shared = new Map<number, number>();
    let [lastMu, lastMass] = [Number.POSITIVE_INFINITY, 0];
    for (let i = 0; i <= this.#n; i++) {
      const [mu, sigma] = [this.#mu[i]!, this.#sigma[i]!];
      if (mu === lastMu && i < this.#n && sigma === this.#width) {
        table[i] = lastMass;
        continue;
      }
      let mass = sigma === this.#width ? shared.get(mu) : undefined;
      if (mass === undefined) {
        mass = category ? categoryLogMass(dim.levels, this.#n, mu, u) : quickLogMass(mu, sigma, low, high);
        if (sigma === this.#width) shared.set(mu, mass);
      }
      table[i] = mass;
      [lastMu, lastMass] = [mu, mass];
    }
    this.#tables.set(u, table);
    return table;
  }
}

/** Log of the mass that a truncated normal gives to an interval; for many kernels at once, where 1e-14 absolute is enough. */
function quickLogMass(mu: number, sigma: number, low: number, high: number): number {
  const inside = quickCdf((1 - mu) / sigma) - quickCdf(-mu / sigma);
  return Math.log(Math.max(1e-300, (quickCdf((high - mu) / sigma) - quickCdf((low - mu) / sigma)) / inside));
}

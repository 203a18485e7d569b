/**
 * Parzen estimators over knobs: a mixture of one kernel per observation and one broad prior kernel. Continuous knobs
 * get normals truncated to [0, 1], discrete numbers their integrals over the value's interval, categories the smoothed
 * indicator (Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011; constants of Optuna's
 * TPESampler as described by Watanabe, arXiv 2304.11127, section 3).
 */
import type { Random } from '../../base/random.ts';
import { Block } from './block.ts';
import { Column, PRIOR_MU } from './column.ts';
import type { Dim } from '../param.ts';
import type { Point } from '../space.ts';
import { Window } from './window.ts';

/**
 * Weights of observations, oldest first, prior last, normalised. Fewer than 25: all equal. More: the newest 25 weigh 1
 * and older ones ramp down linearly to 1/n (Bergstra et al. 2013, "old decay").
 */
export function mixtureWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const ramp = n - 25;
  if (ramp > 0) for (let i = 0; i < ramp; i++) weights[i] = ramp === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (ramp - 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/**
 * The magic clip: no kernel narrower than 1/min(100, 2 + n) of the scale, none wider than it. n counts the
 * observations.
 */
function magicClip(sigma: number, n: number): number {
  return Math.min(1, Math.max(1 / Math.min(100, 2 + n), sigma));
}

/**
 * Indices in ascending order of their values, equal ones in the order of the indices: a bucket each, then insertion.
 */
export function ascending(values: Float64Array): Int32Array {
  const n = values.length;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < n; i++) {
    if (values[i]! < low) low = values[i]!;
    if (values[i]! > high) high = values[i]!;
  }
  const perUnit = (n - 1) / (high - low);
  const scale = Number.isFinite(perUnit) ? perUnit : 0;
  const start = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) start[Math.floor((values[i]! - low) * scale) + 1]!++;
  for (let k = 0; k < n; k++) start[k + 1]! += start[k]!;
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[start[Math.floor((values[i]! - low) * scale)]!++] = i;
  // Where a bucket is crowded, insertion would be quadratic.
  let from = 0;
  for (let k = 0; k < n; k++) {
    const end = start[k]!;
    if (end - from > 64) order.subarray(from, end).sort((a, b) => values[a]! - values[b]! || a - b);
    else insert(order, values, from, end);
    from = end;
  }
  return order;
}

function insert(order: Int32Array, values: Float64Array, from: number, end: number): void {
  for (let k = from + 1; k < end; k++) {
    const i = order[k]!;
    let at = k;
    while (at > from && values[order[at - 1]!]! > values[i]!) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = i;
  }
}

/**
 * Widths for one knob alone: the larger gap to a neighbour, the prior's centre counting as one; the outermost kernels
 * take their inner gap (consider_endpoints = false). `mu` in the order of observation, all of them numbers; `order`: by
 * place, the prior last among equals.
 */
export function gapWidths(mu: ArrayLike<number>): { readonly sigma: Float64Array; readonly order: Int32Array } {
  const n = mu.length;
  const all = new Float64Array(n + 1);
  all.set(mu);
  all[n] = PRIOR_MU;
  const order = ascending(all);
  const sigma = new Float64Array(n);
  for (let k = 0; k <= n; k++) {
    const i = order[k]!;
    if (i === n) continue;
    const left = k > 0 ? all[i]! - all[order[k - 1]!]! : Number.NEGATIVE_INFINITY;
    const right = k < n ? all[order[k + 1]!]! - all[i]! : Number.NEGATIVE_INFINITY;
    sigma[i] = magicClip(Math.max(left, right), n);
  }
  return { sigma, order };
}

/**
 * One width for all kernels of a mixture over d knobs: 0.2 · n^(−1/(d+4)) (Scott's rule as Optuna's multivariate TPE
 * has it), clipped.
 */
export function scottWidth(n: number, d: number): number {
  return magicClip(0.2 * Math.max(n, 1) ** (-1 / (d + 4)), n);
}

export interface ParzenOptions {
  /** Where in the points the knobs' coordinates are; in the order of the knobs when absent. */
  readonly at?: readonly number[];
  /** Where densities will be asked for mostly. It changes how fast they come, not what they are. */
  readonly near?: Point | undefined;
}

interface Weights {
  readonly plain: Float64Array;
  readonly log: Float64Array;
  readonly cumulative: Float64Array;
}

/** The newest weights by number of observations: a mixture for every knob has the same ones. */
const known = new Map<number, Weights>();

function weightsOf(n: number): Weights {
  let weights = known.get(n);
  if (!weights) {
    const plain = mixtureWeights(n);
    let sum = 0;
    weights = { plain, log: plain.map(Math.log), cumulative: plain.map((w) => (sum += w)) };
    if (known.size >= 64) known.clear();
    known.set(n, weights);
  }
  return weights;
}

/** Log density of a point, or a smaller number above `limit`. */
type Density = (point: readonly number[], limit: number) => number;

/**
 * A mixture over several knobs whose components are products (Falkner et al. 2018; with one knob it is the plain
 * univariate one).
 */
export class Parzen {
  readonly size: number;
  readonly #columns: readonly Column[];
  readonly #weights: Weights;
  readonly #nearby: Point | undefined;
  /** Made when first needed: a mixture that is only drawn from has none. */
  #quick: Density | undefined;

  /**
   * `points`: coordinates of the observations on these dims, oldest first. `joint`: one Scott width instead of gaps;
   * without it an observation in which a number's knob was not active (NaN) must be left out.
   */
  constructor(dims: readonly Dim[], points: readonly Point[], joint: boolean, options: ParzenOptions = {}) {
    const { at, near } = options;
    const n = points.length;
    this.size = n;
    this.#nearby = near;
    this.#weights = weightsOf(n);
    this.#columns = dims.map((dim, j) => {
      const values = new Float64Array(n);
      const from = at?.[j] ?? j;
      for (let i = 0; i < n; i++) values[i] = points[i]![from]!;
      if (joint) return new Column(dim, values, scottWidth(n, dims.length));
      if (dim.kind === 'category') return new Column(dim, values, 1);
      const { sigma, order } = gapWidths(values);
      return new Column(dim, values, sigma, order);
    });
  }

  /** A point drawn from the mixture. */
  draw(chance: Random): number[] {
    const u = chance.uniform();
    let k = 0;
    while (k < this.size && this.#weights.cumulative[k]! <= u) k++;
    return this.#columns.map((column) => column.draw(k, chance));
  }

  /**
   * Log density of a point; coordinates that are NaN are integrated out. With a limit, any number above it may come
   * instead of a density above it: enough to know that the point is not worth more.
   */
  logDensity(point: readonly number[], limit = Number.POSITIVE_INFINITY): number {
    for (let j = 0; j < point.length; j++) if (Number.isNaN(point[j]!)) return this.#withGaps(point);
    this.#quick ??= this.#prepare();
    return this.#quick(point, limit);
  }

  #prepare(): Density {
    const [column] = this.#columns;
    if (this.#columns.length > 1) {
      if (this.#columns.some(({ hasInactive }) => hasInactive)) return (point) => this.#withGaps(point);
      const width = scottWidth(this.size, this.#columns.length);
      const block = new Block(this.#columns, this.#weights.log, width, this.#rows());
      return (point, limit) => block.logDensity(point, limit);
    }
    if (!column!.isContinuous) return stepped(column!, this.#weights.plain);
    const window = new Window(column!, this.#weights.plain, column!.order ?? ascending(column!.mu));
    return (point, limit) => window.logDensity(point[0]!, limit);
  }

  /** Kernels of a joint mixture, the ones nearest to where it will be asked first. */
  #rows(): Int32Array {
    const near = this.#nearby;
    const distance = new Float64Array(this.size);
    if (near)
      for (const [j, { dim, mu }] of this.#columns.entries())
        for (let i = 0; i < this.size; i++)
          distance[i]! += dim.kind === 'category' ? Number(mu[i] !== near[j]) * 0.1 : (mu[i]! - near[j]!) ** 2 || 0;
    return ascending(distance);
  }

  #withGaps(point: readonly number[]): number {
    const logs = this.#weights.log.slice();
    for (const [j, u] of point.entries()) if (!Number.isNaN(u)) this.#columns[j]!.addTo(logs, u);
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < logs.length; i++) if (logs[i]! > max) max = logs[i]!;
    let sum = 0;
    for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i]! - max);
    return max + Math.log(sum);
  }
}

/**
 * A discrete knob or category alone: kernels on the same place with the same width are counted once, and every value is
 * computed once.
 */
function stepped(column: Column, weights: Float64Array): Density {
  const { site, first } = column.sites();
  const heights = new Float64Array(first.length);
  for (let i = 0; i < site.length; i++) heights[site[i]!]! += weights[i]!;
  const values = new Map<number, number>();
  return ([u]) => {
    let log = values.get(u!);
    if (log === undefined) {
      log = Math.log(column.masses(first, u!).reduce((sum, mass, s) => sum + mass * heights[s]!, 0));
      values.set(u!, log);
    }
    return log;
  };
}

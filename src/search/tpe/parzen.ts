/**
 * Parzen estimators over knobs: a mixture of one kernel per observation and one broad prior kernel. Continuous knobs
 * get normals truncated to [0, 1], discrete numbers their integrals over the value's interval, categories the smoothed
 * indicator (Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011; constants of Optuna's
 * TPESampler as described by Watanabe, arXiv 2304.11127, section 3).
 */
import type { Random } from '../../base/random.ts';
import { KernelBlock } from './block.ts';
import { KernelColumn, PRIOR_CENTRE } from './column.ts';
import type { Dim } from '../param.ts';
import type { Point } from '../space.ts';
import { KernelWindow } from './window.ts';

/**
 * Weights of observations, oldest first, prior last, normalised. Fewer than 25: all equal. More: the newest 25 weigh 1
 * and older ones ramp down linearly to 1/n (Bergstra et al. 2013, "old decay").
 */
export function mixtureWeights(observationCount: number): Float64Array {
  const weights = new Float64Array(observationCount + 1).fill(1);
  const rampLength = observationCount - 25;
  if (rampLength > 0)
    for (let index = 0; index < rampLength; index++)
      weights[index] =
        rampLength === 1
          ? 1 / observationCount
          : 1 / observationCount + ((1 - 1 / observationCount) * index) / (rampLength - 1);
  const weightSum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / weightSum);
}

/**
 * The magic clip: no kernel narrower than 1/min(100, 2 + n) of the scale, none wider than it. n counts the
 * observations.
 */
function magicClip(width: number, observationCount: number): number {
  return Math.min(1, Math.max(1 / Math.min(100, 2 + observationCount), width));
}

/**
 * Indices in ascending order of their values; equal values in the order of their indices. By bucket sort, then by
 * insertion within the buckets.
 */
export function ascendingOrder(values: Float64Array): Int32Array {
  const count = values.length;
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < count; index++) {
    if (values[index]! < smallest) smallest = values[index]!;
    if (values[index]! > largest) largest = values[index]!;
  }
  const bucketsPerUnit = (count - 1) / (largest - smallest);
  const scale = Number.isFinite(bucketsPerUnit) ? bucketsPerUnit : 0;
  const bucketStarts = new Int32Array(count + 1);
  for (let index = 0; index < count; index++) bucketStarts[Math.floor((values[index]! - smallest) * scale) + 1]!++;
  for (let bucket = 0; bucket < count; bucket++) bucketStarts[bucket + 1]! += bucketStarts[bucket]!;
  const order = new Int32Array(count);
  for (let index = 0; index < count; index++)
    order[bucketStarts[Math.floor((values[index]! - smallest) * scale)]!++] = index;
  // In a crowded bucket, insertion would be quadratic.
  let begin = 0;
  for (let bucket = 0; bucket < count; bucket++) {
    const end = bucketStarts[bucket]!;
    if (end - begin > 64)
      order.subarray(begin, end).sort((left, right) => values[left]! - values[right]! || left - right);
    else insertInOrder(order, values, begin, end);
    begin = end;
  }
  return order;
}

function insertInOrder(order: Int32Array, values: Float64Array, begin: number, end: number): void {
  for (let next = begin + 1; next < end; next++) {
    const index = order[next]!;
    let position = next;
    while (position > begin && values[order[position - 1]!]! > values[index]!) {
      order[position] = order[position - 1]!;
      position--;
    }
    order[position] = index;
  }
}

/**
 * Widths for one knob alone: the larger gap to a neighbour, where the prior's centre is a neighbour too; the outermost
 * kernels take their inner gap (consider_endpoints = false). `centres` are in the order of observation, none is NaN.
 * The returned `order` is by centre, the prior's last among equals.
 */
export function gapWidths(centres: ArrayLike<number>): { readonly widths: Float64Array; readonly order: Int32Array } {
  const count = centres.length;
  const withPrior = new Float64Array(count + 1);
  withPrior.set(centres);
  withPrior[count] = PRIOR_CENTRE;
  const order = ascendingOrder(withPrior);
  const widths = new Float64Array(count);
  for (let rank = 0; rank <= count; rank++) {
    const index = order[rank]!;
    if (index === count) continue;
    const leftGap = rank > 0 ? withPrior[index]! - withPrior[order[rank - 1]!]! : Number.NEGATIVE_INFINITY;
    const rightGap = rank < count ? withPrior[order[rank + 1]!]! - withPrior[index]! : Number.NEGATIVE_INFINITY;
    widths[index] = magicClip(Math.max(leftGap, rightGap), count);
  }
  return { widths, order };
}

/**
 * One width for all kernels of a mixture over d knobs: 0.2 · n^(−1/(d+4)) (Scott's rule as Optuna's multivariate TPE
 * has it), clipped.
 */
export function scottWidth(observationCount: number, knobCount: number): number {
  return magicClip(0.2 * Math.max(observationCount, 1) ** (-1 / (knobCount + 4)), observationCount);
}

export interface ParzenOptions {
  /** Indices of the knobs' coordinates in the points; in the order of the knobs when absent. */
  readonly knobs?: readonly number[];
  /** A point near which most densities will be asked for. It changes their speed, not their values. */
  readonly near?: Point | undefined;
}

interface MixtureWeights {
  readonly plain: Float64Array;
  readonly log: Float64Array;
  readonly cumulative: Float64Array;
}

/** Weights by number of observations: the mixtures of all knobs have the same ones. */
const knownWeights = new Map<number, MixtureWeights>();

function weightsOf(observationCount: number): MixtureWeights {
  let weights = knownWeights.get(observationCount);
  if (!weights) {
    const plain = mixtureWeights(observationCount);
    let sum = 0;
    weights = { plain, log: plain.map(Math.log), cumulative: plain.map((weight) => (sum += weight)) };
    if (knownWeights.size >= 64) knownWeights.clear();
    knownWeights.set(observationCount, weights);
  }
  return weights;
}

/** Log density of a point. When it exceeds `limit`, a smaller number above `limit` may be returned. */
type LogDensity = (point: readonly number[], limit: number) => number;

/**
 * A mixture over several knobs whose components are products (Falkner et al. 2018). With one knob it is the univariate
 * estimator.
 */
export class Parzen {
  readonly size: number;
  readonly #columns: readonly KernelColumn[];
  readonly #weights: MixtureWeights;
  readonly #nearby: Point | undefined;
  /** Prepared when first needed: many mixtures are only drawn from. */
  #density: LogDensity | undefined;

  /**
   * `points`: coordinates of the observations on these dims, oldest first. `isJoint`: one Scott width instead of gaps;
   * without it an observation in which a number's knob was not active (NaN) must be left out.
   */
  constructor(dimensions: readonly Dim[], points: readonly Point[], isJoint: boolean, options: ParzenOptions = {}) {
    const { knobs, near: nearby } = options;
    const observationCount = points.length;
    this.size = observationCount;
    this.#nearby = nearby;
    this.#weights = weightsOf(observationCount);
    this.#columns = dimensions.map((dimension, knob) => {
      const values = new Float64Array(observationCount);
      const source = knobs?.[knob] ?? knob;
      for (let index = 0; index < observationCount; index++) values[index] = points[index]![source]!;
      if (isJoint) return new KernelColumn(dimension, values, scottWidth(observationCount, dimensions.length));
      if (dimension.kind === 'category') return new KernelColumn(dimension, values, 1);
      const { widths, order } = gapWidths(values);
      return new KernelColumn(dimension, values, widths, order);
    });
  }

  /** A point drawn from the mixture. */
  draw(chance: Random): number[] {
    const uniform = chance.uniform();
    let kernel = 0;
    while (kernel < this.size && this.#weights.cumulative[kernel]! <= uniform) kernel++;
    return this.#columns.map((column) => column.drawFrom(kernel, chance));
  }

  /**
   * Log density of a point; coordinates that are NaN are integrated out. When the density exceeds `limit`, any smaller
   * number above `limit` may be returned: the caller only needs to know that it exceeds it.
   */
  logDensity(point: readonly number[], limit = Number.POSITIVE_INFINITY): number {
    for (let knob = 0; knob < point.length; knob++) if (Number.isNaN(point[knob]!)) return this.#densityWithGaps(point);
    this.#density ??= this.#prepareDensity();
    return this.#density(point, limit);
  }

  #prepareDensity(): LogDensity {
    const [column] = this.#columns;
    if (this.#columns.length > 1) {
      if (this.#columns.some(({ hasInactive }) => hasInactive)) return (point) => this.#densityWithGaps(point);
      const width = scottWidth(this.size, this.#columns.length);
      const block = new KernelBlock(this.#columns, this.#weights.log, width, this.#orderKernels());
      return (point, limit) => block.logDensity(point, limit);
    }
    if (!column!.isContinuous) return steppedDensity(column!, this.#weights.plain);
    const kernelWindow = new KernelWindow(
      column!,
      this.#weights.plain,
      column!.order ?? ascendingOrder(column!.centres),
    );
    return (point, limit) => kernelWindow.logDensity(point[0]!, limit);
  }

  /** The kernels of a joint mixture; those nearest to the point of `near` come first. */
  #orderKernels(): Int32Array {
    const nearby = this.#nearby;
    const distances = new Float64Array(this.size);
    if (nearby)
      for (const [knob, { dimension, centres }] of this.#columns.entries())
        for (let kernel = 0; kernel < this.size; kernel++)
          distances[kernel]! +=
            dimension.kind === 'category'
              ? Number(centres[kernel] !== nearby[knob]) * 0.1
              : (centres[kernel]! - nearby[knob]!) ** 2 || 0;
    return ascendingOrder(distances);
  }

  #densityWithGaps(point: readonly number[]): number {
    const logTerms = this.#weights.log.slice();
    for (const [knob, coordinate] of point.entries())
      if (!Number.isNaN(coordinate)) this.#columns[knob]!.addLogDensities(logTerms, coordinate);
    let largest = Number.NEGATIVE_INFINITY;
    for (let kernel = 0; kernel < logTerms.length; kernel++)
      if (logTerms[kernel]! > largest) largest = logTerms[kernel]!;
    let sum = 0;
    for (let kernel = 0; kernel < logTerms.length; kernel++) sum += Math.exp(logTerms[kernel]! - largest);
    return largest + Math.log(sum);
  }
}

/**
 * Log density on a discrete knob or category alone: equal kernels are computed once, and so is every value.
 */
function steppedDensity(column: KernelColumn, weights: Float64Array): LogDensity {
  const { siteOfKernel, firstKernels } = column.groupKernels();
  const heights = new Float64Array(firstKernels.length);
  for (let kernel = 0; kernel < siteOfKernel.length; kernel++) heights[siteOfKernel[kernel]!]! += weights[kernel]!;
  const logByValue = new Map<number, number>();
  return ([coordinate]) => {
    let logDensity = logByValue.get(coordinate!);
    if (logDensity === undefined) {
      logDensity = Math.log(
        column.massesAt(firstKernels, coordinate!).reduce((sum, mass, site) => sum + mass * heights[site]!, 0),
      );
      logByValue.set(coordinate!, logDensity);
    }
    return logDensity;
  };
}

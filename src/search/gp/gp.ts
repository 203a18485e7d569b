/**
 * A Gaussian process over knobs: a sum of one-knob effects plus a joint effect (additive kernels: Duvenaud, Nickisch &
 * Rasmussen, NeurIPS 2011). Its few hyperparameters are chosen from a grid by marginal likelihood (Rasmussen & Williams
 * 2006, equations 2.30, 5.8). Made for tens of trials.
 */
import { varianceOf } from '../../base/stats.ts';
import { choleskyFactor, solveLower, solveUpper } from '../math/matrix.ts';
import type { Point, Space } from '../space.ts';

/** The hyperparameters that are chosen from the grid. */
interface PriorShape {
  /** Distance in coordinates over which a one-knob effect changes. */
  readonly length: number;
  /** Share of the variance that is in one-knob effects; the rest is joint. */
  readonly additive: number;
  /** Variance of one measurement as a share of the prior variance. */
  readonly noise: number;
  /** Expected loss, in prior standard deviations, of moving one knob half its range away from the known-good start. */
  readonly slope: number;
}

export interface GpData {
  readonly points: readonly Point[];
  readonly losses: readonly number[];
  /** Measurements behind each loss. */
  readonly counts: readonly number[];
  /** Standard deviation of one measurement, when known. */
  readonly noise: number | undefined;
  /** The known-good point: the prior expects the loss to grow with the distance from it. */
  readonly start: Point | undefined;
}

export interface Prediction {
  readonly mean: number;
  readonly deviation: number;
}

/** Correlation of two different categories, or of an active with an inactive knob. */
const MISMATCH_CORRELATION = 0.2;
const LENGTH_GRID = [0.15, 0.35, 0.8];
const ADDITIVE_GRID = [0.1, 0.6, 0.95];
const NOISE_GRID = [1e-6, 1e-3, 0.03, 0.3];
const SLOPE_GRID = [0, 0.6];
/**
 * Evidence that is subtracted for each factor of ten by which the prior variance is below 250 times the noise's: knobs
 * that a person declared are expected to matter more than the noise. Without it, the model learns from a few moves
 * inside the noise that nothing matters, and proposes no moves.
 */
const TIMIDITY_PENALTY = 4;
/** 1/250. */
const EXPECTED_NOISE_SHARE = 0.004;
/** Most trials by which the hyperparameters are chosen: the grid has dozens of cells, and the cost of each is cubic. */
const MAX_SHAPE_TRIALS = 40;

/**
 * How much a knob is expected to matter before anything is known. Learning rates and their like, which people put on a
 * log scale, matter most (van Rijn & Hutter, "Hyperparameter importance across datasets", KDD 2018); a choice among
 * categories least.
 */
function expectedWeight(dimension: Space['dims'][number]): number {
  if (dimension.kind === 'category') return 0.7;
  if (dimension.log) return 1.5;
  return dimension.levels === Number.POSITIVE_INFINITY ? 1 : 1.2;
}

export class Gp {
  shape: PriorShape = { length: 0.35, additive: 0.6, noise: 0.03, slope: 0 };
  readonly #space: Space;
  readonly #data: GpData;
  readonly #weights: readonly number[];
  readonly #amplitude: number;
  readonly #constant: number;
  readonly #factor: Float64Array;
  readonly #alpha: Float64Array;
  #standpoint: Standpoint | undefined;
  readonly #size: number;
  /** Coordinates of the trials, knob by knob. */
  readonly #columns: readonly Float64Array[];
  readonly #scratch: ScratchSpace;
  /** Distance of each trial from the start. */
  readonly #startDistances: Float64Array;

  /** Fit to at least one trial. Losses may be on any scale. */
  constructor(space: Space, trialData: GpData) {
    this.#space = space;
    this.#data = trialData;
    const trialCount = trialData.points.length;
    this.#size = trialCount;
    this.#columns = space.dims.map((_, knob) => Float64Array.from(trialData.points, (point) => point[knob]!));
    const kernelParts = { one: new Float64Array(trialCount), log: new Float64Array(trialCount) };
    this.#scratch = {
      kernelParts,
      knob: emptyKnobKernels(trialCount),
      kernelRow: new Float64Array(trialCount),
      solved: new Float64Array(trialCount),
    };
    const rawWeights = space.dims.map(expectedWeight);
    const weightSum = rawWeights.reduce((total, weight) => total + weight, 0);
    this.#weights = rawWeights.map((weight) => weight / weightSum);
    this.#startDistances = Float64Array.from(trialData.points, (point) =>
      trialData.start ? this.#distanceBetween(point, trialData.start) : 0,
    );
    const bestFit = this.#chooseShape(
      trialData.points.length > MAX_SHAPE_TRIALS ? new Gp(space, sampleTrials(trialData)).shape : undefined,
    );
    if (!bestFit) throw new RangeError('the kernel matrix is singular for every hyperparameter');
    this.shape = bestFit.shape;
    this.#amplitude = bestFit.fit.amplitude;
    this.#constant = bestFit.fit.constant;
    this.#factor = bestFit.fit.factor;
    this.#alpha = bestFit.fit.alpha;
  }

  /** The shape with the most evidence, or the fit of one that is given. */
  #chooseShape(givenShape: PriorShape | undefined): { readonly shape: PriorShape; readonly fit: ShapeFit } | undefined {
    const { start, points } = this.#data;
    const hasFewTrials = points.length < 4;
    let bestFit: { score: number; shape: PriorShape; fit: ShapeFit } | undefined;
    for (const length of givenShape ? [givenShape.length] : hasFewTrials ? [0.35] : LENGTH_GRID) {
      this.shape = { ...this.shape, length };
      const [oneKnob, jointKernel] = this.#computeKernels();
      for (const additive of givenShape ? [givenShape.additive] : hasFewTrials ? [0.6] : ADDITIVE_GRID) {
        const correlation = oneKnob.map((entry, index) => additive * entry + (1 - additive) * jointKernel[index]!);
        for (const noise of givenShape ? [givenShape.noise, 0.1, 1] : this.#noiseGrid()) {
          if (givenShape && bestFit) break;
          for (const slope of givenShape ? [givenShape.slope] : start ? SLOPE_GRID : [0]) {
            const shape = { length, additive, noise, slope };
            const fit = this.#fitShape(correlation, shape);
            // A weak preference for a slope, for the middle of the grid, and for knobs that matter: as strong as a few
            // trials of evidence.
            const timidity = this.#data.noise
              ? TIMIDITY_PENALTY * Math.max(0, Math.log10(noise / EXPECTED_NOISE_SHARE))
              : 0;
            const preference =
              (slope > 0 ? 1.5 : 0) - (length === 0.35 ? 0 : 0.5) - (additive === 0.6 ? 0 : 0.5) - timidity;
            if (fit && (!bestFit || fit.evidence + preference > bestFit.score))
              bestFit = { score: fit.evidence + preference, shape, fit };
          }
        }
      }
    }
    return bestFit;
  }

  /** Prior variance: the square of how far losses are expected to spread. */
  get amplitude(): number {
    return this.#amplitude;
  }

  /** Make predictions near this point cheap: only the knobs that differ from it are computed. */
  standAt(point: Point): void {
    this.#standpoint = undefined;
    const kernelParts = this.#computeParts(point, {
      one: new Float64Array(this.#size),
      log: new Float64Array(this.#size),
    });
    const knobs = this.#space.dims.map((_, knob) =>
      this.#computeKnobKernels(knob, point[knob]!, emptyKnobKernels(this.#size)),
    );
    this.#standpoint = { point, kernelParts, knobs };
  }

  /** Mean and standard deviation of a measurement without noise at a point. */
  predictAt(point: Point): Prediction {
    const trialCount = this.#size;
    const { one: oneKnob, log: jointLogs } = this.#computeParts(point, this.#scratch.kernelParts);
    const { additive } = this.shape;
    const [kernelRow, solved, factor, alpha] = [
      this.#scratch.kernelRow,
      this.#scratch.solved,
      this.#factor,
      this.#alpha,
    ];
    for (let index = 0; index < trialCount; index++)
      kernelRow[index] = additive * oneKnob[index]! + (additive < 1 ? (1 - additive) * Math.exp(jointLogs[index]!) : 0);
    let mean = this.#priorMean(point);
    for (let index = 0; index < trialCount; index++) mean += kernelRow[index]! * alpha[index]!;
    let explained = 0;
    // The forward substitution of `solveLower`, without a new array for every candidate.
    for (let row = 0; row < trialCount; row++) {
      let sum = kernelRow[row]!;
      for (let column = 0, position = row * trialCount; column < row; column++, position++)
        sum -= factor[position]! * solved[column]!;
      solved[row] = sum / factor[row * trialCount + row]!;
      explained += solved[row]! * solved[row]!;
    }
    return { mean, deviation: Math.sqrt(this.#amplitude * Math.max(1e-12, 1 - explained)) };
  }

  /**
   * Sum of the one-knob kernels, and log of the joint kernel, between a point and every trial. With a standpoint, only
   * the knobs that differ from it are computed.
   */
  #computeParts(point: Point, target: KernelParts): KernelParts {
    const standpoint = this.#standpoint;
    const trialCount = this.#size;
    const { one: oneKnob, log: jointLogs } = target;
    if (standpoint) {
      oneKnob.set(standpoint.kernelParts.one);
      jointLogs.set(standpoint.kernelParts.log);
    } else {
      oneKnob.fill(0);
      jointLogs.fill(0);
    }
    for (let knob = 0; knob < this.#columns.length; knob++) {
      const [coordinate, previous] = [point[knob]!, standpoint?.point[knob]];
      if (standpoint && (coordinate === previous || (Number.isNaN(coordinate) && Number.isNaN(previous)))) continue;
      const { alike, logs } = this.#computeKnobKernels(knob, coordinate, this.#scratch.knob);
      const standingKernels = standpoint?.knobs[knob];
      const weight = this.#weights[knob]!;
      for (let index = 0; index < trialCount; index++) {
        oneKnob[index]! += weight * (alike[index]! - (standingKernels ? standingKernels.alike[index]! : 0));
        jointLogs[index]! += logs[index]! - (standingKernels ? standingKernels.logs[index]! : 0);
      }
    }
    return target;
  }

  /** The one-knob kernel between a value and every trial, and its part of the log of the joint kernel. */
  #computeKnobKernels(knob: number, coordinate: number, target: KnobKernels): KnobKernels {
    const column = this.#columns[knob]!;
    const isCategory = this.#space.dims[knob]!.kind === 'category';
    const { length } = this.shape;
    const [squaredLength, jointLength] = [
      length * length,
      length * Math.sqrt(Math.max(1, this.#space.dims.length / 2)),
    ];
    const squaredJointLength = jointLength * jointLength;
    const { alike, logs } = target;
    for (let index = 0; index < column.length; index++) {
      const other = column[index]!;
      if (coordinate === other || (Number.isNaN(coordinate) && Number.isNaN(other))) {
        alike[index] = 1;
        logs[index] = 0;
      } else if (isCategory || Number.isNaN(coordinate) || Number.isNaN(other)) {
        alike[index] = MISMATCH_CORRELATION;
        logs[index] = -1;
      } else {
        const difference = coordinate - other;
        alike[index] = Math.exp((-0.5 * difference * difference) / squaredLength);
        logs[index] = (-0.5 * difference * difference) / squaredJointLength;
      }
    }
    return target;
  }

  #noiseGrid(): readonly number[] {
    const { noise, losses } = this.#data;
    if (noise === undefined) return losses.length < 4 ? [0.03] : NOISE_GRID;
    // The noise is known: the grid is over the prior variance instead, from "effects like the noise" to "effects a
    // hundred times it".
    return noise === 0 ? [1e-6] : [0.5, 0.1, 0.02, 0.004, 1e-4];
  }

  #priorMean(point: Point): number {
    const { start } = this.#data;
    return (
      this.#constant + (start ? this.shape.slope * Math.sqrt(this.#amplitude) * this.#distanceBetween(point, start) : 0)
    );
  }

  /**
   * Sum over knobs of (move / half the range)², at most 1 each, times √(weight): the shape of the expected loss around
   * the start.
   */
  #distanceBetween(point: Point, origin: Point): number {
    let sum = 0;
    for (const [knob, dimension] of this.#space.dims.entries()) {
      const moved =
        dimension.kind === 'category'
          ? point[knob] === origin[knob]
            ? 0
            : 0.6
          : Math.abs((point[knob] ?? 0) - (origin[knob] ?? 0)) * 2;
      if (!Number.isNaN(moved)) sum += Math.sqrt(this.#weights[knob]!) * Math.min(1, moved * moved);
    }
    return sum;
  }

  #fitShape(correlation: Float64Array, shape: PriorShape): ShapeFit | undefined {
    const { losses, counts, start, noise } = this.#data;
    const trialCount = losses.length;
    const matrix = Float64Array.from(correlation);
    for (let index = 0; index < trialCount; index++)
      matrix[index * trialCount + index]! += shape.noise / counts[index]! + 1e-8;
    const factor = choleskyFactor(matrix, trialCount);
    if (!factor) return undefined;
    // Two rounds: the slope is in units of the amplitude, which is estimated around the mean that the slope gives.
    let amplitude = noise ? noise ** 2 / shape.noise : Math.max(varianceOf(losses), 1e-300);
    let [constant, quadratic] = [0, 0];
    let alpha: Float64Array = new Float64Array(trialCount);
    for (let round = 0; round < 2; round++) {
      const detrended = losses.map(
        (loss, index) => loss - (start ? shape.slope * Math.sqrt(amplitude) * this.#startDistances[index]! : 0),
      );
      const solvedOnes = solveUpper(
        factor,
        solveLower(factor, new Float64Array(trialCount).fill(1), trialCount),
        trialCount,
      );
      constant =
        detrended.reduce((sum, loss, index) => sum + loss * solvedOnes[index]!, 0) /
        solvedOnes.reduce((sum, value) => sum + value, 0);
      const centred = detrended.map((loss) => loss - constant);
      alpha = solveUpper(factor, solveLower(factor, centred, trialCount), trialCount);
      quadratic = centred.reduce((sum, loss, index) => sum + loss * alpha[index]!, 0);
      if (!noise) amplitude = Math.max((quadratic + 2 * varianceOf(losses)) / (trialCount + 2), 1e-300);
    }
    let logDeterminant = 0;
    for (let index = 0; index < trialCount; index++)
      logDeterminant += 2 * Math.log(factor[index * trialCount + index]!);
    const evidence = -0.5 * (quadratic / amplitude + logDeterminant + trialCount * Math.log(amplitude));
    return { evidence, amplitude, constant, factor, alpha };
  }

  /** Additive and joint kernel matrices for the length in `shape`. */
  #computeKernels(): readonly [Float64Array, Float64Array] {
    const { points } = this.#data;
    const trialCount = points.length;
    const [oneKnob, jointKernel] = [
      new Float64Array(trialCount * trialCount),
      new Float64Array(trialCount * trialCount),
    ];
    for (let row = 0; row < trialCount; row++) {
      const rowParts = this.#computeParts(points[row]!, this.#scratch.kernelParts);
      for (let column = 0; column < trialCount; column++) {
        oneKnob[row * trialCount + column] = rowParts.one[column]!;
        jointKernel[row * trialCount + column] = Math.exp(rowParts.log[column]!);
      }
    }
    return [oneKnob, jointKernel];
  }
}

/** MAX_SHAPE_TRIALS trials: half of them the best, half the newest. */
function sampleTrials(trialData: GpData): GpData {
  const { points, losses, counts } = trialData;
  const order = losses.map((_, index) => index).sort((left, right) => losses[left]! - losses[right]! || left - right);
  const kept = new Set(order.slice(0, MAX_SHAPE_TRIALS / 2));
  for (let index = losses.length - 1; kept.size < MAX_SHAPE_TRIALS; index--) kept.add(index);
  const pickKept = <T>(entries: readonly T[]): T[] => entries.filter((_, index) => kept.has(index));
  return { ...trialData, points: pickKept(points), losses: pickKept(losses), counts: pickKept(counts) };
}

interface KernelParts {
  readonly one: Float64Array;
  readonly log: Float64Array;
}

/** One knob's part in both kernels, by trial. */
interface KnobKernels {
  readonly alike: Float64Array;
  readonly logs: Float64Array;
}

const emptyKnobKernels = (trialCount: number): KnobKernels => ({
  alike: new Float64Array(trialCount),
  logs: new Float64Array(trialCount),
});

interface Standpoint {
  readonly point: Point;
  readonly kernelParts: KernelParts;
  readonly knobs: readonly KnobKernels[];
}

/** Arrays that predictions reuse: there are hundreds of predictions for every proposal. */
interface ScratchSpace {
  readonly kernelParts: KernelParts;
  readonly knob: KnobKernels;
  readonly kernelRow: Float64Array;
  readonly solved: Float64Array;
}

interface ShapeFit {
  readonly evidence: number;
  readonly amplitude: number;
  readonly constant: number;
  readonly factor: Float64Array;
  readonly alpha: Float64Array;
}

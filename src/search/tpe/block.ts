/**
 * Log density of a joint mixture: all kernels of all knobs as one matrix, row by row, the kernels with most of the mass
 * first. All kernels must share one width, except the prior's.
 */
import { type KernelColumn, PRIOR_CENTRE, PRIOR_WIDTH } from './column.ts';

/** Rows that are computed between two comparisons with the limit. */
const CHUNK_ROWS = 64;
/** A term this far below the largest adds less than 1e-13. */
const NEGLIGIBLE_GAP = 30;
/** Most values of a knob whose masses are cached. */
const MAX_KNOWN_VALUES = 1024;

export class KernelBlock {
  /** Indices of the continuous knobs in a point. */
  readonly #smoothKnobs: readonly number[];
  /** Indices of the discrete knobs and categories in a point. */
  readonly #steppedKnobs: readonly number[];
  readonly #columns: readonly KernelColumn[];
  /** Centres of the kernels on the continuous knobs, row by row. */
  readonly #centres: Float64Array;
  /** Indices into `#logMasses` of the kernels on the discrete knobs, row by row; the last row is the prior's. */
  readonly #places: Int32Array;
  /** By discrete knob: one kernel of each group of equal kernels. */
  readonly #firstKernels: readonly (readonly number[])[];
  /** Log masses that these kernels give to the values of the present point. */
  readonly #logMasses: Float64Array;
  /** The same for earlier points, by knob and value. */
  readonly #knownMasses: readonly Map<number, Float64Array>[];
  /** Log of the weight times the normalising constants of each kernel; the prior's last. */
  readonly #logPeaks: Float64Array;
  readonly #halfPrecision: number;
  readonly #smoothPoint: Float64Array;
  readonly #rowLogs = new Float64Array(CHUNK_ROWS);

  /** `logWeights`: the prior's last. `kernelOrder`: the order of the rows. No column may have inactive kernels. */
  constructor(
    columns: readonly KernelColumn[],
    logWeights: Float64Array,
    width: number,
    kernelOrder: ArrayLike<number>,
  ) {
    const kernelCount = logWeights.length;
    this.#columns = columns;
    this.#smoothKnobs = columns.flatMap((column, knob) => (column.isContinuous ? [knob] : []));
    this.#steppedKnobs = columns.flatMap((column, knob) => (column.isContinuous ? [] : [knob]));
    this.#halfPrecision = 0.5 / width ** 2;
    const order = Int32Array.from({ length: kernelCount }, (_, row) =>
      row < kernelCount - 1 ? kernelOrder[row]! : kernelCount - 1,
    );
    const [smoothCount, steppedCount] = [this.#smoothKnobs.length, this.#steppedKnobs.length];
    this.#logPeaks = Float64Array.from(order, (kernel) => logWeights[kernel]!);
    const product = new Float64Array(kernelCount).fill(1);
    this.#centres = new Float64Array(kernelCount * smoothCount);
    for (const [axis, knob] of this.#smoothKnobs.entries()) {
      const column = columns[knob]!;
      for (let row = 0; row < kernelCount; row++) {
        this.#centres[row * smoothCount + axis] = column.centres[order[row]!]!;
        product[row]! *= column.normalizerOf(order[row]!);
      }
      // One logarithm for many constants, but not for so many that their product overflows.
      if (axis % 32 === 31 || axis === smoothCount - 1)
        for (let row = 0; row < kernelCount; row++) {
          this.#logPeaks[row]! += Math.log(product[row]!);
          product[row] = 1;
        }
    }
    this.#places = new Int32Array(kernelCount * steppedCount);
    const firstsByKnob: (readonly number[])[] = [];
    let offset = 0;
    for (const [axis, knob] of this.#steppedKnobs.entries()) {
      const { siteOfKernel, firstKernels } = columns[knob]!.groupKernels();
      for (let row = 0; row < kernelCount; row++)
        this.#places[row * steppedCount + axis] = offset + siteOfKernel[order[row]!]!;
      firstsByKnob.push(firstKernels);
      offset += firstKernels.length;
    }
    this.#firstKernels = firstsByKnob;
    this.#logMasses = new Float64Array(offset);
    this.#knownMasses = firstsByKnob.map(() => new Map());
    this.#smoothPoint = new Float64Array(smoothCount);
  }

  /**
   * The log density. As soon as the first kernels alone exceed `limit`, their sum is returned instead. No coordinate
   * may be NaN.
   */
  logDensity(point: readonly number[], limit: number): number {
    for (let axis = 0; axis < this.#smoothKnobs.length; axis++)
      this.#smoothPoint[axis] = point[this.#smoothKnobs[axis]!]!;
    this.#lookUp(point);
    const [logPeaks, rowLogs] = [this.#logPeaks, this.#rowLogs];
    const priorRow = logPeaks.length - 1;
    let largest = this.#priorTerm(priorRow);
    let sum = 1;
    for (let start = 0; start < priorRow; start += CHUNK_ROWS) {
      const size = Math.min(CHUNK_ROWS, priorRow - start);
      const chunkLargest = this.#computeRows(start, size);
      if (chunkLargest > largest) {
        sum *= Math.exp(largest - chunkLargest);
        largest = chunkLargest;
      }
      for (let row = 0; row < size; row++)
        if (rowLogs[row]! > largest - NEGLIGIBLE_GAP) sum += Math.exp(rowLogs[row]! - largest);
      if (largest + Math.log(sum) > limit) break;
    }
    return largest + Math.log(sum);
  }

  /** Write the log terms of some rows into `#rowLogs`, and return the largest of them. */
  #computeRows(start: number, size: number): number {
    const [coordinates, centres, places, logMasses, logPeaks, halfPrecision, rowLogs] = [
      this.#smoothPoint,
      this.#centres,
      this.#places,
      this.#logMasses,
      this.#logPeaks,
      this.#halfPrecision,
      this.#rowLogs,
    ];
    const [smoothCount, steppedCount] = [coordinates.length, this.#steppedKnobs.length];
    let largest = Number.NEGATIVE_INFINITY;
    for (let row = 0, centre = start * smoothCount, place = start * steppedCount; row < size; row++) {
      let squaredDistance = 0;
      for (let axis = 0; axis < smoothCount; axis++, centre++) {
        const difference = coordinates[axis]! - centres[centre]!;
        squaredDistance += difference * difference;
      }
      let logTerm = logPeaks[start + row]! - squaredDistance * halfPrecision;
      for (let axis = 0; axis < steppedCount; axis++, place++) logTerm += logMasses[places[place]!]!;
      rowLogs[row] = logTerm;
      if (logTerm > largest) largest = logTerm;
    }
    return largest;
  }

  #priorTerm(priorRow: number): number {
    let logTerm = this.#logPeaks[priorRow]!;
    for (const coordinate of this.#smoothPoint) logTerm -= (0.5 * (coordinate - PRIOR_CENTRE) ** 2) / PRIOR_WIDTH ** 2;
    for (let axis = 0; axis < this.#steppedKnobs.length; axis++)
      logTerm += this.#logMasses[this.#places[priorRow * this.#steppedKnobs.length + axis]!]!;
    return logTerm;
  }

  /** Write the log masses of the point's discrete values into `#logMasses`. */
  #lookUp(point: readonly number[]): void {
    let offset = 0;
    for (const [axis, knob] of this.#steppedKnobs.entries()) {
      const knownMasses = this.#knownMasses[axis]!;
      const firstKernels = this.#firstKernels[axis]!;
      let logMasses = knownMasses.get(point[knob]!);
      if (!logMasses) {
        logMasses = this.#columns[knob]!.massesAt(firstKernels, point[knob]!).map(Math.log);
        if (knownMasses.size >= MAX_KNOWN_VALUES) knownMasses.clear();
        knownMasses.set(point[knob]!, logMasses);
      }
      this.#logMasses.set(logMasses, offset);
      offset += firstKernels.length;
    }
  }
}

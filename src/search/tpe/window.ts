/**
 * Log density of a mixture of normals on one continuous knob, from the kernels near a coordinate only: with a thousand
 * observations, most are narrow and far away. The terms that are left out are below 1e-18 of a kernel's peak.
 */
import type { KernelColumn } from './column.ts';

/** Share of the density that may be left out. */
const NEGLIGIBLE_SHARE = 1e-14;
/** Narrow kernels that are added on each side between two comparisons with the limit. */
const CHUNK_KERNELS = 8;

export class KernelWindow {
  /** The narrowest kernels in order of their centres, then the wider ones and the prior's. */
  readonly #centres: Float64Array;
  readonly #halfPrecisions: Float64Array;
  /** Weight times the constant before the exponential, so that no logarithm is needed until the end. */
  readonly #heights: Float64Array;
  readonly #narrowCount: number;
  readonly #narrowWidth: number;
  /** Sum of the peaks of the narrow kernels. */
  readonly #totalHeight: number;

  /** `order`: all kernels in ascending order of their centres; the prior's has the last index. */
  constructor(column: KernelColumn, weights: Float64Array, order: Int32Array) {
    const { centres, widths, count } = column;
    let narrowestWidth = widths[count]!;
    for (let kernel = 0; kernel < count; kernel++) narrowestWidth = Math.min(narrowestWidth, widths[kernel]!);
    let narrowCount = 0;
    for (let kernel = 0; kernel <= count; kernel++) if (widths[kernel] === narrowestWidth) narrowCount++;
    this.#narrowCount = narrowCount;
    this.#narrowWidth = narrowestWidth;
    this.#centres = new Float64Array(count + 1);
    this.#halfPrecisions = new Float64Array(count + 1);
    this.#heights = new Float64Array(count + 1);
    let totalHeight = 0;
    for (let rank = 0, nextNarrow = 0, nextWide = narrowCount; rank <= count; rank++) {
      const kernel = order[rank]!;
      const position = widths[kernel] === narrowestWidth ? nextNarrow++ : nextWide++;
      this.#centres[position] = centres[kernel]!;
      this.#halfPrecisions[position] = 0.5 / widths[kernel]! ** 2;
      this.#heights[position] = weights[kernel]! * column.normalizerOf(kernel);
      if (position < narrowCount) totalHeight += this.#heights[position]!;
    }
    this.#totalHeight = totalHeight;
  }

  /** The log density. As soon as the nearest kernels alone exceed `limit`, their sum is returned instead. */
  logDensity(coordinate: number, limit: number): number {
    const centres = this.#centres;
    const halfPrecisions = this.#halfPrecisions;
    const heights = this.#heights;
    const narrowCount = this.#narrowCount;
    const enough = Math.exp(limit);
    let sum = 0;
    for (let kernel = narrowCount; kernel < centres.length && sum < enough; kernel++) {
      const difference = coordinate - centres[kernel]!;
      sum += heights[kernel]! * Math.exp(-difference * difference * halfPrecisions[kernel]!);
    }
    let right = this.#firstAbove(coordinate);
    let left = right - 1;
    // Outwards from the coordinate, so that the largest terms come first. All of these kernels are equally wide.
    const halfPrecision = halfPrecisions[0]!;
    for (
      let reach = 2;
      sum < enough;
      reach = this.#narrowWidth * Math.sqrt(2 * Math.log(this.#totalHeight / (NEGLIGIBLE_SHARE * sum)))
    ) {
      const covered = right - left;
      const rightEnd = Math.min(narrowCount, right + CHUNK_KERNELS);
      const leftEnd = Math.max(-1, left - CHUNK_KERNELS);
      const highest = coordinate + reach;
      const lowest = coordinate - reach;
      for (; right < rightEnd && centres[right]! <= highest; right++) {
        const difference = coordinate - centres[right]!;
        sum += heights[right]! * Math.exp(-difference * difference * halfPrecision);
      }
      for (; left > leftEnd && centres[left]! >= lowest; left--) {
        const difference = coordinate - centres[left]!;
        sum += heights[left]! * Math.exp(-difference * difference * halfPrecision);
      }
      if (right - left === covered) break;
    }
    return Math.log(sum);
  }

  /** The first narrow kernel at or above a coordinate. */
  #firstAbove(coordinate: number): number {
    let [low, high] = [0, this.#narrowCount];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#centres[middle]! < coordinate) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Log density of a mixture of normals on one continuous knob, from the kernels that reach a place: with a thousand
 * observations most are narrow and far away. What is left out is below 1e-18 of a kernel's peak.
 */
import type { Column } from './column.ts';

/** Share of the density that may be left out. */
const NOTHING = 1e-14;
/** Narrow kernels counted on each side between two looks at the limit. */
const CHUNK = 8;

export class Window {
  /** The narrowest kernels in order of their centres, then the wider ones and the prior. */
  readonly #mu: Float64Array;
  readonly #half: Float64Array;
  /** Weight times the constant before the exponential: no log is needed until the end. */
  readonly #peak: Float64Array;
  readonly #narrow: number;
  readonly #width: number;
  /** All peaks of the narrow kernels together. */
  readonly #peaks: number;

  /** `order`: the kernels by their centres, the prior (which has the last number) among them. */
  constructor(column: Column, weights: Float64Array, order: Int32Array) {
    const { mu, sigma, count } = column;
    let narrowest = sigma[count]!;
    for (let i = 0; i < count; i++) narrowest = Math.min(narrowest, sigma[i]!);
    let narrow = 0;
    for (let i = 0; i <= count; i++) if (sigma[i] === narrowest) narrow++;
    this.#narrow = narrow;
    this.#width = narrowest;
    this.#mu = new Float64Array(count + 1);
    this.#half = new Float64Array(count + 1);
    this.#peak = new Float64Array(count + 1);
    let peaks = 0;
    for (let k = 0, near = 0, far = narrow; k <= count; k++) {
      const i = order[k]!;
      const at = sigma[i] === narrowest ? near++ : far++;
      this.#mu[at] = mu[i]!;
      this.#half[at] = 0.5 / sigma[i]! ** 2;
      this.#peak[at] = weights[i]! * column.constant(i);
      if (at < narrow) peaks += this.#peak[at]!;
    }
    this.#peaks = peaks;
  }

  /** The log density, or a smaller number that is above `limit`, as soon as the nearest kernels give one. */
  logDensity(u: number, limit: number): number {
    const mu = this.#mu;
    const half = this.#half;
    const peak = this.#peak;
    const narrow = this.#narrow;
    const enough = Math.exp(limit);
    let sum = 0;
    for (let i = narrow; i < mu.length && sum < enough; i++) {
      const d = u - mu[i]!;
      sum += peak[i]! * Math.exp(-d * d * half[i]!);
    }
    let right = this.#first(u);
    let left = right - 1;
    // Outwards from the place, so that the kernels that matter most come first. All of them are equally wide.
    const precision = half[0]!;
    for (let reach = 2; sum < enough; reach = this.#width * Math.sqrt(2 * Math.log(this.#peaks / (NOTHING * sum)))) {
      const before = right - left;
      const rightEnd = Math.min(narrow, right + CHUNK);
      const leftEnd = Math.max(-1, left - CHUNK);
      const high = u + reach;
      const low = u - reach;
      for (; right < rightEnd && mu[right]! <= high; right++) {
        const d = u - mu[right]!;
        sum += peak[right]! * Math.exp(-d * d * precision);
      }
      for (; left > leftEnd && mu[left]! >= low; left--) {
        const d = u - mu[left]!;
        sum += peak[left]! * Math.exp(-d * d * precision);
      }
      if (right - left === before) break;
    }
    return Math.log(sum);
  }

  /** The first narrow kernel at or above a place. */
  #first(place: number): number {
    let [low, high] = [0, this.#narrow];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#mu[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

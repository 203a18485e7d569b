/**
 * Log density of a mixture of normals on one knob, from the kernels that reach a place: with a thousand observations most are narrow and far away.
 * What is left out is below 1e-18 of a kernel's peak.
 */

/** Standard deviations beyond which a kernel adds nothing that a double could show. */
const REACH = 9.5;
/** Kernels up to so many times the narrowest are found by their place; the few wider ones are always counted. */
const NARROW = 1.2;

export class Window {
  readonly #mu: Float64Array;
  readonly #logs: Float64Array;
  readonly #half: Float64Array;
  /** Narrow kernels come first, in order of their centres. */
  readonly #narrow: number;
  readonly #reach: number;
  readonly #scratch: Float64Array;

  /** `logs`: log of weight and normalising constant of each kernel. */
  constructor(mu: Float64Array, sigma: Float64Array, logs: Float64Array) {
    const narrowest = sigma.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const isNarrow = (i: number): boolean => sigma[i]! <= NARROW * narrowest;
    const order = Array.from(mu, (_, i) => i).sort(
      (a, b) => Number(isNarrow(b)) - Number(isNarrow(a)) || mu[a]! - mu[b]! || a - b,
    );
    this.#narrow = order.filter(isNarrow).length;
    this.#mu = Float64Array.from(order, (i) => mu[i]!);
    this.#logs = Float64Array.from(order, (i) => logs[i]!);
    this.#half = Float64Array.from(order, (i) => 0.5 / sigma[i]! ** 2);
    this.#reach = REACH * NARROW * narrowest;
    this.#scratch = new Float64Array(mu.length);
  }

  logDensity(u: number): number {
    const [mu, logs, half, scratch] = [this.#mu, this.#logs, this.#half, this.#scratch];
    let count = 0;
    let max = Number.NEGATIVE_INFINITY;
    const count1 = (i: number): void => {
      const d = u - mu[i]!;
      const log = logs[i]! - d * d * half[i]!;
      scratch[count++] = log;
      if (log > max) max = log;
    };
    for (let i = this.#first(u - this.#reach); i < this.#narrow && mu[i]! <= u + this.#reach; i++) count1(i);
    for (let i = this.#narrow; i < mu.length; i++) count1(i);
    let sum = 0;
    for (let i = 0; i < count; i++) if (scratch[i]! > max - 45) sum += Math.exp(scratch[i]! - max);
    return max + Math.log(sum);
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

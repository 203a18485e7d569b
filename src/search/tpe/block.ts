/**
 * Log density of a joint mixture: all kernels of all knobs as one matrix, row by row, most of the mass first. For
 * mixtures whose kernels share one width on every knob; the prior's kernel stands beside them.
 */
import { type Column, PRIOR_MU, PRIOR_SIGMA } from './column.ts';

/** Rows between two looks at the limit. */
const CHUNK = 64;
/** A term this far below the largest adds less than 1e-13. */
const NOTHING = 30;
/** Values of a knob whose masses are kept. */
const VALUES = 1024;

export class Block {
  /** Knobs without steps, and with steps or categories: places in a point. */
  readonly #smooth: readonly number[];
  readonly #stepped: readonly number[];
  readonly #columns: readonly Column[];
  /** Centres on continuous knobs, row by row. */
  readonly #centres: Float64Array;
  /** Places in `#masses` of each kernel on the discrete knobs, row by row; the last row is the prior's. */
  readonly #places: Int32Array;
  /**
   * The first kernel on every place of every discrete knob, and the log masses that it gives to the values last asked
   * for.
   */
  readonly #firsts: readonly (readonly number[])[];
  readonly #masses: Float64Array;
  readonly #known: readonly Map<number, Float64Array>[];
  /** Log of weight and normalising constants of each kernel; the prior's last. */
  readonly #base: Float64Array;
  readonly #half: number;
  readonly #point: Float64Array;
  readonly #logs = new Float64Array(CHUNK);

  /**
   * `logWeights`: the prior's last. No column may have inactive kernels. `rows`: the order in which kernels are
   * counted.
   */
  constructor(columns: readonly Column[], logWeights: Float64Array, width: number, rows: ArrayLike<number>) {
    const count = logWeights.length;
    this.#columns = columns;
    this.#smooth = columns.flatMap((column, j) => (column.isContinuous ? [j] : []));
    this.#stepped = columns.flatMap((column, j) => (column.isContinuous ? [] : [j]));
    this.#half = 0.5 / width ** 2;
    const order = Int32Array.from({ length: count }, (_, r) => (r < count - 1 ? rows[r]! : count - 1));
    const [smooth, stepped] = [this.#smooth.length, this.#stepped.length];
    this.#base = Float64Array.from(order, (i) => logWeights[i]!);
    const product = new Float64Array(count).fill(1);
    this.#centres = new Float64Array(count * smooth);
    for (const [c, j] of this.#smooth.entries()) {
      const column = columns[j]!;
      for (let r = 0; r < count; r++) {
        this.#centres[r * smooth + c] = column.mu[order[r]!]!;
        product[r]! *= column.constant(order[r]!);
      }
      // One log for many constants, but not for so many that their product overflows.
      if (c % 32 === 31 || c === smooth - 1)
        for (let r = 0; r < count; r++) {
          this.#base[r]! += Math.log(product[r]!);
          product[r] = 1;
        }
    }
    this.#places = new Int32Array(count * stepped);
    const firsts: (readonly number[])[] = [];
    let offset = 0;
    for (const [c, j] of this.#stepped.entries()) {
      const { site, first } = columns[j]!.sites();
      for (let r = 0; r < count; r++) this.#places[r * stepped + c] = offset + site[order[r]!]!;
      firsts.push(first);
      offset += first.length;
    }
    this.#firsts = firsts;
    this.#masses = new Float64Array(offset);
    this.#known = firsts.map(() => new Map());
    this.#point = new Float64Array(smooth);
  }

  /**
   * The log density, or a smaller number that is above `limit`, as soon as the first kernels give one. Every coordinate
   * must be there.
   */
  logDensity(point: readonly number[], limit: number): number {
    for (let c = 0; c < this.#smooth.length; c++) this.#point[c] = point[this.#smooth[c]!]!;
    this.#lookUp(point);
    const [base, logs] = [this.#base, this.#logs];
    const last = base.length - 1;
    let max = this.#prior(last);
    let sum = 1;
    for (let from = 0; from < last; from += CHUNK) {
      const size = Math.min(CHUNK, last - from);
      const top = this.#rows(from, size);
      if (top > max) {
        sum *= Math.exp(max - top);
        max = top;
      }
      for (let i = 0; i < size; i++) if (logs[i]! > max - NOTHING) sum += Math.exp(logs[i]! - max);
      if (max + Math.log(sum) > limit) break;
    }
    return max + Math.log(sum);
  }

  /** Log terms of some rows into `#logs`; the largest of them. */
  #rows(from: number, size: number): number {
    const [u, centres, places, masses, base, half, logs] = [
      this.#point,
      this.#centres,
      this.#places,
      this.#masses,
      this.#base,
      this.#half,
      this.#logs,
    ];
    const [smooth, stepped] = [u.length, this.#stepped.length];
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0, k = from * smooth, p = from * stepped; i < size; i++) {
      let squares = 0;
      for (let c = 0; c < smooth; c++, k++) {
        const d = u[c]! - centres[k]!;
        squares += d * d;
      }
      let log = base[from + i]! - squares * half;
      for (let c = 0; c < stepped; c++, p++) log += masses[places[p]!]!;
      logs[i] = log;
      if (log > top) top = log;
    }
    return top;
  }

  #prior(last: number): number {
    let log = this.#base[last]!;
    for (const u of this.#point) log -= (0.5 * (u - PRIOR_MU) ** 2) / PRIOR_SIGMA ** 2;
    for (let c = 0; c < this.#stepped.length; c++) log += this.#masses[this.#places[last * this.#stepped.length + c]!]!;
    return log;
  }

  /** Log masses that the kernels' places on the discrete knobs give to the point's values. */
  #lookUp(point: readonly number[]): void {
    let offset = 0;
    for (const [c, j] of this.#stepped.entries()) {
      const known = this.#known[c]!;
      const first = this.#firsts[c]!;
      let masses = known.get(point[j]!);
      if (!masses) {
        masses = this.#columns[j]!.masses(first, point[j]!).map(Math.log);
        if (known.size >= VALUES) known.clear();
        known.set(point[j]!, masses);
      }
      this.#masses.set(masses, offset);
      offset += first.length;
    }
  }
}

/**
 * All kernels of a mixture on one knob, prior last: normals truncated to [0, 1] on a continuous knob, their integrals
 * over the value's interval on a discrete one, smoothed indicators on a category. Knows nothing about weights and other
 * knobs.
 */
import type { Random } from '../../base/random.ts';
import { quickCdf, type Truncation, drawTruncatedNormal, truncateNormal } from '../math/normal.ts';
import type { Dim } from '../param.ts';

/** Centre and width of the prior kernel: the middle of the scale, as wide as the scale. */
export const PRIOR_CENTRE = 0.5;
export const PRIOR_WIDTH = 1;
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

export class KernelColumn {
  readonly dimension: Dim;
  /** Kernels without the prior. */
  readonly count: number;
  readonly centres: Float64Array;
  readonly widths: Float64Array;
  /** A trial in which the knob was not active has the prior's kernel: true when there is one. */
  readonly hasInactive: boolean;
  readonly #massesInside: Float64Array;
  /** By kernel: the truncations of those that were drawn from. */
  readonly #truncations: (Truncation | undefined)[] = [];
  /** Log masses of all kernels by discrete value, made when first needed. */
  readonly #logMassTables = new Map<number, Float64Array>();

  /** Kernels by their centres, prior included, where the caller knows: what gap widths were made from. */
  readonly order: Int32Array | undefined;

  /** `sigma`: one width for all kernels, or one each; the prior has its own. */
  constructor(dimension: Dim, values: Float64Array, widths: number | Float64Array, order?: Int32Array) {
    const observationCount = values.length;
    this.dimension = dimension;
    this.order = order;
    this.count = observationCount;
    this.centres = new Float64Array(observationCount + 1);
    this.widths = new Float64Array(observationCount + 1);
    this.#massesInside = new Float64Array(observationCount + 1);
    this.centres.set(values);
    if (typeof widths === 'number') this.widths.fill(widths);
    else this.widths.set(widths);
    this.widths[observationCount] = PRIOR_WIDTH;
    let hasInactive = false;
    for (let kernel = 0; kernel < observationCount; kernel++) {
      if (!Number.isNaN(this.centres[kernel]!)) continue;
      hasInactive = true;
      if (dimension.kind === 'numeric') [this.centres[kernel], this.widths[kernel]] = [PRIOR_CENTRE, PRIOR_WIDTH];
    }
    this.hasInactive = hasInactive;
    this.centres[observationCount] = dimension.kind === 'category' ? Number.NaN : PRIOR_CENTRE;
  }

  /** Is the knob a number without steps? */
  get isContinuous(): boolean {
    return this.dimension.kind === 'numeric' && this.dimension.levels === Number.POSITIVE_INFINITY;
  }

  /** A coordinate from kernel `kernel`. */
  drawFrom(kernel: number, chance: Random): number {
    const { dimension } = this;
    if (dimension.kind === 'category') {
      let remaining = chance.uniform();
      for (let category = 0; category < dimension.levels - 1; category++) {
        remaining -= this.massesAt([kernel], category)[0]!;
        if (remaining < 0) return category;
      }
      return dimension.levels - 1;
    }
    const [centre, width] = [this.centres[kernel]!, this.widths[kernel]!];
    this.#truncations[kernel] ??= truncateNormal(centre, width, 0, 1);
    const coordinate = drawTruncatedNormal(centre, width, 0, 1, chance.uniform(), this.#truncations[kernel]);
    return dimension.levels === Number.POSITIVE_INFINITY ? coordinate : dimension.encode(dimension.decode(coordinate));
  }

  /** The constant before the exponential of a continuous kernel. */
  normalizerOf(kernel: number): number {
    return INVERSE_SQRT_2PI / (this.widths[kernel]! * this.massInside(kernel));
  }

  /** Mass of a kernel inside [0, 1]: never small, because its centre lies there. */
  massInside(kernel: number): number {
    const known = this.#massesInside[kernel]!;
    if (known > 0) return known;
    const centre = this.centres[kernel]!;
    const width = this.widths[kernel]!;
    return (this.#massesInside[kernel] = quickCdf((1 - centre) / width) - quickCdf(-centre / width));
  }

  /**
   * What some kernels on a discrete knob or category give to the value at `u`; never nothing, so that logs are finite.
   */
  massesAt(kernels: readonly number[], coordinate: number): Float64Array {
    const { dimension, centres } = this;
    const masses = new Float64Array(kernels.length);
    if (dimension.kind === 'category') {
      const smoothing = 1 / (this.count + 1);
      for (const [index, kernel] of kernels.entries())
        masses[index] = Number.isNaN(centres[kernel]!)
          ? 1 / dimension.levels
          : ((centres[kernel] === coordinate ? 1 : 0) + smoothing) / (1 + dimension.levels * smoothing);
      return masses;
    }
    const [low, high] = dimension.edges(coordinate);
    for (let index = 0; index < kernels.length; index++) masses[index] = this.massBetween(kernels[index]!, low, high);
    return masses;
  }

  /** What a kernel on a number gives to an interval. */
  massBetween(kernel: number, low: number, high: number): number {
    const centre = this.centres[kernel]!;
    const width = this.widths[kernel]!;
    return Math.max(
      1e-300,
      (quickCdf((high - centre) / width) - quickCdf((low - centre) / width)) / this.massInside(kernel),
    );
  }

  /** Add the log density of every kernel at `u`. */
  addLogDensities(logDensities: Float64Array, coordinate: number): void {
    const observationCount = this.count;
    if (!this.isContinuous) {
      const logMassTable = this.#logMassTable(coordinate);
      for (let kernel = 0; kernel <= observationCount; kernel++) logDensities[kernel]! += logMassTable[kernel]!;
      return;
    }
    for (let kernel = 0; kernel <= observationCount; kernel++)
      logDensities[kernel]! +=
        Math.log(this.normalizerOf(kernel)) - 0.5 * ((coordinate - this.centres[kernel]!) / this.widths[kernel]!) ** 2;
  }

  #logMassTable(coordinate: number): Float64Array {
    const known = this.#logMassTables.get(coordinate);
    if (known) return known;
    const { siteOfKernel, firstKernels } = this.groupKernels();
    const logMasses = this.massesAt(firstKernels, coordinate).map(Math.log);
    const logMassTable = Float64Array.from(siteOfKernel, (site) => logMasses[site]!);
    this.#logMassTables.set(coordinate, logMassTable);
    return logMassTable;
  }

  /**
   * Kernels of the same centre and width are one: the number of each kernel's place, and the first kernel on every
   * place.
   */
  groupKernels(): { readonly siteOfKernel: Int32Array; readonly firstKernels: readonly number[] } {
    const byWidth = new Map<number, Map<number, number>>();
    const firstKernels: number[] = [];
    const siteOfKernel = new Int32Array(this.count + 1);
    for (let kernel = 0; kernel <= this.count; kernel++) {
      let byCentre = byWidth.get(this.widths[kernel]!);
      if (!byCentre) {
        byCentre = new Map();
        byWidth.set(this.widths[kernel]!, byCentre);
      }
      let site = byCentre.get(this.centres[kernel]!);
      if (site === undefined) {
        site = firstKernels.push(kernel) - 1;
        byCentre.set(this.centres[kernel]!, site);
      }
      siteOfKernel[kernel] = site;
    }
    return { siteOfKernel, firstKernels };
  }
}

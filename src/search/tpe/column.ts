/**
 * All kernels of a mixture on one knob, the prior's last: normals truncated to [0, 1] on a continuous knob, their
 * integrals over the value's interval on a discrete one, smoothed indicators on a category. Knows nothing about weights
 * and other knobs.
 */
import type { Random } from '../../base/random.ts';
import { quickCdf, type Truncation, drawTruncatedNormal, truncateNormal } from '../math/normal.ts';
import type { Dim } from '../param.ts';

/** Centre of the prior's kernel: the middle of the scale. */
export const PRIOR_CENTRE = 0.5;
/** Width of the prior's kernel: the whole scale. */
export const PRIOR_WIDTH = 1;
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

export class KernelColumn {
  readonly dimension: Dim;
  /** Number of kernels without the prior's. */
  readonly count: number;
  readonly centres: Float64Array;
  readonly widths: Float64Array;
  /** True when the knob was not active in some trial: that trial then has the prior's kernel. */
  readonly hasInactive: boolean;
  readonly #massesInside: Float64Array;
  /** By kernel, for those from which was drawn. */
  readonly #truncations: (Truncation | undefined)[] = [];
  /** Log masses of all kernels by discrete value, computed when first needed. */
  readonly #logMassTables = new Map<number, Float64Array>();

  /** The kernels, the prior's included, in ascending order of their centres, if the caller knows the order. */
  readonly order: Int32Array | undefined;

  /** `widths`: one width for all kernels, or one for each; the prior's is PRIOR_WIDTH. */
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

  /** True when the knob is a number without steps. */
  get isContinuous(): boolean {
    return this.dimension.kind === 'numeric' && this.dimension.levels === Number.POSITIVE_INFINITY;
  }

  /** Draw a coordinate from a kernel. */
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
   * Masses that some kernels give to the discrete value or category at `coordinate`; never 0, so that logs are finite.
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

  /** Mass that a kernel on a number gives to an interval. */
  massBetween(kernel: number, low: number, high: number): number {
    const centre = this.centres[kernel]!;
    const width = this.widths[kernel]!;
    return Math.max(
      1e-300,
      (quickCdf((high - centre) / width) - quickCdf((low - centre) / width)) / this.massInside(kernel),
    );
  }

  /** Add the log density of every kernel at `coordinate`. */
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

  /** Groups of kernels with the same centre and width: the group of each kernel, and the first kernel of each group. */
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

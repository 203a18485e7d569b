/**
 * A Gaussian process over knobs: a sum of one-knob effects plus a joint effect (additive kernels: Duvenaud, Nickisch &
 * Rasmussen, NeurIPS 2011), its few hyperparameters from a grid by marginal likelihood (Rasmussen & Williams 2006,
 * equations 2.30, 5.8). For tens of trials.
 */
import { variance } from '../../base/stats.ts';
import { cholesky, solveLower, solveUpper } from '../math/matrix.ts';
import type { Point, Space } from '../space.ts';

/** Shape of the prior: what is chosen from the grid. */
interface Shape {
  /** Distance in coordinates over which a one-knob effect changes. */
  readonly length: number;
  /** Share of the variance in one-knob effects, the rest is joint. */
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
  /** The known-good point: the prior says that moving away from it costs. */
  readonly start: Point | undefined;
}

export interface Prediction {
  readonly mean: number;
  readonly sd: number;
}

/** Correlation of two different categories, or of an active with an inactive knob. */
const OTHER = 0.2;
const LENGTHS = [0.15, 0.35, 0.8];
const ADDITIVE = [0.1, 0.6, 0.95];
const NOISES = [1e-6, 1e-3, 0.03, 0.3];
const SLOPES = [0, 0.6];
/**
 * Knobs that somebody declared are expected to matter more than the noise: evidence taken off for each factor of ten by
 * which the prior variance falls short of 250 times the noise's. Without it a few moves inside the noise teach the
 * model that nothing matters, and it moves nothing.
 */
const TIMID = 4;
const EXPECTED = 0.004;
/** Trials by which the shape is chosen: the grid has dozens of cells, and the cost of each is cubic. */
const SHAPE_TRIALS = 40;

/**
 * How much a knob is expected to matter before anything is known. Learning rates and their like, which people put on a
 * log scale, matter most (van Rijn & Hutter, "Hyperparameter importance across datasets", KDD 2018); a choice among
 * categories least.
 */
function expectedWeight(dim: Space['dims'][number]): number {
  if (dim.kind === 'category') return 0.7;
  if (dim.log) return 1.5;
  return dim.levels === Number.POSITIVE_INFINITY ? 1 : 1.2;
}

export class Gp {
  shape: Shape = { length: 0.35, additive: 0.6, noise: 0.03, slope: 0 };
  readonly #space: Space;
  readonly #data: GpData;
  readonly #weights: readonly number[];
  readonly #amplitude: number;
  readonly #constant: number;
  readonly #l: Float64Array;
  readonly #alpha: Float64Array;
  #stand: Stand | undefined;
  readonly #size: number;
  /** Coordinates of the trials, knob by knob. */
  readonly #columns: readonly Float64Array[];
  readonly #scratch: Scratch;
  /** How far each trial is from the start. */
  readonly #away: Float64Array;

  /** Fit to at least one trial. Losses may be on any scale. */
  constructor(space: Space, data: GpData) {
    this.#space = space;
    this.#data = data;
    const n = data.points.length;
    this.#size = n;
    this.#columns = space.dims.map((_, j) => Float64Array.from(data.points, (p) => p[j]!));
    const parts = { one: new Float64Array(n), log: new Float64Array(n) };
    this.#scratch = { parts, knob: emptyKnob(n), k: new Float64Array(n), v: new Float64Array(n) };
    const raw = space.dims.map(expectedWeight);
    const sum = raw.reduce((a, b) => a + b, 0);
    this.#weights = raw.map((w) => w / sum);
    this.#away = Float64Array.from(data.points, (p) => (data.start ? this.#distance(p, data.start) : 0));
    const best = this.#choose(data.points.length > SHAPE_TRIALS ? new Gp(space, sample(data)).shape : undefined);
    if (!best) throw new RangeError('the kernel matrix is singular for every hyperparameter');
    this.shape = best.shape;
    this.#amplitude = best.fit.amplitude;
    this.#constant = best.fit.constant;
    this.#l = best.fit.l;
    this.#alpha = best.fit.alpha;
  }

  /** The shape with the most evidence, or the fit of one that is given. */
  #choose(given: Shape | undefined): { readonly shape: Shape; readonly fit: Fit } | undefined {
    const { start, points } = this.#data;
    const few = points.length < 4;
    let best: { score: number; shape: Shape; fit: Fit } | undefined;
    for (const length of given ? [given.length] : few ? [0.35] : LENGTHS) {
      this.shape = { ...this.shape, length };
      const [one, joint] = this.#kernels();
      for (const additive of given ? [given.additive] : few ? [0.6] : ADDITIVE) {
        const r = one.map((v, i) => additive * v + (1 - additive) * joint[i]!);
        for (const noise of given ? [given.noise, 0.1, 1] : this.#noises()) {
          if (given && best) break;
          for (const slope of given ? [given.slope] : start ? SLOPES : [0]) {
            const shape = { length, additive, noise, slope };
            const fit = this.#fit(r, shape);
            // A weak preference for a slope, for the middle of the grid and for knobs that matter, worth a few trials
            // of evidence.
            const timid = this.#data.noise ? TIMID * Math.max(0, Math.log10(noise / EXPECTED)) : 0;
            const weak = (slope > 0 ? 1.5 : 0) - (length === 0.35 ? 0 : 0.5) - (additive === 0.6 ? 0 : 0.5) - timid;
            if (fit && (!best || fit.evidence + weak > best.score)) best = { score: fit.evidence + weak, shape, fit };
          }
        }
      }
    }
    return best;
  }

  /** Prior variance: the square of how far losses are expected to spread. */
  get amplitude(): number {
    return this.#amplitude;
  }

  /** Predictions near this point become cheap: only knobs that differ from it are looked at. */
  stand(point: Point): void {
    this.#stand = undefined;
    const parts = this.#parts(point, { one: new Float64Array(this.#size), log: new Float64Array(this.#size) });
    const knobs = this.#space.dims.map((_, j) => this.#knob(j, point[j]!, emptyKnob(this.#size)));
    this.#stand = { point, parts, knobs };
  }

  /** What a measurement without noise would give at a point. */
  predict(point: Point): Prediction {
    const n = this.#size;
    const { one, log } = this.#parts(point, this.#scratch.parts);
    const { additive } = this.shape;
    const [k, v, l, alpha] = [this.#scratch.k, this.#scratch.v, this.#l, this.#alpha];
    for (let i = 0; i < n; i++) k[i] = additive * one[i]! + (additive < 1 ? (1 - additive) * Math.exp(log[i]!) : 0);
    let mean = this.#mean(point);
    for (let i = 0; i < n; i++) mean += k[i]! * alpha[i]!;
    let explained = 0;
    // The forward substitution of `solveLower`, without an array for every candidate.
    for (let i = 0; i < n; i++) {
      let sum = k[i]!;
      for (let j = 0, at = i * n; j < i; j++, at++) sum -= l[at]! * v[j]!;
      v[i] = sum / l[i * n + i]!;
      explained += v[i]! * v[i]!;
    }
    return { mean, sd: Math.sqrt(this.#amplitude * Math.max(1e-12, 1 - explained)) };
  }

  /**
   * Sum of one-knob kernels and log of the joint kernel, to every trial; from the point that it stands at by the knobs
   * that differ.
   */
  #parts(point: Point, out: Parts): Parts {
    const near = this.#stand;
    const n = this.#size;
    const { one, log } = out;
    if (near) {
      one.set(near.parts.one);
      log.set(near.parts.log);
    } else {
      one.fill(0);
      log.fill(0);
    }
    for (let j = 0; j < this.#columns.length; j++) {
      const [x, old] = [point[j]!, near?.point[j]];
      if (near && (x === old || (Number.isNaN(x) && Number.isNaN(old)))) continue;
      const { alike, logs } = this.#knob(j, x, this.#scratch.knob);
      const before = near?.knobs[j];
      const weight = this.#weights[j]!;
      for (let i = 0; i < n; i++) {
        one[i]! += weight * (alike[i]! - (before ? before.alike[i]! : 0));
        log[i]! += logs[i]! - (before ? before.logs[i]! : 0);
      }
    }
    return out;
  }

  /** One-knob kernel of a value to every trial, and what it adds to the log of the joint kernel. */
  #knob(j: number, x: number, out: Knob): Knob {
    const column = this.#columns[j]!;
    const isCategory = this.#space.dims[j]!.kind === 'category';
    const { length } = this.shape;
    const [square, reach] = [length * length, length * Math.sqrt(Math.max(1, this.#space.dims.length / 2))];
    const wide = reach * reach;
    const { alike, logs } = out;
    for (let i = 0; i < column.length; i++) {
      const y = column[i]!;
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) {
        alike[i] = 1;
        logs[i] = 0;
      } else if (isCategory || Number.isNaN(x) || Number.isNaN(y)) {
        alike[i] = OTHER;
        logs[i] = -1;
      } else {
        const d = x - y;
        alike[i] = Math.exp((-0.5 * d * d) / square);
        logs[i] = (-0.5 * d * d) / wide;
      }
    }
    return out;
  }

  #noises(): readonly number[] {
    const { noise, losses } = this.#data;
    if (noise === undefined) return losses.length < 4 ? [0.03] : NOISES;
    // The noise is known: the grid is over the prior variance instead, from "effects like the noise" to "effects a
    // hundred times it".
    return noise === 0 ? [1e-6] : [0.5, 0.1, 0.02, 0.004, 1e-4];
  }

  #mean(point: Point): number {
    const { start } = this.#data;
    return this.#constant + (start ? this.shape.slope * Math.sqrt(this.#amplitude) * this.#distance(point, start) : 0);
  }

  /**
   * Sum over knobs of (move / half the range)², at most 1 each, times √(weight): the shape of the expected loss around
   * the start.
   */
  #distance(a: Point, b: Point): number {
    let sum = 0;
    for (const [j, dim] of this.#space.dims.entries()) {
      const moved = dim.kind === 'category' ? (a[j] === b[j] ? 0 : 0.6) : Math.abs((a[j] ?? 0) - (b[j] ?? 0)) * 2;
      if (!Number.isNaN(moved)) sum += Math.sqrt(this.#weights[j]!) * Math.min(1, moved * moved);
    }
    return sum;
  }

  #fit(r: Float64Array, shape: Shape): Fit | undefined {
    const { losses, counts, start, noise } = this.#data;
    const n = losses.length;
    const matrix = Float64Array.from(r);
    for (let i = 0; i < n; i++) matrix[i * n + i]! += shape.noise / counts[i]! + 1e-8;
    const l = cholesky(matrix, n);
    if (!l) return undefined;
    // Two rounds: the slope is in units of the amplitude, which is estimated around the mean that the slope gives.
    let amplitude = noise ? noise ** 2 / shape.noise : Math.max(variance(losses), 1e-300);
    let [constant, quadratic] = [0, 0];
    let alpha: Float64Array = new Float64Array(n);
    for (let round = 0; round < 2; round++) {
      const rest = losses.map((y, i) => y - (start ? shape.slope * Math.sqrt(amplitude) * this.#away[i]! : 0));
      const ones = solveUpper(l, solveLower(l, new Float64Array(n).fill(1), n), n);
      constant = rest.reduce((s, y, i) => s + y * ones[i]!, 0) / ones.reduce((s, v) => s + v, 0);
      const centred = rest.map((y) => y - constant);
      alpha = solveUpper(l, solveLower(l, centred, n), n);
      quadratic = centred.reduce((s, y, i) => s + y * alpha[i]!, 0);
      if (!noise) amplitude = Math.max((quadratic + 2 * variance(losses)) / (n + 2), 1e-300);
    }
    let logDet = 0;
    for (let i = 0; i < n; i++) logDet += 2 * Math.log(l[i * n + i]!);
    const evidence = -0.5 * (quadratic / amplitude + logDet + n * Math.log(amplitude));
    return { evidence, amplitude, constant, l, alpha };
  }

  /** Additive and joint kernel matrices for the length in `shape`. */
  #kernels(): readonly [Float64Array, Float64Array] {
    const { points } = this.#data;
    const n = points.length;
    const [one, joint] = [new Float64Array(n * n), new Float64Array(n * n)];
    for (let i = 0; i < n; i++) {
      const row = this.#parts(points[i]!, this.#scratch.parts);
      for (let j = 0; j < n; j++) {
        one[i * n + j] = row.one[j]!;
        joint[i * n + j] = Math.exp(row.log[j]!);
      }
    }
    return [one, joint];
  }
}

/** The best and the newest half of as many trials as the shape is chosen by. */
function sample(data: GpData): GpData {
  const { points, losses, counts } = data;
  const order = losses.map((_, i) => i).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const keep = new Set(order.slice(0, SHAPE_TRIALS / 2));
  for (let i = losses.length - 1; keep.size < SHAPE_TRIALS; i--) keep.add(i);
  const some = <T>(xs: readonly T[]): T[] => xs.filter((_, i) => keep.has(i));
  return { ...data, points: some(points), losses: some(losses), counts: some(counts) };
}

interface Parts {
  readonly one: Float64Array;
  readonly log: Float64Array;
}

/** One knob's part in both kernels, by trial. */
interface Knob {
  readonly alike: Float64Array;
  readonly logs: Float64Array;
}

const emptyKnob = (n: number): Knob => ({ alike: new Float64Array(n), logs: new Float64Array(n) });

interface Stand {
  readonly point: Point;
  readonly parts: Parts;
  readonly knobs: readonly Knob[];
}

/** Room for one prediction: there are hundreds for every proposal. */
interface Scratch {
  readonly parts: Parts;
  readonly knob: Knob;
  readonly k: Float64Array;
  readonly v: Float64Array;
}

interface Fit {
  readonly evidence: number;
  readonly amplitude: number;
  readonly constant: number;
  readonly l: Float64Array;
  readonly alpha: Float64Array;
}

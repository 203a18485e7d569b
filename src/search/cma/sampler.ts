/**
 * CMA-ES as a sampler on a space: its own distribution over the numeric knobs, a smoothed count of good trials for
 * categories; restarts with growing populations (IPOP, Auger & Hansen 2005; BIPOP, Hansen 2009); warm start from
 * earlier trials (Nomura et al., AAAI 2021).
 */
import { random, seedOf } from '../../base/random.ts';
import { Cma, type Sample } from './cma.ts';
import { SearchError } from '../error.ts';
import { keepMargin } from './margin.ts';
import { symmetricEigen } from '../math/eigen.ts';
import { truncatedNormal } from '../math/normal.ts';
import { Parzen } from '../tpe/parzen.ts';
import type { Point, Values } from '../space.ts';
import { defaultGood, split } from '../tpe/tpe.ts';
import { type Ask, better, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface CmaSamplerOptions {
  /** First standard deviation, in coordinates (0.2 = a fifth of every range). Default 0.2. */
  readonly sigma?: number;
  readonly lambda?: number;
  readonly active?: boolean;
  /** Adapt the learning rates to noise. Default false: it needs many generations to pay. */
  readonly noisy?: boolean;
  readonly restarts?: 'ipop' | 'bipop' | 'none';
  /**
   * Keep a small chance that a discrete knob leaves its value. Default true; without it such a knob freezes when the
   * steps have become small.
   */
  readonly margin?: boolean;
  /** Start from trials told before this sampler was made: the mean and spread of the best tenth. Default true. */
  readonly warm?: boolean;
  /**
   * Trials of an earlier search of something similar, smaller losses being better: taken for the warm start beside
   * those that were told.
   */
  readonly earlier?: readonly { readonly values: Values; readonly loss: number }[];
  /** Centre of the first generation; the space's start when absent. */
  readonly start?: Point;
}

/** Numeric knobs beyond which the covariance matrix costs more than it can learn. */
export const CMA_MAX = 100;
/** Width of the kernels of a warm start (α of the paper). */
const WARM_ALPHA = 0.1;

/** Throws E_OPTIONS on a space without numeric knobs or with more than 100 of them. */
export function cmaSampler(history: History, seed: number, options: CmaSamplerOptions = {}): Sampler {
  const { space } = history;
  const numeric = space.dims.map((dim, j) => (dim.kind === 'numeric' ? j : -1)).filter((j) => j >= 0);
  if (numeric.length === 0 || numeric.length > CMA_MAX)
    throw new SearchError(
      'E_OPTIONS',
      'CMA-ES cannot search this space.',
      `It has ${numeric.length} numeric knobs; 1 to ${CMA_MAX} are possible.`,
      'Use "tpe" or "auto".',
    );
  const dims = numeric.map((j) => space.dims[j]!);
  const restarts = new Restarts(history, seed, options, numeric);
  let cma = restarts.first();
  let waiting: Sample[] = [];
  let last: readonly Sample[] = [];

  /**
   * Where on a continuous scale a trial lies. A discrete value stands for an interval: a draw from it, the same at
   * every replay.
   */
  const locate = (told: Told): Sample => {
    const chance = random(seedOf(`cma/${seed}/locate/${told.trial.id}`));
    const x = numeric.map((j, i) => {
      const [u, dim, uniform] = [told.trial.point[j]!, dims[i]!, chance.uniform()];
      if (Number.isNaN(u)) return cma.mean[i]!;
      if (dim.levels === Number.POSITIVE_INFINITY) return u;
      const [low, high] = dim.edges(u);
      return truncatedNormal(cma.mean[i]!, cma.deviation(i), low, high, uniform);
    });
    return { x, loss: told.loss, outside: true };
  };

  return {
    name: 'cma-es',
    get spread() {
      return dims.reduce((sum, _, i) => sum + cma.deviation(i), 0) / dims.length;
    },
    propose(ask: Ask): Proposed {
      const x = cma.sample(ask.chance);
      const point: number[] = space.dims.map((dim) => (dim.kind === 'category' ? dim.encode(dim.default) : 0));
      for (const [i, j] of numeric.entries()) point[j] = reflect(x[i]!);
      drawCategories(history, point, ask);
      const deviation = dims.reduce((sum, _, i) => sum + cma.deviation(i), 0) / dims.length;
      return {
        point,
        why: `generation ${cma.generation + 1} of ${cma.lambda}, steps of about ${deviation.toPrecision(2)} of the range`,
      };
    },
    tell(told) {
      const sample = over(locate(told), told);
      // An outside point is worth a place only when it is good: a generation of strangers would make the distribution
      // theirs.
      if (told.trial.source !== 'cma-es' && sample.loss >= bar(waiting, last)) return;
      waiting.push(sample);
      if (waiting.length < cma.lambda) return;
      cma.update(waiting);
      [last, waiting] = [waiting, []];
      if (options.margin !== false) keepMargin(cma, dims, 1 / (dims.length * cma.lambda));
      for (let i = 0; i < dims.length; i++) cma.mean[i] = Math.min(1, Math.max(0, cma.mean[i]!));
      cma = restarts.next(cma);
    },
  };
}

/**
 * The loss that an outside point must beat: the median of the generation at hand, or of the last one while this one is
 * young.
 */
function bar(waiting: readonly Sample[], last: readonly Sample[]): number {
  const losses = (waiting.length >= 3 ? waiting : last).map(({ loss }) => loss).sort((a, b) => a - b);
  return losses[losses.length >> 1] ?? Number.NEGATIVE_INFINITY;
}

/** Beyond the limits: behind everything within them, ordered by how far. */
const over = (sample: Sample, told: Told): Sample =>
  told.over > 0 ? { ...sample, loss: Number.MAX_VALUE * (1 - 1 / (2 + told.over)) } : sample;

/** A coordinate outside [0, 1], folded back at the ends. */
function reflect(u: number): number {
  const folded = Math.abs(u) % 2;
  return folded > 1 ? 2 - folded : folded;
}

/** Categories are drawn from the smoothed counts of the good trials, independently of each other. */
function drawCategories(history: History, point: number[], ask: Ask): void {
  if (history.space.dims.every((dim) => dim.kind === 'numeric')) return;
  const { below } = split(history, (n) => Math.max(defaultGood(n), Math.min(n, 4)));
  for (const [j, dim] of history.space.dims.entries()) {
    if (dim.kind !== 'category') continue;
    const seen = below.map((i) => [history.told[i]!.trial.point[j]!]).filter(([u]) => !Number.isNaN(u!));
    point[j] = new Parzen([dim], seen, false).draw(ask.chance)[0]!;
  }
}

/** Which distribution comes first, and which after one has converged. */
class Restarts {
  readonly #history: History;
  readonly #seed: number;
  readonly #options: CmaSamplerOptions;
  readonly #numeric: readonly number[];
  #count = 0;
  /** Trials spent by the large and the small populations (BIPOP). */
  readonly #spent = { large: 0, small: 0 };
  #regime: 'large' | 'small' = 'large';
  #doublings = 0;
  #startedAt = 0;

  constructor(history: History, seed: number, options: CmaSamplerOptions, numeric: readonly number[]) {
    this.#history = history;
    this.#seed = seed;
    this.#options = options;
    this.#numeric = numeric;
  }

  first(): Cma {
    const { sigma = 0.2, warm = true, start } = this.#options;
    const n = this.#numeric.length;
    const told = [...this.#history.told].sort(better);
    const source = this.#source(told);
    if (warm && source.length >= 20 && source.length >= 2 * n) {
      const good = source
        .slice(0, Math.max(3, Math.ceil(0.1 * source.length)))
        .map((point) => this.#numeric.map((j) => point[j]!));
      if (good.every((p) => p.every((u) => !Number.isNaN(u)))) return this.#make(warmStart(good, n));
    }
    const from =
      start ?? (told.length > 0 && warm ? told[0]!.trial.point : this.#history.space.encode(this.#history.space.start));
    const mean = this.#numeric.map((j) => (Number.isNaN(from[j]!) ? 0.5 : from[j]!));
    return this.#make({ mean, sigma });
  }

  /** What a warm start may learn from, best first. */
  #source(told: readonly Told[]): readonly Point[] {
    const { space } = this.#history;
    const earlier = (this.#options.earlier ?? []).map(({ values, loss }) => ({
      point: space.encode(space.snap(values)),
      loss,
    }));
    const here = told.filter((t) => t.over <= 0).map(({ trial, loss }) => ({ point: trial.point, loss }));
    return [...earlier, ...here].sort((a, b) => a.loss - b.loss).map(({ point }) => point);
  }

  #make(
    from: { readonly mean: readonly number[]; readonly sigma: number; readonly covariance?: Float64Array },
    lambda = this.#options.lambda,
  ): Cma {
    const { active = true, noisy = false } = this.#options;
    this.#startedAt = this.#history.told.length;
    return new Cma({ ...from, active, noisy, ...(lambda !== undefined && { lambda }) });
  }

  /** The same distribution while it is alive, else its successor. */
  next(cma: Cma): Cma {
    const { restarts = 'ipop', sigma = 0.2 } = this.#options;
    if (restarts === 'none' || cma.stop() === undefined) return cma;
    this.#spent[this.#regime] += this.#history.told.length - this.#startedAt;
    const chance = random(seedOf(`cma/${this.#seed}/restart/${++this.#count}`));
    const mean = this.#numeric.map(() => chance.uniform());
    const base = this.#options.lambda ?? 4 + Math.floor(3 * Math.log(mean.length));
    this.#regime =
      restarts === 'bipop' && this.#doublings > 0 && this.#spent.small < this.#spent.large ? 'small' : 'large';
    if (this.#regime === 'large')
      return this.#make({ mean, sigma: Math.max(sigma, 0.25) }, base * 2 ** ++this.#doublings);
    const lambda = Math.floor(base * (0.5 * 2 ** this.#doublings) ** (chance.uniform() ** 2));
    return this.#make({ mean, sigma: Math.max(sigma, 0.25) * 10 ** (-2 * chance.uniform()) }, Math.max(base, lambda));
  }
}

/**
 * Nomura et al. 2021, equation 8: the normal closest to a mixture of narrow normals on the good points of an earlier
 * search.
 */
function warmStart(
  good: readonly (readonly number[])[],
  n: number,
): { mean: number[]; sigma: number; covariance: Float64Array } {
  const mean = Array.from({ length: n }, (_, j) => good.reduce((sum, p) => sum + p[j]!, 0) / good.length);
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const c = good.reduce((sum, p) => sum + (p[i]! - mean[i]!) * (p[j]! - mean[j]!), 0) / good.length;
      covariance[i * n + j] = c + (i === j ? WARM_ALPHA ** 2 : 0);
    }
  const { values } = symmetricEigen(covariance, n);
  const sigma = Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / (2 * n));
  return { mean, sigma, covariance: covariance.map((v) => v / sigma ** 2) };
}

/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; Watanabe, arXiv 2304.11127): good and bad trials
 * as two densities l and g, and the candidate from l with the largest l/g. Works on any space, conditional ones included.
 */
import { Parzen } from './parzen.ts';
import { randomPoint } from './plain.ts';
import type { Point } from './space.ts';
import { type Ask, better, type History, type Proposed, type Sampler } from './trial.ts';

export interface TpeOptions {
  /** One density over all knobs together (true, the default), or one per knob. */
  readonly multivariate?: boolean;
  /** Trials before the densities are used; random until then. Default 10. */
  readonly startup?: number;
  /** Candidates drawn from l per proposal. Default 24. */
  readonly candidates?: number;
  /** How many of n trials are good. Default min(⌈0.1 n⌉, 25). */
  readonly good?: (n: number) => number;
  /** Count trials that are still running as bad, so that parallel proposals keep apart (the constant liar). Default true. */
  readonly liar?: boolean;
}

export const defaultGood = (n: number): number => Math.min(Math.ceil(0.1 * n), 25);

/** Indices into `history.told` of the good trials and of the others, each oldest first. */
export function split(
  history: History,
  good: (n: number) => number,
): { readonly below: number[]; readonly above: number[] } {
  const { told } = history;
  const order = told.map((_, i) => i).sort((a, b) => better(told[a]!, told[b]!));
  const count = Math.min(told.length, Math.max(1, good(told.length)));
  const byAge = (a: number, b: number): number => told[a]!.trial.id - told[b]!.trial.id;
  return { below: order.slice(0, count).sort(byAge), above: order.slice(count).sort(byAge) };
}

/** Densities over some knobs: all of them together, or one. */
interface Part {
  readonly at: readonly number[];
  readonly l: Parzen;
  readonly g: Parzen;
}

interface Model {
  readonly key: string;
  readonly good: number;
  readonly other: number;
  readonly parts: readonly Part[];
}

/** TPE on a history. Its only state is the history: nothing to replay. */
export function tpe(history: History, options: TpeOptions = {}): Sampler {
  const { multivariate = true, startup = 10, candidates = 24, good = defaultGood, liar = true } = options;
  const { space } = history;
  const name = multivariate ? 'tpe' : 'tpe-univariate';
  let cached: Model | undefined;

  const points = (indices: readonly number[]): Point[] => indices.map((i) => history.told[i]!.trial.point);
  /** Failed trials are not good either; that they have no number does not matter to a density. */
  const others = (above: readonly number[]): Point[] => [
    ...history.failed.filter((f) => f.blame).map((f) => f.trial.point),
    ...points(above),
  ];
  const lies = (): Point[] => (liar ? history.pending.map((trial) => trial.point) : []);

  /** The densities of what was told and failed: made once for all proposals until the next result. */
  const model = (): Model => {
    const key = `${history.told.length}/${history.failed.length}/${history.told.reduce((n, t) => n + t.n, 0)}`;
    if (cached?.key === key) return cached;
    const { below, above } = split(history, good);
    const [goods, bads] = [points(below), others(above)];
    const groups = multivariate ? [space.dims.map((_, j) => j)] : space.dims.map((_, j) => [j]);
    const parts = groups.map((at) => ({ at, l: estimate(at, goods), g: estimate(at, bads) }));
    cached = { key, good: below.length, other: above.length, parts };
    return cached;
  };

  const estimate = (at: readonly number[], from: readonly Point[]): Parzen => {
    const dims = at.map((j) => space.dims[j]!);
    // Alone, a knob is described by the trials in which it was active; together, such a trial has the prior's kernel on it.
    const rows = multivariate ? from : from.map((p) => [p[at[0]!]!]).filter(([u]) => !Number.isNaN(u!));
    return new Parzen(dims, rows, multivariate);
  };

  /** Log density of what is not good: told, failed and, as a mixture weighted by their numbers, running trials. */
  const against = (part: Part, scratch: Float64Array<ArrayBuffer>): ((u: readonly number[]) => number) => {
    const running = lies();
    if (running.length === 0) return (u) => part.g.logDensity(u, scratch);
    const r = estimate(part.at, running);
    return (u) => {
      const [a, b] = [
        part.g.logDensity(u, scratch) + Math.log(part.g.size + 1),
        r.logDensity(u) + Math.log(r.size + 1),
      ];
      return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.log(part.g.size + r.size + 2);
    };
  };

  /** The best of some draws from the good density; feasibility is weighed where all knobs are drawn together. */
  const draw = (part: Part, ask: Ask, draws: number): readonly number[] => {
    const scratch = new Float64Array(Math.max(part.l.size, part.g.size) + 1);
    const bad = against(part, scratch);
    let best: readonly number[] | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < draws; c++) {
      const drawn = part.l.draw(ask.chance);
      const u = multivariate ? space.encode(space.decode(drawn)) : drawn;
      const score = part.l.logDensity(u, scratch) - bad(u) + (multivariate ? Math.log(ask.feasible(u)) : 0);
      if (score > bestScore || best === undefined) [best, bestScore] = [u, score];
    }
    return best!;
  };

  return {
    name,
    propose(ask: Ask): Proposed {
      const n = history.told.length;
      if (n < startup)
        return {
          point: randomPoint(space, ask.chance),
          why: `random: ${n} of ${startup} trials before the model is used`,
        };
      const { parts, good: below, other } = model();
      // One knob at a time, a proposal that could not be used would come again from as many draws: each further attempt takes fewer.
      const draws = multivariate ? candidates : Math.max(1, candidates >> (ask.attempt >> 1));
      const point = new Array<number>(space.dims.length);
      for (const part of parts) for (const [i, u] of draw(part, ask, draws).entries()) point[part.at[i]!] = u;
      return {
        point,
        why: `the best of ${candidates} draws by the ratio of densities of ${below} good and ${other} other trials`,
      };
    },
  };
}

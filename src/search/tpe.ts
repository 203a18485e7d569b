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

/** TPE on a history. Its only state is the history: nothing to replay. */
export function tpe(history: History, options: TpeOptions = {}): Sampler {
  const { multivariate = true, startup = 10, candidates = 24, good = defaultGood, liar = true } = options;
  const { space } = history;
  const name = multivariate ? 'tpe' : 'tpe-univariate';
  let models: { readonly key: string; readonly l: Parzen; readonly g: Parzen } | undefined;

  const points = (indices: readonly number[]): Point[] => indices.map((i) => history.told[i]!.trial.point);
  /** Failed trials are not good either; that they have no number does not matter to a density. */
  const others = (above: readonly number[]): Point[] => [
    ...history.failed.filter((f) => f.blame).map((f) => f.trial.point),
    ...points(above),
  ];
  const lies = (): Point[] => (liar ? history.pending.map((trial) => trial.point) : []);

  const joint = (ask: Ask, below: readonly number[], above: readonly number[]): Point => {
    const key = `${history.told.length}/${history.failed.length}/${history.told.reduce((n, t) => n + t.n, 0)}`;
    if (models?.key !== key)
      models = { key, l: new Parzen(space.dims, points(below), true), g: new Parzen(space.dims, others(above), true) };
    const { l, g } = models;
    const running = lies();
    const r = running.length > 0 ? new Parzen(space.dims, running, true) : undefined;
    const scratch = new Float64Array(Math.max(l.size, g.size) + 1);
    /** Other trials and running ones, weighted by their numbers. */
    const bad = (point: Point): number => {
      const other = g.logDensity(point, scratch);
      if (!r) return other;
      const [a, b] = [other + Math.log(g.size + 1), r.logDensity(point) + Math.log(r.size + 1)];
      return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.log(g.size + r.size + 2);
    };
    let best: Point | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < candidates; c++) {
      const point = space.encode(space.decode(l.draw(ask.chance)));
      const score = l.logDensity(point, scratch) - bad(point) + Math.log(ask.feasible(point));
      if (score > bestScore || best === undefined) [best, bestScore] = [point, score];
    }
    return best!;
  };

  const apart = (ask: Ask, below: readonly number[], above: readonly number[]): Point => {
    // A proposal that could not be used would come again from as many draws: each further attempt takes fewer, down to one.
    const draws = Math.max(1, candidates >> (ask.attempt >> 1));
    const [goods, bads] = [points(below), [...others(above), ...lies()]];
    return space.dims.map((dim, j) => {
      const column = (from: readonly Point[]): number[][] =>
        from.map((p) => [p[j]!]).filter(([u]) => !Number.isNaN(u!));
      const [l, g] = [new Parzen([dim], column(goods), false), new Parzen([dim], column(bads), false)];
      let best = 0;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < draws; c++) {
        const [u] = l.draw(ask.chance);
        const score = l.logDensity([u!]) - g.logDensity([u!]);
        if (score > bestScore) [best, bestScore] = [u!, score];
      }
      return best;
    });
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
      const { below, above } = split(history, good);
      const point = (multivariate ? joint : apart)(ask, below, above);
      return {
        point,
        why: `the best of ${candidates} draws by the ratio of densities of ${below.length} good and ${above.length} other trials`,
      };
    },
  };
}

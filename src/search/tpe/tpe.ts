/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; Watanabe, arXiv 2304.11127):
 * good and bad trials as two densities l and g, and the candidate from l with the largest l/g. Works on any space,
 * conditional ones included.
 */
import { Parzen } from './parzen.ts';
import { randomPoint } from '../model-free.ts';
import type { Point } from '../space.ts';
import { type Ask, better, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface TpeOptions {
  /** One density over all knobs together (true, the default), or one per knob. */
  readonly multivariate?: boolean;
  /** Trials before the densities are used; random until then. Default 10. */
  readonly startup?: number;
  /** Candidates drawn from l per proposal. Default 24. */
  readonly candidates?: number;
  /** How many of n trials are good. Default min(⌈0.1 n⌉, 25). */
  readonly good?: (n: number) => number;
  /**
   * Count trials that are still running as bad, so that parallel proposals keep apart (the constant liar). Default
   * true.
   */
  readonly liar?: boolean;
}

export const defaultGood = (n: number): number => Math.min(Math.ceil(0.1 * n), 25);

/** Indices into `history.told` of the good trials and of the others, each oldest first. */
export function split(
  history: History,
  good: (n: number) => number,
): { readonly below: number[]; readonly above: number[] } {
  const { told } = history;
  const count = Math.min(told.length, Math.max(1, good(told.length)));
  const byAge = (a: number, b: number): number => told[a]!.trial.id - told[b]!.trial.id;
  const chosen = new Set(bestOf(told, count));
  const above: number[] = [];
  for (let i = 0; i < told.length; i++) if (!chosen.has(i)) above.push(i);
  // Told in the order of asking, they are in order already; in any other order the sort is needed.
  return { below: [...chosen].sort(byAge), above: above.sort(byAge) };
}

/** Indices of the best few: one pass, because nearly every trial of a long search is worse than all of them. */
function bestOf(told: readonly Told[], count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < told.length; i++) {
    const one = told[i]!;
    let at = best.length;
    while (at > 0 && better(one, told[best[at - 1]!]!) < 0) at--;
    if (at >= count) continue;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/**
 * What speaks against a point: the mixture of the trials that are not good, and, weighted by their numbers, that of the
 * trials that still run (the constant liar: a running trial counts as bad until its result is known).
 */
export function logAgainst(others: Parzen, running: Parzen | undefined, u: readonly number[], limit: number): number {
  if (!running) return others.logDensity(u, limit);
  const [a, b] = [others.size + 1, running.size + 1];
  // As soon as part of the sum is above the limit, how far above does not matter.
  const most = Math.exp(limit) * (a + b);
  const lie = b * Math.exp(running.logDensity(u, Math.log(most / b)));
  if (lie >= most) return Math.log(lie / (a + b));
  return Math.log((a * Math.exp(others.logDensity(u, Math.log((most - lie) / a))) + lie) / (a + b));
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
  const groups = multivariate ? [space.dims.map((_, j) => j)] : space.dims.map((_, j) => [j]);
  let cached: Model | undefined;
  let lies: { readonly key: string; readonly parts: readonly Parzen[] } | undefined;

  const points = (indices: readonly number[]): Point[] => indices.map((i) => history.told[i]!.trial.point);
  /** Failed trials are not good either; that they have no number does not matter to a density. */
  const others = (above: readonly number[]): Point[] => [
    ...history.failed.filter((f) => f.blame).map((f) => f.trial.point),
    ...points(above),
  ];

  /** The densities of what was told and failed: made once for all proposals until the next result. */
  const model = (): Model => {
    const key = `${history.told.length}/${history.failed.length}/${history.told.reduce((n, t) => n + t.n, 0)}`;
    if (cached?.key === key) return cached;
    const { below, above } = split(history, good);
    const [goods, bads] = [points(below), others(above)];
    const parts = groups.map((at) => ({ at, l: estimate(at, goods), g: estimate(at, bads, goods[0]) }));
    cached = { key, good: below.length, other: above.length, parts };
    return cached;
  };

  const estimate = (at: readonly number[], from: readonly Point[], near?: Point): Parzen => {
    const dims = at.map((j) => space.dims[j]!);
    // Alone, a knob is described by the trials in which it was active; together, such a trial has the prior's kernel on
    // it.
    const j = at[0]!;
    const sure = multivariate || space.conditions[j] === undefined;
    return new Parzen(dims, sure ? from : from.filter((p) => !Number.isNaN(p[j]!)), multivariate, { at, near });
  };

  /**
   * The densities of the running trials, part by part: made once for all proposals until one is told, lost or added.
   */
  const running = (): readonly Parzen[] | undefined => {
    const { pending, told, failed } = history;
    if (!liar || pending.length === 0) return undefined;
    const key = `${pending.length}/${pending.at(-1)!.id}/${told.length}/${failed.length}`;
    if (lies?.key !== key) {
      const points = pending.map((trial) => trial.point);
      lies = { key, parts: groups.map((at) => estimate(at, points)) };
    }
    return lies.parts;
  };

  /** The best of some draws from the good density; feasibility is weighed where all knobs are drawn together. */
  const draw = ({ l, g }: Part, lie: Parzen | undefined, ask: Ask, draws: number): readonly number[] => {
    const drawn: (readonly number[])[] = [];
    const goods = new Float64Array(draws);
    let first = 0;
    for (let c = 0; c < draws; c++) {
      const point = l.draw(ask.chance);
      drawn[c] = multivariate ? space.encode(space.decode(point)) : point;
      goods[c] = l.logDensity(drawn[c]!);
      if (goods[c]! > goods[first]!) first = c;
    }
    let best = drawn[first]!;
    let bestScore = Number.NEGATIVE_INFINITY;
    // The most promising one first: most others are dropped as soon as part of the bad density says that they are
    // worse.
    for (let i = 0; i < draws; i++) {
      const c = i === 0 ? first : i <= first ? i - 1 : i;
      const u = drawn[c]!;
      const limit = goods[c]! - bestScore;
      const bad = logAgainst(g, lie, u, limit);
      if (bad >= limit) continue;
      const score = goods[c]! - bad + (multivariate ? Math.log(ask.feasible(u)) : 0);
      if (score > bestScore) [best, bestScore] = [u, score];
    }
    return best;
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
      // One knob at a time, a proposal that could not be used would come again from as many draws: each further attempt
      // takes half as many.
      const draws = multivariate ? candidates : Math.max(1, candidates >> ask.attempt);
      const point = new Array<number>(space.dims.length);
      const lie = running();
      for (const [p, part] of parts.entries())
        for (const [i, u] of draw(part, lie?.[p], ask, draws).entries()) point[part.at[i]!] = u;
      return {
        point,
        why: `the best of ${candidates} draws by the ratio of densities of ${below} good and ${other} other trials`,
      };
    },
  };
}

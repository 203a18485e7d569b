/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; Watanabe, arXiv 2304.11127):
 * good and bad trials as two densities l and g, and the candidate from l with the largest l/g. Works on any space,
 * conditional ones included.
 */
import { Parzen } from './parzen.ts';
import { randomPoint } from '../model-free.ts';
import type { Point } from '../space.ts';
import { type Ask, compareTold, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface TpeOptions {
  /** One density over all knobs together (true, the default), or one per knob. */
  readonly multivariate?: boolean;
  /** Trials before the densities are used; random until then. Default 10. */
  readonly startup?: number;
  /** Candidates drawn from l per proposal. Default 24. */
  readonly candidates?: number;
  /** How many of n trials are good. Default min(⌈0.1 n⌉, 25). */
  readonly good?: (trialCount: number) => number;
  /**
   * Count trials that are still running as bad, so that parallel proposals keep apart (the constant liar). Default
   * true.
   */
  readonly liar?: boolean;
}

export const defaultGoodCount = (trialCount: number): number => Math.min(Math.ceil(0.1 * trialCount), 25);

/** Indices into `history.told` of the good trials and of the others, each oldest first. */
export function splitTrials(
  history: History,
  goodCount: (trialCount: number) => number,
): { readonly below: number[]; readonly above: number[] } {
  const { told } = history;
  const count = Math.min(told.length, Math.max(1, goodCount(told.length)));
  const compareAge = (left: number, right: number): number => told[left]!.trial.id - told[right]!.trial.id;
  const chosen = new Set(bestOf(told, count));
  const above: number[] = [];
  for (let index = 0; index < told.length; index++) if (!chosen.has(index)) above.push(index);
  // Told in the order of asking, they are in order already; in any other order the sort is needed.
  return { below: [...chosen].sort(compareAge), above: above.sort(compareAge) };
}

/** Indices of the best few: one pass, because nearly every trial of a long search is worse than all of them. */
function bestOf(told: readonly Told[], count: number): number[] {
  const bestIndices: number[] = [];
  for (let index = 0; index < told.length; index++) {
    const result = told[index]!;
    let position = bestIndices.length;
    while (position > 0 && compareTold(result, told[bestIndices[position - 1]!]!) < 0) position--;
    if (position >= count) continue;
    bestIndices.splice(position, 0, index);
    if (bestIndices.length > count) bestIndices.pop();
  }
  return bestIndices;
}

/**
 * What speaks against a point: the mixture of the trials that are not good, and, weighted by their numbers, that of the
 * trials that still run (the constant liar: a running trial counts as bad until its result is known).
 */
export function logAgainst(
  others: Parzen,
  running: Parzen | undefined,
  point: readonly number[],
  limit: number,
): number {
  if (!running) return others.logDensity(point, limit);
  const [othersWeight, runningWeight] = [others.size + 1, running.size + 1];
  // As soon as part of the sum is above the limit, how far above does not matter.
  const sumLimit = Math.exp(limit) * (othersWeight + runningWeight);
  const runningSum = runningWeight * Math.exp(running.logDensity(point, Math.log(sumLimit / runningWeight)));
  if (runningSum >= sumLimit) return Math.log(runningSum / (othersWeight + runningWeight));
  return Math.log(
    (othersWeight * Math.exp(others.logDensity(point, Math.log((sumLimit - runningSum) / othersWeight))) + runningSum) /
      (othersWeight + runningWeight),
  );
}

/** Densities over some knobs: all of them together, or one. */
interface DensityPart {
  readonly at: readonly number[];
  readonly l: Parzen;
  readonly g: Parzen;
}

interface TpeModel {
  readonly key: string;
  readonly good: number;
  readonly other: number;
  readonly parts: readonly DensityPart[];
}

/** TPE on a history. Its only state is the history: nothing to replay. */
export function tpeSampler(history: History, options: TpeOptions = {}): Sampler {
  const {
    multivariate = true,
    startup = 10,
    candidates = 24,
    good: goodCount = defaultGoodCount,
    liar = true,
  } = options;
  const { space } = history;
  const name = multivariate ? 'tpe' : 'tpe-univariate';
  const knobGroups = multivariate ? [space.dims.map((_, knob) => knob)] : space.dims.map((_, knob) => [knob]);
  let cached: TpeModel | undefined;
  let cachedRunning: { readonly key: string; readonly parts: readonly Parzen[] } | undefined;

  const pointsOf = (indices: readonly number[]): Point[] => indices.map((index) => history.told[index]!.trial.point);
  /** Failed trials are not good either; that they have no number does not matter to a density. */
  const otherPoints = (above: readonly number[]): Point[] => [
    ...history.failed.filter((failure) => failure.blame).map((failure) => failure.trial.point),
    ...pointsOf(above),
  ];

  /** The densities of what was told and failed: made once for all proposals until the next result. */
  const currentModel = (): TpeModel => {
    const key = `${history.told.length}/${history.failed.length}/${history.told.reduce((count, result) => count + result.n, 0)}`;
    if (cached?.key === key) return cached;
    const { below, above } = splitTrials(history, goodCount);
    const [goodPoints, badPoints] = [pointsOf(below), otherPoints(above)];
    const parts = knobGroups.map((knobs) => ({
      at: knobs,
      l: estimateDensity(knobs, goodPoints),
      g: estimateDensity(knobs, badPoints, goodPoints[0]),
    }));
    cached = { key, good: below.length, other: above.length, parts };
    return cached;
  };

  const estimateDensity = (knobs: readonly number[], points: readonly Point[], near?: Point): Parzen => {
    const dimensions = knobs.map((knob) => space.dims[knob]!);
    // Alone, a knob is described by the trials in which it was active; together, such a trial has the prior's kernel on
    // it.
    const firstKnob = knobs[0]!;
    const isAlwaysActive = multivariate || space.conditions[firstKnob] === undefined;
    return new Parzen(
      dimensions,
      isAlwaysActive ? points : points.filter((point) => !Number.isNaN(point[firstKnob]!)),
      multivariate,
      { knobs, near },
    );
  };

  /**
   * The densities of the running trials, part by part: made once for all proposals until one is told, lost or added.
   */
  const runningDensities = (): readonly Parzen[] | undefined => {
    const { pending, told, failed } = history;
    if (!liar || pending.length === 0) return undefined;
    const key = `${pending.length}/${pending.at(-1)!.id}/${told.length}/${failed.length}`;
    if (cachedRunning?.key !== key) {
      const points = pending.map((trial) => trial.point);
      cachedRunning = { key, parts: knobGroups.map((knobs) => estimateDensity(knobs, points)) };
    }
    return cachedRunning.parts;
  };

  /** The best of some draws from the good density; feasibility is weighed where all knobs are drawn together. */
  const drawBest = (
    { l: goodDensity, g: badDensity }: DensityPart,
    runningDensity: Parzen | undefined,
    ask: Ask,
    drawCount: number,
  ): readonly number[] => {
    const drawnPoints: (readonly number[])[] = [];
    const goodLogs = new Float64Array(drawCount);
    let mostPromising = 0;
    for (let c = 0; c < drawCount; c++) {
      const index = goodDensity.draw(ask.chance);
      drawnPoints[c] = multivariate ? space.encode(space.decode(index)) : index;
      goodLogs[c] = goodDensity.logDensity(drawnPoints[c]!);
      if (goodLogs[c]! > goodLogs[mostPromising]!) mostPromising = c;
    }
    let bestPoint = drawnPoints[mostPromising]!;
    let bestScore = Number.NEGATIVE_INFINITY;
    // The most promising one first: most others are dropped as soon as part of the bad density says that they are
    // worse.
    for (let turn = 0; turn < drawCount; turn++) {
      const index = turn === 0 ? mostPromising : turn <= mostPromising ? turn - 1 : turn;
      const point = drawnPoints[index]!;
      const limit = goodLogs[index]! - bestScore;
      const badLog = logAgainst(badDensity, runningDensity, point, limit);
      if (badLog >= limit) continue;
      const score = goodLogs[index]! - badLog + (multivariate ? Math.log(ask.feasible(point)) : 0);
      if (score > bestScore) [bestPoint, bestScore] = [point, score];
    }
    return bestPoint;
  };

  return {
    name,
    propose(ask: Ask): Proposed {
      const trialCount = history.told.length;
      if (trialCount < startup)
        return {
          point: randomPoint(space, ask.chance),
          why: `random: ${trialCount} of ${startup} trials before the model is used`,
        };
      const { parts, good: below, other } = currentModel();
      // One knob at a time, a proposal that could not be used would come again from as many draws: each further attempt
      // takes half as many.
      const drawCount = multivariate ? candidates : Math.max(1, candidates >> ask.attempt);
      const point = new Array<number>(space.dims.length);
      const runningParts = runningDensities();
      for (const [index, part] of parts.entries())
        for (const [position, coordinate] of drawBest(part, runningParts?.[index], ask, drawCount).entries())
          point[part.at[position]!] = coordinate;
      return {
        point,
        why: `the best of ${candidates} draws by the ratio of densities of ${below} good and ${other} other trials`,
      };
    },
  };
}

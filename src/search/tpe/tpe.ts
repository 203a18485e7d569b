/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; Watanabe, arXiv 2304.11127):
 * one density of the good trials and one of the bad trials; of some points drawn from the good density, the one with
 * the largest ratio good/bad is proposed. Works on any space, conditional ones included.
 */
import { type DensityPart, DensityModel } from './densities.ts';
import type { Parzen } from './parzen.ts';
import { randomPoint } from '../model-free.ts';
import type { Space } from '../space.ts';
import type { Ask, History, Proposed, Sampler } from '../trial.ts';

export interface TpeOptions {
  /** One density over all knobs together (true, the default), or one per knob. */
  readonly multivariate?: boolean;
  /** Trials before the densities are used; random until then. Default 10. */
  readonly startup?: number;
  /** Candidates drawn from the good density per proposal. Default 24. */
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

/**
 * Log of the bad density at a point. It is a mixture of the trials that are not good and, weighted by their numbers, of
 * the trials that still run (the constant liar: a running trial counts as bad until its result is known). Above
 * `limit`, any number that is also above it may be returned.
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

/** TPE on a history. It has no other state than the history, so nothing has to be replayed. */
export function tpeSampler(history: History, options: TpeOptions = {}): Sampler {
  const {
    multivariate: isMultivariate = true,
    startup = 10,
    candidates = 24,
    good: goodCount = defaultGoodCount,
    liar: countsRunning = true,
  } = options;
  const { space } = history;
  const model = new DensityModel(history, { isMultivariate, goodCount, countsRunning });
  return {
    name: isMultivariate ? 'tpe' : 'tpe-univariate',
    propose(ask: Ask): Proposed {
      const trialCount = history.told.length;
      if (trialCount < startup)
        return {
          point: randomPoint(space, ask.chance),
          why: `random: ${trialCount} of ${startup} trials before the model is used`,
        };
      const { parts, goodTrials, otherTrials } = model.currentDensities();
      // One knob at a time, a proposal that cannot be used would be proposed again after as many draws. So each further
      // attempt draws half as many.
      const drawCount = isMultivariate ? candidates : Math.max(1, candidates >> ask.attempt);
      const point = new Array<number>(space.dims.length);
      const runningParts = model.runningDensities();
      for (const [index, part] of parts.entries()) {
        const drawn = isMultivariate
          ? chooseTogether(part, runningParts?.[index], ask, drawCount, space)
          : chooseBest(part, runningParts?.[index], drawPoints(part.good, ask, drawCount));
        for (const [position, coordinate] of drawn.entries()) point[part.knobs[position]!] = coordinate;
      }
      return {
        point,
        why: `the best of ${candidates} draws by the ratio of densities of ${goodTrials} good and ${otherTrials} other trials`,
      };
    },
  };
}

type PartPoint = readonly number[];

const drawPoints = (density: Parzen, ask: Ask, drawCount: number): PartPoint[] =>
  Array.from({ length: drawCount }, () => density.draw(ask.chance));

/** All knobs are drawn together: what is scored is what would be evaluated, and whether it can be measured. */
function chooseTogether(
  part: DensityPart,
  runningDensity: Parzen | undefined,
  ask: Ask,
  drawCount: number,
  space: Space,
): PartPoint {
  const snappedPoints = drawPoints(part.good, ask, drawCount).map((point) => space.encode(space.decode(point)));
  return chooseBest(part, runningDensity, snappedPoints, (point) => Math.log(ask.feasible(point)));
}

/** Of some points drawn from the good density, the one with the largest ratio good/bad. */
function chooseBest(
  { good: goodDensity, bad: badDensity }: DensityPart,
  runningDensity: Parzen | undefined,
  drawnPoints: readonly PartPoint[],
  logFeasibility: (point: PartPoint) => number = () => 0,
): PartPoint {
  const goodLogs = drawnPoints.map((point) => goodDensity.logDensity(point));
  const mostPromising = goodLogs.reduce((best, log, index) => (log > goodLogs[best]! ? index : best), 0);
  let bestPoint = drawnPoints[mostPromising]!;
  let bestScore = Number.NEGATIVE_INFINITY;
  // The most promising one first: then part of the bad density is enough to show that most of the others are worse.
  for (let turn = 0; turn < drawnPoints.length; turn++) {
    const index = turn === 0 ? mostPromising : turn <= mostPromising ? turn - 1 : turn;
    const point = drawnPoints[index]!;
    const limit = goodLogs[index]! - bestScore;
    const badLog = logAgainst(badDensity, runningDensity, point, limit);
    if (badLog >= limit) continue;
    const score = goodLogs[index]! - badLog + logFeasibility(point);
    if (score > bestScore) [bestPoint, bestScore] = [point, score];
  }
  return bestPoint;
}

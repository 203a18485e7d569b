/**
 * Expected improvement of a Gaussian process, searched from the best configuration outwards: moves of one knob first,
 * then combinations. Made for a dozen to a hundred slow trials around a known-good default. A proposal takes a few to
 * tens of milliseconds.
 */
import type { Random } from '../../base/random.ts';
import { Gp } from './gp.ts';
import { LOG_SQRT_2PI, normalCdf } from '../../base/distributions.ts';
import { randomPoint } from '../model-free.ts';
import type { Point, Space } from '../space.ts';
import { type Ask, compareTold, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface GpOptions {
  /** The point from which moves start; the best trial when absent or undefined. */
  readonly anchor?: () => Point | undefined;
  /** Expect the loss to grow with the distance from the space's start. Default true. */
  readonly trustStart?: boolean;
  /** Random points of the whole space among the candidates. Default 40. */
  readonly wide?: number;
  /**
   * How much to explore, 0 (the default) to 1. Above 0, moves also start from the runners-up, good trials are
   * recombined, and more of the space is sampled.
   */
  readonly explore?: () => number;
}

/** How candidates are made, in addition to moves from the origin. */
interface Reach {
  /** Random points of the whole space. */
  readonly wideCount: number;
  /** Good trials to be recombined. */
  readonly parents: readonly Point[];
  /** Number of recombined points. */
  readonly crossovers: number;
}

/** Most trials that the model is fitted to: the best ones and the newest ones. */
const MAX_FIT_TRIALS = 90;
/** Sizes of one-knob moves, in coordinates. */
const MOVE_SIZES = [0.1, 0.2, 0.35];
const FINE_MOVE_SIZES = [0.04, ...MOVE_SIZES];
/** Trials after which the finest moves are added. */
const FINE_AFTER_TRIALS = 40;
/** With fewer trials, one knob is moved at a time: nothing is known about combinations. */
const ONE_KNOB_TRIALS = 4;
/** Sizes of one-knob moves of a discrete knob, in values. */
const LEVEL_STEPS = [1, 2, 4];

export function gpSampler(history: History, options: GpOptions = {}): Sampler {
  const { space } = history;
  const { trustStart = true, wide: wideCount = 40, anchor, explore = (): number => 0 } = options;
  const start = trustStart ? space.encode(space.start) : undefined;
  let fitted: FittedModel | undefined;
  return {
    name: 'gp',
    propose(ask: Ask): Proposed {
      const { told } = history;
      const { standing, origin, reach } = chooseOrigin(history, ask.id, anchor?.(), wideCount, explore());
      if (told.length === 0)
        return { point: oneMove(space, origin, ask.chance), why: 'a step from the default, nothing is known yet' };
      if (fitted?.key !== keyOf(history)) fitted = fitModel(history, start);
      const { model, bestMean } = fitted;
      // The chance to be measurable only lowers a score, and is the dearer half: not asked where the score is too low.
      const scorePoint = (point: Point, atLeast: number): number => {
        const { mean, deviation } = model.predictAt(point);
        const score = logImprovement((bestMean - mean) / deviation) + Math.log(deviation);
        return score <= atLeast ? score : score + 2 * Math.log(ask.feasible(point));
      };
      const chosen = climbFrom(space, origin, ask, reach, history, scorePoint, (point) => model.standAt(point));
      const movedCount = space.dims.filter(
        (_, knob) => chosen[knob] !== origin[knob] && !(Number.isNaN(chosen[knob]!) && Number.isNaN(origin[knob]!)),
      ).length;
      const { mean, deviation } = model.predictAt(chosen);
      const gain = bestMean - mean;
      return {
        point: chosen,
        why: `${movedCount === 1 ? 'one knob' : `${movedCount} knobs`} from ${origin === standing ? 'the best' : 'a runner-up'}; a model of ${told.length} trials expects it ${Math.abs(gain).toPrecision(2)} ± ${deviation.toPrecision(2)} ${gain >= 0 ? 'better' : 'worse'}`,
      };
    },
  };
}

interface FittedModel {
  /** State of the history that it was fitted to. */
  readonly key: string;
  readonly model: Gp;
  /** The lowest mean that the model gives to a measured trial: what a new one must improve on. */
  readonly bestMean: number;
}

const keyOf = ({ told, pending }: History): string =>
  `${told.length}/${pending.map((trial) => trial.id).join()}/${told.reduce((count, result) => count + result.n, 0)}`;

function fitModel(history: History, start: Point | undefined): FittedModel {
  const { space, noise } = history;
  const fitTrials = chooseFitTrials(history.told);
  const worstMean = fitTrials.reduce((highest, result) => Math.max(highest, result.mean), Number.NEGATIVE_INFINITY);
  const points = fitTrials.map((result) => result.trial.point);
  const losses = fitTrials.map((result) => (result.over > 0 ? worstMean : result.mean));
  const counts = fitTrials.map((result) => result.n);
  let model = new Gp(space, { points, losses, counts, noise, start });
  if (history.pending.length > 0) {
    // A running trial is assumed to give what the model expects (the "kriging believer", Ginsbourger et al. 2010).
    const runningPoints = history.pending.slice(-16).map((trial) => trial.point);
    const believedLosses = runningPoints.map((point) => model.predictAt(point).mean);
    model = new Gp(space, {
      points: [...points, ...runningPoints],
      losses: [...losses, ...believedLosses],
      counts: [...counts, ...runningPoints.map(() => 1)],
      noise,
      start,
    });
  }
  const bestMean = fitTrials
    .filter((result) => result.over <= 0)
    .reduce((lowest, result) => Math.min(lowest, model.predictAt(result.trial.point).mean), Number.POSITIVE_INFINITY);
  return { key: keyOf(history), model, bestMean: Number.isFinite(bestMean) ? bestMean : worstMean };
}

/** The point that counts as the best (`standing`), the one from which moves start (`origin`), and how far to look. */
function chooseOrigin(
  { space, told }: History,
  id: number,
  anchor: Point | undefined,
  wideCount: number,
  exploration: number,
): { readonly standing: Point; readonly origin: Point; readonly reach: Reach } {
  const ranked = [...told].sort(compareTold).map((result) => result.trial.point);
  const standing = anchor ?? ranked[0] ?? space.encode(space.start);
  // On a plateau, half of the proposals start from a runner-up: two of four in a row, so that a caller that uses every
  // other proposal also gets some of them.
  const turn = exploration > 0 ? id % 4 : 0;
  const origin = turn === 1 || turn === 2 ? (ranked[turn] ?? standing) : standing;
  const crossovers = exploration > 0 && ranked.length > 1 ? Math.round(60 * exploration) : 0;
  return {
    standing,
    origin,
    reach: { wideCount: Math.round(wideCount * (1 + 3 * exploration)), parents: ranked.slice(0, 6), crossovers },
  };
}

/**
 * log of E[max(0, z + N(0, 1))], stable far below zero (Ament et al., "Unexpected improvements to expected
 * improvement", 2023).
 */
function logImprovement(zScore: number): number {
  if (zScore > -6) return Math.log(zScore * normalCdf(zScore) + Math.exp(-0.5 * zScore * zScore - LOG_SQRT_2PI));
  // Asymptotic expansion of z·Φ(z) + φ(z) for z → −∞: φ(z)/z².
  return -0.5 * zScore * zScore - LOG_SQRT_2PI - 2 * Math.log(-zScore);
}

/** At most MAX_FIT_TRIALS trials: half of them the best, the others the newest. */
function chooseFitTrials(told: readonly Told[]): readonly Told[] {
  if (told.length <= MAX_FIT_TRIALS) return told;
  const kept = new Set([...told].sort(compareTold).slice(0, MAX_FIT_TRIALS / 2));
  for (let index = told.length - 1; index >= 0 && kept.size < MAX_FIT_TRIALS; index--) kept.add(told[index]!);
  return told.filter((result) => kept.has(result));
}

/**
 * The best of all one-knob moves, some moves of several knobs and some random points, then improved by further one-knob
 * moves.
 */
function climbFrom(
  space: Space,
  origin: Point,
  ask: Ask,
  { wideCount, parents, crossovers }: Reach,
  history: History,
  scorePoint: (point: Point, atLeast: number) => number,
  standAt: (point: Point) => void,
): Point {
  const { chance } = ask;
  const knownKeys = new Set([
    ...history.told.map((result) => result.trial.key),
    ...history.pending.map((trial) => trial.key),
    ...history.failed.map((failure) => failure.trial.key),
  ]);
  let bestMove: { point: Point; score: number } | undefined;
  const considerCandidate = (candidate: Point): boolean => {
    const values = space.decode(candidate);
    const point = space.encode(values);
    const jitter = ask.attempt > 0 ? 0.5 * ask.attempt ** 0.5 * chance.uniform() : 0;
    const noisyScore = scorePoint(point, (bestMove?.score ?? Number.NEGATIVE_INFINITY) - jitter) + jitter;
    if (bestMove && noisyScore <= bestMove.score) return false;
    if (knownKeys.has(space.key(values)) || space.broken(values) !== undefined) return false;
    bestMove = { point, score: noisyScore };
    return true;
  };
  standAt(origin);
  const sizes = history.told.length < FINE_AFTER_TRIALS ? MOVE_SIZES : FINE_MOVE_SIZES;
  for (const move of oneKnobMoves(space, origin, chance, sizes)) considerCandidate(move);
  if (bestMove && history.told.length < ONE_KNOB_TRIALS) return bestMove.point;
  const jointMoves = Math.min(60, 6 * space.dims.length);
  for (let i = 0; i < jointMoves; i++) considerCandidate(moveSeveral(space, origin, chance));
  for (let i = 0; i < wideCount; i++) considerCandidate(randomPoint(space, chance));
  for (let i = 0; i < crossovers; i++) considerCandidate(crossParents(parents, chance));
  for (let round = 0; round < 4 && bestMove; round++) {
    let hasImproved = false;
    standAt(bestMove.point);
    for (const move of oneKnobMoves(space, bestMove.point, chance, sizes, 0.6))
      hasImproved = considerCandidate(move) || hasImproved;
    if (!hasImproved) break;
  }
  return bestMove?.point ?? oneMove(space, origin, chance);
}

/**
 * All moves of one knob: up and down in several sizes, with jitter so that no grid forms, or to every other category.
 */
function* oneKnobMoves(
  space: Space,
  origin: Point,
  chance: Random,
  baseSizes = MOVE_SIZES,
  scale = 1,
): Generator<Point> {
  for (const [knob, dimension] of space.dims.entries()) {
    const coordinate = origin[knob]!;
    if (Number.isNaN(coordinate)) continue;
    if (dimension.kind === 'category') {
      for (let category = 0; category < dimension.levels; category++)
        if (category !== coordinate) yield replaceCoordinate(origin, knob, category);
    } else {
      const sizes =
        dimension.levels === Number.POSITIVE_INFINITY
          ? baseSizes.map((size) => size * scale)
          : LEVEL_STEPS.filter((level) => level < dimension.levels).map((level) => level / dimension.levels);
      for (const size of sizes)
        for (const sign of [-1, 1]) {
          const moved =
            coordinate +
            sign * size * (dimension.levels === Number.POSITIVE_INFINITY ? 0.7 + 0.6 * chance.uniform() : 1);
          if (moved > -size / 2 && moved < 1 + size / 2)
            yield replaceCoordinate(origin, knob, Math.min(1, Math.max(0, moved)));
        }
    }
  }
}

/** Move two or three knobs together, or, once in three times, all of them a little. */
function moveSeveral(space: Space, origin: Point, chance: Random): Point {
  const knobCount = space.dims.length;
  const movesAll = chance.uniform() < 0.33;
  const size = movesAll ? 0.02 * 8 ** chance.uniform() : 0.05 * 5 ** chance.uniform();
  const share = movesAll ? 1 : Math.min(1, (2 + chance.below(2)) / knobCount);
  return space.dims.map((dimension, knob) => {
    if (chance.uniform() > share || Number.isNaN(origin[knob]!)) return origin[knob]!;
    if (dimension.kind === 'category')
      return movesAll && chance.uniform() < 0.8 ? origin[knob]! : chance.below(dimension.levels);
    const step = dimension.levels === Number.POSITIVE_INFINITY ? size : Math.max(size, 1 / dimension.levels);
    return Math.min(1, Math.max(0, origin[knob]! + step * chance.normal()));
  });
}

/** Recombine two good trials: each knob is taken from one of them. */
function crossParents(parents: readonly Point[], chance: Random): Point {
  const [first, second] = [parents[chance.below(parents.length)]!, parents[chance.below(parents.length)]!];
  return first.map((coordinate, knob) => (chance.uniform() < 0.5 ? coordinate : second[knob]!));
}

function oneMove(space: Space, origin: Point, chance: Random): Point {
  const moves = [...oneKnobMoves(space, origin, chance)];
  return moves[chance.below(moves.length)] ?? origin;
}

const replaceCoordinate = (point: Point, knob: number, coordinate: number): Point =>
  point.map((value, index) => (index === knob ? coordinate : value));

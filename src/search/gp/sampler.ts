/**
 * Expected improvement of a Gaussian process from the best configuration outwards: moves of one knob first, then what
 * combines well. Made for nights of a dozen to a hundred slow trials around a known-good default; costs milliseconds to
 * tens of them per proposal.
 */
import type { Random } from '../../base/random.ts';
import { Gp } from './gp.ts';
import { LOG_SQRT_2PI, normalCdf } from '../../base/distributions.ts';
import { randomPoint } from '../model-free.ts';
import type { Point, Space } from '../space.ts';
import { type Ask, better, type History, type Proposed, type Sampler, type Told } from '../trial.ts';

export interface GpOptions {
  /** Where moves start; the best trial when absent or undefined. */
  readonly anchor?: () => Point | undefined;
  /** Expect that moving away from the space's start costs. Default true. */
  readonly trustStart?: boolean;
  /** Random points of the whole space among the candidates. Default 40. */
  readonly wide?: number;
  /**
   * How far to look around, 0 (the default) to 1: moves also start from the runners-up, good trials are crossed, and
   * more of the space is sampled.
   */
  readonly explore?: () => number;
}

/** Where candidates come from, beside the point that moves start from. */
interface Reach {
  readonly wide: number;
  /** Good trials to be crossed with each other, and how often. */
  readonly parents: readonly Point[];
  readonly crossings: number;
}

/** Trials the model is fitted to: the best ones and the newest ones. */
const FIT = 90;
/** Sizes of one-knob moves, in coordinates, and in values of a discrete knob; the finest only after so many trials. */
const SIZES = [0.1, 0.2, 0.35];
const FINE = [0.04, ...SIZES];
const FINE_AFTER = 40;
/** Trials before which one knob is moved at a time: what combines well cannot be known yet. */
const ALONE = 4;
const LEVELS = [1, 2, 4];

export function gpSampler(history: History, options: GpOptions = {}): Sampler {
  const { space } = history;
  const { trustStart = true, wide = 40, anchor, explore = (): number => 0 } = options;
  const start = trustStart ? space.encode(space.start) : undefined;
  let cached: { readonly key: string; readonly gp: Gp; readonly best: number } | undefined;

  const model = (): { gp: Gp; best: number } => {
    const told = chosen(history.told);
    const key = `${history.told.length}/${history.pending.map((t) => t.id).join()}/${history.told.reduce((n, t) => n + t.n, 0)}`;
    if (cached?.key === key) return cached;
    const worst = told.reduce((max, t) => Math.max(max, t.mean), Number.NEGATIVE_INFINITY);
    const points = told.map((t) => t.trial.point);
    const losses = told.map((t) => (t.over > 0 ? worst : t.mean));
    const counts = told.map((t) => t.n);
    let gp = new Gp(space, { points, losses, counts, noise: history.noise, start });
    if (history.pending.length > 0) {
      // Trials that still run are believed to give what the model expects (the "kriging believer", Ginsbourger et al.
      // 2010).
      const running = history.pending.slice(-16).map((t) => t.point);
      const believed = running.map((p) => gp.predict(p).mean);
      gp = new Gp(space, {
        points: [...points, ...running],
        losses: [...losses, ...believed],
        counts: [...counts, ...running.map(() => 1)],
        noise: history.noise,
        start,
      });
    }
    const best = told
      .filter((t) => t.over <= 0)
      .reduce((min, t) => Math.min(min, gp.predict(t.trial.point).mean), Number.POSITIVE_INFINITY);
    cached = { key, gp, best: Number.isFinite(best) ? best : worst };
    return cached;
  };

  return {
    name: 'gp',
    propose(ask: Ask): Proposed {
      const { told } = history;
      const { standing, from, reach } = whence(history, ask.id, anchor?.(), wide, explore());
      if (told.length === 0)
        return { point: oneMove(space, from, ask.chance), why: 'a step from the default, nothing is known yet' };
      const { gp, best } = model();
      const score = (point: Point): number => {
        const { mean, sd } = gp.predict(point);
        return logImprovement((best - mean) / sd) + Math.log(sd) + 2 * Math.log(ask.feasible(point));
      };
      const found = climb(space, from, ask, reach, history, score, (p) => gp.stand(p));
      const moved = space.dims.filter(
        (_, j) => found[j] !== from[j] && !(Number.isNaN(found[j]!) && Number.isNaN(from[j]!)),
      ).length;
      const { mean, sd } = gp.predict(found);
      const gain = best - mean;
      return {
        point: found,
        why: `${moved === 1 ? 'one knob' : `${moved} knobs`} from ${from === standing ? 'the best' : 'a runner-up'}; a model of ${told.length} trials expects it ${Math.abs(gain).toPrecision(2)} ± ${sd.toPrecision(2)} ${gain >= 0 ? 'better' : 'worse'}`,
      };
    },
  };
}

/** The point that counts as the best, the one that moves start from, and how far they go. */
function whence(
  { space, told }: History,
  id: number,
  anchor: Point | undefined,
  wide: number,
  far: number,
): { readonly standing: Point; readonly from: Point; readonly reach: Reach } {
  const ranked = [...told].sort(better).map((t) => t.trial.point);
  const standing = anchor ?? ranked[0] ?? space.encode(space.start);
  // Standing still, half of the proposals start from a runner-up (two of four, so that no rhythm of the caller misses
  // them).
  const turn = far > 0 ? id % 4 : 0;
  const from = turn === 1 || turn === 2 ? (ranked[turn] ?? standing) : standing;
  const crossings = far > 0 && ranked.length > 1 ? Math.round(60 * far) : 0;
  return { standing, from, reach: { wide: Math.round(wide * (1 + 3 * far)), parents: ranked.slice(0, 6), crossings } };
}

/**
 * log of E[max(0, z + N(0, 1))], stable far below zero (Ament et al., "Unexpected improvements to expected
 * improvement", 2023).
 */
function logImprovement(z: number): number {
  if (z > -6) return Math.log(z * normalCdf(z) + Math.exp(-0.5 * z * z - LOG_SQRT_2PI));
  // Asymptotic expansion of z·Φ(z) + φ(z) for z → −∞: φ(z)/z².
  return -0.5 * z * z - LOG_SQRT_2PI - 2 * Math.log(-z);
}

/** At most FIT trials: half of them the best, the rest the newest. */
function chosen(told: readonly Told[]): readonly Told[] {
  if (told.length <= FIT) return told;
  const good = new Set([...told].sort(better).slice(0, FIT / 2));
  for (let i = told.length - 1; i >= 0 && good.size < FIT; i--) good.add(told[i]!);
  return told.filter((t) => good.has(t));
}

/**
 * The best of all one-knob moves, some random ones and some wide ones, then improved by further one-knob moves on top.
 */
function climb(
  space: Space,
  from: Point,
  ask: Ask,
  { wide, parents, crossings }: Reach,
  history: History,
  score: (p: Point) => number,
  stand: (p: Point) => void,
): Point {
  const { chance } = ask;
  const known = new Set([
    ...history.told.map((t) => t.trial.key),
    ...history.pending.map((t) => t.key),
    ...history.failed.map((f) => f.trial.key),
  ]);
  let best: { point: Point; score: number } | undefined;
  const consider = (candidate: Point): boolean => {
    const values = space.decode(candidate);
    const point = space.encode(values);
    const s = score(point) + (ask.attempt > 0 ? 0.5 * ask.attempt ** 0.5 * chance.uniform() : 0);
    if (best && s <= best.score) return false;
    if (known.has(space.key(values)) || space.broken(values) !== undefined) return false;
    best = { point, score: s };
    return true;
  };
  stand(from);
  const sizes = history.told.length < FINE_AFTER ? SIZES : FINE;
  for (const move of singles(space, from, chance, sizes)) consider(move);
  if (best && history.told.length < ALONE) return best.point;
  const few = Math.min(60, 6 * space.dims.length);
  for (let i = 0; i < few; i++) consider(several(space, from, chance));
  for (let i = 0; i < wide; i++) consider(randomPoint(space, chance));
  for (let i = 0; i < crossings; i++) consider(crossed(parents, chance));
  for (let round = 0; round < 4 && best; round++) {
    let better = false;
    stand(best.point);
    for (const move of singles(space, best.point, chance, sizes, 0.6)) better = consider(move) || better;
    if (!better) break;
  }
  return best?.point ?? oneMove(space, from, chance);
}

/** All moves of one knob: up and down in several sizes, jittered so that no grid forms; every other category. */
function* singles(space: Space, from: Point, chance: Random, sizesOf = SIZES, scale = 1): Generator<Point> {
  for (const [j, dim] of space.dims.entries()) {
    const u = from[j]!;
    if (Number.isNaN(u)) continue;
    if (dim.kind === 'category') {
      for (let k = 0; k < dim.levels; k++) if (k !== u) yield replaced(from, j, k);
    } else {
      const sizes =
        dim.levels === Number.POSITIVE_INFINITY
          ? sizesOf.map((s) => s * scale)
          : LEVELS.filter((l) => l < dim.levels).map((l) => l / dim.levels);
      for (const size of sizes)
        for (const sign of [-1, 1]) {
          const v = u + sign * size * (dim.levels === Number.POSITIVE_INFINITY ? 0.7 + 0.6 * chance.uniform() : 1);
          if (v > -size / 2 && v < 1 + size / 2) yield replaced(from, j, Math.min(1, Math.max(0, v)));
        }
    }
  }
}

/** Two or three knobs moved together, or, once in three, all of them a little. */
function several(space: Space, from: Point, chance: Random): Point {
  const d = space.dims.length;
  const all = chance.uniform() < 0.33;
  const size = all ? 0.02 * 8 ** chance.uniform() : 0.05 * 5 ** chance.uniform();
  const share = all ? 1 : Math.min(1, (2 + chance.below(2)) / d);
  return space.dims.map((dim, j) => {
    if (chance.uniform() > share || Number.isNaN(from[j]!)) return from[j]!;
    if (dim.kind === 'category') return all && chance.uniform() < 0.8 ? from[j]! : chance.below(dim.levels);
    const step = dim.levels === Number.POSITIVE_INFINITY ? size : Math.max(size, 1 / dim.levels);
    return Math.min(1, Math.max(0, from[j]! + step * chance.normal()));
  });
}

/** Every knob from one of two good trials. */
function crossed(parents: readonly Point[], chance: Random): Point {
  const [a, b] = [parents[chance.below(parents.length)]!, parents[chance.below(parents.length)]!];
  return a.map((u, j) => (chance.uniform() < 0.5 ? u : b[j]!));
}

function oneMove(space: Space, from: Point, chance: Random): Point {
  const moves = [...singles(space, from, chance)];
  return moves[chance.below(moves.length)] ?? from;
}

const replaced = (point: Point, j: number, u: number): Point => point.map((v, i) => (i === j ? u : v));

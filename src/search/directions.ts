/**
 * The directions in which each knob was moved from a point. A knob is exhausted only when both directions were tried
 * alone and neither helped. Knows no sampler.
 */
import type { Point } from './space.ts';
import type { History } from './trial.ts';

/** A move of one knob, up (1) or down (−1) on its scale. */
export interface Direction {
  readonly knob: number;
  readonly sign: 1 | -1;
}

/** A step of a number, as a share of its scale. */
const STEP = 1 / 8;

/**
 * Signs of the moves that trials made on knob `knobIndex` alone, with all other knobs as in `origin`. Failed trials
 * count too.
 */
export function triedAlone({ told, failed, pending }: History, origin: Point, knobIndex: number): ReadonlySet<number> {
  const signs = new Set<number>();
  for (const point of [...told, ...failed]
    .map((outcome) => outcome.trial.point)
    .concat(pending.map((trial) => trial.point))) {
    const isAlone = point.every(
      (coordinate, index) =>
        index === knobIndex ||
        coordinate === origin[index] ||
        (Number.isNaN(coordinate) && Number.isNaN(origin[index]!)),
    );
    if (isAlone && point[knobIndex] !== origin[knobIndex]) signs.add(Math.sign(point[knobIndex]! - origin[knobIndex]!));
  }
  return signs;
}

/**
 * Moves of one number, up or down, that are possible from `origin` and that no trial made. Knobs of which one direction
 * was tried come first. Categories have no direction. A move also counts as made when it was made from one of `places`
 * (points as good as `origin`) that has the knob within half a step of its present coordinate.
 */
export function untried(history: History, origin: Point, places: readonly Point[] = []): Direction[] {
  const directions: (Direction & { readonly isHalfTried: boolean })[] = [];
  for (const [knobIndex, dimension] of history.space.dims.entries()) {
    const coordinate = origin[knobIndex]!;
    if (dimension.kind === 'category' || Number.isNaN(coordinate)) continue;
    const reach = dimension.levels === Number.POSITIVE_INFINITY ? STEP / 2 : 0;
    const nearby = places.filter((place) => Math.abs(place[knobIndex]! - coordinate) <= reach);
    const triedSigns = new Set([origin, ...nearby].flatMap((place) => [...triedAlone(history, place, knobIndex)]));
    const [low, high] =
      dimension.levels === Number.POSITIVE_INFINITY
        ? [coordinate - 0.02, coordinate + 0.02]
        : dimension.edges(coordinate);
    for (const sign of [1, -1] as const)
      if (!triedSigns.has(sign) && (sign > 0 ? high < 1 : low > 0))
        directions.push({ knob: knobIndex, sign, isHalfTried: triedSigns.size > 0 });
  }
  return directions
    .sort((left, right) => Number(right.isHalfTried) - Number(left.isHalfTried))
    .map(({ knob, sign }) => ({ knob, sign }));
}

/** The point one step in that direction; for a discrete knob, at the next value. */
export function stepTo({ space }: History, origin: Point, { knob, sign }: Direction): Point {
  const dimension = space.dims[knob]!;
  const coordinate = origin[knob]!;
  const [low, high] = dimension.edges(coordinate);
  const target =
    dimension.levels === Number.POSITIVE_INFINITY ? coordinate + sign * STEP : sign > 0 ? high + 1e-9 : low - 1e-9;
  return space.encode(
    space.decode(origin.map((value, index) => (index === knob ? Math.min(1, Math.max(0, target)) : value))),
  );
}

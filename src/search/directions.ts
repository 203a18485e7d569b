/**
 * Which way each knob was moved from a point: a knob is worn out only when both ways were tried alone and neither
 * helped. Knows no sampler.
 */
import type { Point } from './space.ts';
import type { History } from './trial.ts';

/** A move of one knob that no trial made: `up` or `down` on its scale. */
export interface Direction {
  readonly knob: number;
  readonly sign: 1 | -1;
}

/** A step of a number, as a share of its scale. */
const STEP = 1 / 8;

/**
 * Signs of the moves that trials made on knob `j` alone, everything else as in `from`. Failed ones count: they are an
 * answer too.
 */
export function triedAlone({ told, failed, pending }: History, from: Point, j: number): ReadonlySet<number> {
  const signs = new Set<number>();
  for (const point of [...told, ...failed].map((t) => t.trial.point).concat(pending.map((t) => t.point))) {
    const alone = point.every((u, i) => i === j || u === from[i] || (Number.isNaN(u) && Number.isNaN(from[i]!)));
    if (alone && point[j] !== from[j]) signs.add(Math.sign(point[j]! - from[j]!));
  }
  return signs;
}

/**
 * Moves of one number, up or down, that no trial made from here although there is room; half-tried knobs first.
 * Categories have no direction. `places` are as good as here: a move that was made from one of them, with the knob
 * within half a step of where it is now, was made.
 */
export function untried(history: History, from: Point, places: readonly Point[] = []): Direction[] {
  const found: (Direction & { readonly half: boolean })[] = [];
  for (const [j, dim] of history.space.dims.entries()) {
    const u = from[j]!;
    if (dim.kind === 'category' || Number.isNaN(u)) continue;
    const reach = dim.levels === Number.POSITIVE_INFINITY ? STEP / 2 : 0;
    const near = places.filter((p) => Math.abs(p[j]! - u) <= reach);
    const tried = new Set([from, ...near].flatMap((p) => [...triedAlone(history, p, j)]));
    const [low, high] = dim.levels === Number.POSITIVE_INFINITY ? [u - 0.02, u + 0.02] : dim.edges(u);
    for (const sign of [1, -1] as const)
      if (!tried.has(sign) && (sign > 0 ? high < 1 : low > 0)) found.push({ knob: j, sign, half: tried.size > 0 });
  }
  return found.sort((a, b) => Number(b.half) - Number(a.half)).map(({ knob, sign }) => ({ knob, sign }));
}

/** The point one step in that direction, or at the next value of a discrete knob. */
export function stepTo({ space }: History, from: Point, { knob, sign }: Direction): Point {
  const dim = space.dims[knob]!;
  const u = from[knob]!;
  const [low, high] = dim.edges(u);
  const to = dim.levels === Number.POSITIVE_INFINITY ? u + sign * STEP : sign > 0 ? high + 1e-9 : low - 1e-9;
  return space.encode(space.decode(from.map((v, i) => (i === knob ? Math.min(1, Math.max(0, to)) : v))));
}

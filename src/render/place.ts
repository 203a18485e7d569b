/**
 * Where labels go: largest first, beside their point, over nothing that matters; one that fits nowhere is left out.
 * Pure geometry.
 */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Wanted {
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

export interface Placed {
  readonly box: Box;
  /** End of the leader line at the label. */
  readonly at: readonly [number, number];
}

export interface Ground {
  readonly inside: Box;
  /** Nothing may lie over these. */
  readonly solid: readonly Box[];
  /** Small marks: labels avoid them as long as they can. */
  readonly soft: readonly { readonly x: number; readonly y: number }[];
  /** +1 when the empty side of the staircase is below, -1 when above. */
  readonly side: 1 | -1;
}

const HEIGHT = 15;
const DISTANCES = [20, 38, 56, 74, 92, 110, 134, 158, 190];
/** Shares of its width by which a label may stand left of its point. */
const SHIFTS = [0, 0.12, 0.5, 0.88, 1];

const overlap = (a: Box, b: Box): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** A place for each, in the given order; undefined where there is none. */
export function place(wanted: readonly Wanted[], ground: Ground): (Placed | undefined)[] {
  const taken: Box[] = [...ground.solid];
  return wanted.map((label) => {
    const found = best(label, ground, taken);
    if (found) taken.push(grown(found.box, 3), leaderBox(label, found));
    return found;
  });
}

const grown = (b: Box, by: number): Box => ({ x: b.x - by, y: b.y - by, w: b.w + 2 * by, h: b.h + 2 * by });

function leaderBox(label: Wanted, { at }: Placed): Box {
  const [x, y] = at;
  return {
    x: Math.min(x, label.x) - 1,
    y: Math.min(y, label.y),
    w: Math.abs(x - label.x) + 2,
    h: Math.abs(y - label.y),
  };
}

function best(label: Wanted, ground: Ground, taken: readonly Box[]): Placed | undefined {
  let [chosen, cost]: [Placed | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const [far, distance] of DISTANCES.entries())
    for (const turn of [1, -1] as const)
      for (const shift of SHIFTS) {
        const found = candidate(label, ground.side * turn * distance, shift);
        if (!within(found.box, ground.inside) || taken.some((b) => overlap(b, found.box))) continue;
        const leader = leaderBox(label, found);
        const crossings = taken.filter((b) => overlap(b, leader)).length;
        const covered = ground.soft.filter((p) => overlap(found.box, { x: p.x - 3, y: p.y - 3, w: 6, h: 6 })).length;
        const price = far * 2 + covered * 3 + crossings * 4 + (turn === 1 ? 0 : 6);
        if (price < cost) [chosen, cost] = [found, price];
      }
  return cost < 60 ? chosen : undefined;
}

function candidate(label: Wanted, dy: number, shift: number): Placed {
  const middle = label.y + dy;
  const box = { x: label.x - shift * label.w, y: middle - HEIGHT / 2, w: label.w, h: HEIGHT };
  const x = Math.min(Math.max(label.x, box.x + 2), box.x + box.w - 2);
  return { box, at: [x, dy > 0 ? box.y : box.y + box.h] };
}

function within(box: Box, inside: Box): boolean {
  return (
    box.x >= inside.x &&
    box.y >= inside.y &&
    box.x + box.w <= inside.x + inside.w &&
    box.y + box.h <= inside.y + inside.h
  );
}

/**
 * Places for labels: largest first, beside their point, over nothing important; a label without a place is left out.
 * Pure geometry.
 */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface LabelRequest {
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

export interface PlacedLabel {
  readonly box: Box;
  /** End of the leader line at the label. */
  readonly at: readonly [number, number];
}

export interface LabelLayout {
  readonly inside: Box;
  /** Nothing may lie over these. */
  readonly solid: readonly Box[];
  /** Small marks: labels avoid them as long as they can. */
  readonly soft: readonly { readonly x: number; readonly y: number }[];
  /** +1 when the empty side of the staircase is below, -1 when above. */
  readonly side: 1 | -1;
}

const LABEL_HEIGHT = 15;
const DISTANCES = [20, 38, 56, 74, 92, 110, 134, 158, 190];
/** Shares of its width by which a label may stand left of its point. */
const LABEL_SHIFTS = [0, 0.12, 0.5, 0.88, 1];

const isOverlapping = (first: Box, second: Box): boolean =>
  first.x < second.x + second.w &&
  second.x < first.x + first.w &&
  first.y < second.y + second.h &&
  second.y < first.y + first.h;

/** A place for each, in the given order; undefined where there is none. */
export function placeLabels(requests: readonly LabelRequest[], layout: LabelLayout): (PlacedLabel | undefined)[] {
  const takenBoxes: Box[] = [...layout.solid];
  return requests.map((label) => {
    const placed = bestPlacement(label, layout, takenBoxes);
    if (placed) takenBoxes.push(growBox(placed.box, 3), leaderBox(label, placed));
    return placed;
  });
}

const growBox = (box: Box, margin: number): Box => ({
  x: box.x - margin,
  y: box.y - margin,
  w: box.w + 2 * margin,
  h: box.h + 2 * margin,
});

function leaderBox(label: LabelRequest, { at: leaderEnd }: PlacedLabel): Box {
  const [endX, endY] = leaderEnd;
  return {
    x: Math.min(endX, label.x) - 1,
    y: Math.min(endY, label.y),
    w: Math.abs(endX - label.x) + 2,
    h: Math.abs(endY - label.y),
  };
}

function bestPlacement(label: LabelRequest, layout: LabelLayout, takenBoxes: readonly Box[]): PlacedLabel | undefined {
  let [chosen, lowestCost]: [PlacedLabel | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const [distanceRank, distance] of DISTANCES.entries())
    for (const sideFactor of [1, -1] as const)
      for (const shift of LABEL_SHIFTS) {
        const candidate = candidateAt(label, layout.side * sideFactor * distance, shift);
        if (!isWithin(candidate.box, layout.inside) || takenBoxes.some((box) => isOverlapping(box, candidate.box)))
          continue;
        const leader = leaderBox(label, candidate);
        const crossings = takenBoxes.filter((box) => isOverlapping(box, leader)).length;
        const covered = layout.soft.filter((point) =>
          isOverlapping(candidate.box, { x: point.x - 3, y: point.y - 3, w: 6, h: 6 }),
        ).length;
        const candidateCost = distanceRank * 2 + covered * 3 + crossings * 4 + (sideFactor === 1 ? 0 : 6);
        if (candidateCost < lowestCost) [chosen, lowestCost] = [candidate, candidateCost];
      }
  return lowestCost < 60 ? chosen : undefined;
}

function candidateAt(label: LabelRequest, offsetY: number, shift: number): PlacedLabel {
  const middleY = label.y + offsetY;
  const box = { x: label.x - shift * label.w, y: middleY - LABEL_HEIGHT / 2, w: label.w, h: LABEL_HEIGHT };
  const leaderX = Math.min(Math.max(label.x, box.x + 2), box.x + box.w - 2);
  return { box, at: [leaderX, offsetY > 0 ? box.y : box.y + box.h] };
}

function isWithin(box: Box, bounds: Box): boolean {
  return (
    box.x >= bounds.x &&
    box.y >= bounds.y &&
    box.x + box.w <= bounds.x + bounds.w &&
    box.y + box.h <= bounds.y + bounds.h
  );
}

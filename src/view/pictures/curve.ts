/**
 * Curves that candidates leave: read, cut to a range, thinned to the least and greatest of each bucket, never by
 * chance. First and last points stay exact. Compared at the same step. Pure.
 */

import { decimalsOf, fixed, NONE } from '../format.ts';

export interface Curve {
  readonly columns: readonly string[];
  /** Points in the order they were written, a number a column; the first column is the step. */
  readonly points: readonly (readonly number[])[];
}

/**
 * Read `curve.csv`: a header, then lines of numbers. Lines that are something else are left out. Undefined where
 * nothing is left.
 */
export function parseCurve(text: string): Curve | undefined {
  const [header = '', ...lines] = text.split('\n');
  const columns = header.split(',').map((name) => name.trim().slice(0, 60));
  if (columns.length < 2 || columns.length > 64) return undefined;
  const points = lines.flatMap((line) => {
    if (line.trim() === '') return [];
    const values = line.split(',').map(Number);
    return values.length === columns.length && Number.isFinite(values[0]) ? [values] : [];
  });
  return points.length > 0 ? { columns, points } : undefined;
}

/** The column that a plot shows first: one that is called loss, else the first after the step that is no clock. */
export function mainColumn(curve: Curve): number {
  const named = curve.columns.findIndex((name, k) => k > 0 && /loss|bpb/i.test(name));
  if (named > 0) return named;
  const other = curve.columns.findIndex((name, k) => k > 0 && !/^(s|seconds|time|wall)/i.test(name));
  return other > 0 ? other : 1;
}

export interface Buckets {
  readonly x: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly last: readonly number[];
  /** Points behind one bucket, at most. */
  readonly per: number;
  readonly points: number;
}

/** At most `most` buckets of the points whose step lies in the range. */
export function bucketsOf(curve: Curve, column: number, most: number, range?: readonly [number, number]): Buckets {
  const inside = curve.points.filter((p) => !range || (p[0]! >= range[0] && p[0]! <= range[1]));
  const per = Math.max(1, Math.ceil(inside.length / Math.max(2, most)));
  const out = { x: [] as number[], low: [] as number[], high: [] as number[], last: [] as number[] };
  for (let at = 0; at < inside.length; at += per) {
    const part = inside.slice(at, at + per);
    const values = part.map((p) => p[column]!).filter(Number.isFinite);
    const final = at + per >= inside.length;
    out.x.push((final ? part.at(-1)! : part[0]!)[0]!);
    out.low.push(values.length > 0 ? Math.min(...values) : Number.NaN);
    out.high.push(values.length > 0 ? Math.max(...values) : Number.NaN);
    out.last.push(part.at(-1)![column]!);
  }
  return { ...out, per, points: inside.length };
}

export interface SameStep {
  readonly step: number;
  readonly mine: number;
  readonly other: number;
}

/** The last step of mine that the other reached too, with both values there; the other's nearest earlier point. */
export function atSameStep(mine: Curve, other: Curve): SameStep | undefined {
  const [a, b] = [mainColumn(mine), mainColumn(other)];
  const lastOther = other.points.at(-1)![0]!;
  const point = mine.points.findLast((p) => p[0]! <= lastOther && Number.isFinite(p[a]));
  const match = point && other.points.findLast((p) => p[0]! <= point[0]! && Number.isFinite(p[b]));
  return point && match ? { step: point[0]!, mine: point[a]!, other: match[b]! } : undefined;
}

/** `loss 3.412, incumbent 3.398 at step 120`. */
export function sameStepText(mine: Curve, incumbent: Curve | undefined): string | undefined {
  const name = mine.columns[mainColumn(mine)]!;
  const last = mine.points.at(-1)!;
  const alone = `${name} ${figures(last[mainColumn(mine)]!)} at ${mine.columns[0]} ${last[0]}`;
  if (!incumbent) return alone;
  const both = atSameStep(mine, incumbent);
  return both
    ? `${name} ${figures(both.mine)}, incumbent ${figures(both.other)} at ${mine.columns[0]} ${both.step}`
    : alone;
}

const figures = (x: number): string => (Number.isFinite(x) ? fixed(x, decimalsOf(0, x)) : NONE);

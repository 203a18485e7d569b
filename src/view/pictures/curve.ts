/**
 * Curves that candidates leave: read, cut to a range, thinned to the least and greatest of each bucket, never by
 * chance. First and last points stay exact. Compared at the same step. Pure.
 */

import { oneLine } from '../../base/text.ts';
import { decimalsOfMagnitude, formatFixed, NONE } from '../format.ts';

export interface Curve {
  readonly columns: readonly string[];
  /** Points in the order they were written, a number a column; the first column is the step. */
  readonly points: readonly (readonly number[])[];
}

/**
 * Read `curve.csv`: a header, then lines of numbers. Lines that are something else are left out. Undefined where
 * nothing is left.
 */
export function parseCurve(csvText: string): Curve | undefined {
  const [header = '', ...lines] = csvText.split('\n');
  const columns = header.split(',').map((columnName) => oneLine(columnName, 60));
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
  const lossColumn = curve.columns.findIndex((columnName, index) => index > 0 && /loss|bpb/i.test(columnName));
  if (lossColumn > 0) return lossColumn;
  const otherColumn = curve.columns.findIndex(
    (columnName, index) => index > 0 && !/^(s|seconds|time|wall)/i.test(columnName),
  );
  return otherColumn > 0 ? otherColumn : 1;
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

/** At most `maxBuckets` buckets of the points whose step lies in the range. */
export function bucketsOf(
  curve: Curve,
  column: number,
  maxBuckets: number,
  stepRange?: readonly [number, number],
): Buckets {
  const pointsInRange = curve.points.filter(
    (point) => !stepRange || (point[0]! >= stepRange[0] && point[0]! <= stepRange[1]),
  );
  const bucketSize = Math.max(1, Math.ceil(pointsInRange.length / Math.max(2, maxBuckets)));
  const buckets = { x: [] as number[], low: [] as number[], high: [] as number[], last: [] as number[] };
  for (let start = 0; start < pointsInRange.length; start += bucketSize) {
    const bucket = pointsInRange.slice(start, start + bucketSize);
    const values = bucket.map((point) => point[column]!).filter(Number.isFinite);
    const isLast = start + bucketSize >= pointsInRange.length;
    buckets.x.push((isLast ? bucket.at(-1)! : bucket[0]!)[0]!);
    buckets.low.push(values.length > 0 ? Math.min(...values) : Number.NaN);
    buckets.high.push(values.length > 0 ? Math.max(...values) : Number.NaN);
    buckets.last.push(bucket.at(-1)![column]!);
  }
  return { ...buckets, per: bucketSize, points: pointsInRange.length };
}

export interface SameStep {
  readonly step: number;
  readonly mine: number;
  readonly other: number;
}

/**
 * The last step of a curve that the other one reached too, with both values there: the other's is its nearest earlier
 * point.
 */
export function atSameStep(ownCurve: Curve, otherCurve: Curve): SameStep | undefined {
  const [ownColumn, otherColumn] = [mainColumn(ownCurve), mainColumn(otherCurve)];
  const lastOtherStep = otherCurve.points.at(-1)![0]!;
  const ownPoint = ownCurve.points.findLast((point) => point[0]! <= lastOtherStep && Number.isFinite(point[ownColumn]));
  const otherPoint =
    ownPoint && otherCurve.points.findLast((point) => point[0]! <= ownPoint[0]! && Number.isFinite(point[otherColumn]));
  return ownPoint && otherPoint
    ? { step: ownPoint[0]!, mine: ownPoint[ownColumn]!, other: otherPoint[otherColumn]! }
    : undefined;
}

/** `loss 3.412, incumbent 3.398 at step 120`. */
export function sameStepText(ownCurve: Curve, incumbent: Curve | undefined): string | undefined {
  const columnName = ownCurve.columns[mainColumn(ownCurve)]!;
  const lastPoint = ownCurve.points.at(-1)!;
  const ownText = `${columnName} ${formatFigures(lastPoint[mainColumn(ownCurve)]!)} at ${ownCurve.columns[0]} ${lastPoint[0]}`;
  if (!incumbent) return ownText;
  const comparison = atSameStep(ownCurve, incumbent);
  return comparison
    ? `${columnName} ${formatFigures(comparison.mine)}, incumbent ${formatFigures(comparison.other)} at ${ownCurve.columns[0]} ${comparison.step}`
    : ownText;
}

const formatFigures = (value: number): string =>
  Number.isFinite(value) ? formatFixed(value, decimalsOfMagnitude(value)) : NONE;

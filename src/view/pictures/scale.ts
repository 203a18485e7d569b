/** Limits and ticks of an axis. Pure arithmetic; survives no points, equal points and ranges that overflow. */
import { robustRange } from './robust-range.ts';

export interface AxisPoint {
  readonly y: number;
  readonly kept: boolean;
}

/** Share of the climb that is shown on the worse side of the baseline, and on the better side of the best. */
const ROOM_WORSE = 0.45;
const ROOM_BETTER = 0.08;
/** Share of the worst that is clipped where nothing climbs: a few outliers must not flatten the rest. */
const CLIPPED_WHEN_FLAT = 0.05;

/**
 * Low and high end of the y axis. Everything kept fits; failures of ideas are shown as far as they leave room for that.
 * `isSmallerBetter` says that smaller is better on this axis.
 */
export function limitsOf(
  points: readonly AxisPoint[],
  baseline: number | undefined,
  noise: number,
  isSmallerBetter: boolean,
): [number, number] {
  const finitePoints = points.filter((point) => Number.isFinite(point.y));
  if (finitePoints.length === 0) return padRange(baseline ?? 0, baseline ?? 0, noise);
  const sign = isSmallerBetter ? -1 : 1;
  const keptValues = [
    ...finitePoints.filter((point) => point.kept).map((point) => point.y),
    ...(baseline === undefined ? [] : [baseline]),
  ];
  const sortedValues = finitePoints.map((point) => point.y * sign).sort((left, right) => left - right);
  const coreValues = (keptValues.length > 0 ? keptValues : finitePoints.map((point) => point.y)).map(
    (value) => value * sign,
  );
  const worst = coreValues.reduce((left, right) => Math.min(left, right));
  const best = coreValues.reduce((left, right) => Math.max(left, right));
  const climb = best - worst;
  const isFlat = climb < 6 * noise || climb === 0;
  const worseRoom = isFlat
    ? Math.max(6 * noise, worst - sortedValues[Math.floor(sortedValues.length * CLIPPED_WHEN_FLAT)]!)
    : ROOM_WORSE * climb;
  const lowest = Math.max(worst - worseRoom, Math.min(sortedValues[0]!, worst));
  const highest = Math.max(Math.min(best + 3 * ROOM_BETTER * climb, sortedValues.at(-1)!), best + 1.3 * noise);
  const [lowEnd, highEnd] = padRange(lowest, highest, noise);
  return sign > 0 ? [lowEnd, highEnd] : [negateValue(highEnd), negateValue(lowEnd)];
}

const negateValue = (value: number): number => (value === 0 ? 0 : -value);

function padRange(lowest: number, highest: number, noise: number): [number, number] {
  const span = highest - lowest;
  if (!Number.isFinite(span)) return [lowest, highest];
  const padding =
    span > 0 ? ROOM_BETTER * span : Math.max(3 * noise, Math.abs(lowest) * 0.01, lowest === 0 && noise === 0 ? 1 : 0);
  return [lowest - padding, highest + padding];
}

/**
 * `all`: everything kept fits. `typical`: values that are far from all others do not set the scale. `log`: as
 * `all`, on a logarithmic axis.
 */
export type YScale = 'all' | 'typical' | 'log';

/** Kept values below which none is called far from the others. */
const MIN_TYPICAL = 8;
/** So many times shorter the axis must become, or nothing kept is cut off. */
const MIN_SHORTENING = 6;

/** Logarithms need values above zero, all of them. */
export const usableScale = (scale: YScale, points: readonly AxisPoint[]): YScale =>
  scale === 'log' && !(points.length > 0 && points.every(({ y }) => y > 0)) ? 'typical' : scale;

/** The limits on the wanted scale; a logarithmic one needs values above zero. */
export function limitsOnScale(
  points: readonly AxisPoint[],
  baseline: number | undefined,
  noise: number,
  isSmallerBetter: boolean,
  scale: YScale,
): [number, number] {
  if (scale === 'log') {
    const logPoints = points.map(({ y, kept }) => ({ y: Math.log10(y), kept }));
    const logNoise = noise / ((points[0]?.y ?? 1) * Math.LN10);
    const logBaseline = baseline === undefined ? undefined : Math.log10(baseline);
    const limits = limitsOf(logPoints, logBaseline, logNoise, isSmallerBetter);
    return [10 ** limits[0], 10 ** limits[1]];
  }
  return scale === 'all'
    ? limitsOf(points, baseline, noise, isSmallerBetter)
    : typicalLimits(points, baseline, noise, isSmallerBetter);
}

function typicalLimits(
  points: readonly AxisPoint[],
  baseline: number | undefined,
  noise: number,
  isSmallerBetter: boolean,
): [number, number] {
  const isWithin = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high;
  const allRange = robustLimits(points.map(({ y }) => y));
  const nearPoints = points.filter(({ y, kept }) => kept || isWithin(y, allRange));
  const keptLimits = limitsOf(nearPoints, baseline, noise, isSmallerBetter);
  const keptValues = nearPoints.filter(({ kept }) => kept).map(({ y }) => y);
  if (baseline !== undefined) keptValues.push(baseline);
  if (keptValues.length < MIN_TYPICAL) return keptLimits;
  const keptRange = robustLimits(keptValues);
  const typicalPoints = nearPoints.filter(({ y, kept }) => !kept || isWithin(y, keptRange));
  const typicalBaseline = baseline !== undefined && isWithin(baseline, keptRange) ? baseline : undefined;
  const limits = limitsOf(typicalPoints, typicalBaseline, noise, isSmallerBetter);
  return keptLimits[1] - keptLimits[0] >= MIN_SHORTENING * (limits[1] - limits[0]) ? limits : keptLimits;
}

/** Below so many a logarithmic axis gets plain round numbers: it spans too little for powers of ten. */
const MIN_LOG_TICKS = 3;

/** 1, 2 and 5 times each power of ten between two ends. */
export function logTicks(lowest: number, highest: number, wantedCount: number): number[] {
  const positions: number[] = [];
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest) && positions.length < 60; power++)
    for (const factor of [1, 2, 5]) {
      const position = factor * 10 ** power;
      if (position >= lowest && position <= highest) positions.push(position);
    }
  const everyNth = Math.ceil(positions.length / (2 * wantedCount));
  return positions.filter((_, index) => index % everyNth === 0);
}

/** Where the ticks of the y axis stand, and whether they are equally far from each other. */
export function yTickPositions(
  limits: readonly [number, number],
  scale: YScale,
): { readonly positions: readonly number[]; readonly isEven: boolean } {
  const powers = scale === 'log' ? logTicks(limits[0], limits[1], 5) : [];
  if (powers.length >= MIN_LOG_TICKS) return { positions: powers, isEven: false };
  return { positions: roundTicks(limits[0], limits[1], 5), isEven: true };
}

interface Step {
  readonly x: number;
  readonly y: number;
}

/** The part of a running line that a window shows: its level where the window begins, and the corners inside. */
export function stepsInWindow(steps: readonly Step[], [start, end]: readonly [number, number]): Step[] {
  const inside = steps.filter((step) => step.x > start && step.x <= end);
  const before = steps.findLast((step) => step.x <= start);
  return before ? [{ x: start, y: before.y }, ...inside] : inside;
}

/** Lowest and highest value without far outliers; 0 to 1 where there is none. */
export function robustLimits(values: readonly number[]): [number, number] {
  const range = robustRange(values);
  return range ? [range.low, range.high] : [0, 1];
}

/** Round numbers between two ends, about `wantedCount` of them. */
export function roundTicks(lowest: number, highest: number, wantedCount: number): number[] {
  const span = highest - lowest;
  if (!(span > 0) || !Number.isFinite(span)) return Number.isFinite(lowest) ? [lowest] : [];
  const powerOfTen = 10 ** Math.floor(Math.log10(span / wantedCount));
  const stepSizes = [0.5, 1, 2, 5, 10].map((factor) => factor * powerOfTen);
  const stepSize = stepSizes.reduce((closest, candidate) =>
    Math.abs(span / candidate - wantedCount) < Math.abs(span / closest - wantedCount) ? candidate : closest,
  );
  if (!(stepSize > 0) || !Number.isFinite(stepSize)) return [lowest, highest];
  const firstMultiple = Math.ceil(lowest / stepSize - 1e-9);
  const positions: number[] = [];
  for (
    let multiple = firstMultiple;
    multiple * stepSize <= highest + stepSize * 1e-9 && positions.length < 20;
    multiple++
  )
    positions.push(multiple === 0 ? 0 : multiple * stepSize);
  return positions;
}

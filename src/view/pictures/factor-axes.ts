/** Axes of the pictures of knobs: where a value lies on its axis, from 0 to 1, and which value lies there. Pure. */
import { knobKeyOf } from '../filter.ts';
import { exactText } from '../format.ts';
import { robustLimits, roundTicks } from './scale.ts';

export interface FactorAxis {
  readonly name: string;
  /** By which a filter reaches it: `DEPTH`, `knob.n`, `metric`. */
  readonly key: string;
  readonly log: boolean;
  /** Texts at the low and the high end. */
  readonly ends: readonly [string, string];
  /** Values at 0 and at 1; absent where the knob is a choice. */
  readonly range?: readonly [number, number];
  /** Every level, where the knob is a choice. */
  readonly levels?: readonly string[];
}

/** The metric as an axis: its best value is at 1, on top. */
export interface MetricAxis extends FactorAxis {
  readonly range: readonly [worst: number, best: number];
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** How many values lie beyond the ends: they are far from all others, and drawn at the edge. */
  readonly clipped: number;
}

type AxisValue = number | string | undefined;

/** Smallest ratio of two ends at which a logarithmic axis shows more than a plain one. */
const LOG_RATIO = 30;

export const axisValueText = (value: AxisValue): string =>
  typeof value === 'number' ? exactText(Number(value.toPrecision(4))) : (value ?? '');

/** The axis of a knob with all its values: logarithmic where the manifest says so, or where the values span much. */
export function knobAxis(name: string, values: readonly AxisValue[], isDeclaredLog: boolean): FactorAxis {
  const key = knobKeyOf(name);
  const numericValues = values.filter((value) => typeof value === 'number');
  if (numericValues.length > 0 && values.every((value) => value === undefined || typeof value === 'number')) {
    const lowest = numericValues.reduce((left, right) => Math.min(left, right));
    const highest = numericValues.reduce((left, right) => Math.max(left, right));
    const log = lowest > 0 && (isDeclaredLog || highest / lowest > LOG_RATIO);
    return { name, key, log, ends: [axisValueText(lowest), axisValueText(highest)], range: [lowest, highest] };
  }
  const levels = [...new Set(values.filter((value) => value !== undefined).map(String))].sort();
  return { name, key, log: false, ends: [levels[0] ?? '', levels.at(-1) ?? ''], levels };
}

/** The metric's axis without its outliers. */
export function metricAxis(
  name: string,
  values: readonly number[],
  isSmallerBetter: boolean,
  format: (value: number) => string,
): MetricAxis {
  const [low, high] = robustLimits(values);
  const range: [number, number] = isSmallerBetter ? [high, low] : [low, high];
  const axis = { name, key: 'metric', log: false, ends: [format(range[0]), format(range[1])] as const, range };
  const ticks = roundTicks(low, high, 4).map((tick) => ({ at: positionOnAxis(axis, tick) ?? 0.5, text: format(tick) }));
  return { ...axis, ticks, clipped: values.filter((value) => value < low || value > high).length };
}

/** Where a value lies on an axis; beyond 0 and 1 where it is outside. Null where it has no place. */
export function positionOnAxis(axis: Pick<FactorAxis, 'range' | 'log' | 'levels'>, value: AxisValue): number | null {
  if (value === undefined) return null;
  if (axis.levels) {
    const level = axis.levels.indexOf(String(value));
    if (level < 0) return null;
    return axis.levels.length > 1 ? level / (axis.levels.length - 1) : 0.5;
  }
  if (typeof value !== 'number' || !axis.range) return null;
  const scaleValue = (number: number): number => (axis.log ? Math.log(number) : number);
  const [start, end] = axis.range.map(scaleValue) as [number, number];
  const span = end - start;
  const position = span === 0 ? 0.5 : Number.isFinite(span) ? (scaleValue(value) - start) / span : 0.5;
  return Number.isFinite(position) ? position : null;
}

/** The number at a place of an axis that is no choice. */
export function valueOnAxis({ range, log }: FactorAxis, position: number): number {
  const [start, end] = range!;
  return log ? start * (end / start) ** position : start + (end - start) * position;
}

/**
 * Ranges of axes as parts of a filter: what is selected in a picture and what is typed are the same thing. Pure.
 */
import { FILTER_KEYS, KNOB_PREFIX, knobIndexOf, readTerm, splitFilter, splitValues } from './filter.ts';
import { type FactorAxis, positionOnAxis, valueOnAxis } from './pictures/factor-axes.ts';
import type { KnobView } from './types.ts';

/** A part of an axis: numbers between two ends, either of which may be open, or some levels of a choice. */
export interface AxisRange {
  readonly low?: number;
  readonly high?: number;
  readonly levels?: readonly string[];
}

const RANGE_OPERATORS = ['>', '>=', '<', '<=', '=', '=='];

/** What the filter says about an axis by bounds and equality; undefined where it says nothing. */
export function rangeInFilter(query: string, axis: FactorAxis, knobList: readonly KnobView[]): AxisRange | undefined {
  let range: { low?: number; high?: number; levels?: readonly string[] } | undefined;
  for (const term of splitFilter(query)) {
    const bound = boundOf(term, axis, knobList);
    if (!bound) continue;
    range ??= {};
    if (bound.levels) range.levels = bound.levels;
    if (bound.low !== undefined) range.low = Math.max(bound.low, range.low ?? bound.low);
    if (bound.high !== undefined) range.high = Math.min(bound.high, range.high ?? bound.high);
  }
  return range;
}

/** The filter with another range on an axis; undefined takes the old one away. */
export function withRange(
  query: string,
  axis: FactorAxis,
  range: AxisRange | undefined,
  knobList: readonly KnobView[],
): string {
  const otherTerms = splitFilter(query).filter((term) => !boundOf(term, axis, knobList));
  return [...otherTerms, ...(range ? rangeTerms(axis.key, range) : [])].join(' ');
}

function rangeTerms(key: string, { low, high, levels }: AxisRange): string[] {
  if (levels) return levels.length > 0 ? [`${key}=${levels.map(quoteLevel).join(',')}`] : [];
  if (low !== undefined && low === high) return [`${key}=${low}`];
  return [...(low === undefined ? [] : [`${key}>=${low}`]), ...(high === undefined ? [] : [`${key}<=${high}`])];
}

const quoteLevel = (level: string): string => (/[\s,":=<>!]/.test(level) ? `"${level.replaceAll('"', '')}"` : level);

function boundOf(term: string, axis: FactorAxis, knobList: readonly KnobView[]): AxisRange | undefined {
  const named = readTerm(term);
  if (!named || named.isNegated || !RANGE_OPERATORS.includes(named.operator)) return undefined;
  if (axisKeyOf(named.key, knobList) !== axisKeyOf(axis.key, knobList)) return undefined;
  if (axis.levels) {
    if (!named.operator.startsWith('=')) return undefined;
    const words = splitValues(named.value);
    return { levels: axis.levels.filter((level) => words.includes(level.toLowerCase())) };
  }
  const number = Number(named.value.replace('−', '-'));
  if (named.value === '' || Number.isNaN(number)) return undefined;
  if (named.operator.startsWith('>')) return { low: number };
  return named.operator.startsWith('<') ? { high: number } : { low: number, high: number };
}

/** One name for all the spellings of a key; fields come before knobs, as in the filter. */
function axisKeyOf(key: string, knobList: readonly KnobView[]): string {
  if (FILTER_KEYS.includes(key)) return key === 'value' ? 'metric' : key;
  const index = knobIndexOf(key, knobList);
  return index < 0 ? key.toLowerCase() : KNOB_PREFIX + knobList[index]!.name;
}

/** Figures of a number that was chosen by a pointer. */
const POINTER_FIGURES = 4;

/**
 * The range between two places of an axis. An end at the end of the axis is open, so that what is drawn beyond the edge
 * is in it. Undefined where both are: that is everything.
 */
export function rangeBetween(axis: FactorAxis, from: number, to: number): AxisRange | undefined {
  const [start, end] = [Math.min(from, to), Math.max(from, to)];
  if (axis.levels) {
    const levels = axis.levels.filter((level) => {
      const position = positionOnAxis(axis, level)!;
      return position >= start && position <= end;
    });
    return levels.length === axis.levels.length ? undefined : { levels };
  }
  const numberAt = (position: number): number => Number(valueOnAxis(axis, position).toPrecision(POINTER_FIGURES));
  const bounds = [start > 0 ? numberAt(start) : undefined, end < 1 ? numberAt(end) : undefined];
  const [low, high] = axis.range![0] > axis.range![1] ? bounds.reverse() : bounds;
  if (low === undefined && high === undefined) return undefined;
  return { ...(low !== undefined && { low }), ...(high !== undefined && { high }) };
}

/** Places on the axis that a range covers: one part, or one for each level. */
export function coveredParts(axis: FactorAxis, range: AxisRange): (readonly [number, number])[] {
  if (axis.levels) {
    const halfStep = axis.levels.length > 1 ? 0.4 / (axis.levels.length - 1) : 0.4;
    return (range.levels ?? []).map((level) => {
      const position = positionOnAxis(axis, level) ?? 0.5;
      return [Math.max(0, position - halfStep), Math.min(1, position + halfStep)] as const;
    });
  }
  const isReversed = axis.range![0] > axis.range![1];
  const place = (value: number | undefined, open: number): number =>
    value === undefined ? open : Math.max(0, Math.min(1, positionOnAxis(axis, value) ?? open));
  const ends = [place(range.low, isReversed ? 1 : 0), place(range.high, isReversed ? 0 : 1)] as const;
  return [[Math.min(...ends), Math.max(...ends)]];
}

/** `2 to 4`, `at most 4`, `adam, sgd`. */
export function rangeText({ low, high, levels }: AxisRange): string {
  if (levels) return levels.length > 0 ? levels.join(', ') : 'none';
  if (low === undefined) return high === undefined ? '' : `at most ${high}`;
  if (high === undefined) return `at least ${low}`;
  return low === high ? String(low) : `${low} to ${high}`;
}

/**
 * Numbers that carry a unit and no name, as benchmark tools print them: `BenchmarkSum-8  1000  11.5 ns/op  345 MB/s`,
 * `lz4.c : 118145 -> 43332 (2.7), 486 MB/s, 2079 MB/s`. Each gets a name made of its line's words and its unit, and a
 * pattern that reads it again.
 */
import type { MetricRead } from '../core/arena.ts';
import { escapePattern, findNumbers, type PrintedNumber, unitsLike } from '../core/reading/numbers.ts';

export interface UnitMetric {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly line: string;
  readonly read: MetricRead;
}

const NUMBER = '[-+]?[\\d.,]+(?:[eE][-+]?\\d+)?';
/** As many lines with one unit are a table; their geometric mean is offered too. */
const MIN_TABLE_LINES = 3;
/** A sentence with more words is no name. */
const MAX_NAME_WORDS = 4;
/** A word with a letter; what stands before it (a spinner, a bullet) changes from print to print. */
const FIRST_WORD = /[\p{L}_]/u;
/** Go and others put the number of cores behind a name. */
const CORES_AT_END = /-\d+(?=\s*$)/;

/** Every number with a unit of these lines, and the geometric mean of those that many lines have. */
export function listUnitMetrics(lines: readonly string[]): UnitMetric[] {
  const found = new Map<string, UnitMetric>();
  for (const line of lines) for (const metric of unitMetricsOf(line)) found.set(metric.name, metric);
  const single = [...found.values()];
  return [...tablesOf(single), ...single];
}

function unitMetricsOf(line: string): UnitMetric[] {
  const numbers = findNumbers(line).filter(({ value, start }) => Number.isFinite(value) && isOwnWord(line, start));
  const start = line.search(FIRST_WORD);
  const label = line.slice(start, numbers[0]?.start).trim().replace(CORES_AT_END, '');
  if (start < 0 || numbers.length === 0) return [];
  const isAlone = numbers.length === 1 && numbers[0]!.unit === '';
  if (isAlone) return [sentenceMetric(line, numbers[0]!)].filter(({ name }) => name !== '');
  if (start >= numbers[0]!.start || label === '') return countedMetrics(line, numbers);
  const units = new Map<string, number>();
  return numbers.flatMap((number) => {
    if (number.unit === '') return [];
    const nth = (units.get(number.unit) ?? 0) + 1;
    units.set(number.unit, nth);
    const name = nameOf(`${label} ${number.unit}${nth > 1 ? ` ${nth}` : ''}`);
    if (name === '') return [];
    const read: MetricRead = { regex: patternOf(line, start, numbers, number), take: 'last' };
    return [{ name, value: number.value, unit: number.unit, line, read }];
  });
}

/**
 * A line that begins with a count: `5 loops, best of 5: 22.2 msec per loop`. Its last number with a unit is named by
 * the words around it.
 */
function countedMetrics(line: string, numbers: readonly PrintedNumber[]): UnitMetric[] {
  const wanted = numbers.findLast(({ unit }) => unit !== '');
  const i = wanted ? numbers.indexOf(wanted) : 0;
  if (!wanted || i === 0) return [];
  const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => FIRST_WORD.test(word));
  const after = wordsOf(line.slice(wanted.end));
  const around = after.length > 0 ? [wanted.unit, ...after] : [...wordsOf(line.slice(0, wanted.start)), wanted.unit];
  const name = nameOf(around.slice(0, MAX_NAME_WORDS).join(' '));
  if (name === '') return [];
  const read: MetricRead = { regex: patternOf(line, numbers[0]!.start, numbers, wanted), take: 'last' };
  return [{ name, value: wanted.value, unit: wanted.unit, line, read }];
}

/** A sentence with one number: `223.4 looks per name`. Its words are the name. */
function sentenceMetric(line: string, { value, start, end }: PrintedNumber): UnitMetric {
  const [before, after] = [line.slice(0, start), line.slice(end)];
  const edge = (text: string): string => (text.trim() === '' ? '' : literal(text));
  const regex = `^${edge(before)}\\s*(?<value>${NUMBER})\\s*${edge(after)}$`;
  const words = `${before} ${after}`.split(/\s+/).filter((word) => FIRST_WORD.test(word));
  const name = nameOf(words.slice(0, MAX_NAME_WORDS).join(' '));
  return { name, value, unit: '', line, read: { regex, take: 'last' } };
}

/** Not a part of a name: `Sum64/4B`. */
const isOwnWord = (line: string, start: number): boolean => start === 0 || /[\s(,;:=[|]/.test(line[start - 1]!);

/** The line up to the number, with any number in the place of the others. */
function patternOf(line: string, start: number, numbers: readonly PrintedNumber[], wanted: PrintedNumber): string {
  let [pattern, at] = ['', start];
  for (const number of numbers) {
    const before = line.slice(at, number.start);
    pattern +=
      `${at === start ? labelPattern(before) : `\\s*${literal(before)}`}\\s*` +
      (number === wanted ? `(?<value>${NUMBER})` : NUMBER);
    at = number.start + /^[-+\u2212]?[\d.,_'\u2009\u202f]*(?:[eE][+-]?\d+)?/.exec(line.slice(number.start))![0].length;
    if (number === wanted) break;
  }
  return `${pattern}\\s*${unitPattern(wanted.unit)}`;
}

/** The unit, or another of its family: a tool that prints 950 ms now prints 1.1 s when the code is slower. */
function unitPattern(unit: string): string {
  const units = unitsLike(unit);
  if (units.length === 1) return escapePattern(unit);
  return `(?<unit>${units.map(escapePattern).join('|')})(?![\\w/])`;
}

/** Spaces beside a number come and go with its digits. */
const literal = (text: string): string => escapePattern(text.trim()).replaceAll(/\s+/g, '\\s+');
const labelPattern = (text: string): string =>
  literal(text.trimEnd().replace(CORES_AT_END, '')) + (CORES_AT_END.test(text) ? '(?:-\\d+)?' : '');

/** A name that a manifest takes: letters, digits, `_`, `.` and `-`. */
const nameOf = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9.]+/g, '_')
    .replace(/^[_.\d]+/, '')
    .replace(/_+$/, '')
    .slice(0, 64);

function tablesOf(metrics: readonly UnitMetric[]): UnitMetric[] {
  const byUnit = new Map<string, UnitMetric[]>();
  for (const metric of metrics)
    if (metric.value > 0 && metric.unit !== '' && !/_\d+$/.test(metric.name))
      byUnit.set(metric.unit, [...(byUnit.get(metric.unit) ?? []), metric]);
  return [...byUnit].flatMap(([unit, rows]) => {
    if (rows.length < MIN_TABLE_LINES) return [];
    const value = Math.exp(rows.reduce((total, row) => total + Math.log(row.value), 0) / rows.length);
    const regex = `(?<value>${NUMBER})\\s*${escapePattern(unit)}`;
    const line = `geometric mean of ${rows.length} lines: ${rows[0]!.line}, …`;
    return [{ name: nameOf(`geomean ${unit}`), value, unit, line, read: { regex, take: 'geomean' as const } }];
  });
}

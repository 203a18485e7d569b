/**
 * The metric's number, read as `metric.read` says: from lines, by a regular expression, from JSON or CSV, as a size, or
 * as what the harness measured. Anything but one finite number is a failure with its class, and says what was there.
 */
import { oneLine } from '../../base/text.ts';
import { medianOf } from '../../base/stats.ts';
import type { Arena, MetricRead } from '../arena.ts';
import type { FailureClass } from '../outcome.ts';
import { findMetric, linesOf, nearestLine, suggestPattern, type FoundNumber } from './find-metric.ts';
import { findNumbers, inUnit, parseNumber } from './numbers.ts';
import { readColumn, readPath } from './structured.ts';

/** What a finished program left behind. */
export interface ProgramOutput {
  /** Without terminal escapes. */
  readonly stdout: string;
  readonly stderr: string;
  /** A file below $OVERNIGHT_OUT as text; undefined where there is none, or where it is no plain file. */
  readonly readFile: (name: string) => string | undefined;
  /** Bytes of the files below $OVERNIGHT_OUT that match; undefined when none does. */
  readonly sizeOf: (globs: readonly string[]) => number | undefined;
  /** What the harness measured: seconds, seconds of all cores, megabytes. */
  readonly measured: Readonly<Record<'wall_s' | 'cpu_s' | 'memory_mb', number>>;
}

export type MetricReading = { readonly value: number } | { readonly failure: FailureClass; readonly message: string };

const fail = (failure: FailureClass, message: string): MetricReading => ({ failure, message });

type Metric = Pick<Arena['metric'], 'name' | 'unit' | 'read'>;

const MEASURED_UNITS = { wall_s: 's', cpu_s: 's', memory_mb: 'MB' } as const;

/** The metric's number in its unit. */
export function readMetric(metric: Metric, output: ProgramOutput): MetricReading {
  const { read } = metric;
  if (typeof read === 'string')
    return checkNumber(metric, { value: output.measured[read], unit: metric.unit === '' ? '' : MEASURED_UNITS[read] });
  if (read && 'size' in read) {
    const bytes = output.sizeOf(read.size);
    return bytes === undefined
      ? fail('metric-missing', `no file in $OVERNIGHT_OUT matches ${read.size.join(', ')}`)
      : checkNumber(metric, { value: bytes, unit: 'B' });
  }
  const source = sourceOf(read?.from, output);
  if (source === undefined) return fail('metric-missing', `the program left no file ${read!.from} in $OVERNIGHT_OUT`);
  return readText(metric, source);
}

/** The texts to look at, the first that holds the number counts. */
function sourceOf(from: string | undefined, { stdout, stderr, readFile }: ProgramOutput): string[] | undefined {
  if (from === undefined) return [stdout, stderr];
  if (from === 'stdout') return [stdout];
  if (from === 'stderr') return [stderr];
  const text = readFile(from);
  return text === undefined ? undefined : [text];
}

function readText(metric: Metric, texts: readonly string[]): MetricReading {
  for (const text of texts) {
    const found = findAll(metric, text);
    if ('failure' in found) return found;
    if (found.length > 0) return takeOne(metric, found);
  }
  return describeMissing(metric, texts);
}

type Structured = Exclude<MetricRead, string | { size: readonly string[] }>;

function findAll(
  { name, read }: Metric,
  text: string,
): readonly FoundNumber[] | { failure: FailureClass; message: string } {
  const how = read as Structured | undefined;
  if (how === undefined) return findMetric(linesOf(text), name);
  if ('line' in how) return findMetric(linesOf(text), how.line);
  if ('regex' in how) return findByPattern(linesOf(text), how.regex);
  const values = 'json' in how ? readPath(text, how.json) : readColumn(text, how.csv);
  if (values === undefined) return [];
  const numbers = values.map((value) => ({ text: value, number: parseNumber(value) }));
  const odd = numbers.find(({ number }) => number === undefined);
  if (odd) return { failure: 'metric-text', message: `${name} is text, not a number: "${oneLine(odd.text, 60)}"` };
  return numbers.map(({ text: line, number }) => ({ value: number!.value, unit: number!.unit, line }));
}

/** Group `value`, else the first group, else the first number of the match. Each line is matched for itself. */
function findByPattern(lines: readonly string[], pattern: string): FoundNumber[] {
  const expression = new RegExp(pattern, 'gu');
  return lines.flatMap((line) =>
    [...line.matchAll(expression)].flatMap((match) => {
      const text = match.groups?.['value'] ?? match[1] ?? match[0];
      const number = parseNumber(text) ?? findNumbers(text)[0];
      return number ? [{ value: number.value, unit: match.groups?.['unit'] ?? number.unit, line }] : [];
    }),
  );
}

function takeOne(metric: Metric, found: readonly FoundNumber[]): MetricReading {
  const { read, name } = metric;
  const take = read !== undefined && typeof read !== 'string' && 'take' in read ? read.take : 'only';
  if (take === 'only') {
    if (found.length === 1) return checkNumber(metric, found[0]!);
    const shown = [...new Set(found.map(({ line }) => `"${oneLine(line, 80)}"`))].slice(0, 3).join(', ');
    return fail(
      'metric-twice',
      `${found.length} numbers are called "${name}": ${shown}. Say which one counts: metric.read: { line: ${name}, take: last }, or first, min, max, median, mean, sum, geomean`,
    );
  }
  const converted = found.map((each) => checkNumber(metric, each));
  const problem = converted.find((each) => 'failure' in each);
  if (problem) return problem;
  return checkNumber(metric, {
    value: TAKES[take](converted.map((each) => (each as { value: number }).value)),
    unit: '',
  });
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** How several numbers become one. */
const TAKES: Readonly<Record<Exclude<Structured['take'], 'only'>, (values: readonly number[]) => number>> = {
  first: (values) => values[0]!,
  last: (values) => values.at(-1)!,
  min: (values) => values.reduce((least, value) => Math.min(least, value)),
  max: (values) => values.reduce((most, value) => Math.max(most, value)),
  median: medianOf,
  mean: (values) => sumOf(values) / values.length,
  sum: sumOf,
  // Of values above 0 only: NaN otherwise, which is a failure.
  geomean: (values) => Math.exp(sumOf(values.map((value) => Math.log(value))) / values.length),
};

function checkNumber({ name, unit }: Metric, number: Pick<FoundNumber, 'value' | 'unit'>): MetricReading {
  const value = inUnit(number, unit);
  if (value === undefined)
    return fail('metric-text', `${name} is printed in ${number.unit}, and arena.yaml says that its unit is ${unit}`);
  if (Number.isNaN(value)) return fail('metric-nan', `${name} is not a number`);
  if (!Number.isFinite(value)) return fail('metric-infinite', `${name} is infinite or too large for a number`);
  return { value };
}

function describeMissing({ name, read }: Metric, texts: readonly string[]): MetricReading {
  const how = read as Structured | undefined;
  const wanted = describeWanted(how, name);
  if (texts.every((text) => text.trim() === ''))
    return fail('metric-missing', `${wanted}: the program printed nothing`);
  const nearest = texts.map((text) => nearestLine(linesOf(text), how && 'line' in how ? how.line : name)).find(Boolean);
  if (nearest === undefined) return fail('metric-missing', `${wanted}, and no other number, in what it printed`);
  const pattern = suggestPattern(nearest);
  const advice = pattern === undefined ? '' : `. To read it: metric.read: { regex: '${pattern}' }`;
  return fail('metric-missing', `${wanted}. The nearest line is "${oneLine(nearest, 120)}"${advice}`);
}

function describeWanted(how: Structured | undefined, name: string): string {
  if (how === undefined) return `no number called "${name}"`;
  if ('line' in how) return `no number called "${how.line}"`;
  if ('regex' in how) return `no match of ${how.regex}`;
  return 'json' in how ? `no JSON value at ${how.json}` : `no CSV column "${how.csv}"`;
}

/**
 * Finds a named number in what a program printed, in the forms that programs use: `name: 1.2`, `name = 1.2`, JSON,
 * logs, benchmark tools. Says which line nearly matched when none does.
 */
import { escapePattern, findNumbers, parseNumber, type PrintedNumber } from './numbers.ts';

/** A number that was found, with the line that it stands on. */
export interface FoundNumber extends Pick<PrintedNumber, 'value' | 'unit'> {
  readonly line: string;
}

/** Longer lines are cut and earlier lines are not read: output of a candidate must not keep the harness busy. */
const MAX_LINE_LENGTH = 2_000;
const MAX_LINES = 20_000;

/** The lines that are read, without the marks of Markdown. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .slice(-MAX_LINES)
    .map((line) =>
      line
        .slice(0, MAX_LINE_LENGTH)
        .replaceAll(/\*\*|`/g, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

type LineReader = (line: string, name: string) => readonly PrintedNumber[];

/** What may stand before a name: the beginning, a space, or a mark that ends something else. */
const BEFORE = '(?:^|[\\s|,;{(\\["\'])';

/** `name: 1.2`, `name = 1.2`, `name=1.2`, `"name": 1.2`, also within a longer line. */
const readAssignments: LineReader = (line, name) =>
  afterEach(line, new RegExp(`${BEFORE}${name}["']?\\s*(?::|=>|=|→)\\s*["']?`, 'gi')).flatMap(({ at }) => {
    const [first] = findNumbers(line).filter(({ start }) => start >= at);
    return first && first.start === at ? [first] : [];
  });

/** criterion: `name time: [low estimate high]`; the estimate counts. */
const readInterval: LineReader = (line, name) =>
  afterEach(line, new RegExp(`${BEFORE}${name}\\s*:\\s*\\[`, 'gi')).flatMap(({ at }) => {
    const end = line.indexOf(']', at);
    const numbers = findNumbers(line).filter(({ start }) => start >= at && start < end);
    return numbers.length === 3 ? [numbers[1]!] : [];
  });

/** hyperfine: `Time (mean ± σ): 12.3 ms ± 0.5 ms`. */
const readMeanOfTime: LineReader = (line, name) =>
  afterEach(line, new RegExp(`^\\w+ \\(${name} ± σ\\)\\s*:\\s*`, 'gi')).flatMap(({ at }) =>
    findNumbers(line).filter(({ start }) => start === at),
  );

/** Go: `BenchmarkName-8  1000000  1052 ns/op`; the time of one operation counts, not the number of iterations. */
const readGoBenchmark: LineReader = (line, name) =>
  new RegExp(`^${name}(?:-\\d+)?\\s+\\d+\\s`).test(line)
    ? findNumbers(line)
        .filter(({ unit }) => unit.endsWith('/op'))
        .slice(0, 1)
    : [];

/** `name 1.2`: alone on its line, before the next name (`real 0.6 user 0.2`), or with a unit. */
const readPair: LineReader = (line, name) =>
  afterEach(line, new RegExp(`(?:^|\\s)${name}\\s+`, 'gi')).flatMap(({ at }) => {
    const [first, second] = findNumbers(line).filter(({ start }) => start >= at);
    if (!first || first.start !== at) return [];
    const isNamed = second !== undefined && /[\p{L}_]/u.test(line.slice(first.end, second.start));
    return second === undefined || isNamed || first.unit !== '' ? [first] : [];
  });

const READERS: readonly LineReader[] = [readAssignments, readInterval, readMeanOfTime, readGoBenchmark, readPair];

function afterEach(line: string, pattern: RegExp): { readonly at: number }[] {
  return [...line.matchAll(pattern)].map((match) => ({ at: match.index + match[0].length }));
}

/**
 * All numbers that carry the name. Spaces, hyphens, underscores and capitals are alike when the exact name does not
 * occur. When nothing carries it and the last line is the only number of the output, that number.
 */
export function findMetric(lines: readonly string[], name: string): readonly FoundNumber[] {
  const exact = readAll(lines, escapePattern(name), name);
  if (exact.length > 0) return exact;
  const similar = readAll(lines, similarPattern(name));
  if (similar.length > 0) return similar;
  const lastLine = lines.at(-1);
  if (lastLine === undefined || lines.some((line) => line !== lastLine && findNumbers(line).length > 0)) return [];
  const lone = parseNumber(lastLine);
  return lone ? [{ value: lone.value, unit: lone.unit, line: lastLine }] : [];
}

/** The numbers of the first form that finds any; with `exactName`, only where it is spelled exactly so. */
function readAll(lines: readonly string[], pattern: string, exactName?: string): readonly FoundNumber[] {
  for (const reader of READERS) {
    const found = lines
      .filter((line) => exactName === undefined || line.includes(exactName))
      .flatMap((line) => reader(line, pattern).map(({ value, unit }) => ({ value, unit, line })));
    if (found.length > 0) return found;
  }
  return [];
}

function similarPattern(name: string): string {
  return name
    .split(/[-_. ]+/)
    .map(escapePattern)
    .join('[-_. ]?');
}

/**
 * The line that a person would look at: one with the name and a number, one with the name, the last one with a number.
 */
export function nearestLine(lines: readonly string[], name: string): string | undefined {
  const named = new RegExp(similarPattern(name), 'i');
  const mentioned = lines.filter((line) => named.test(line));
  return (
    mentioned.findLast((line) => findNumbers(line).length > 0) ??
    mentioned.at(-1) ??
    lines.findLast((line) => findNumbers(line).length > 0)
  );
}

/** A pattern for `metric.read` that reads the first number after the same words of this line. */
export function suggestPattern(line: string): string | undefined {
  const [first] = findNumbers(line);
  if (!first) return undefined;
  const before = line.slice(0, first.start).trimEnd();
  return `${escapePattern(before).replaceAll(/\s+/g, '\\s+')}\\s*([-+\\d.,eE]+)`;
}

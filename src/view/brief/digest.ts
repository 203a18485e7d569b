/**
 * Output and curves of untrusted programs, shortened for a reader: the lines that look like errors, the shape of a
 * curve. Pure.
 */
import { looksLikeError } from '../../base/excerpt.ts';
import { formatCount, oneLine, sanitizeText } from '../../base/text.ts';
import type { Arena } from '../../core/arena.ts';
import { secondaryTextOf } from '../format.ts';

const MAX_READ_CHARS = 64_000;
/**
 * At most so many lines of a log: those that look like errors from the last part of it, and its end. Each is marked by
 * a bar.
 */
export function logExcerpt(log: string, maxLines: number): string[] {
  const lines = sanitizeText(log.slice(-MAX_READ_CHARS))
    .split('\n')
    .filter((line) => line.trim() !== '');
  const endCount = Math.max(1, Math.floor(maxLines / 2));
  const lastLines = lines.slice(-endCount);
  const errorLines = lines.slice(0, -endCount).filter((line) => looksLikeError(line));
  return [...new Set(errorLines)]
    .slice(-(maxLines - endCount))
    .concat(lastLines)
    .map((line) => `| ${oneLine(line, 200)}`);
}

/** Where the part of a log begins that the evaluator printed: see loop/run-log.ts. */
const EVALUATOR_SECTION = /(^|\n)== evaluator: /;

/**
 * What an agent may read of a log. The evaluator may print what is hidden, so where an arena hides anything, its part
 * is left out; a candidate that prints the same heading loses the end of its own part.
 */
export function logForAgents(log: string, { hidden, data, holdout, decide }: Arena): string {
  const hidesNothing = hidden.length === 0 && data.evaluator.length === 0 && !holdout && decide.rule !== 'items';
  const start = hidesNothing ? null : EVALUATOR_SECTION.exec(log);
  return start === null ? log : log.slice(0, start.index);
}

/** The last lines of a log, each marked by a bar, and a first line that says how many come before them. */
export function logTail(log: string, maxLines: number): string[] {
  const lines = sanitizeText(log).trimEnd().split('\n');
  const shown = lines.slice(-maxLines).map((line) => `| ${oneLine(line, 300)}`);
  const left = lines.length - shown.length;
  return left > 0 ? [`[… ${formatCount(left, 'earlier line')}]`, ...shown] : shown;
}

/**
 * `step 0 → 120: loss 4.1, 2.2, 1.9` of a curve.csv: evenly spaced points of each column, the first and the last among
 * them. Undefined where it holds no numbers.
 */
export function curveText(csv: string, pointCount = 3): string | undefined {
  const [header = '', ...dataRows] = sanitizeText(csv.slice(0, MAX_READ_CHARS)).trim().split('\n');
  const columnNames = header.split(',').map((columnName) => oneLine(columnName, 24));
  const points = dataRows
    .map((row) => row.split(',').map(Number))
    .filter((row) => row.length === columnNames.length && row.every(Number.isFinite));
  if (points.length === 0 || columnNames.length < 2) return undefined;
  const steps = Math.max(2, pointCount) - 1;
  const indices = Array.from({ length: steps + 1 }, (_, i) => Math.floor(((points.length - 1) * i) / steps));
  const pickedPoints = [...new Set(indices)].map((i) => points[i]!);
  const columnTexts = columnNames
    .slice(1, 4)
    .map(
      (columnName, index) =>
        `${columnName} ${pickedPoints.map((point) => secondaryTextOf(point[index + 1]!)).join(', ')}`,
    );
  return `${columnNames[0]} ${secondaryTextOf(pickedPoints[0]![0]!)} to ${secondaryTextOf(pickedPoints.at(-1)![0]!)}: ${columnTexts.join('; ')}`;
}

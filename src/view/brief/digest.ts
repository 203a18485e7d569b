/**
 * Output and curves of untrusted programs, shortened for a reader: the lines that look like errors, the shape of a
 * curve. Pure.
 */
import { looksLikeError } from '../../base/excerpt.ts';
import { oneLine, sanitizeText } from '../../base/text.ts';
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

/**
 * `step 0 → 120: loss 4.1, 2.2, 1.9` of a curve.csv: first, middle, last of each column. Undefined where it holds no
 * numbers.
 */
export function curveText(csv: string): string | undefined {
  const [header = '', ...dataRows] = sanitizeText(csv.slice(0, MAX_READ_CHARS)).trim().split('\n');
  const columnNames = header.split(',').map((columnName) => oneLine(columnName, 24));
  const points = dataRows
    .map((row) => row.split(',').map(Number))
    .filter((row) => row.length === columnNames.length && row.every(Number.isFinite));
  if (points.length === 0 || columnNames.length < 2) return undefined;
  const pickedPoints = [...new Set([0, Math.floor((points.length - 1) / 2), points.length - 1])].map((i) => points[i]!);
  const columnTexts = columnNames
    .slice(1, 4)
    .map(
      (columnName, index) =>
        `${columnName} ${pickedPoints.map((point) => secondaryTextOf(point[index + 1]!)).join(', ')}`,
    );
  return `${columnNames[0]} ${secondaryTextOf(pickedPoints[0]![0]!)} to ${secondaryTextOf(pickedPoints.at(-1)![0]!)}: ${columnTexts.join('; ')}`;
}

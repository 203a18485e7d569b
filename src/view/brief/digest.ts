/**
 * Output and curves of untrusted programs, made short for whoever has to read them: the lines that look like errors,
 * the shape of a curve. Pure.
 */
import { oneLine, sanitize } from '../../base/text.ts';
import { fixed } from '../format.ts';

const MOST_READ = 64_000;
const ERROR = /error|exception|traceback|panic|fatal|assert|nan\b|killed|out of memory|undefined|cannot|failed/i;

/**
 * At most so many lines of a log: those that look like errors from the last part of it, and its end. Each is marked by
 * a bar.
 */
export function logExcerpt(log: string, most: number): string[] {
  const lines = sanitize(log.slice(-MOST_READ))
    .split('\n')
    .filter((line) => line.trim() !== '');
  const end = Math.max(1, Math.floor(most / 2));
  const last = lines.slice(-end);
  const before = lines.slice(0, -end).filter((line) => ERROR.test(line));
  return [...new Set(before)]
    .slice(-(most - end))
    .concat(last)
    .map((line) => `| ${oneLine(line, 200)}`);
}

/**
 * `step 0 → 120: loss 4.1, 2.2, 1.9` of a curve.csv: first, middle, last of each column. Undefined where it holds no
 * numbers.
 */
export function curveText(csv: string): string | undefined {
  const [head = '', ...rows] = sanitize(csv.slice(0, MOST_READ)).trim().split('\n');
  const names = head.split(',').map((name) => oneLine(name, 24));
  const points = rows
    .map((row) => row.split(',').map(Number))
    .filter((row) => row.length === names.length && row.every(Number.isFinite));
  if (points.length === 0 || names.length < 2) return undefined;
  const picks = [...new Set([0, Math.floor((points.length - 1) / 2), points.length - 1])].map((i) => points[i]!);
  const short = (x: number): string => fixed(x, Math.abs(x) >= 100 ? 0 : 3);
  const columns = names.slice(1, 4).map((name, k) => `${name} ${picks.map((row) => short(row[k + 1]!)).join(', ')}`);
  return `${names[0]} ${short(picks[0]![0]!)} to ${short(picks.at(-1)![0]!)}: ${columns.join('; ')}`;
}

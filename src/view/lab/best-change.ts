/**
 * From the baseline to the best, as one table: the metric, each knob, and each file that changed beyond its knobs.
 * Pure: the view gives the numbers, a unified diff the lines.
 */
import { oneLine } from '../../base/text.ts';
import { MINUS } from '../format.ts';
import type { ExperimentView, LabView } from '../types.ts';

export interface ChangeRow {
  readonly what: string;
  readonly baseline: string;
  readonly best: string;
  /** Both sides are lines of code. */
  readonly isCode: boolean;
}

export interface BestChange {
  readonly n: number;
  readonly isConfirmed: boolean;
  readonly rows: readonly ChangeRow[];
}

/** Changed lines of a file that are shown of each side. */
const MAX_LINES = 2;
const MAX_LINE_LENGTH = 90;

/** Undefined while no idea was carried on. `diff` is the unified diff from baseline to best, where there is one. */
export function bestChange(view: LabView, diff = ''): BestChange | undefined {
  const { champion, incumbent, baseline } = view;
  const isConfirmed = champion !== undefined && champion.n > 0;
  const best = isConfirmed ? champion : incumbent;
  if (!best || best.n === 0 || !baseline) return undefined;
  const measured = (n: number): string => {
    const { mean, half } = view.experiments[n] ?? {};
    return mean ? `${mean.text}${half ? ` ± ${half.text}` : ''}` : '';
  };
  const { name, unit } = view.metric;
  const what = unit ? `${name}, ${unit}` : name;
  const metricRow = { what, baseline: measured(0), best: measured(best.n), isCode: false };
  const knobRows = knobChanges(view, best.n);
  const knobNames = knobRows.map((row) => row.what);
  return { n: best.n, isConfirmed, rows: [metricRow, ...knobRows, ...fileChanges(diff, knobNames)] };
}

/** Knobs along the steps to the best that end at another value than they began with, the greatest change first. */
function knobChanges(view: LabView, bestN: number): ChangeRow[] {
  const first = new Map<string, string>();
  const last = new Map<string, string>();
  for (const n of view.lineage.slice(0, view.lineage.indexOf(bestN) + 1))
    for (const { name, from, to } of view.experiments[n]?.changed ?? []) {
      if (!first.has(name)) first.set(name, from ?? '');
      last.set(name, to);
    }
  return [...last]
    .map(([what, best]) => ({ what, baseline: first.get(what)!, best, isCode: false }))
    .filter((row) => row.baseline !== row.best)
    .sort((left, right) => changeSize(right.baseline, right.best) - changeSize(left.baseline, left.best));
}

/** How far a knob moved: the logarithm of the ratio; words and signs that change count most. */
function changeSize(from: string | undefined, to: string): number {
  const numberOf = (text: string | undefined): number => Number((text ?? '').replaceAll(',', '').replaceAll('−', '-'));
  const ratio = numberOf(to) / numberOf(from);
  return ratio > 0 ? Math.abs(Math.log(ratio)) : Number.MAX_VALUE;
}

/** One row a file whose changes are not only the values of these knobs. */
function fileChanges(diff: string, knobNames: readonly string[]): ChangeRow[] {
  const files: { name: string; removed: string[]; added: string[] }[] = [];
  const lines = diff.split('\n');
  lines.forEach((line, index) => {
    const next = lines[index + 1] ?? '';
    if (line.startsWith('--- ') && next.startsWith('+++ '))
      files.push({ name: fileName(next) ?? fileName(line) ?? '', removed: [], added: [] });
    else if (line.startsWith('+++ ') && lines[index - 1]?.startsWith('--- ')) return;
    else if (line.startsWith('-')) files.at(-1)?.removed.push(line.slice(1));
    else if (line.startsWith('+')) files.at(-1)?.added.push(line.slice(1));
  });
  const isKnobLine = (line: string): boolean => knobNames.some((knobName) => wordIn(knobName, line));
  const shown = (side: readonly string[]): string =>
    side
      .map((line) => oneLine(line.trim(), MAX_LINE_LENGTH))
      .filter((line) => line !== '' && !isKnobLine(line))
      .slice(0, MAX_LINES)
      .join('\n');
  return files
    .filter(({ removed, added }) => ![...removed, ...added].every(isKnobLine))
    .map(({ name, removed, added }) => ({
      what: `${oneLine(name, 60)} +${added.length} ${MINUS}${removed.length}`,
      baseline: shown(removed),
      best: shown(added),
      isCode: true,
    }));
}

/** `+++ b/src/train.ts` → `src/train.ts`; undefined for no file. */
const fileName = (line: string): string | undefined =>
  line.endsWith('/dev/null') ? undefined : line.slice(4).replace(/^[ab]\//, '');

const wordIn = (word: string, line: string): boolean => line.split(/[^\p{L}\p{N}_$]+/u).includes(word);

/** An idea in a table: of one that turns many knobs at once, the two that it turns furthest. */
export function shortIdea({
  changed,
  title,
  hypothesis,
}: Pick<ExperimentView, 'changed' | 'title' | 'hypothesis'>): string {
  if (title !== undefined || changed.length <= 2) return title ?? hypothesis;
  const largest = [...changed].sort((left, right) => changeSize(right.from, right.to) - changeSize(left.from, left.to));
  const shown = largest
    .slice(0, 2)
    .map(({ name, from, to }) => `${name} ${from === undefined ? '' : `${from} `}→ ${to}`);
  return `${shown.join(', ')} and ${changed.length - 2} more`;
}

/** The rows of a file's diff, unified or side by side, with long unchanged parts folded. Pure. */
import type { DiffLine, FileDiff } from './parse.ts';

export type DiffMode = 'unified' | 'split';

/** Side by side: both sides of a row; unified: one of them, and the line it replaces or is replaced by. */
export interface LineRow {
  readonly kind: 'line';
  readonly left?: DiffLine;
  readonly right?: DiffLine;
  /** The other half of a changed line, where the row shows one of them alone. */
  readonly partner?: DiffLine;
}

export interface FoldRow {
  readonly kind: 'fold';
  /** The same as long as the diff is. */
  readonly id: string;
  readonly count: number;
  /** Empty where the diff does not hold them. */
  readonly lines: readonly DiffLine[];
}

export type DiffRow = LineRow | FoldRow;

/** Unchanged lines that stay in sight beside a change, and how many more must be hidden for a fold to be worth it. */
const CONTEXT_LINES = 3;
const MIN_FOLD = 4;

/** The rows of a file; folds whose id is in `opened` are shown in full. */
export function diffRows(file: FileDiff, mode: DiffMode, opened: ReadonlySet<string>): DiffRow[] {
  const rows: DiffRow[] = [];
  let nextOld = 1;
  file.hunks.forEach((hunk, hunkIndex) => {
    // A hunk that adds to an empty side starts behind line 0.
    const skipped = Math.max(0, hunk.oldStart - nextOld);
    if (skipped > 0) rows.push({ kind: 'fold', id: `gap-${hunkIndex}`, count: skipped, lines: [] });
    for (const run of runsOf(hunk.lines)) {
      if (run.kind === 'change') rows.push(...(mode === 'split' ? pairedRows(run) : unifiedRows(run)));
      else rows.push(...sameRows(run.lines, run.isFirst, run.isLast, opened));
    }
    nextOld = hunk.lines.reduce((last, line) => (line.oldN === undefined ? last : line.oldN + 1), nextOld);
  });
  return rows;
}

interface ChangeRun {
  readonly kind: 'change';
  readonly removed: readonly DiffLine[];
  readonly added: readonly DiffLine[];
}
interface SameRun {
  readonly kind: 'same';
  readonly lines: readonly DiffLine[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function runsOf(lines: readonly DiffLine[]): (ChangeRun | SameRun)[] {
  const runs: (ChangeRun | SameRun)[] = [];
  for (let at = 0; at < lines.length;) {
    const start = at;
    const isSame = lines[at]!.kind === 'same';
    while (at < lines.length && (lines[at]!.kind === 'same') === isSame) at++;
    const part = lines.slice(start, at);
    if (isSame) runs.push({ kind: 'same', lines: part, isFirst: start === 0, isLast: at === lines.length });
    else
      runs.push({
        kind: 'change',
        removed: part.filter(({ kind }) => kind === 'del'),
        added: part.filter(({ kind }) => kind === 'add'),
      });
  }
  return runs;
}

function pairedRows({ removed, added }: ChangeRun): LineRow[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, index) => ({
    kind: 'line',
    ...(removed[index] && { left: removed[index] }),
    ...(added[index] && { right: added[index] }),
  }));
}

const unifiedRows = ({ removed, added }: ChangeRun): LineRow[] => [
  ...removed.map((left, index): LineRow => ({ kind: 'line', left, ...(added[index] && { partner: added[index] }) })),
  ...added.map((right, index): LineRow => ({
    kind: 'line',
    right,
    ...(removed[index] && { partner: removed[index] }),
  })),
];

function sameRows(
  lines: readonly DiffLine[],
  isFirst: boolean,
  isLast: boolean,
  opened: ReadonlySet<string>,
): DiffRow[] {
  const [before, after] = [isFirst ? 0 : CONTEXT_LINES, isLast ? 0 : CONTEXT_LINES];
  const hidden = lines.slice(before, lines.length - after);
  const toRow = (line: DiffLine): LineRow => ({ kind: 'line', left: line, right: line });
  const id = `same-${lines[0]!.oldN}`;
  if (lines.length - before - after < MIN_FOLD || opened.has(id)) return lines.map(toRow);
  return [
    ...lines.slice(0, before).map(toRow),
    { kind: 'fold', id, count: hidden.length, lines: hidden },
    ...lines.slice(lines.length - after).map(toRow),
  ];
}

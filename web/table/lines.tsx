/**
 * The lines in sight as elements that are used again: a line that leaves on one side becomes the one that comes on the
 * other, and a row whose line did not change is not drawn again.
 */
import { useMemo, useRef } from 'preact/hooks';
import type { BoardRow } from '../../src/view/board.ts';
import { usePlace } from '../url.ts';
import type { Column } from './columns.ts';
import { TableLine } from './line.tsx';
import { ROW_HEIGHT, type Viewport } from './scroll.ts';

/** Lines that are drawn beyond each edge of the part in sight. */
const OVERSCAN = 12;
/** Lines that are remembered; then all are forgotten. */
const MAX_KNOWN_LINES = 2000;

interface KnownLine {
  readonly key: string;
  readonly line: preact.VNode;
}

export function useLines(rows: readonly BoardRow[], columns: readonly Column[], viewport: Viewport): preact.VNode[] {
  const place = usePlace();
  const knownLines = useRef(new Map<BoardRow, KnownLine>());
  useMemo(() => knownLines.current.clear(), [columns]);
  const slotCount = Math.ceil(viewport.height / ROW_HEIGHT) + 2 * OVERSCAN + 1;
  /** The same drawing as long as nothing in it changed: scrolling costs the rows that come into sight, no others. */
  const lineOf = (row: BoardRow, rowIndex: number): preact.VNode => {
    const [isChosen, isCompared] = [row.n === place.row, place.compare.includes(row.n)];
    const key = `${rowIndex} ${slotCount} ${isChosen} ${isCompared}`;
    const knownLine = knownLines.current.get(row);
    if (knownLine?.key === key) return knownLine.line;
    const line = (
      <TableLine
        key={rowIndex % slotCount}
        row={row}
        top={rowIndex * ROW_HEIGHT}
        index={rowIndex + 2}
        columns={columns}
        isChosen={isChosen}
        isCompared={isCompared}
      />
    );
    if (knownLines.current.size > MAX_KNOWN_LINES) knownLines.current.clear();
    knownLines.current.set(row, { key, line });
    return line;
  };
  const firstIndex = Math.max(0, Math.min(Math.floor(viewport.top / ROW_HEIGHT) - OVERSCAN, rows.length - slotCount));
  const lines = rows.slice(firstIndex, firstIndex + slotCount).map((row, offset) => lineOf(row, firstIndex + offset));
  // In the order of their slots: a line keeps its own, whichever row it shows.
  const rotation = firstIndex % slotCount;
  return rotation === 0 || lines.length < slotCount
    ? lines
    : [...lines.slice(slotCount - rotation), ...lines.slice(0, slotCount - rotation)];
}

/**
 * The table of experiments, sorted and filtered; the keys move through it. Only the rows in sight exist, whatever their
 * number.
 */
import { useMemo, useRef } from 'preact/hooks';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { parseFilter } from '../../src/view/filter.ts';
import { sortRows } from '../../src/view/sort.ts';
import { usePlace } from '../url.ts';
import { ColumnChooser } from './chooser.tsx';
import { allColumns, chosenColumns, type Column, defaultKnobs, gridOf, isNarrowTable } from './columns.ts';
import { TableFilter } from './filter.tsx';
import { ColumnHeading } from './line.tsx';
import { useLines } from './lines.tsx';
import { ROW_HEIGHT, useRowInSight, useViewport } from './scroll.ts';

export function useRows(board: Board): readonly BoardRow[] {
  const { filter, sort } = usePlace();
  return useMemo(() => {
    const { fits } = parseFilter(filter, board.knobList);
    return sortRows(board.experiments.filter(fits), sort, board.knobList);
  }, [board.experiments, board.knobList, filter, sort]);
}

/** All columns, and those that are shown. The same objects until the choice changes: rows in sight are kept by them. */
function useColumns(
  board: Board,
  tableWidth: number,
): { readonly columns: readonly Column[]; readonly everyColumn: readonly Column[]; readonly isNarrow: boolean } {
  const { columns: chosen } = usePlace();
  const everyColumn = useMemo(
    () => allColumns(board),
    [board.metric.name, board.economics.usd === undefined, board.knobList],
  );
  const isNarrow = isNarrowTable(tableWidth);
  const knobNames = useMemo(
    () => (chosen === '' ? defaultKnobs(board, everyColumn, tableWidth).join(',') : ''),
    [board.experiments, everyColumn, tableWidth, chosen],
  );
  const columns = useMemo(
    () => chosenColumns(everyColumn, chosen, knobNames.split(','), isNarrow),
    [everyColumn, chosen, knobNames, isNarrow],
  );
  return { columns, everyColumn, isNarrow };
}

export function ExperimentTable({ board, rows }: { readonly board: Board; readonly rows: readonly BoardRow[] }) {
  const place = usePlace();
  const boxRef = useRef<HTMLDivElement>(null);
  const viewport = useViewport(boxRef);
  const { columns, everyColumn, isNarrow } = useColumns(board, viewport.width);
  const filter = useMemo(() => {
    const toTable = (): string[][] => [
      columns.map((column) => column.title),
      ...rows.map((row) => columns.map((column) => column.cell(row))),
    ];
    return (
      <TableFilter board={board} shownCount={rows.length} toTable={toTable}>
        <ColumnChooser columns={everyColumn} shown={columns} />
      </TableFilter>
    );
  }, [rows, columns, everyColumn, place.filter, place.compare, board.knobList]);
  const grid = useMemo(() => gridOf(columns, isNarrow), [columns, isNarrow]);
  const selectedIndex = rows.findIndex((row) => row.n === place.row);
  useRowInSight(boxRef, selectedIndex);
  const lines = useLines(rows, columns, viewport);
  return (
    <section class="experiments" aria-label="Experiments">
      {filter}
      <div
        class={isNarrow ? 'grid narrow' : 'grid'}
        style={{ '--columns': grid.columns, '--table-width': grid.width }}
        role="grid"
        aria-label="Experiments"
        aria-rowcount={rows.length + 1}
        ref={boxRef}
        tabIndex={0}
        {...(selectedIndex >= 0 && { 'aria-activedescendant': `row-${place.row}` })}
      >
        <div class="line head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <ColumnHeading key={column.id} column={column} sort={place.sort} />
          ))}
        </div>
        {rows.length === 0 && (
          <p class="none">
            {board.experiments.length === 0 ? 'Nothing has been tried yet.' : 'No experiment fits the filter.'}
          </p>
        )}
        <div class="body" role="rowgroup" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {lines}
        </div>
      </div>
    </section>
  );
}

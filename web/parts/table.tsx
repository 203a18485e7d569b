/**
 * The table of experiments: only the rows in sight exist, whatever their number. Sorted, filtered, moved through by
 * keys.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { filterOf, sortRows } from '../../src/view/filter.ts';
import { goTo, hrefOf, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';

const ROW_HEIGHT = 30;
const OVERSCAN = 12;

interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly name?: string;
  readonly cell: (row: BoardRow) => string;
}

function columnsOf(metric: string, hasMoney: boolean): readonly Column[] {
  return [
    { id: 'n', title: '#', sort: 'n', cell: (row) => String(row.n) },
    { id: 'verdict', title: 'verdict', sort: 'verdict', cell: (row) => `${GLYPHS[kindOf(row)]} ${row.verdict}` },
    { id: 'mean', title: metric, sort: 'metric', cell: (row) => row.mean?.text ?? '–' },
    { id: 'half', title: '±', name: 'half of the 95 % interval', cell: (row) => row.half?.text ?? '' },
    {
      id: 'delta',
      title: 'Δ',
      sort: 'gain',
      name: 'change against what it was compared with',
      cell: (row) => row.effect?.delta ?? '',
    },
    {
      id: 'reps',
      title: 'n',
      sort: 'replicates',
      name: 'measurements behind the mean',
      cell: (row) => String(row.replicates),
    },
    { id: 'what', title: 'hypothesis', sort: 'hypothesis', cell: (row) => row.hypothesis },
    { id: 'parent', title: 'parent', sort: 'parent', cell: (row) => (row.n === 0 ? '' : `#${row.parent}`) },
    { id: 'lines', title: 'lines', cell: (row) => row.lines },
    { id: 'time', title: 'time', sort: 'time', cell: (row) => row.duration },
    ...(hasMoney ? [{ id: 'cost', title: 'cost', sort: 'cost', cell: (row: BoardRow) => row.cost ?? '' }] : []),
  ];
}

export function useRows(board: Board): readonly BoardRow[] {
  const { filter, sort } = usePlace();
  return useMemo(() => sortRows(board.experiments.filter(filterOf(filter)), sort), [board.experiments, filter, sort]);
}

export function Table({ board, rows }: { readonly board: Board; readonly rows: readonly BoardRow[] }) {
  const place = usePlace();
  const hasMoney = board.economics.usd !== undefined;
  const columns = useMemo(() => columnsOf(board.metric.name, hasMoney), [board.metric.name, hasMoney]);
  const drawnLines = useRef(new Map<BoardRow, { readonly key: string; readonly line: preact.VNode }>());
  useMemo(() => drawnLines.current.clear(), [columns]);
  const filter = useMemo(
    () => (
      <Filter
        total={board.experiments.length}
        shownCount={rows.length}
        toTable={() => [
          columns.map((column) => column.title),
          ...rows.map((row) => columns.map((column) => column.cell(row))),
        ]}
      />
    ),
    [rows, columns, place.filter, place.compare],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [viewport, setViewport] = useState({ top: 0, height: 600 });
  const selectedIndex = rows.findIndex((row) => row.n === place.row);
  useEffect(() => {
    const scrollBox = scroller.current;
    if (!scrollBox) return undefined;
    const measureView = (): void => setViewport({ top: scrollBox.scrollTop, height: scrollBox.clientHeight });
    measureView();
    scrollBox.addEventListener('scroll', measureView, { passive: true });
    const observer = new ResizeObserver(measureView);
    observer.observe(scrollBox);
    return () => {
      scrollBox.removeEventListener('scroll', measureView);
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    const scrollBox = scroller.current;
    if (!scrollBox || selectedIndex < 0) return;
    const [rowTop, rowBottom] = [selectedIndex * ROW_HEIGHT, (selectedIndex + 2) * ROW_HEIGHT];
    if (rowTop < scrollBox.scrollTop) scrollBox.scrollTop = rowTop;
    else if (rowBottom > scrollBox.scrollTop + scrollBox.clientHeight)
      scrollBox.scrollTop = rowBottom - scrollBox.clientHeight;
  }, [selectedIndex]);
  // Lines that leave on one side become those that come on the other: nothing is made or removed while it scrolls.
  const slotCount = Math.ceil(viewport.height / ROW_HEIGHT) + 2 * OVERSCAN + 1;
  /** The same drawing as long as nothing in it changed: scrolling costs the rows that come into sight, no others. */
  const lineOf = (row: BoardRow, rowIndex: number): preact.VNode => {
    const [isChosen, isCompared] = [row.n === place.row, place.compare.includes(row.n)];
    const key = `${rowIndex} ${slotCount} ${isChosen} ${isCompared}`;
    const knownLine = drawnLines.current.get(row);
    if (knownLine?.key === key) return knownLine.line;
    const line = (
      <Line
        key={rowIndex % slotCount}
        row={row}
        top={rowIndex * ROW_HEIGHT}
        index={rowIndex + 2}
        columns={columns}
        isChosen={isChosen}
        isCompared={isCompared}
      />
    );
    if (drawnLines.current.size > 2000) drawnLines.current.clear();
    drawnLines.current.set(row, { key, line });
    return line;
  };
  const firstIndex = Math.max(0, Math.min(Math.floor(viewport.top / ROW_HEIGHT) - OVERSCAN, rows.length - slotCount));
  const shownLines = rows
    .slice(firstIndex, firstIndex + slotCount)
    .map((row, offset) => lineOf(row, firstIndex + offset));
  // In the order of their places: a line keeps its own, whichever row it shows.
  const rotation = firstIndex % slotCount;
  const placedLines =
    rotation === 0 || shownLines.length < slotCount
      ? shownLines
      : [...shownLines.slice(slotCount - rotation), ...shownLines.slice(0, slotCount - rotation)];
  return (
    <section class="experiments" aria-label="Experiments">
      {filter}
      <div
        class="grid"
        role="grid"
        aria-label="Experiments"
        aria-rowcount={rows.length + 1}
        ref={scroller}
        tabIndex={0}
        {...(selectedIndex >= 0 && { 'aria-activedescendant': `row-${place.row}` })}
      >
        <div class="line head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Heading key={column.id} column={column} sort={place.sort} />
          ))}
        </div>
        {rows.length === 0 && (
          <p class="none">
            {board.experiments.length === 0 ? 'Nothing has been tried yet.' : 'No experiment fits the filter.'}
          </p>
        )}
        <div class="body" role="rowgroup" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {placedLines}
        </div>
      </div>
    </section>
  );
}

function Heading({ column, sort }: { column: Column; sort: string }) {
  const isSorted = sort.replace('-', '') === column.sort;
  const isDescending = sort.startsWith('-');
  const sortOrder = isSorted ? (isDescending ? 'descending' : 'ascending') : 'none';
  const titleAttribute = column.name ? { title: column.name } : {};
  if (!column.sort)
    return (
      <span class={`cell ${column.id}`} role="columnheader" {...titleAttribute}>
        {column.title}
      </span>
    );
  return (
    <span class={`cell ${column.id}`} role="columnheader" aria-sort={sortOrder} {...titleAttribute}>
      <button
        type="button"
        tabIndex={-1}
        onClick={() => goTo({ sort: isSorted && isDescending ? column.sort! : `-${column.sort}` })}
      >
        {column.title}
        {isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}
      </button>
    </span>
  );
}

interface LineProps {
  readonly row: BoardRow;
  readonly top: number;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly isChosen: boolean;
  readonly isCompared: boolean;
}

function Line({ row, top, index, columns, isChosen, isCompared }: LineProps) {
  const kind = kindOf(row);
  return (
    <div
      class={`line v-${kind.replace(' ', '-')}${isCompared ? ' compared' : ''}`}
      role="row"
      id={`row-${row.n}`}
      aria-rowindex={index}
      aria-selected={isChosen}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => (event.shiftKey ? toggleCompare(row.n) : goTo({ page: 'experiment', n: row.n, row: row.n }))}
    >
      {columns.map((column) => (
        <span
          key={column.id}
          class={`cell ${column.id}`}
          role="gridcell"
          {...(column.id === 'verdict' && { title: WORDS[kind] })}
        >
          {column.id === 'what' ? (
            <a
              href={hrefOf({ page: 'experiment', n: row.n })}
              tabIndex={-1}
              onClick={(event) => event.preventDefault()}
            >
              <bdi>{column.cell(row)}</bdi>
            </a>
          ) : (
            column.cell(row)
          )}
        </span>
      ))}
    </div>
  );
}

/** At most six side by side: more cannot be told apart. */
export function toggleCompare(n: number): void {
  const comparedNumbers =
    new URLSearchParams(location.search).get('compare')?.split(',').filter(Boolean).map(Number) ?? [];
  goTo({
    compare: comparedNumbers.includes(n)
      ? comparedNumbers.filter((other) => other !== n)
      : [...comparedNumbers, n].slice(-6),
  });
}

const CHIPS = ['kept', 'confirmed', 'inconclusive', 'discarded', 'crashed', 'running'];

function Filter({ total, shownCount, toTable }: { total: number; shownCount: number; toTable: () => string[][] }) {
  const { filter, compare } = usePlace();
  return (
    <div class="filter">
      <label>
        <span class="soft">/</span>
        <input
          id="filter"
          type="search"
          value={filter}
          placeholder="status:kept gain>0.001 words"
          aria-label="Filter experiments"
          onInput={(event) => goTo({ filter: event.currentTarget.value })}
        />
      </label>
      <span class="chips">
        {CHIPS.map((chip) => {
          const statusFilter = `status:${chip}`;
          return (
            <button
              key={chip}
              type="button"
              aria-pressed={filter === statusFilter}
              onClick={() => goTo({ filter: filter === statusFilter ? '' : statusFilter })}
            >
              {chip}
            </button>
          );
        })}
      </span>
      <span class="soft" role="status">
        {shownCount === total ? '' : `${shownCount} of ${total}`}
      </span>
      {compare.length > 0 && (
        <a
          class="button"
          href={hrefOf({ page: 'compare' })}
          onClick={(event) => {
            event.preventDefault();
            goTo({ page: 'compare' });
          }}
        >
          compare {compare.length}
        </a>
      )}
      <CopyMenu what="experiments" table={toTable} />
    </div>
  );
}

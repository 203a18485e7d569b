/**
 * The table of experiments: only the rows in sight exist, whatever their number. Sorted, filtered, moved through by
 * keys.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { GLYPHS, kindOf, WORDS } from '../../src/render/marks.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { filterOf, sorted } from '../../src/view/filter.ts';
import { go, href, usePlace } from '../url.ts';
import { CopyMenu } from './copy.tsx';

const ROW = 30;
const OVERSCAN = 12;

interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly name?: string;
  readonly cell: (row: BoardRow) => string;
}

function columnsOf(metric: string, money: boolean): readonly Column[] {
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
    ...(money ? [{ id: 'cost', title: 'cost', sort: 'cost', cell: (row: BoardRow) => row.cost ?? '' }] : []),
  ];
}

export function useRows(board: Board): readonly BoardRow[] {
  const { filter, sort } = usePlace();
  return useMemo(() => sorted(board.experiments.filter(filterOf(filter)), sort), [board.experiments, filter, sort]);
}

export function Table({ board, rows }: { readonly board: Board; readonly rows: readonly BoardRow[] }) {
  const place = usePlace();
  const money = board.economics.usd !== undefined;
  const columns = useMemo(() => columnsOf(board.metric.name, money), [board.metric.name, money]);
  const drawn = useRef(new Map<BoardRow, { readonly key: string; readonly line: preact.VNode }>());
  useMemo(() => drawn.current.clear(), [columns]);
  const filter = useMemo(
    () => (
      <Filter
        all={board.experiments.length}
        shown={rows.length}
        copy={() => [columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => c.cell(row)))]}
      />
    ),
    [rows, columns, place.filter, place.compare],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const index = rows.findIndex((row) => row.n === place.row);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return undefined;
    const look = (): void => setView({ top: box.scrollTop, height: box.clientHeight });
    look();
    box.addEventListener('scroll', look, { passive: true });
    const watch = new ResizeObserver(look);
    watch.observe(box);
    return () => {
      box.removeEventListener('scroll', look);
      watch.disconnect();
    };
  }, []);
  useEffect(() => {
    const box = scroller.current;
    if (!box || index < 0) return;
    const [top, bottom] = [index * ROW, (index + 2) * ROW];
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  }, [index]);
  // Lines that leave on one side become those that come on the other: nothing is made or removed while it scrolls.
  const slots = Math.ceil(view.height / ROW) + 2 * OVERSCAN + 1;
  /** The same drawing as long as nothing in it changed: scrolling costs the rows that come into sight, no others. */
  const lineOf = (row: BoardRow, at: number): preact.VNode => {
    const [chosen, compared] = [row.n === place.row, place.compare.includes(row.n)];
    const key = `${at} ${slots} ${chosen} ${compared}`;
    const known = drawn.current.get(row);
    if (known?.key === key) return known.line;
    const line = (
      <Line
        key={at % slots}
        row={row}
        top={at * ROW}
        index={at + 2}
        columns={columns}
        chosen={chosen}
        compared={compared}
      />
    );
    if (drawn.current.size > 2000) drawn.current.clear();
    drawn.current.set(row, { key, line });
    return line;
  };
  const first = Math.max(0, Math.min(Math.floor(view.top / ROW) - OVERSCAN, rows.length - slots));
  const shown = rows.slice(first, first + slots).map((row, k) => lineOf(row, first + k));
  // In the order of their places: a line keeps its own, whichever row it shows.
  const turn = first % slots;
  const placed =
    turn === 0 || shown.length < slots ? shown : [...shown.slice(slots - turn), ...shown.slice(0, slots - turn)];
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
        {...(index >= 0 && { 'aria-activedescendant': `row-${place.row}` })}
      >
        <div class="line head" role="row" aria-rowindex={1}>
          {columns.map((c) => (
            <Heading key={c.id} column={c} sort={place.sort} />
          ))}
        </div>
        {rows.length === 0 && (
          <p class="none">
            {board.experiments.length === 0 ? 'Nothing has been tried yet.' : 'No experiment fits the filter.'}
          </p>
        )}
        <div class="body" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
          {placed}
        </div>
      </div>
    </section>
  );
}

function Heading({ column, sort }: { column: Column; sort: string }) {
  const mine = sort.replace('-', '') === column.sort;
  const down = sort.startsWith('-');
  const order = mine ? (down ? 'descending' : 'ascending') : 'none';
  const title = column.name ? { title: column.name } : {};
  if (!column.sort)
    return (
      <span class={`cell ${column.id}`} role="columnheader" {...title}>
        {column.title}
      </span>
    );
  return (
    <span class={`cell ${column.id}`} role="columnheader" aria-sort={order} {...title}>
      <button type="button" tabIndex={-1} onClick={() => go({ sort: mine && down ? column.sort! : `-${column.sort}` })}>
        {column.title}
        {mine ? (down ? ' ↓' : ' ↑') : ''}
      </button>
    </span>
  );
}

interface LineProps {
  readonly row: BoardRow;
  readonly top: number;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly chosen: boolean;
  readonly compared: boolean;
}

function Line({ row, top, index, columns, chosen, compared }: LineProps) {
  const kind = kindOf(row);
  return (
    <div
      class={`line v-${kind.replace(' ', '-')}${compared ? ' compared' : ''}`}
      role="row"
      id={`row-${row.n}`}
      aria-rowindex={index}
      aria-selected={chosen}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => (event.shiftKey ? toggleCompare(row.n) : go({ page: 'experiment', n: row.n, row: row.n }))}
    >
      {columns.map((c) => (
        <span key={c.id} class={`cell ${c.id}`} role="gridcell" {...(c.id === 'verdict' && { title: WORDS[kind] })}>
          {c.id === 'what' ? (
            <a href={href({ page: 'experiment', n: row.n })} tabIndex={-1} onClick={(event) => event.preventDefault()}>
              <bdi>{c.cell(row)}</bdi>
            </a>
          ) : (
            c.cell(row)
          )}
        </span>
      ))}
    </div>
  );
}

/** At most six side by side: more cannot be told apart. */
export function toggleCompare(n: number): void {
  const now = new URLSearchParams(location.search).get('compare')?.split(',').filter(Boolean).map(Number) ?? [];
  go({ compare: now.includes(n) ? now.filter((k) => k !== n) : [...now, n].slice(-6) });
}

const CHIPS = ['kept', 'confirmed', 'inconclusive', 'discarded', 'crashed', 'running'];

function Filter({ all, shown, copy }: { all: number; shown: number; copy: () => string[][] }) {
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
          onInput={(event) => go({ filter: event.currentTarget.value })}
        />
      </label>
      <span class="chips">
        {CHIPS.map((chip) => {
          const text = `status:${chip}`;
          return (
            <button
              key={chip}
              type="button"
              aria-pressed={filter === text}
              onClick={() => go({ filter: filter === text ? '' : text })}
            >
              {chip}
            </button>
          );
        })}
      </span>
      <span class="soft" role="status">
        {shown === all ? '' : `${shown} of ${all}`}
      </span>
      {compare.length > 0 && (
        <a
          class="button"
          href={href({ page: 'compare' })}
          onClick={(event) => {
            event.preventDefault();
            go({ page: 'compare' });
          }}
        >
          compare {compare.length}
        </a>
      )}
      <CopyMenu what="experiments" table={copy} />
    </div>
  );
}

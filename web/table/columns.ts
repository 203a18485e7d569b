/** The columns of the table of experiments: all there are, and those that the address or the width asks for. */
import { ideaName } from '../../src/view/idea-name.ts';
import { GLYPHS, kindOf } from '../../src/render/marks.ts';
import type { Board, BoardRow } from '../../src/view/board.ts';
import { KNOB_PREFIX } from '../../src/view/filter.ts';
import { knobText } from '../../src/view/format.ts';
import { knobsWorthShowing } from '../../src/view/knob-columns.ts';
import { verdictWord } from '../../src/view/words.ts';

export interface Column {
  /** As in the address: `mean`, `knob.DEPTH`. */
  readonly id: string;
  readonly title: string;
  readonly className: string;
  /** Pixels; of the column that takes the rest: at least. */
  readonly width: number;
  /** On a phone. */
  readonly narrowWidth?: number;
  readonly takesRest?: true;
  readonly sort?: string;
  /** In words, where the title is a sign. */
  readonly name?: string;
  readonly cell: (row: BoardRow) => string;
}

/** Pixels of the table below which it is a phone's. */
const NARROW = 860;
/** Between two columns, and at both ends of a line. */
const [GAP, NARROW_GAP, PADDING, NARROW_PADDING] = [10, 8, 12, 8];
const KNOB_WIDTH = 92;
/** Pixels that a hypothesis keeps when knobs are shown that nobody asked for. */
const READABLE = 230;
const MAX_DEFAULT_KNOBS = 3;

/** Not shown until somebody asks. */
const RARE = new Set(['by', 'theme']);
const NARROW_COLUMNS = new Set(['n', 'verdict', 'mean', 'delta', 'what']);

/** Every column that this lab can have. */
export function allColumns(board: Pick<Board, 'metric' | 'economics' | 'knobList'>): readonly Column[] {
  const plain = (id: string, column: Omit<Column, 'id' | 'className'>): Column => ({ id, className: id, ...column });
  return [
    plain('n', { title: '#', width: 52, narrowWidth: 48, sort: 'n', cell: (row) => String(row.n) }),
    plain('verdict', {
      title: 'verdict',
      width: 120,
      narrowWidth: 26,
      sort: 'verdict',
      cell: (row) => `${GLYPHS[kindOf(row)]} ${verdictWord(row.verdict, row.discard)}`,
    }),
    plain('mean', {
      title: board.metric.name,
      width: 92,
      narrowWidth: 76,
      sort: 'metric',
      cell: (row) => row.mean?.text ?? '–',
    }),
    plain('half', { title: '±', width: 74, name: 'half of the 95 % interval', cell: (row) => row.half?.text ?? '' }),
    plain('delta', {
      title: 'Δ',
      width: 92,
      narrowWidth: 74,
      sort: 'gain',
      name: 'change against what it was compared with',
      cell: (row) => row.effect?.delta ?? '',
    }),
    plain('reps', {
      title: 'n',
      width: 34,
      sort: 'replicates',
      name: 'measurements behind the mean',
      cell: (row) => String(row.replicates),
    }),
    plain('what', {
      title: 'hypothesis',
      width: 200,
      narrowWidth: 90,
      takesRest: true,
      sort: 'hypothesis',
      cell: (row) => ideaName(row),
    }),
    ...board.knobList.map(({ name }, index) => knobColumn(name, index)),
    plain('theme', { title: 'theme', width: 130, cell: (row) => row.theme }),
    plain('by', { title: 'by', width: 100, name: 'who proposed it', cell: (row) => row.proposer }),
    plain('parent', {
      title: 'parent',
      width: 62,
      sort: 'parent',
      cell: (row) => (row.n === 0 ? '' : `#${row.parent}`),
    }),
    plain('lines', { title: 'lines', width: 66, cell: (row) => row.lines }),
    plain('time', { title: 'time', width: 66, sort: 'time', cell: (row) => row.duration }),
    ...(board.economics.usd === undefined
      ? []
      : [plain('cost', { title: 'cost', width: 60, sort: 'cost', cell: (row) => row.cost ?? '' })]),
  ];
}

function knobColumn(name: string, index: number): Column {
  const id = KNOB_PREFIX + name;
  const cell = (row: BoardRow): string => {
    const value = row.knobs?.[index] ?? undefined;
    return value === undefined ? '' : knobText(value);
  };
  return { id, title: name, name: `knob ${name}`, className: 'knob', width: KNOB_WIDTH, sort: id, cell };
}

/** Names of the knobs that are shown until somebody chooses: as many as leave the hypotheses readable. */
export function defaultKnobs(board: Board, columns: readonly Column[], tableWidth: number): string[] {
  const others = columns.filter((column) => !column.id.startsWith(KNOB_PREFIX) && !RARE.has(column.id));
  const fixedWidth = widthOf(others, false) - others.find((column) => column.takesRest)!.width;
  const room = Math.floor((tableWidth - fixedWidth - READABLE) / (KNOB_WIDTH + GAP));
  return knobsWorthShowing(board, Math.max(0, Math.min(MAX_DEFAULT_KNOBS, room)));
}

/** Those that are chosen; `''` = nobody chose. The number stays: without it no row has a name. */
export function chosenColumns(
  columns: readonly Column[],
  chosen: string,
  knobNames: readonly string[],
  isNarrow: boolean,
): readonly Column[] {
  const wanted = new Set(chosen.split(','));
  if (chosen !== '') return columns.filter(({ id }) => id === 'n' || wanted.has(id));
  if (isNarrow) return columns.filter(({ id }) => NARROW_COLUMNS.has(id));
  const knobIds = new Set(knobNames.map((name) => KNOB_PREFIX + name));
  return columns.filter(({ id }) => (id.startsWith(KNOB_PREFIX) ? knobIds.has(id) : !RARE.has(id)));
}

export const isNarrowTable = (tableWidth: number): boolean => tableWidth <= NARROW;

const pixelsOf = (column: Column, isNarrow: boolean): number =>
  isNarrow ? (column.narrowWidth ?? column.width) : column.width;

/** Pixels that the columns need at least. */
function widthOf(columns: readonly Column[], isNarrow: boolean): number {
  const [gap, padding] = isNarrow ? [NARROW_GAP, NARROW_PADDING] : [GAP, PADDING];
  const widths = columns.reduce((sum, column) => sum + pixelsOf(column, isNarrow), 0);
  return widths + gap * (columns.length - 1) + 2 * padding;
}

/** The columns as a grid. Where none takes the rest, the last one does. */
export function gridOf(columns: readonly Column[], isNarrow: boolean): { columns: string; width: string } {
  const restIndex = Math.max(
    columns.findIndex((column) => column.takesRest),
    columns.some((column) => column.takesRest) ? 0 : columns.length - 1,
  );
  const tracks = columns.map((column, index) =>
    index === restIndex ? `minmax(${pixelsOf(column, isNarrow)}px, 1fr)` : `${pixelsOf(column, isNarrow)}px`,
  );
  return { columns: tracks.join(' '), width: `${widthOf(columns, isNarrow)}px` };
}

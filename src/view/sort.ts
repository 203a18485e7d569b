/** The orders of the table of experiments. Pure. */
import type { BoardRow } from './board.ts';
import { KNOB_PREFIX } from './filter.ts';
import type { KnobView } from './types.ts';

type SortKey = (row: BoardRow) => number | string | undefined;

const SORT_KEYS: ReadonlyMap<string, SortKey> = new Map<string, SortKey>([
  ['n', (row) => row.n],
  ['verdict', (row) => row.verdict],
  ['metric', (row) => row.mean?.raw],
  ['gain', (row) => row.effect?.raw],
  ['replicates', (row) => row.replicates],
  ['parent', (row) => row.parent],
  ['time', (row) => row.durationS],
  ['cost', (row) => row.costUsd],
  ['hypothesis', (row) => row.hypothesis],
]);
export const SORT_NAMES = [...SORT_KEYS.keys()];

/**
 * Sorted by a column or a knob (`knob.DEPTH`), `-gain` = greatest first. Numbers stand before words; rows without a
 * value stand last either way.
 */
export function sortRows(
  rows: readonly BoardRow[],
  sortName: string,
  knobList: readonly KnobView[] = [],
): readonly BoardRow[] {
  const direction = sortName.startsWith('-') ? -1 : 1;
  const keyOf = sortKey(sortName.replace(/^-/, ''), knobList);
  const keyedRows = rows.map((row) => ({ row, key: keyOf(row) }));
  keyedRows.sort((left, right) => {
    if (left.key === undefined || right.key === undefined)
      return Number(left.key === undefined) - Number(right.key === undefined);
    if (typeof left.key !== typeof right.key) return typeof left.key === 'number' ? -1 : 1;
    return left.key < right.key ? -direction : left.key > right.key ? direction : 0;
  });
  return keyedRows.map(({ row }) => row);
}

function sortKey(columnName: string, knobList: readonly KnobView[]): SortKey {
  const knobIndex = columnName.startsWith(KNOB_PREFIX)
    ? knobList.findIndex((knob) => knob.name === columnName.slice(KNOB_PREFIX.length))
    : -1;
  if (knobIndex >= 0) return (row) => row.knobs?.[knobIndex] ?? undefined;
  return SORT_KEYS.get(columnName) ?? ((row) => row.n);
}

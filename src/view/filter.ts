/**
 * The filter that people type: `status:kept gain>0.001 theme:DEPTH words`. Every part must hold. A part that is not
 * understood is searched for as a word. Also the orders of the table. Pure.
 */
import type { BoardRow } from './board.ts';

type Row = BoardRow;
export type RowTest = (row: Row) => boolean;

const NUMBER_FIELDS: Readonly<Record<string, (row: Row) => number | undefined>> = {
  n: (row) => row.n,
  gain: (row) => row.effect?.raw,
  metric: (row) => row.mean?.raw,
  value: (row) => row.mean?.raw,
  replicates: (row) => row.replicates,
  parent: (row) => row.parent,
  seconds: (row) => row.durationS,
  cost: (row) => row.costUsd,
};
const TEXT_FIELDS: Readonly<Record<string, (row: Row) => string>> = {
  status: (row) => `${row.verdict} ${row.standing === 'none' ? '' : row.standing}`,
  verdict: (row) => row.verdict,
  standing: (row) => row.standing,
  theme: (row) => row.theme,
  file: (row) => row.theme,
  by: (row) => row.proposer,
};

export function filterOf(query: string): RowTest {
  const tests = (query.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map(testOf);
  return (row) => tests.every((test) => test(row));
}

function testOf(term: string): RowTest {
  const [, negation, fieldName, operator, value] = /^(-?)(\w+)(:|>=|<=|>|<|=)(.+)$/.exec(term) ?? [];
  const test = fieldName === undefined ? wordTest(term) : namedTest(fieldName, operator!, stripQuotes(value!), term);
  return negation === '-' ? (row) => !test(row) : test;
}

const stripQuotes = (text: string): string => text.replaceAll('"', '').toLowerCase();

function namedTest(fieldName: string, operator: string, value: string, term: string): RowTest {
  const textField = TEXT_FIELDS[fieldName];
  if (textField && (operator === ':' || operator === '=')) return (row) => textField(row).toLowerCase().includes(value);
  const numberField = NUMBER_FIELDS[fieldName];
  const wantedNumber = Number(value.replace('#', '').replace('−', '-'));
  if (!numberField || Number.isNaN(wantedNumber)) return wordTest(term);
  return (row) => {
    const actualNumber = numberField(row);
    if (actualNumber === undefined) return false;
    if (operator === '>') return actualNumber > wantedNumber;
    if (operator === '<') return actualNumber < wantedNumber;
    if (operator === '>=') return actualNumber >= wantedNumber;
    return operator === '<=' ? actualNumber <= wantedNumber : actualNumber === wantedNumber;
  };
}

function wordTest(term: string): RowTest {
  const word = stripQuotes(term);
  if (/^#\d+$/.test(word)) return (row) => row.n === Number(word.slice(1));
  return (row) => row.hypothesis.toLowerCase().includes(word) || row.verdict.includes(word);
}

const SORT_KEYS: Readonly<Record<string, (row: Row) => number | string>> = {
  n: (row) => row.n,
  verdict: (row) => row.verdict,
  metric: (row) => row.mean?.raw ?? Number.NaN,
  gain: (row) => row.effect?.raw ?? Number.NaN,
  replicates: (row) => row.replicates,
  parent: (row) => row.parent,
  time: (row) => row.durationS,
  cost: (row) => row.costUsd ?? Number.NaN,
  hypothesis: (row) => row.hypothesis,
};
export const SORT_NAMES = Object.keys(SORT_KEYS);

/** Sorted by a column, `-gain` = greatest first; rows without a number stand last either way. */
export function sortRows(rows: readonly Row[], sortName: string): readonly Row[] {
  const isDescending = sortName.startsWith('-');
  const keyOf = SORT_KEYS[sortName.replace('-', '')] ?? SORT_KEYS.n!;
  const isMissing = (key: number | string): boolean => typeof key === 'number' && Number.isNaN(key);
  const keyedRows = rows.map((row) => ({ row, key: keyOf(row) }));
  keyedRows.sort((left, right) => {
    if (isMissing(left.key) || isMissing(right.key)) return Number(isMissing(left.key)) - Number(isMissing(right.key));
    const direction = left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
    return isDescending ? -direction : direction;
  });
  return keyedRows.map(({ row }) => row);
}

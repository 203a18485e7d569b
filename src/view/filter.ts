/**
 * What people type into the filter: `status:kept gain>0.001 theme:DEPTH words`. Every part must hold. What is not
 * understood is searched for as words. Also the orders of the table. Pure.
 */
import type { BoardRow } from './board.ts';

type Row = BoardRow;
export type Test = (row: Row) => boolean;

const NUMBERS: Readonly<Record<string, (row: Row) => number | undefined>> = {
  n: (row) => row.n,
  gain: (row) => row.effect?.raw,
  metric: (row) => row.mean?.raw,
  value: (row) => row.mean?.raw,
  replicates: (row) => row.replicates,
  parent: (row) => row.parent,
  seconds: (row) => row.durationS,
  cost: (row) => row.costUsd,
};
const WORDS: Readonly<Record<string, (row: Row) => string>> = {
  status: (row) => `${row.verdict} ${row.standing === 'none' ? '' : row.standing}`,
  verdict: (row) => row.verdict,
  standing: (row) => row.standing,
  theme: (row) => row.theme,
  file: (row) => row.theme,
  by: (row) => row.proposer,
};

export function filterOf(text: string): Test {
  const tests = (text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map(testOf);
  return (row) => tests.every((test) => test(row));
}

function testOf(part: string): Test {
  const [, not, name, sign, value] = /^(-?)(\w+)(:|>=|<=|>|<|=)(.+)$/.exec(part) ?? [];
  const test = name === undefined ? wordTest(part) : namedTest(name, sign!, unquoted(value!), part);
  return not === '-' ? (row) => !test(row) : test;
}

const unquoted = (text: string): string => text.replaceAll('"', '').toLowerCase();

function namedTest(name: string, sign: string, value: string, part: string): Test {
  const word = WORDS[name];
  if (word && (sign === ':' || sign === '=')) return (row) => word(row).toLowerCase().includes(value);
  const number = NUMBERS[name];
  const wanted = Number(value.replace('#', '').replace('−', '-'));
  if (!number || Number.isNaN(wanted)) return wordTest(part);
  return (row) => {
    const found = number(row);
    if (found === undefined) return false;
    if (sign === '>') return found > wanted;
    if (sign === '<') return found < wanted;
    if (sign === '>=') return found >= wanted;
    return sign === '<=' ? found <= wanted : found === wanted;
  };
}

function wordTest(part: string): Test {
  const word = unquoted(part);
  if (/^#\d+$/.test(word)) return (row) => row.n === Number(word.slice(1));
  return (row) => row.hypothesis.toLowerCase().includes(word) || row.verdict.includes(word);
}

const ORDERS: Readonly<Record<string, (row: Row) => number | string>> = {
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
export const SORTS = Object.keys(ORDERS);

/** Sorted by a column, `-gain` = greatest first; rows without a number stand last either way. */
export function sorted(rows: readonly Row[], sort: string): readonly Row[] {
  const down = sort.startsWith('-');
  const order = ORDERS[sort.replace('-', '')] ?? ORDERS.n!;
  const missing = (key: number | string): boolean => typeof key === 'number' && Number.isNaN(key);
  const keyed = rows.map((row) => ({ row, key: order(row) }));
  keyed.sort((a, b) => {
    if (missing(a.key) || missing(b.key)) return Number(missing(a.key)) - Number(missing(b.key));
    const way = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    return down ? -way : way;
  });
  return keyed.map(({ row }) => row);
}

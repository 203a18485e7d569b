/** What the README of load-forecast promises, and one clear error for each way in which a person's table can be wrong. */
import { expect, it } from 'vitest';
import { describeArena } from '../../../tests/fixtures/describe-arena.ts';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';

describeArena({
  name: 'load-forecast',
  baseline: { validation: [2.56, 2.58], holdout: [2.72, 2.74] },
  strong: { patch: '01-level-and-two-weeks.patch', validation: [1.38, 1.42], holdout: [1.32, 1.36] },
  cheats: { 'cheat-reads-the-answers.patch': /ENOENT/, 'cheat-no-numbers.patch': /48 finite numbers/ },
  items: 28,
});

const table = (days: number, change: (row: string, i: number) => string = (row) => row): string =>
  [
    'time,load',
    ...Array.from({ length: days * 4 }, (_, i) => change(`${dayOf(i)}T${(i % 4) * 6 + 10}:00,${100 + i}`, i)),
  ].join('\n');
const dayOf = (i: number): string => new Date(Date.UTC(2024, 0, 1 + Math.floor(i / 4))).toISOString().slice(0, 10);

it('takes a table of the person’s own', async () => {
  const { status, stderr, items } = await new ShippedArena('load-forecast', { 'data/load.csv': table(70) }).score();
  expect(status, stderr).toBe(0);
  expect(items).toHaveLength(21);
});

it.each([
  [table(40), /load\.csv has 40 days, at least 68 are needed: 28 of history, 20 of validation, 20 of holdout/],
  [table(70).replace('time,load', 'when,load'), /load\.csv has no column time/],
  [table(70).replaceAll(',', ';'), /seems to be separated by semicolons, not by commas/],
  [
    table(70, (row, i) => (i === 9 ? row.replace(/,.*/, ',nan') : row)),
    /load\.csv line 11: load is "nan": a number is wanted/,
  ],
  [
    table(70, (row, i) => (i === 9 ? row.replace(/,.*/, ',0') : row)),
    /the load at 2024-01-03T16:00 is 0: it must be above 0/,
  ],
  [table(70, (row, i) => (i === 9 ? row.replace('2024-01-03', '2024-01-01') : row)), /does not come after/],
  [table(70, (row, i) => (i === 9 ? '' : row)), /2024-01-03 has 3 values, the first day has 4: give whole days/],
])('says what is wrong with a table: %#', (csv, says) => {
  expect(() => new ShippedArena('load-forecast', { 'data/load.csv': csv })).toThrow(says);
});

/** What the README of insurance promises, and one clear error for each way in which a person's table can be wrong. */
import { expect, it } from 'vitest';
import { describeArena } from '../../../tests/fixtures/describe-arena.ts';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';

describeArena({
  name: 'insurance',
  baseline: { validation: [4.54, 4.57], holdout: [4.36, 4.38] },
  strong: { patch: '01-all-factors.patch', validation: [4.19, 4.21], holdout: [4.06, 4.09] },
  cheats: { 'cheat-reads-the-claims.patch': /ENOENT/, 'cheat-no-rate-for-the-dear.patch': /have no rate above 0/ },
  items: 5058,
});

const HEADER = 'id,household,claims,lncoins,idp,lpi,fmde,physlm,disea,hlthg,hlthf,hlthp';
const table = (change: (cells: string[], i: number) => string[] = (cells) => cells, rows = 1000): string =>
  [
    HEADER,
    ...Array.from({ length: rows }, (_, i) =>
      change(
        [`p${i}`, `h${i >> 1}`, `${i % 4}`, `${i % 3}`, `${i % 2}`, '1', `${i % 5}`, '0', `${i % 7}`, '1', '0', '0'],
        i,
      ),
    ),
  ].join('\n');
const setCell = (row: number, column: number, cell: string): string =>
  table((cells, i) => (i === row ? cells.map((old, j) => (j === column ? cell : old)) : cells));

it('takes a table of the person’s own', async () => {
  const { status, stderr, items } = await new ShippedArena('insurance', { 'data/policies.csv': table() }).score();
  expect(status, stderr).toBe(0);
  expect(items.length).toBeGreaterThan(200);
});

it.each([
  [table((cells) => cells, 200), /policies\.csv: \w+ has \d+ households, at least 40 are needed/],
  [table((cells) => cells.map((cell, i) => (i === 2 ? '0' : cell))), /one class only: every claims is 0/],
  [setCell(5, 0, 'p4'), /line 7: id p4 is there already, on line 6/],
  [setCell(5, 2, '1.5'), /line 7: claims is "1.5": a whole number is wanted/],
  [setCell(5, 2, '-1'), /policies\.csv: p5 has -1 claims/],
  [setCell(5, 8, 'NA'), /line 7: disea is "NA": a number is wanted/],
  [table().replace('household', 'family'), /has no column household/],
])('says what is wrong with a table: %#', (csv, says) => {
  expect(() => new ShippedArena('insurance', { 'data/policies.csv': csv })).toThrow(says);
});

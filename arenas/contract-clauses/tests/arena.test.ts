/** What the README of contract-clauses promises, and one clear error for each way in which a table can be wrong. */
import { expect, it } from 'vitest';
import { describeArena } from '../../../tests/fixtures/describe-arena.ts';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';

describeArena({
  name: 'contract-clauses',
  baseline: { validation: [0.32, 0.34], holdout: [0.305, 0.325] },
  strong: { patch: '01-less-smoothing-and-pairs.patch', validation: [0.44, 0.465], holdout: [0.455, 0.475] },
  cheats: { 'cheat-reads-the-answers.patch': /ENOENT/, 'cheat-no-labels.patch': /clauses have no label/ },
  items: 605,
});

const table = (change: (cells: string[], i: number) => string[] = (cells) => cells, rows = 400): string =>
  [
    'id,group,label,text',
    ...Array.from({ length: rows }, (_, i) =>
      change([`c${i}`, `g${i}`, i % 2 === 0 ? 'term' : 'law', `clause ${i} says ${i * 7}`], i).join(','),
    ),
  ].join('\n');
const setCell = (row: number, column: number, cell: string) =>
  table((cells, i) => (i === row ? cells.map((old, j) => (j === column ? cell : old)) : cells));

it('takes a table of the person’s own', async () => {
  const { status, stderr, items } = await new ShippedArena('contract-clauses', { 'data/clauses.csv': table() }).score();
  expect(status, stderr).toBe(0);
  expect(items.length).toBeGreaterThan(100);
});

it.each([
  [table((cells) => cells, 50), /clauses\.csv: train has 20 clauses, at least 100 are needed: 50 are too few/],
  [table((cells) => [cells[0]!, cells[1]!, 'law', cells[3]!]), /clauses\.csv has one class only: every label is law/],
  [setCell(5, 0, 'c4'), /line 7: id c4 is there already, on line 6/],
  [table().replace('label,', 'class,'), /clauses\.csv has no column label/],
  [setCell(5, 3, ''), /line 7: text is empty/],
  [table((cells) => [...cells.slice(0, 3), 'the same text']), /train and validation share 1 of 1: the same text/],
  [
    table((cells, i) => (i < 12 ? [cells[0]!, cells[1]!, `rare${i}`, cells[3]!] : cells)),
    /no clause of the class rare\d+ \(of c\d+\) is left for training/,
  ],
])('says what is wrong with a table: %#', (csv, says) => {
  expect(() => new ShippedArena('contract-clauses', { 'data/clauses.csv': csv })).toThrow(says);
});

it('refuses a data file that is not the one that came with the arena', () => {
  const change = { 'data/clauses.csv.gz': 'other bytes' };
  expect(() => new ShippedArena('contract-clauses', change)).toThrow(/has the hash [0-9a-f]{64}, not [0-9a-f]{64}/);
});

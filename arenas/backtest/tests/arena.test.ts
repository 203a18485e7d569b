/** What the README of backtest promises, and one clear error for each way in which a person's prices can be wrong. */
import { expect, it } from 'vitest';
import { describeArena } from '../../../tests/fixtures/describe-arena.ts';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';
// @ts-expect-error plain JavaScript of the arena
import { deflatedSharpe, luckOf, probability } from '../sharpe.mjs';
import { rng } from '../../../kit/kit.mjs';

describeArena({
  name: 'backtest',
  baseline: { validation: [4.4, 4.5], holdout: [4.3, 4.4] },
  strong: { patch: '01-more-of-what-fell-behind.patch', validation: [8.3, 8.4], holdout: [7.6, 7.7] },
  cheats: {
    'cheat-reads-the-future.patch': /ENOENT/,
    'cheat-borrowed-money.patch': /weights of 3 in all: at most 1/,
    'cheat-no-numbers.patch': /must be 16 finite numbers/,
  },
  items: 5040,
});

it('a strategy that knows the past by heart is brilliant in validation and worth nothing afterwards', async () => {
  const arena = new ShippedArena('backtest', 'overfit-months-by-heart.patch');
  const [validation, locked] = [await arena.score(), await arena.score({ isHoldout: true })];
  expect(validation.metrics.certain_return).toBeGreaterThan(15);
  expect(locked.metrics.certain_return).toBeLessThan(1);
});

it('the same strategy has the same number whichever symbol is which', async () => {
  const arena = new ShippedArena('backtest', '01-more-of-what-fell-behind.patch');
  const [first, second] = [await arena.score({ seed: 1 }), await arena.score({ seed: 9 })];
  expect(second.metrics.certain_return).toBeCloseTo(first.metrics.certain_return!, 6);
});

it('a deflated Sharpe ratio falls with the number of tries, and holds back luck', () => {
  const chance = rng(5);
  const day = (drift: number): number => drift + 0.01 * chance.normal();
  const flat = Array.from({ length: 2520 }, () => day(0));
  const skilled = Array.from({ length: 2520 }, () => day(0.001));
  const tries = [0, 10, 100, 1000].map((trials) => deflatedSharpe(skilled, flat, trials) as number);
  expect(tries.toSorted((left, right) => right - left)).toEqual(tries);
  // The best of a hundred strategies without skill looks sure until the tries are counted.
  const unskilled = Array.from({ length: 100 }, () => Array.from({ length: 2520 }, () => day(0)));
  const zero = Array.from({ length: 2520 }, (_, i) => (i % 2 === 0 ? 0.01 : -0.01));
  const best = Math.max(...unskilled.map((returns) => deflatedSharpe(returns, zero, 0) as number));
  const counted = Math.max(...unskilled.map((returns) => deflatedSharpe(returns, zero, 100) as number));
  expect(best).toBeGreaterThan(0.95);
  expect(counted).toBeLessThan(0.95);
  expect(luckOf(1, 100)).toBe(0);
  expect(probability(1.6448536)).toBeCloseTo(0.95, 6);
});

const dayOf = (i: number): string => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
const prices = (days: number, change: (row: string, i: number) => string = (row) => row): string =>
  [
    'date,symbol,open,high,low,close,volume',
    ...Array.from({ length: days * 2 }, (_, i) => {
      const close = 100 + Math.sin(i);
      return change(`${dayOf(i >> 1)},${'AB'[i % 2]},100,103,97,${close.toFixed(3)},1000`, i);
    }),
  ].join('\n');

it('takes prices of the person’s own', async () => {
  const arena = new ShippedArena('backtest', { 'data/prices.csv': prices(900) });
  const { status, stderr, items } = await arena.score();
  expect(status, stderr).toBe(0);
  expect(items).toHaveLength(432);
});

const at = (i: number, change: (row: string) => string): string =>
  prices(900, (row, index) => (index === i ? change(row) : row));

it.each([
  [prices(500), /500 days, at least 882 are needed: 252 to look back on, 420 of validation, the others locked/],
  [prices(900).replace('date,', 'when,'), /prices\.csv has no column date/],
  [prices(900).replaceAll(',', ';'), /seems to be separated by semicolons/],
  [at(8, (row) => row.replace(',100,', ',nan,')), /line 10: open is "nan": a number is wanted/],
  [at(8, (row) => row.replace(',97,', ',0,')), /A on 2020-01-05 has the low 0: prices must be above 0/],
  [at(8, (row) => row.replace(',103,', ',99,')), /must lie between low 97 and high 99/],
  [at(8, (row) => row.replace('2020-01-05', '5.1.2020')), /must look like 2024-01-31/],
  [at(8, (row) => row.replace('2020-01-05', '2019-01-05')), /2019-01-05 comes after 2020-01-04: sort by date/],
  [at(9, (row) => row.replace(',B,', ',A,')), /A is there twice on 2020-01-05/],
  [at(9, () => ''), /B is missing on 2020-01-05: give every symbol on every day/],
  [prices(900).replaceAll(/.*,B,.*\n?/g, ''), /there is one symbol, at least two are needed/],
])('says what is wrong with prices: %#', (csv, says) => {
  expect(() => new ShippedArena('backtest', { 'data/prices.csv': csv })).toThrow(says);
});

import { describe, expect, it } from 'vitest';
import { lordAlpha, spendEvenly, spendOnFirst } from './error-budget.ts';

describe('the error budget of claims', () => {
  it('gives the first test 2 %, and less to each further one', () => {
    // To repeat by hand: 80 % of 0.05 / 2.
    expect(lordAlpha(1, [])).toBeCloseTo(0.02, 12);
    const levels = Array.from({ length: 50 }, (_, i) => lordAlpha(i + 1, []));
    expect(levels.every((level, i) => i === 0 || level <= levels[i - 1]!)).toBe(true);
  });

  it('gets back by a true claim what it spent', () => {
    // Test 2 after a discovery at test 1: its own share and that of a new first test, both of 0.025.
    expect(lordAlpha(2, [])).toBeCloseTo(0.025 * spendOnFirst(2), 12);
    expect(lordAlpha(2, [1])).toBeCloseTo(0.025 * spendOnFirst(2) + 0.025 * spendOnFirst(1), 12);
    expect(lordAlpha(3, [1, 2])).toBeCloseTo(
      0.025 * spendOnFirst(3) + 0.025 * spendOnFirst(2) + 0.05 * spendOnFirst(1),
      12,
    );
  });

  it('spends at most half of the error rate in a lab where nothing is ever found', () => {
    let [sum, last] = [0, 1];
    for (let test = 1; test <= 100_000; test++) {
      expect(spendOnFirst(test)).toBeLessThanOrEqual(last);
      last = spendOnFirst(test);
      sum += lordAlpha(test, []);
    }
    expect(sum).toBeLessThan(0.025);
    expect(spendOnFirst(0)).toBe(0);
  });

  it('keeps more for later where many questions are asked: a lab of items', () => {
    const levels = Array.from({ length: 30 }, (_, i) => lordAlpha(i + 1, [], spendEvenly));
    // To repeat by hand: 0.025 / ζ(1.6), and 2 ** −1.6 of it.
    expect(levels[0]).toBeCloseTo(0.010937, 6);
    expect(levels[1]).toBeCloseTo(0.010937 * 2 ** -1.6, 6);
    expect(levels[9]! / lordAlpha(10, [])).toBeGreaterThan(2);
    let total = 0;
    for (let test = 1; test <= 100_000; test++) total += spendEvenly(test);
    expect(total).toBeGreaterThan(0.99);
    expect(total).toBeLessThan(1);
    expect(spendEvenly(0)).toBe(0);
  });
});

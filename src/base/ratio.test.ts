import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { ratioOfSums } from './ratio.ts';

const units = (gains: readonly number[], costs: readonly number[]) =>
  gains.map((gain, i) => ({ gain, cost: costs[i]! }));

describe('the ratio of two sums', () => {
  it('has the interval of the ratio estimator, worked out by hand', () => {
    // Sum of gains 12, of costs 24: R = 0.5. Residuals 1 for half of the units, −1 for the others: squares 12.
    const sample = units([2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0], Array(12).fill(2));
    const { ratio, interval } = ratioOfSums(sample)!;
    expect(ratio).toBe(0.5);
    // t with 11 degrees of freedom is 2.2010; sqrt(12 · 12 / 11) / 24 = 0.15076.
    expect(interval[0]).toBeCloseTo(0.5 - 2.201 * 0.15076, 3);
    expect(interval[1]).toBeCloseTo(0.5 + 2.201 * 0.15076, 3);
  });

  it('has no width where gains follow costs, and does not go below 0', () => {
    const costs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const exact = ratioOfSums(
      units(
        costs.map((cost) => 3 * cost),
        costs,
      ),
    )!;
    expect(exact.ratio).toBe(3);
    expect(exact.interval[1] - exact.interval[0]).toBeCloseTo(0, 9);
    expect(
      ratioOfSums(units([9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], Array(12).fill(1)))!.interval[0],
    ).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['few units', units(Array(9).fill(1), Array(9).fill(1))],
    ['few gains', units([1, 1, ...Array(10).fill(0)], Array(12).fill(1))],
    ['no cost', units(Array(12).fill(1), Array(12).fill(0))],
    ['nothing', []],
  ])('is not given with %s', (_, sample) => {
    expect(ratioOfSums(sample)).toBeUndefined();
  });

  it('covers the truth in about 19 of 20 samples, in fewer where gains are rare', () => {
    const chance = createRandom(5);
    const covered = (gainShare: number): number => {
      let [hits, given] = [0, 0];
      for (let sample = 0; sample < 2000; sample++) {
        const drawn = Array.from({ length: 60 }, () => {
          const cost = 0.5 + chance.uniform();
          return { gain: chance.uniform() < gainShare ? 2 * chance.uniform() : 0, cost };
        });
        const found = ratioOfSums(drawn);
        if (!found) continue;
        given++;
        if (found.interval[0] <= gainShare && gainShare <= found.interval[1]) hits++;
      }
      return hits / given;
    };
    expect(covered(0.5)).toBeGreaterThan(0.93);
    expect(covered(0.1)).toBeGreaterThan(0.85);
  });
});

import { describe, expect, it } from 'vitest';
import { createRandom } from '../../base/random.ts';
import { tQuantile } from '../../base/distributions.ts';
import { emptyPool } from '../../base/stats.ts';
import { compareFresh, compareFreshPairs, isStale, looksOf, takeLook } from './claim-test.ts';

const [first, second, last] = looksOf(1, false);

describe('the looks of a claim', () => {
  it('are three, of more numbers each; the champion needs no more than three', () => {
    expect(looksOf(1, false).map(({ candidates, champions }) => [candidates, champions])).toEqual([
      [2, 2],
      [4, 3],
      [6, 3],
    ]);
    expect(looksOf(2, true).map(({ candidates, champions }) => [candidates, champions])).toEqual([
      [4, 4],
      [8, 8],
      [12, 12],
    ]);
  });

  it('together pass by chance no more often than the level of the claim', () => {
    // Known noise, as many numbers of a fixed other side as could be: sums of standard normal numbers.
    const chance = createRandom(5);
    const [nights, level] = [200_000, 0.02];
    const limits = [first!, second!, last!].map((look) => tQuantile(1 - level * look.share, 1e9));
    let passed = 0;
    for (let night = 0; night < nights; night++) {
      let sum = 0;
      let [hasPassed, count] = [false, 0];
      for (const [i, look] of [first!, second!, last!].entries()) {
        for (; count < look.candidates; count++) sum += chance.normal();
        if (sum / Math.sqrt(count) > limits[i]!) hasPassed = true;
      }
      if (hasPassed) passed++;
    }
    expect(passed / nights).toBeGreaterThan(0.0185);
    expect(passed / nights).toBeLessThan(0.0212);
  });

  it('end a claim below half a standard error at first, below one afterwards, and never at the last', () => {
    const at = (difference: number, look: typeof first) => takeLook({ difference, se: 1, dof: 20 }, look!, 0.02);
    expect([0.49, 0.51].map((z) => at(z, first).isFutile)).toEqual([true, false]);
    expect([0.99, 1.01].map((z) => at(z, second).isFutile)).toEqual([true, false]);
    expect(at(-9, last)).toMatchObject({ isFutile: false, passed: false });
    const border = tQuantile(1 - 0.02 * 0.06, 20);
    expect([border - 0.001, border + 0.001].map((z) => at(z, first).passed)).toEqual([false, true]);
  });
});

describe('the comparison of fresh numbers', () => {
  const noise = { sigma: 1, dof: 4 };

  it('has the known noise on both sides where the candidate is as quiet', () => {
    const { se, dof } = compareFresh([5, 5.1], [0, 0, 0, 0], noise);
    expect(se).toBeCloseTo(Math.sqrt(1 / 2 + 1 / 4), 12);
    // (1/2 + 1/4)² / ((1/2)² / 2 + (1/4)² / 4)
    expect(dof).toBeCloseTo(0.5625 / (0.125 + 0.015625), 12);
  });

  it('has the candidate’s own noise where that is larger, with the known one as one repeat', () => {
    // Squares 4.5 and 1 over 2 degrees of freedom.
    const { se, difference } = compareFresh([6.5, 3.5], [0, 0, 0, 0], noise);
    expect(difference).toBe(5);
    expect(se).toBeCloseTo(Math.sqrt(5.5 / 2 / 2 + 1 / 4), 12);
  });

  it('has that alone where it is much larger: the known one says nothing of such code', () => {
    // Squares 18 over 1 degree of freedom, which is more than 1 + 3 √2 times the known variance.
    const { se, dof } = compareFresh([8, 2], [0, 0, 0, 0], noise);
    expect(se).toBeCloseTo(Math.sqrt(18 / 2 + 1 / 4), 12);
    expect(dof).toBeLessThan(1.1);
  });

  it('of pairs has the spread that the lab knows of pairs, and not less', () => {
    const known = { sigma: 1, dof: 4, pairs: { ss: 0.5, dof: 5 } };
    expect(compareFreshPairs([2, 2, 2, 2], known).se).toBeCloseTo(Math.sqrt(0.1 / 4), 12);
    expect(compareFreshPairs([2, 2, 2, 2], { ...known, pairs: emptyPool }).se).toBeCloseTo(Math.sqrt(2 / 4), 12);
    // Squares 4 and twice 0.1 over 3 degrees of freedom.
    expect(compareFreshPairs([1, 3], known)).toMatchObject({ difference: 2, dof: 3 });
    expect(compareFreshPairs([1, 3], known).se).toBeCloseTo(Math.sqrt(2.2 / 3 / 2), 12);
  });
});

it('earlier numbers are not stale before there is a fresh one', () => {
  expect(isStale([1, 2], [], 0.1)).toBe(false);
});

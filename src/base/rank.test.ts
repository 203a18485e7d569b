import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreement, nonDominated, promote } from './rank.ts';

describe('agreement of short and long runs', () => {
  it('is Kendall’s τ with its interval', () => {
    const found = agreement([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 3, 5, 8, 6, 7]);
    // scipy.stats.kendalltau; the interval is Fisher's transformation with the variance 0.437 / (8 − 4).
    expect(found.tau).toBeCloseTo(0.7142857142857142, 12);
    expect(found.pairs).toBe(8);
    expect(found.interval[0]).toBeCloseTo(0.2430764558783783, 12);
    expect(found.interval[1]).toBeCloseTo(0.9127430634336796, 12);
    expect(found).not.toHaveProperty('warning');
  });

  it('of a perfect order has an interval that ends at 1, of a turned order one that ends at −1', () => {
    const [perfect, turned] = [
      agreement([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
      agreement([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]),
    ];
    expect(perfect).toMatchObject({ tau: 1, interval: [expect.closeTo(0.939, 3), 1] });
    expect(turned).toMatchObject({ tau: -1, interval: [-1, expect.closeTo(-0.939, 3)] });
  });

  it('counts a tie as neither', () => {
    expect(agreement([1, 1, 2], [1, 2, 3]).tau).toBeCloseTo(2 / 3, 12);
    expect(agreement([1, 2, 3], [1, 1, 2]).tau).toBeCloseTo(2 / 3, 12);
  });

  it('has no interval with four pairs and one with five; no rank at all with fewer than two', () => {
    expect(agreement([1, 2, 3, 4], [1, 2, 4, 3])).toMatchObject({ pairs: 4, interval: [-1, 1] });
    expect(agreement([1, 2, 3], [1, 3, 2])).toMatchObject({ pairs: 3, interval: [-1, 1] });
    expect(agreement([1, 2, 3, 4, 5], [1, 2, 4, 3, 5]).interval[0]).toBeGreaterThan(-1);
    expect(agreement([1], [1])).toMatchObject({ tau: 0, pairs: 1 });
    expect(agreement([2, 1], [1, 2])).toMatchObject({ tau: -1, pairs: 2 });
  });

  it('compares as many as both lists have', () => {
    expect(agreement([1, 2, 3], [5, 6])).toMatchObject({ tau: 1, pairs: 2 });
    expect(agreement([1, 2], [5, 6, 7])).toMatchObject({ tau: 1, pairs: 2 });
  });

  it('warns below six pairs and below a τ of one half, and not at them', () => {
    const warns = (short: readonly number[], long: readonly number[]) => agreement(short, long).warning !== undefined;
    expect(warns([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])).toBe(true);
    expect(warns([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6])).toBe(false);
    // 8 values have 28 pairs: with 7 of them turned τ is exactly 0.5, with 8 it is 3/7.
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(agreement(numbers, [8, 1, 2, 3, 4, 5, 6, 7])).toMatchObject({ tau: 0.5 });
    expect(warns(numbers, [8, 1, 2, 3, 4, 5, 6, 7])).toBe(false);
    expect(warns(numbers, [8, 1, 2, 3, 4, 5, 7, 6])).toBe(true);
  });
});

describe('promotion', () => {
  it('keeps the best part of the losses in their old order, at least one, and no failure', () => {
    expect(promote([9, 1, 8, 2, 7, 3, 6, 4, 5])).toEqual([1, 3, 5]);
    expect(promote([9, 1, 8, 2, 7, 3, 6, 4], 2)).toEqual([1, 3, 5, 7]);
    expect(promote([5, 4])).toEqual([1]);
    expect(promote([undefined, 3, undefined])).toEqual([1]);
    expect(promote([undefined])).toEqual([]);
  });

  it('prefers the earlier of equal losses, and gives the order of the places', () => {
    expect(promote([1, 1, 1, 1, 1, 1])).toEqual([0, 1]);
    expect(promote([4, 4, 3, 4, 2, 4])).toEqual([2, 4]);
    expect(promote([4, 2, 4, 4, 1, 4])).toEqual([1, 4]);
  });
});

describe('what no other beats', () => {
  const point = (...at: number[]) => ({ at });

  it('is every point of which no other is as good everywhere and better somewhere', () => {
    const place = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place, place), { maxLength: 12 }), (tuples) => {
        const points = tuples.map((at) => ({ at }));
        const isBeaten = (a: readonly number[]): boolean =>
          points.some(({ at: b }) => b.every((value, i) => value >= a[i]!) && b.some((value, i) => value > a[i]!));
        const expected = points.filter(({ at }) => !isBeaten(at));
        expect(new Set(nonDominated(points))).toEqual(new Set(expected));
        expect(nonDominated(points)).toHaveLength(expected.length);
      }),
    );
  });

  it('comes with the best in the first place first, and leaves the list as it is', () => {
    const points = [point(1, 5), point(3, 1), point(2, 4), point(2, 3)];
    expect(nonDominated(points).map(({ at }) => at)).toEqual([
      [3, 1],
      [2, 4],
      [1, 5],
    ]);
    expect(points.map(({ at }) => at[0])).toEqual([1, 3, 2, 2]);
  });
});

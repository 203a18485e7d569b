import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { robustRange } from './robust-range.ts';

describe('the range of an axis', () => {
  it('is not ruled by one outlier, and says how many values lie beyond', () => {
    expect(robustRange([1, 1.1, 1.2, 1.05, 1.15, 37])).toEqual({ low: 1, high: 1.2, below: 0, above: 1 });
    expect(robustRange([-400, 1, 1.1, 1.2, 1.05, 1.15])).toEqual({ low: 1, high: 1.2, below: 1, above: 0 });
  });

  it('holds what must be shown, however far away', () => {
    expect(robustRange([1, 1.1, 1.2, 1.05, 1.15, 37], [37])).toMatchObject({ high: 37, above: 0 });
    expect(robustRange([], [2, 3])).toEqual({ low: 2, high: 3, below: 0, above: 0 });
  });

  it('takes the distance of what must be shown where most values are equal', () => {
    expect(robustRange([1, 1, 1, 1, 1, 90], [1, 2])).toMatchObject({ low: 1, high: 2, above: 1 });
    expect(robustRange([1, 1, 1, 1, 1, 90])).toMatchObject({ high: 90, above: 0 });
  });

  it('is undefined without a finite value', () => {
    expect(robustRange([Number.NaN, Number.POSITIVE_INFINITY])).toBeUndefined();
  });

  it('loses no value: each is inside or counted', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const range = robustRange(values);
        expect(range === undefined).toBe(values.length === 0);
        if (!range) return;
        const inside = values.filter((value) => value >= range.low && value <= range.high).length;
        expect(inside + range.below + range.above).toBe(values.length);
        expect(inside).toBeGreaterThanOrEqual(values.length / 2);
      }),
    );
  });
});

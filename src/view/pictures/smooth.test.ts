/** Smoothing as TensorBoard does it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smoothValues } from './smooth.ts';

describe('a smoothed curve', () => {
  it('is the moving average, corrected for its start', () => {
    const [first, second, third] = smoothValues([1, 2, 6], 0.5);
    expect(first).toBeCloseTo(1, 12);
    expect(second).toBeCloseTo((0.25 * 1 + 0.5 * 2) / 0.75, 12);
    expect(third).toBeCloseTo((0.125 * 1 + 0.25 * 2 + 0.5 * 6) / 0.875, 12);
  });

  it('is the curve itself without smoothing, and where the curve is constant', () => {
    expect(smoothValues([3, 1, 2], 0)).toEqual([3, 1, 2]);
    for (const value of smoothValues(Array<number>(500).fill(0.7), 0.99)) expect(value).toBeCloseTo(0.7, 9);
  });

  it('steps over what is no number', () => {
    const [first, gap, next] = smoothValues([1, Number.NaN, 1], 0.9);
    expect([first, gap]).toEqual([expect.closeTo(1, 9), Number.NaN]);
    expect(next).toBeCloseTo(1, 9);
  });

  it('never leaves the range of the values before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, weight) => {
          smoothValues(values, weight).forEach((value, index) => {
            const seen = values.slice(0, index + 1);
            expect(value).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-3);
            expect(value).toBeLessThanOrEqual(Math.max(...seen) + 1e-3);
          });
        },
      ),
    );
  });
});

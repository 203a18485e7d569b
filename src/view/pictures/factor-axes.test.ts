import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knobAxis, metricAxis, positionOnAxis, valueOnAxis } from './factor-axes.ts';
import { robustLimits } from './scale.ts';

describe('an axis of a picture of knobs', () => {
  it('is logarithmic where the manifest says so or the values span much, and never over zero', () => {
    expect(knobAxis('A', [1, 2], true).log).toBe(true);
    expect(knobAxis('A', [1, 2], false).log).toBe(false);
    expect(knobAxis('A', [1, 100], false).log).toBe(true);
    expect(knobAxis('A', [0, 100], true).log).toBe(false);
  });

  it('has levels where a value is a word, and no place for what it does not know', () => {
    const axis = knobAxis('A', ['b', 'a', undefined, 'b'], false);
    expect(axis.levels).toEqual(['a', 'b']);
    expect([positionOnAxis(axis, 'a'), positionOnAxis(axis, 'b'), positionOnAxis(axis, 'c')]).toEqual([0, 1, null]);
    expect(positionOnAxis(axis, undefined)).toBeNull();
    expect(positionOnAxis(knobAxis('A', [3], false), 3)).toBe(0.5);
  });

  it('finds the value at the place of a value', () => {
    const numbers = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, numbers, fc.boolean(), (first, second, value, isLog) => {
        fc.pre(Math.abs(first - second) > 1e-3);
        const axis = knobAxis('A', [first, second], isLog);
        expect(valueOnAxis(axis, positionOnAxis(axis, value)!)).toBeCloseTo(value, 5);
      }),
    );
  });
});

describe('the axis of the metric', () => {
  const values = [1, 1.1, 1.2, 1.3, 1.4, 900];

  it('is not ruled by one outlier, counts it, and has the best on top', () => {
    const axis = metricAxis('loss', values, true, String);
    expect(axis.range).toEqual([1.4, 1]);
    expect(axis.clipped).toBe(1);
    expect(positionOnAxis(axis, 1)).toBe(1);
    expect(metricAxis('score', values, false, String).range).toEqual([1, 1.4]);
    for (const tick of axis.ticks) expect(tick.at).toBeGreaterThanOrEqual(-1e-9);
  });
});

describe('limits without outliers', () => {
  it('are the lowest and the highest value where none is far away, and where most are equal', () => {
    expect(robustLimits([3, 1, 2])).toEqual([1, 3]);
    expect(robustLimits([5, 5, 5, 5, 9])).toEqual([5, 9]);
    expect(robustLimits([])).toEqual([0, 1]);
    expect(robustLimits([Number.NaN, 4, Number.POSITIVE_INFINITY])).toEqual([4, 4]);
  });

  it('hold at least half of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
        (values) => {
          const [low, high] = robustLimits(values);
          expect(values.filter((value) => value >= low && value <= high).length).toBeGreaterThanOrEqual(
            values.length / 2,
          );
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { addToStep, smallestDeviation, type ValueStep } from './value-step.ts';

const see = (values: readonly number[]): ValueStep | undefined =>
  values.reduce<ValueStep | undefined>((seen, value) => addToStep(seen, value), undefined);
const stepOf = (values: readonly number[]): number => smallestDeviation(see(values)) * Math.sqrt(12);

describe('the step between values', () => {
  it('is the largest that explains them all: integers, halves, accuracies of 200 items', () => {
    expect(stepOf([9, 10, 9, 12, 11, 9])).toBeCloseTo(1, 9);
    expect(stepOf([10, 12.5, 15, 11, 11.5])).toBeCloseTo(0.5, 9);
    expect(stepOf([0.85, 0.855, 0.87, 0.84, 0.845, 0.9])).toBeCloseTo(0.005, 9);
    expect(stepOf([-3, -6, -12, 0, 9])).toBeCloseTo(3, 9);
  });

  it('is found at any scale and offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 1000 }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (offset, step) => {
          const values = [0, 1, 3, 2, 7, 5].map((multiple) => (offset + multiple) * step);
          expect(stepOf(values) / step).toBeCloseTo(1, 5);
        },
      ),
    );
  });

  it('of two values is their distance, once most repeats agree', () => {
    expect(stepOf([9, 9, 9, 10, 9, 9])).toBeCloseTo(1, 9);
    expect(stepOf([9, 10, 9, 10, 9])).toBe(0);
  });

  it('of values that are no multiples of anything is as small as their digits', () => {
    const chance = createRandom(5);
    expect(stepOf(Array.from({ length: 12 }, () => 5 + chance.normal()))).toBeLessThan(1e-3);
  });

  it('is not known of few values, or of equal ones', () => {
    expect([stepOf([]), stepOf([1, 2, 3, 4]), stepOf([7, 7, 7, 7, 7, 7])]).toEqual([0, 0, 0]);
  });
});

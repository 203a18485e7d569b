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

describe('a metric without steps', () => {
  const deviationsOf = (values: readonly number[]): number[] => {
    let seen: ValueStep | undefined;
    return values.map((value) => smallestDeviation((seen = addToStep(seen, value))));
  };

  it('gets none from a value that is larger than those before, as in a lab that made nine of minus fifteen', () => {
    const noisy = [9.047748427, 9.132376465, 8.91699055, 8.979644676, 9.124848259, 8.995044627];
    const rest = [10.003231485, 10.003231485, 9.083591574, 6, 3, 0, -3, -6, -9, -12, -15, 1e6, -1e-3];
    expect(Math.max(...deviationsOf([...noisy, ...rest]))).toBeLessThan(1e-6);
  });

  it('never has a floor that its numbers do not explain, in whatever order and size they come', () => {
    const chance = createRandom(17);
    for (let lab = 0; lab < 300; lab++) {
      const size = 10 ** (chance.uniform() * 12 - 6);
      const values = Array.from({ length: 40 }, () => size * chance.normal() * 10 ** (2 * chance.uniform()));
      expect(Math.max(...deviationsOf(values).slice(6)) / size).toBeLessThan(1e-4);
    }
  });

  it('is told from one with steps, which keeps its floor for ever', () => {
    const chance = createRandom(19);
    const counts = Array.from({ length: 60 }, () => 0.25 * chance.below(4000));
    expect(deviationsOf(counts).at(-1)).toBeCloseTo(0.25 / Math.sqrt(12), 12);
  });
});

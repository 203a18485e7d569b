/** Shrinkage takes back what choosing the best of many has added, and nothing where there is no noise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from './random.ts';
import { priorOf, shrink } from './shrink.ts';

describe('a shrunken estimate', () => {
  it('promises no more than is true, on average, of the best of many', () => {
    const chance = random(7);
    let [raw, shrunken, true_] = [0, 0, 0];
    for (let lab = 0; lab < 300; lab++) {
      const ideas = Array.from({ length: 40 }, () => {
        const truth = 0.5 * chance.normal() - 0.3;
        return { truth, effect: truth + chance.normal(), se: 1 };
      });
      const best = ideas.reduce((a, b) => (b.effect > a.effect ? b : a));
      raw += best.effect;
      shrunken += shrink(best.effect, 1, priorOf(ideas)!).effect;
      true_ += best.truth;
    }
    expect(raw / 300 - true_ / 300).toBeGreaterThan(1.3);
    expect(Math.abs(shrunken / 300 - true_ / 300)).toBeLessThan(0.15);
  });

  it('lies between the measured effect and the usual one, and is the measured one without noise', () => {
    const numbers = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.001, max: 50, noNaN: true }), numbers, (effect, se, mean) => {
        const found = shrink(effect, se, { mean, variance: 1 });
        expect(found.effect).toBeGreaterThanOrEqual(Math.min(effect, mean) - 1e-9);
        expect(found.effect).toBeLessThanOrEqual(Math.max(effect, mean) + 1e-9);
        expect(found.probability).toBeGreaterThanOrEqual(0);
        expect(found.probability).toBeLessThanOrEqual(1);
      }),
    );
    expect(shrink(3, 0, { mean: -1, variance: 1 })).toEqual({ effect: 3, probability: 1 });
  });

  it('needs eight effects, and is not widened by one broken idea', () => {
    const quiet = Array.from({ length: 9 }, (_, i) => ({ effect: (i - 4) / 10, se: 0.01 }));
    expect(priorOf(quiet.slice(0, 7))).toBeUndefined();
    const broken = priorOf([...quiet, { effect: -1000, se: 0.01 }])!;
    expect(broken.variance).toBeLessThan(1);
  });
});

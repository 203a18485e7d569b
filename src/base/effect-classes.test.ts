/** Harm, nothing and help: the chances agree with the truth where the truth is known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { classifyEffects, type MeasuredEffect } from './effect-classes.ts';

type Chance = ReturnType<typeof createRandom>;

/** Labs of so many ideas, each measured with an error of 1; a share helps, a share does nothing, the others harm. */
function labs(count: number, ideas: number, draw: (chance: Chance) => number, seed = 1) {
  const chance = createRandom(seed);
  return Array.from({ length: count }, () => {
    const truths = Array.from({ length: ideas }, () => draw(chance));
    const effects = truths.map((truth): MeasuredEffect => ({ effect: truth + chance.normal(), variance: 1 }));
    return { truths, effects, beliefs: classifyEffects(effects, 1) };
  });
}

const mixed =
  (size: number) =>
  (chance: Chance): number => {
    const kind = chance.uniform();
    const amount = size * Math.exp(0.7 * chance.normal());
    return kind < 0.2 ? amount : kind < 0.5 ? 0 : -amount;
  };

describe('the classes of an effect', () => {
  it('add up to one and are finite for any effects', () => {
    const effect = fc.record({
      effect: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      variance: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(effect, { minLength: 1, maxLength: 30 }), (effects) => {
        for (const belief of classifyEffects(effects, Math.sqrt(effects[0]!.variance))) {
          expect(belief.help + belief.nothing + belief.harm).toBeCloseTo(1, 9);
          for (const value of Object.values(belief)) expect(Number.isFinite(value)).toBe(true);
        }
      }),
    );
  });

  it.each([3, 6])('agree with the truth where effects are %d errors large', (size) => {
    const all = labs(40, 60, mixed(size)).flatMap(({ truths, beliefs }) =>
      truths.map((truth, i) => ({ truth, belief: beliefs[i]! })),
    );
    const share = (holds: (truth: number) => boolean): number =>
      all.filter(({ truth }) => holds(truth)).length / all.length;
    const said = (kind: 'help' | 'nothing' | 'harm'): number =>
      all.reduce((total, { belief }) => total + belief[kind], 0) / all.length;
    // Effects much smaller than their error cannot be told from none.
    expect(Math.abs(said('help') - share((truth) => truth > 0))).toBeLessThan(0.1);
    expect(Math.abs(said('nothing') - share((truth) => truth === 0))).toBeLessThan(0.25);
    const sure = all.filter(({ belief }) => belief.help > 0.9);
    expect(sure.length).toBeGreaterThan(100);
    expect(sure.filter(({ truth }) => truth <= 0).length / sure.length).toBeLessThan(0.06);
  });

  it('take hardly anything for help where nothing does anything', () => {
    const all = labs(40, 60, () => 0).flatMap(({ beliefs }) => beliefs);
    expect(all.filter(({ help }) => help > 0.9).length / all.length).toBeLessThan(0.01);
    expect(all.reduce((total, { help }) => total + help, 0) / all.length).toBeLessThan(0.3);
  });

  it('learn from the other effects of the lab, and never from the effect itself alone', () => {
    const others = (effect: number): MeasuredEffect[] =>
      Array.from({ length: 30 }, (_, i) => ({ effect: effect + ((i % 7) - 3) / 3, variance: 1 }));
    const beliefOf = (effects: readonly MeasuredEffect[]) => classifyEffects(effects, 1).at(-1)!;
    const measured = { effect: 2.5, variance: 1 };
    expect(beliefOf([...others(3), measured]).help).toBeGreaterThan(0.95);
    expect(beliefOf([...others(0), measured]).help).toBeLessThan(0.8);
    expect(beliefOf([...others(0), measured]).effect).toBeLessThan(1.8);
    expect(beliefOf([...others(0), { effect: -9, variance: 1 }])).toMatchObject({
      harm: expect.closeTo(1, 3),
      effect: expect.closeTo(-9, 0),
    });
  });

  it('depend on no unit', () => {
    const effects = Array.from({ length: 12 }, (_, i) => ({ effect: i - 7, variance: 1 }));
    const scaled = effects.map(({ effect }) => ({ effect: 1e-6 * effect, variance: 1e-12 }));
    for (const [i, belief] of classifyEffects(scaled, 1e-6).entries())
      expect(belief.help).toBeCloseTo(classifyEffects(effects, 1)[i]!.help, 9);
  });
});

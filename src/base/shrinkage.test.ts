/** Shrinkage takes back what choosing has added, along a whole night, and nothing where there is no doubt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { shrinkEffects, priorOf, type TriedCode } from './shrinkage.ts';

/** A greedy night: each idea on the last one that measured better, one number each, noise 1. */
function night(seed: number, ideas: number, spread: number, usual: number) {
  const chance = createRandom(seed);
  const truth = [0];
  const numbers = Array.from({ length: 5 }, () => chance.normal());
  const tried: TriedCode[] = [{ parent: -1, mean: numbers.reduce((a, b) => a + b, 0) / 5, count: 5 }];
  const kept: number[] = [];
  let incumbent = 0;
  for (let n = 1; n <= ideas; n++) {
    truth.push(truth[incumbent]! + usual + spread * chance.normal());
    tried.push({ parent: incumbent, mean: truth[n]! + chance.normal(), count: 1 });
    if (tried[n]!.mean <= tried[incumbent]!.mean) continue;
    incumbent = n;
    kept.push(n);
  }
  const effectOf = (n: number): number => truth[n]! - truth[tried[n]!.parent]!;
  return { tried, kept, effectOf, gain: truth[incumbent]! };
}

describe('a shrunken estimate', () => {
  it('of the best of many promises no more than is true, on average', () => {
    let [raw, shrunken, true_] = [0, 0, 0];
    for (let lab = 0; lab < 300; lab++) {
      const chance = createRandom(lab + 7);
      const truths = Array.from({ length: 40 }, () => 0.5 * chance.normal() - 0.3);
      const tried: TriedCode[] = [
        { parent: -1, mean: 0, count: 1e6 },
        ...truths.map((truth) => ({ parent: 0, mean: truth + chance.normal(), count: 1 })),
      ];
      const best = tried.reduce((a, x, i) => (i > 0 && x.mean > tried[a]!.mean ? i : a), 1);
      raw += tried[best]!.mean;
      shrunken += shrinkEffects(tried, 1)![best]!.effect;
      true_ += truths[best - 1]!;
    }
    expect(raw / 300 - true_ / 300).toBeGreaterThan(1.3);
    expect(Math.abs(shrunken / 300 - true_ / 300)).toBeLessThan(0.15);
  });

  it.each([
    ['small steps, most of them harmful', 0.8, -0.7],
    ['steps as large as the noise', 1.5, -0.5],
  ])('of the steps of a greedy night adds up to what the night gained: %s', (_, spread, usual) => {
    let [claimed, believed, gained, chances, better, steps] = [0, 0, 0, 0, 0, 0];
    for (let seed = 1; seed <= 150; seed++) {
      const { tried, kept, effectOf, gain } = night(seed, 60, spread, usual);
      const found = shrinkEffects(tried, 1)!;
      for (const n of kept) {
        claimed += tried[n]!.mean - tried[tried[n]!.parent]!.mean;
        believed += found[n]!.effect;
        chances += found[n]!.probability;
        better += effectOf(n) > 0 ? 1 : 0;
        steps++;
      }
      gained += gain;
    }
    expect(claimed / gained).toBeGreaterThan(1.1);
    expect(Math.abs(believed - gained) / claimed).toBeLessThan(0.05);
    expect(Math.abs(chances - better) / steps).toBeLessThan(0.04);
  });

  it('learns from what was made on a step how lucky the step was, and from a control even more', () => {
    const ideas: TriedCode[] = Array.from({ length: 12 }, (_, i) => ({ parent: 0, mean: (i - 6) / 3, count: 1 }));
    const tried: TriedCode[] = [{ parent: -1, mean: 0, count: 5 }, ...ideas, { parent: 0, mean: 3, count: 1 }];
    const alone = shrinkEffects(tried, 1)![13]!.effect;
    const children = Array.from({ length: 6 }, (): TriedCode => ({ parent: 13, mean: 0.2, count: 1 }));
    const followed = shrinkEffects([...tried, ...children], 1)![13]!.effect;
    expect(followed).toBeLessThan(alone);
    const controlled = shrinkEffects([...tried, ...children, { parent: 13, mean: 0, count: 4, same: true }], 1)![13]!
      .effect;
    expect(controlled).toBeLessThan(followed);
  });

  it('is not dragged along by what was made on a step and broke', () => {
    const ideas: TriedCode[] = Array.from({ length: 12 }, (_, i) => ({ parent: 0, mean: (i - 6) / 3, count: 1 }));
    const tried: TriedCode[] = [{ parent: -1, mean: 0, count: 5 }, ...ideas, { parent: 0, mean: 2, count: 1 }];
    const before = shrinkEffects(tried, 1)![13]!.effect;
    const broken = shrinkEffects([...tried, { parent: 13, mean: -1000, count: 1 }], 1)!;
    expect(Math.abs(broken[13]!.effect - before)).toBeLessThan(0.1);
    expect(broken[14]!.effect).toBeLessThan(-100);
  });

  it('is finite for any tree of numbers, its probabilities too, and says nothing of what has no number', () => {
    const node = fc.record({
      up: fc.nat(50),
      mean: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      count: fc.nat(3),
      same: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(node, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (nodes, sigma) => {
          const tried = nodes.map(({ up, ...x }, i) => ({ ...x, parent: i === 0 ? -1 : Math.max(0, i - 1 - up) }));
          for (const [i, x] of (shrinkEffects(tried, sigma) ?? []).entries()) {
            if (tried[i]!.count === 0) expect(x).toBeUndefined();
            if (!x) continue;
            expect(Number.isFinite(x.effect)).toBe(true);
            expect(x.probability).toBeGreaterThanOrEqual(0);
            expect(x.probability).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('needs noise and eight effects, and is not widened by one broken idea', () => {
    const quiet = Array.from({ length: 9 }, (_, i) => ({ effect: (i - 4) / 10, se: 0.01 }));
    expect(priorOf(quiet.slice(0, 7))).toBeUndefined();
    expect(priorOf([...quiet, { effect: -1000, se: 0.01 }])!.variance).toBeLessThan(1);
    expect(
      shrinkEffects(
        [
          { parent: -1, mean: 0, count: 1 },
          { parent: 0, mean: 1, count: 1 },
        ],
        1,
      ),
    ).toBeUndefined();
    expect(shrinkEffects([{ parent: -1, mean: 0, count: 1 }], 0)).toBeUndefined();
  });
});

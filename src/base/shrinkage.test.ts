/** Shrinkage takes back what choosing has added, along a whole night, and nothing where there is no doubt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { shrinkEffects, priorOf, type TriedCode } from './shrinkage.ts';

/** Parent, mean, count, and 1 for unchanged code. */
type Row = readonly [number, number, number, 1?];

/**
 * Trees, and what their steps are worth by a dense computation in numpy: the joint normal distribution of all pieces of
 * code is conditioned on all numbers by one matrix inverse, round after round.
 */
const TREES: readonly {
  name: string;
  sigma: number;
  rows: readonly Row[];
  worth: readonly (number | undefined)[];
}[] = [
  {
    name: 'steps on steps',
    sigma: 0.8,
    rows: [
      [-1, 10, 5],
      [0, 9.2, 1],
      [0, 10.6, 1],
      [2, 11.5, 2],
      [2, 9.9, 1],
      [3, 11.1, 1],
      [3, 12.4, 1],
      [6, 12.0, 3],
      [6, 11.2, 1],
      [6, 13.1, 1],
      [9, 12.2, 1],
    ],
    worth: [
      undefined,
      0.370427067715,
      0.517118802013,
      0.579612065654,
      0.38434939105,
      0.431578092033,
      0.528647349035,
      0.459169567839,
      0.398946159086,
      0.520645971151,
      0.435438274487,
    ],
  },
  {
    name: 'controls and a piece without numbers',
    sigma: 0.8,
    rows: [
      [-1, 10, 5],
      [0, 9.2, 1],
      [0, 10.6, 1],
      [2, 11.5, 2],
      [2, 10.2, 3, 1],
      [3, 11.1, 1],
      [3, 12.4, 1],
      [6, 12.9, 2, 1],
      [6, 11.2, 1],
      [6, 13.1, 1],
      [9, 12.2, 1],
      [9, 14, 0],
      [11, 13.5, 1],
      [9, 11.9, 1],
    ],
    worth: [
      undefined,
      -0.0333353637967,
      0.517105184375,
      0.828126549284,
      undefined,
      0.139537787032,
      0.800616239034,
      undefined,
      -0.0787835267706,
      0.313209475138,
      0.135229511097,
      undefined,
      undefined,
      0.0417455315779,
    ],
  },
  {
    name: 'a step of its own kind',
    sigma: 0.5,
    rows: [
      [-1, 0, 4],
      [0, -0.5, 1],
      [0, 0.4, 1],
      [0, -0.2, 1],
      [2, 0.9, 1],
      [2, -0.1, 1],
      [4, -60, 1],
      [6, -59, 2],
      [4, 1.2, 1],
      [8, 0.8, 1],
      [8, 1.9, 2],
      [10, 1.5, 1],
    ],
    worth: [
      undefined,
      0.238067211736,
      0.369998810095,
      0.279280240509,
      0.427360927648,
      0.242188678078,
      -13.0648278148,
      0.394277638462,
      0.385375376877,
      0.254176682053,
      0.432777806186,
      0.290886801929,
    ],
  },
  {
    name: 'effects that are less than their noise',
    sigma: 1.0,
    rows: [
      [-1, 0, 9],
      [0, -0.9, 1],
      [0, 0.8, 1],
      [0, -0.3, 1],
      [0, 0.35, 1],
      [0, 0.1, 1],
      [0, -0.12, 1],
      [0, 0.6, 1],
      [0, -0.7, 1],
      [0, 0.05, 1],
    ],
    worth: [
      undefined,
      -0.0252153086796,
      0.0727234176363,
      0.00935130060838,
      0.0467984606703,
      0.0323957068004,
      0.0197212833948,
      0.0612012145403,
      -0.0136931055836,
      0.0295151560264,
    ],
  },
];

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
  it.each(TREES)('is the joint normal distribution given all numbers: $name', ({ sigma, rows, worth }) => {
    const tried = rows.map(([parent, mean, count, same]) => ({ parent, mean, count, ...(same && { same: true }) }));
    const found = shrinkEffects(tried, sigma)!;
    expect(found.map((each) => each !== undefined)).toEqual(worth.map((each) => each !== undefined));
    for (const [i, expected] of worth.entries()) {
      if (expected !== undefined) expect(found[i]!.effect).toBeCloseTo(expected, 9);
    }
  });

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
        chances += found[n]!.help;
        better += effectOf(n) > 0 ? 1 : 0;
        steps++;
      }
      gained += gain;
    }
    expect(claimed / gained).toBeGreaterThan(1.1);
    expect(Math.abs(believed - gained) / claimed).toBeLessThan(0.05);
    // Where no idea does exactly nothing, the chances are a little too modest.
    expect(better - chances).toBeGreaterThan(0);
    expect((better - chances) / steps).toBeLessThan(0.25);
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

  it('is not changed by a child that has no number', () => {
    const ideas: TriedCode[] = Array.from({ length: 12 }, (_, i) => ({ parent: 0, mean: (i - 6) / 3, count: 1 }));
    const tried: TriedCode[] = [{ parent: -1, mean: 0, count: 5 }, ...ideas];
    const found = shrinkEffects(tried, 1)!;
    for (const parent of [0, 1])
      expect(shrinkEffects([...tried, { parent, mean: 7, count: 0 }], 1)).toEqual([...found, undefined]);
  });

  it('settles by its mean and by its spread, in units of the noise', () => {
    const tried: TriedCode[] = [
      { parent: -1, mean: 0, count: 50 },
      ...Array.from({ length: 9 }, (_, i) => ({ parent: 0, mean: 3 + (i - 4) / 50, count: 4 })),
    ];
    const scaled = tried.map((each) => ({ ...each, mean: each.mean * 1000 }));
    for (const [i, each] of shrinkEffects(tried, 1)!.entries())
      if (each) expect(shrinkEffects(scaled, 1000)![i]!.effect / 1000).toBeCloseTo(each.effect, 9);
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
        // Fewer than eight effects give no answer, which would be finite for nothing.
        fc.array(node, { minLength: 20, maxLength: 60 }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (nodes, sigma) => {
          const tried = nodes.map(({ up, ...x }, i) => ({ ...x, parent: i === 0 ? -1 : Math.max(0, i - 1 - up) }));
          for (const [i, x] of (shrinkEffects(tried, sigma) ?? []).entries()) {
            if (tried[i]!.count === 0) expect(x).toBeUndefined();
            if (!x) continue;
            expect(Number.isFinite(x.effect)).toBe(true);
            for (const chance of [x.help, x.nothing, x.harm]) expect(chance).toBeGreaterThanOrEqual(0);
            expect(x.help + x.nothing + x.harm).toBeCloseTo(1, 9);
          }
        },
      ),
    );
  });

  it('needs noise and eight effects, and is not widened by one broken idea', () => {
    const quiet = Array.from({ length: 9 }, (_, i) => ({ effect: (i - 4) / 10, se: 0.01 }));
    expect(priorOf(quiet.slice(0, 7))).toBeUndefined();
    // Medians of −0.4, …, 0.3: −0.05, deviation 0.2 · 1.4826.
    expect(priorOf(quiet.slice(0, 8))!.mean).toBeCloseTo(-0.05, 12);
    expect(priorOf(quiet.slice(0, 8))!.variance).toBeCloseTo(0.29652 ** 2 - 0.0001, 12);
    // All spread is noise: a tenth of the noise is left.
    expect(priorOf(quiet.map(({ effect }) => ({ effect, se: 2 })))!.variance).toBeCloseTo(0.4, 12);
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
    const many = Array.from({ length: 12 }, (_, i) => ({ parent: i === 0 ? -1 : 0, mean: i, count: 1 }));
    expect(shrinkEffects(many, 1)).toHaveLength(12);
    for (const sigma of [0, -1, Number.NaN]) expect(shrinkEffects(many, sigma)).toBeUndefined();
  });
});

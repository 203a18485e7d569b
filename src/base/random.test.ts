import { describe, expect, it } from 'vitest';
import { createRandom, seedOf } from './random.ts';

describe('chance', () => {
  it('is the same for the same seed on every machine', () => {
    const one = createRandom(42);
    expect([one.uniform(), one.below(100), one.normal()].map((x) => x.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.153772",
        "85.000000",
        "0.045264",
      ]
    `);
    const draw = createRandom(2 ** 32 + 7);
    expect(Array.from({ length: 6 }, () => draw.uniform())).toEqual(
      Array.from(
        { length: 6 },
        (
          (other) => () =>
            other.uniform()
        )(createRandom(7)),
      ),
    );
    const again = createRandom(42);
    expect(again.uniform()).toBe(createRandom(42).uniform());
  });

  it('is even, normal, and inside its bounds', () => {
    const draw = createRandom(7);
    const even = Array.from({ length: 20_000 }, () => draw.uniform());
    expect(Math.min(...even)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...even)).toBeLessThan(1);
    expect(even.reduce((a, b) => a + b, 0) / even.length).toBeCloseTo(0.5, 1);
    const normal = Array.from({ length: 20_000 }, () => draw.normal());
    const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length)).toBeCloseTo(1, 1);
    expect(new Set(Array.from({ length: 1000 }, () => draw.below(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('makes seeds of names: positive, below 2^31, rarely equal', () => {
    const seeds = Array.from({ length: 5000 }, (_, i) => seedOf(`lab/${i}`));
    for (const seed of seeds) expect(Number.isInteger(seed) && seed > 0 && seed < 2 ** 31).toBe(true);
    expect(new Set(seeds).size).toBeGreaterThan(4990);
  });

  // The numbers of an implementation written independently from the papers.
  it.each([
    [7, [210494603, 711084892, 3993689120, 4089369890, 1706118055, 2746022466, 1316796690, 458993998, 2822620451]],
    [
      2 ** 32 - 1,
      [4104197751, 1825856343, 1152209388, 2427537429, 3685145430, 609215610, 4161674276, 1502890106, 904255344],
    ],
  ])('is xoshiro128** seeded by splitmix32: seed %i', (seed, words) => {
    const draw = createRandom(seed);
    expect(words.map(() => draw.uniform() * 2 ** 32)).toEqual(words);
  });

  it('makes a normal number of two even ones', () => {
    expect(createRandom(7).normal()).toBeCloseTo(0.16041188673684276, 14);
    expect(createRandom(2 ** 32 - 1).normal()).toBeCloseTo(-2.224460217174172, 14);
  });

  it('makes the same seed of the same name for ever', () => {
    const seeds = ['', 'a', 'lab/0', 'overnight'].map(seedOf);
    expect(seeds).toEqual([1436499462, 222320858, 1210676594, 1655366670]);
  });
});

import { describe, expect, it } from 'vitest';
import { createRandom, seedOf } from './random.ts';

describe('seeded chance', () => {
  it('is the same for the same seed on every machine', () => {
    const one = createRandom(42);
    expect([one.uniform(), one.below(100), one.normal()].map((x) => x.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.153772",
        "85.000000",
        "0.045264",
      ]
    `);
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
});

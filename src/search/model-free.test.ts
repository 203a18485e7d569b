/** Points without a model: by chance, and by the scrambled Sobol sequence. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { randomPoint, randomSampler, sobolSampler } from './model-free.ts';
import { SOBOL_DIMENSIONS, scrambledSobolAt } from './sobol/sobol.ts';
import { createSpace, type Point } from './space.ts';
import type { History, Sampler } from './trial.ts';

const space = createSpace([
  { name: 'x', kind: 'float', low: 0, high: 1 },
  { name: 'c', kind: 'categorical', values: ['a', 'b', 'c'] },
]);
const history = { space } as History;
const pointOf = (sampler: Sampler, id: number, attempt = 0): Point =>
  sampler.propose({ id, attempt, chance: createRandom(1), feasible: () => 1 }).point;

describe('a random point', () => {
  it('is uniform on each scale, and any category', () => {
    const chance = createRandom(3);
    const points = Array.from({ length: 300 }, () => randomPoint(space, chance));
    expect(points.every(([x]) => x! >= 0 && x! < 1)).toBe(true);
    expect(points.filter(([x]) => x! < 0.5).length).toBeGreaterThan(100);
    for (const level of [0, 1, 2]) expect(points.filter(([, c]) => c === level).length).toBeGreaterThan(60);
    expect(new Set(points.map(([, c]) => c))).toEqual(new Set([0, 1, 2]));
  });

  it('is drawn from the chance of the ask', () => {
    const sampler = randomSampler(history);
    expect(sampler.name).toBe('random');
    expect(pointOf(sampler, 0)).toEqual(randomPoint(space, createRandom(1)));
  });
});

describe('the Sobol sequence', () => {
  const sampler = sobolSampler(history, 5);

  it('gives each trial its own point, and later points where that one cannot be used', () => {
    expect(sampler.name).toBe('sobol');
    const x = (id: number, attempt: number): number => pointOf(sampler, id, attempt)[0]!;
    expect([x(0, 0), x(1, 0), x(7, 0)]).toEqual([0, 1, 7].map((index) => scrambledSobolAt(index, 0, 5)));
    expect([x(0, 1), x(2, 1), x(2, 3)]).toEqual([65537, 65665, 65667].map((index) => scrambledSobolAt(index, 0, 5)));
    expect(pointOf(sobolSampler(history, 6), 0)).not.toEqual(pointOf(sampler, 0));
  });

  it('says which point it is, and why another one', () => {
    const why = (attempt: number): string =>
      sampler.propose({ id: 4, attempt, chance: createRandom(1), feasible: () => 1 }).why;
    expect(why(0)).toContain('point 4');
    expect(why(1)).not.toContain('point 4');
  });

  it('has every category equally often', () => {
    const levels = Array.from({ length: 300 }, (_, id) => pointOf(sampler, id)[1]!);
    for (const level of [0, 1, 2]) expect(levels.filter((each) => each === level).length).toBeGreaterThan(90);
  });

  it('has independent numbers for the knobs beyond its table', () => {
    const wide = createSpace(
      Array.from({ length: SOBOL_DIMENSIONS + 2 }, (_, i) => ({ name: `x${i}`, kind: 'float', low: 0, high: 1 })),
    );
    const wideSampler = sobolSampler({ space: wide } as History, 5);
    const [first, second] = [pointOf(wideSampler, 0), pointOf(wideSampler, 1)];
    const last = SOBOL_DIMENSIONS - 1;
    expect(first[last]).toBe(scrambledSobolAt(0, last, 5));
    const beyond = [first, second].flatMap((point) => point.slice(SOBOL_DIMENSIONS));
    expect(new Set(beyond).size).toBe(4);
    expect(beyond.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(pointOf(wideSampler, 0)).toEqual(first);
    expect(pointOf(sobolSampler({ space: wide } as History, 6), 0)[last + 1]).not.toBe(first[last + 1]);
  });
});

/**
 * What the parts of CMA-ES on a space are for, each shown by a problem that goes worse without it: margin and warm
 * start (restarts and learning rates, which need thousands of trials: tests/search.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../base/random.ts';
import type { CmaSamplerOptions } from './sampler.ts';
import type { Param } from '../param.ts';
import { createSearch } from '../search.ts';
import type { Values } from '../space.ts';

type Fn = (values: Values) => number;
const floats = (d: number, start: number): Param[] =>
  Array.from({ length: d }, (_, i) => ({ name: `x${i}`, kind: 'float', low: -10, high: 10, default: start }));
const at = (values: Values, name: string): number => Number(values[name]);

/** The best loss of so many trials. */
function best(space: readonly Param[], f: Fn, cma: CmaSamplerOptions, seed: number, trials: number): number {
  const search = createSearch({ space, sampler: 'cma-es', seed, cma });
  for (let i = 0; i < trials; i++) for (const trial of search.ask()) search.tell(trial.id, f(trial.values));
  return search.best!.value;
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!;

describe('CMA-ES on a space', () => {
  it('does not freeze on whole numbers with a margin, and often does without', () => {
    const space = [
      ...floats(3, 8),
      ...[0, 1, 2].map((i): Param => ({ name: `n${i}`, kind: 'int', low: -10, high: 10, default: 8 })),
    ];
    // The numbers matter a thousand times more, so the steps are small before the whole numbers are right.
    const f: Fn = (v) => [0, 1, 2].reduce((s, i) => s + 100 * at(v, `x${i}`) ** 2 + 0.1 * at(v, `n${i}`) ** 2, 0);
    const reached = (margin: boolean): number =>
      [1, 2, 3, 4, 5].filter((seed) => best(space, f, { margin, restarts: 'none', sigma: 0.1 }, seed, 1300) < 1e-6)
        .length;
    expect(reached(true)).toBeGreaterThanOrEqual(4);
    expect(reached(false)).toBeLessThanOrEqual(2);
  });

  it('starts where an earlier search of something similar was good', () => {
    const bowl =
      (centre: number): Fn =>
      (v) =>
        [0, 1, 2, 3, 4].reduce((s, i) => s + (i + 1) ** 3 * (at(v, `x${i}`) - centre) ** 2, 0);
    const space = floats(5, -8);
    const chance = createRandom(9);
    const earlier = Array.from({ length: 100 }, () => {
      const values = Object.fromEntries(space.map(({ name }) => [name, 20 * chance.uniform() - 10]));
      return { values, loss: bowl(3)(values) };
    });
    const found = (cma: CmaSamplerOptions): number =>
      median([1, 2, 3, 4, 5].map((seed) => best(space, bowl(3.5), cma, seed, 80)));
    expect(found({ earlier })).toBeLessThan(found({}) / 2);
    expect(found({ earlier, warm: false })).toBe(found({}));
  });

  it('refuses a configuration of an earlier search that is not of this space', () => {
    const earlier = [{ values: { y: 1 }, loss: 1 }];
    expect(() => createSearch({ space: floats(2, 0), sampler: 'cma-es', cma: { earlier } })).toThrow(
      'There is no knob "y"',
    );
  });
});

/**
 * What takes the optimizers seconds to show: CMA-ES against the reference implementation, its restarts, its learning
 * rates under noise.
 */
import { describe, expect, it } from 'vitest';
import { isLongCase, medianEvaluations, reference } from '../../bench/search-cma.ts';
import { createRandom, seedOf } from '../../src/base/random.ts';
import { createSearch, type Param, type Values } from '../../src/search/index.ts';

type Fn = (values: Values) => number;
const floats = (d: number, start: number): Param[] =>
  Array.from({ length: d }, (_, i) => ({ name: `x${i}`, kind: 'float', low: -10, high: 10, default: start }));
const at = (values: Values, name: string): number => Number(values[name]);
const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!;

describe('CMA-ES', () => {
  it.each(reference.rows.filter(isLongCase))(
    'reaches 1e-9 on the $f in $n dimensions in 15 % more evaluations than the reference implementation at most',
    (row) => expect(medianEvaluations(row)).toBeLessThanOrEqual(1.15 * row.median),
  );

  it('leaves local optima by restarts with growing populations', () => {
    const f: Fn = (v) =>
      [0, 1, 2].reduce((s, i) => {
        const z = at(v, `x${i}`) / 2 - 1.1;
        return s + 10 * (1 - Math.cos(2 * Math.PI * z)) + z * z;
      }, 0);
    const best = (restarts: 'ipop' | 'bipop' | 'none'): number =>
      median(
        [1, 2, 3].map((seed) => {
          const search = createSearch({ space: floats(3, 6), sampler: 'cma-es', seed, cma: { restarts, sigma: 0.1 } });
          for (let i = 0; i < 2500; i++) for (const trial of search.ask()) search.tell(trial.id, f(trial.values));
          return search.best!.value;
        }),
      );
    const without = best('none');
    expect(best('ipop')).toBeLessThan(without / 2);
    expect(best('bipop')).toBeLessThan(without / 2);
  });

  it('comes nearer to the optimum under strong noise when it adapts its learning rates', () => {
    const f: Fn = (v) => [0, 1, 2, 3].reduce((s, i) => s + (at(v, `x${i}`) - 1) ** 2, 0);
    const distance = (noisy: boolean, seed: number): number => {
      const search = createSearch({
        space: floats(4, 4),
        sampler: 'cma-es',
        seed,
        cma: { noisy, restarts: 'none' },
      });
      const chance = createRandom(seedOf(`noise/${seed}`));
      for (let i = 0; i < 2400; i++) for (const t of search.ask()) search.tell(t.id, f(t.values) + 5 * chance.normal());
      // Where it looks at the end, not what luck called the best.
      const last = search.history.told.slice(-80).map((t) => t.trial.values);
      return f(Object.fromEntries(floats(4, 0).map(({ name }) => [name, median(last.map((v) => at(v, name)))])));
    };
    const seeds = [1, 2, 3, 4, 5];
    expect(median(seeds.map((s) => distance(true, s)))).toBeLessThan(median(seeds.map((s) => distance(false, s))));
  });
});

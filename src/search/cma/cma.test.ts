/** CMA-ES as an algorithm: convergence on the standard functions, injection, margin, learning rates. */
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, isLongCase, medianEvaluations, reference } from '../../../bench/search-cma.ts';
import { createRandom } from '../../base/random.ts';
import { Cma } from './cma.ts';
import { cmaConstants } from './constants.ts';
import { keepMargin } from './margin.ts';
import { normalCdf } from '../../base/distributions.ts';
import { compileParam } from '../param.ts';

const median = (xs: number[]): number => xs.sort((a, b) => a - b)[xs.length >> 1]!;

describe('CMA-ES', () => {
  it('has the default constants of the tutorial', () => {
    const k = cmaConstants(10, 10, true);
    expect(k.parentCount).toBe(5);
    expect(k.weights.slice(0, 5).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(k.weights[9]).toBeLessThan(0);
    expect(k.effectiveParents).toBeCloseTo(3.1672, 3);
    expect(k.clipLength).toBeCloseTo(Math.sqrt(10) + 20 / 12, 12);
  });

  // The longer ones take a dozen seconds: tests/search.test.ts.
  it.each(reference.rows.filter((row) => !isLongCase(row)))(
    'reaches 1e-9 on the $f in $n dimensions in 15 % more evaluations than the reference implementation at most',
    (row) => {
      expect(new Cma({ mean: Array(row.n).fill(0), sigma: 1 }).lambda).toBe(row.population);
      expect(medianEvaluations(row)).toBeLessThanOrEqual(1.15 * row.median);
    },
  );

  it('shortens an injected step to √n + 2n/(n + 2) standard deviations, so that a far point does not blow it up', () => {
    const run = (outside: boolean): Cma => {
      const cma = new Cma({ mean: [0, 0, 0, 0], sigma: 1, lambda: 8 });
      const chance = createRandom(5);
      const samples = Array.from({ length: 7 }, () => ({ x: cma.sample(chance), loss: 1 }));
      cma.update([...samples, { x: [1000, 0, 0, 0], loss: 0, outside }]);
      return cma;
    };
    expect(run(true).mean[0]).toBeLessThan(2.5);
    expect(run(false).mean[0]).toBeGreaterThan(100);
    expect(run(true).sigma).toBeLessThan(2.8);
  });

  it('slows down under noise when it adapts its learning rates, and ends nearer to the optimum', () => {
    const distance = (noisy: boolean, seed: number): number => {
      const chance = createRandom(seed);
      const cma = new Cma({ mean: Array(5).fill(3), sigma: 2, noisy });
      for (let g = 0; g < 700; g++) {
        cma.update(
          Array.from({ length: cma.lambda }, () => {
            const x = cma.sample(chance);
            return { x, loss: FUNCTIONS.sphere(x) + chance.normal() };
          }),
        );
      }
      return FUNCTIONS.sphere(cma.mean);
    };
    const seeds = [1, 2, 3, 4, 5];
    expect(median(seeds.map((s) => distance(true, s)))).toBeLessThan(median(seeds.map((s) => distance(false, s))));
  });

  it('keeps a chance of 1/(nλ) for the neighbours of a discrete value that has taken over', () => {
    const dims = [
      compileParam({ name: 'n', kind: 'int', low: 1, high: 5 }),
      compileParam({ name: 'x', kind: 'float', low: 0, high: 1 }),
    ];
    const alpha = 0.05;
    for (const mean of [0.5, 0.44, 0.1]) {
      const cma = new Cma({ mean: [mean, 0.5], sigma: 0.001 });
      keepMargin(cma, dims, alpha);
      const [low, high] = dims[0]!.edges(mean);
      const sigma = cma.deviation(0);
      const below = low > 0 ? normalCdf((low - cma.mean[0]!) / sigma) : 0;
      const above = high < 1 ? normalCdf((cma.mean[0]! - high) / sigma) : 0;
      expect(below + above).toBeGreaterThan(0.049);
      if (low > 0 && high < 1) expect(Math.min(below, above)).toBeGreaterThanOrEqual(alpha / 2 - 1e-9);
      expect(cma.deviation(1)).toBe(0.001);
    }
  });

  it('refuses a generation of the wrong size', () => {
    expect(() => new Cma({ mean: [0, 0], sigma: 1 }).update([])).toThrow('6 samples');
  });
});

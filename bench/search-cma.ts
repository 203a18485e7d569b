/**
 * Our CMA-ES on the cases that were recorded with the reference implementation (search-cma.py wrote search-cma.json:
 * versions, seeds, counts): evaluations until 1e-9 with the same start, step size, population and number of runs. Knows
 * nothing about spaces and samplers.
 */
import { readFileSync } from 'node:fs';
import { createRandom } from '../src/base/random.ts';
import { Cma } from '../src/search/index.ts';

export interface Case {
  readonly f: 'sphere' | 'ellipsoid' | 'rosenbrock';
  readonly n: number;
  /** Every coordinate of the first mean. */
  readonly start: number;
  readonly sigma: number;
  /** Evaluations after which a run is given up. */
  readonly limit: number;
  readonly population: number;
  readonly median: number;
}

interface Reference {
  readonly versions: { readonly cma: string; readonly numpy: string; readonly python: string };
  readonly target: number;
  readonly seeds: readonly number[];
  readonly rows: readonly Case[];
}

export const reference = JSON.parse(readFileSync(new URL('search-cma.json', import.meta.url), 'utf8')) as Reference;

type Fn = (x: ArrayLike<number>) => number;

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

export const FUNCTIONS: Readonly<Record<Case['f'], Fn>> = {
  sphere: (x) => sum(x.length, (i) => x[i]! * x[i]!),
  ellipsoid: (x) => sum(x.length, (i) => 1e6 ** (i / (x.length - 1)) * x[i]! * x[i]!),
  rosenbrock: (x) => sum(x.length - 1, (i) => 100 * (x[i + 1]! - x[i]! * x[i]!) ** 2 + (1 - x[i]!) ** 2),
};

/** Evaluations until the target, whole generations; Infinity for a run that does not get there. */
function evaluations({ f, n, start, sigma, limit }: Case, seed: number): number {
  const cma = new Cma({ mean: new Array<number>(n).fill(start), sigma });
  const chance = createRandom(seed);
  for (let count = 0; count < limit;) {
    const samples = Array.from({ length: cma.lambda }, () => {
      const x = cma.sample(chance);
      return { x, loss: FUNCTIONS[f](x) };
    });
    count += cma.lambda;
    if (samples.some(({ loss }) => loss <= reference.target)) return count;
    cma.update(samples);
  }
  return Number.POSITIVE_INFINITY;
}

/** Cases that are too slow for the tests that run all the time. */
export const isLong = (row: Case): boolean => row.median > 3000;

/** Our median over the seeds of the record. */
export function medianOf(row: Case): number {
  const counts = reference.seeds.map((seed) => evaluations(row, seed)).sort((a, b) => a - b);
  return counts[counts.length >> 1]!;
}

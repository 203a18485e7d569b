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
  readonly versions: { readonly distribution: string; readonly numpy: string; readonly python: string };
  readonly target: number;
  readonly seeds: readonly number[];
  readonly rows: readonly Case[];
}

export const reference = JSON.parse(readFileSync(new URL('search-cma.json', import.meta.url), 'utf8')) as Reference;

type TestFunction = (point: ArrayLike<number>) => number;

function sumOfTerms(evaluationCount: number, termAt: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < evaluationCount; i++) total += termAt(i);
  return total;
}

export const FUNCTIONS: Readonly<Record<Case['f'], TestFunction>> = {
  sphere: (point) => sumOfTerms(point.length, (i) => point[i]! * point[i]!),
  ellipsoid: (point) => sumOfTerms(point.length, (i) => 1e6 ** (i / (point.length - 1)) * point[i]! * point[i]!),
  rosenbrock: (point) =>
    sumOfTerms(point.length - 1, (i) => 100 * (point[i + 1]! - point[i]! * point[i]!) ** 2 + (1 - point[i]!) ** 2),
};

/** Evaluations until the target, whole generations; Infinity for a run that does not get there. */
function countEvaluations(
  { f: functionName, n: dimension, start: startCoordinate, sigma, limit }: Case,
  seed: number,
): number {
  const distribution = new Cma({ mean: new Array<number>(dimension).fill(startCoordinate), sigma });
  const chance = createRandom(seed);
  for (let evaluationCount = 0; evaluationCount < limit;) {
    const samples = Array.from({ length: distribution.lambda }, () => {
      const point = distribution.sample(chance);
      return { x: point, loss: FUNCTIONS[functionName](point) };
    });
    evaluationCount += distribution.lambda;
    if (samples.some(({ loss }) => loss <= reference.target)) return evaluationCount;
    distribution.update(samples);
  }
  return Number.POSITIVE_INFINITY;
}

/** Cases that are too slow for the tests that run all the time. */
export const isLongCase = (referenceCase: Case): boolean => referenceCase.median > 3000;

/** Our median over the seeds of the record. */
export function medianEvaluations(referenceCase: Case): number {
  const evaluationCounts = reference.seeds
    .map((seed) => countEvaluations(referenceCase, seed))
    .sort((left, right) => left - right);
  return evaluationCounts[evaluationCounts.length >> 1]!;
}

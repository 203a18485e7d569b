/**
 * Sampling without a model: independent random points, and the scrambled Sobol sequence. Other samplers are compared
 * with them, and start from them.
 */
import type { Random } from '../base/random.ts';
import { createRandom } from '../base/random.ts';
import { SOBOL_DIMENSIONS, scrambledSobolAt } from './sobol/sobol.ts';
import type { Point, Space } from './space.ts';
import type { History, Sampler } from './trial.ts';

/** Uniform on every knob's own scale. */
export function randomPoint(space: Space, chance: Random): Point {
  return space.dims.map((dimension) =>
    dimension.kind === 'category' ? chance.below(dimension.levels) : chance.uniform(),
  );
}

export function randomSampler(history: History): Sampler {
  return {
    name: 'random',
    propose: ({ chance }) => ({ point: randomPoint(history.space, chance), why: 'uniformly at random' }),
  };
}

/**
 * Point number `index` of the space's scrambled Sobol sequence. Knobs beyond the table's dimensions get independent
 * numbers.
 */
function sobolPoint(space: Space, index: number, seed: number): Point {
  const padding = createRandom((seed ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0);
  return space.dims.map((dimension, knob) => {
    const coordinate = knob < SOBOL_DIMENSIONS ? scrambledSobolAt(index, knob, seed) : padding.uniform();
    return dimension.kind === 'category' ? Math.floor(coordinate * dimension.levels) : coordinate;
  });
}

/** Trial i is point i of the sequence. A point that cannot be used is replaced by a much later one of the sequence. */
export function sobolSampler(history: History, seed: number): Sampler {
  return {
    name: 'sobol',
    propose: ({ id, attempt }) => ({
      point: sobolPoint(history.space, attempt === 0 ? id : 65536 + id * 64 + attempt, seed),
      why:
        attempt === 0
          ? `point ${id} of a scrambled Sobol sequence`
          : 'a later point of the Sobol sequence, because the first one could not be used',
    }),
  };
}

/**
 * The yardstick that a model must beat: plain local search from the default, one or two knobs at a time. Whatever
 * measured better is where the next step starts.
 */
import type { Random } from '../src/base/random.ts';
import type { History, Sampler } from '../src/search/trial.ts';

/** A step of a continuous knob, in ranges. */
const STEP = 0.15;

export function localSearch({ space, told }: History): Sampler {
  const moved = (coordinate: number, knob: number, chance: Random): number => {
    const dimension = space.dims[knob]!;
    if (Number.isNaN(coordinate)) return coordinate;
    if (dimension.kind === 'category') return chance.below(dimension.levels);
    const size = Math.max(STEP, 1 / dimension.levels);
    return Math.min(1, Math.max(0, coordinate + size * chance.normal()));
  };
  return {
    name: 'local',
    propose: ({ chance }) => {
      const best = told.reduce((lowest, next) => (next.mean < lowest.mean ? next : lowest), told[0]!);
      const knobs = [
        chance.below(space.dims.length),
        ...(chance.uniform() < 0.5 ? [chance.below(space.dims.length)] : []),
      ];
      const origin = best ? best.trial.point : space.encode(space.start);
      return {
        point: origin.map((coordinate, knob) => (knobs.includes(knob) ? moved(coordinate, knob, chance) : coordinate)),
        why: 'a step from the best',
      };
    },
  };
}

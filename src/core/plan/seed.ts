/** Seeds of measurements: owned by the harness. */
import { seedOf } from '../../base/random.ts';
import { arenaOf, type LabState } from '../state.ts';

/** Seed of the measurement that would be made next. It does not depend on the idea that is measured. */
export function nextSeed(state: LabState): number {
  const { seeds } = arenaOf(state);
  return seeds.fixed ? seeds.first : seedOf(`${state.lab!.seed}/${state.measurements.length}`);
}

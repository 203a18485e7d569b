/** Seeds of measurements: owned by the harness. */
import { seedOf } from '../../base/random.ts';
import { arenaOf, type LabState } from '../state.ts';

/** Seed of the measurement that would be made next. It does not depend on the idea that is measured. */
export function nextSeed(state: LabState): number {
  const { seeds } = arenaOf(state);
  return seeds.fixed ? seeds.first : seedOf(`${state.lab!.seed}/${state.measurements.length}`);
}

/**
 * The seed of the evaluator: its partner's in a pair, the candidate's where seeds are fixed, else one that follows from
 * `chance`, which nobody can guess.
 */
export function judgeSeedOf(
  state: LabState,
  { seed, like: partner }: { readonly seed: number; readonly like?: number },
  chance: string,
): number {
  const sharedSeed = partner === undefined ? undefined : state.measurements[partner]!.judgeSeed;
  return sharedSeed ?? (arenaOf(state).seeds.fixed ? seed : seedOf(chance));
}

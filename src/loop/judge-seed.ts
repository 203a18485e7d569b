/** The seed of an evaluator's run. */
import { seedOf } from '../base/random.ts';
import { arenaOf } from '../core/state.ts';
import type { Job, LabDeps } from './lab-deps.ts';

/** That of its partner in a pair, that of the candidate where seeds are fixed, else a new one. */
export function judgeSeedOf(
  { ledger, createNonce }: Pick<LabDeps, 'ledger' | 'createNonce'>,
  { seed, like: sharesSeedsWith }: Job,
): number {
  const { state } = ledger;
  const sharedSeed = sharesSeedsWith === undefined ? undefined : state.measurements[sharesSeedsWith]!.judgeSeed;
  return sharedSeed ?? (arenaOf(state).seeds.fixed ? seed : seedOf(createNonce()));
}

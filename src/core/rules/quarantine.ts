/** Gains far above the usual ones: measured again before they are kept. */
import { mean } from '../../base/stats.ts';
import type { LabState } from '../state.ts';

/** A gain this many times the usual one is measured again before it is kept. */
export const QUARANTINE_FACTOR = 3;
/** With fewer kept gains nobody knows what is usual. */
const MIN_GAINS = 5;
/** The newest kept gains that say what is usual. */
const MAX_GAINS = 10;

/** Mean of the newest kept gains on the way to `n`; undefined while there are too few. */
export function usualGain(state: LabState, n: number): number | undefined {
  const gains: number[] = [];
  for (
    let ancestor = n;
    ancestor > 0 && gains.length < MAX_GAINS;
    ancestor = state.experiments[ancestor]!.idea.parent
  ) {
    const experiment = state.experiments[ancestor]!;
    if (experiment.state === 'decided' && experiment.decision.effect !== undefined)
      gains.push(Math.max(0, experiment.decision.effect));
  }
  return gains.length < MIN_GAINS ? undefined : mean(gains);
}

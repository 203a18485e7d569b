/**
 * Is the search standing still? Counted in ideas since the last gain that no fresh measurement refuted; with it grows how far the optimizer looks
 * around. A pure function of the ledger.
 */
import { verdictOf } from '../core/experiment.ts';
import { lastGain } from '../core/plan.ts';
import type { LabState } from '../core/state.ts';

/** Ideas without a gain, beside one for each knob, after which the search counts as standing still. */
const PATIENCE = 12;

export interface Plateau {
  /** Ideas with a verdict since the last gain. */
  readonly ideas: number;
  /** 0 while it goes on, 0.5 at the edge of patience, up to 1. */
  readonly explore: number;
}

export function plateau(state: LabState, knobs: number): Plateau {
  const ideas = state.experiments.slice(lastGain(state) + 1).filter((x) => {
    const verdict = verdictOf(x);
    return x.idea.kind === 'idea' && verdict !== undefined && verdict !== 'refused';
  }).length;
  const patience = PATIENCE + knobs;
  return { ideas, explore: ideas < patience ? 0 : Math.min(1, (0.5 * ideas) / patience) };
}

/** Plateaus: how many ideas ago the lab gained something sure, and how far to look around since. */
import { verdictOf } from '../experiment.ts';
import { isClearlyAhead, isClearStep } from '../rules/clear-steps.ts';
import { currentDevice, type LabState, lineage } from '../state.ts';

/** Ideas without a sure gain, beside one for each knob, after which the lab is on a plateau. */
const PATIENCE = 12;

export interface Plateau {
  /** The last sure gain; 0 is the baseline. */
  readonly since: number;
  /** Ideas with a verdict since then. */
  readonly ideas: number;
  /** Ideas after which the lab is on a plateau. */
  readonly patience: number;
  /** 0 before the plateau, 0.5 at its start, up to 1. */
  readonly explore: number;
}

/**
 * How long the lab has been without a sure gain. A gain is sure when a claim confirmed it, or when it is clear by its
 * own numbers or together with the small gains since the sure one before it; one that a claim refuted is not.
 */
export function plateauOf(state: LabState, knobCount: number, deviceClass = currentDevice(state)): Plateau {
  const since = lineage(state, state.incumbent).reduce(
    (lastSure, n) => (n > 0 && isSureGain(state, n, lastSure, deviceClass) ? n : lastSure),
    0,
  );
  const ideas = state.experiments.slice(since + 1).filter(isAnswered).length;
  const patience = PATIENCE + knobCount;
  return { since, ideas, patience, explore: ideas < patience ? 0 : Math.min(1, (0.5 * ideas) / patience) };
}

function isAnswered(experiment: LabState['experiments'][number]): boolean {
  const verdict = verdictOf(experiment);
  return experiment.idea.kind === 'idea' && verdict !== undefined && verdict !== 'refused';
}

function isSureGain(state: LabState, n: number, previousGain: number, deviceClass: string): boolean {
  const lastClaim = state.confirmations.findLast((confirmation) => confirmation.n === n);
  if (lastClaim) return lastClaim.passed;
  return (
    verdictOf(state.experiments[n]!) === 'kept' &&
    (isClearStep(state, n) || isClearlyAhead(state, n, previousGain, deviceClass))
  );
}

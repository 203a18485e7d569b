/**
 * Which steps count as confirmed by themselves: better by their own evidence, after the luck of the choice is taken
 * out. Pure.
 */
import { tCdf } from '../../base/distributions.ts';
import { mean } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import { arenaOf, inPairs, type LabState, noiseIn, values } from '../state.ts';
import { failedAgainst } from './evidence.ts';
import { shrinkageOf } from './margin.ts';

/**
 * Probability above which a kept step inside a confirmed stack may be called confirmed by itself, for rules in pairs.
 * At 0.915 fewer than a tenth of the steps so called are false, and they carry most of the gain (`npm run
 * bench:decide`).
 */
const CLEAR_STEP_PROBABILITY = 0.915;
/** The same for the margin, in standard errors after the shrinkage of both sides. */
const CLEAR_STEP_Z = 1.2;

/**
 * Is this kept step better than what it was compared with by its own evidence, under the noise of the device class that
 * it was decided on, as that noise is known by now?
 */
export function isClearStep(state: LabState, n: number): boolean {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.effect === undefined) return false;
  const { effect, n: candidateCount, nAgainst, against } = experiment.decision;
  return isClear(state, { n, against, effect, counts: [candidateCount, nAgainst] }, experiment.deviceClass ?? '');
}

/**
 * Is `n` better than `against`, an earlier one of its line, by all numbers of both? Small steps that are not
 * significant alone may be together.
 */
export function isClearlyAhead(state: LabState, n: number, against: number, deviceClass: string): boolean {
  const candidateValues = values(state, n, deviceClass);
  const againstValues = values(state, against, deviceClass);
  if (candidateValues.length === 0 || againstValues.length === 0) return false;
  const effect = (mean(candidateValues) - mean(againstValues)) * signOf(arenaOf(state));
  return isClear(state, { n, against, effect, counts: [candidateValues.length, againstValues.length] }, deviceClass);
}

interface StepEvidence {
  readonly n: number;
  readonly against: number;
  /** Positive is better. */
  readonly effect: number;
  /** Numbers of both sides. */
  readonly counts: readonly [candidate: number, against: number];
}

function isClear(
  state: LabState,
  { n, against, effect, counts: [candidateCount, againstCount] }: StepEvidence,
  deviceClass: string,
): boolean {
  const { sigma, dof } = noiseIn(state, deviceClass);
  // Without repeats the noise is unknown, not zero as that of a deterministic metric.
  if (dof === 0) return false;
  const standardError = sigma * Math.sqrt(1 / candidateCount + 1 / againstCount);
  if (standardError === 0) return effect > 0;
  if (inPairs(state)) return tCdf(effect / standardError, dof) >= CLEAR_STEP_PROBABILITY;
  // The baseline was not chosen by its number.
  const againstShrinkage = against === 0 ? 0 : shrinkageOf(failedAgainst(state, against), againstCount);
  const ownShrinkage = shrinkageOf(failedAgainst(state, n), candidateCount);
  return effect / standardError + againstShrinkage - ownShrinkage >= CLEAR_STEP_Z;
}

/**
 * Which steps stand for themselves. Two questions: is a step inside a confirmed stack called confirmed (strict, for
 * reports), and is a gain sure enough to say that a lab makes progress (for plateaus)? Pure.
 */
import { tCdf } from '../../base/distributions.ts';
import { mean } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { Decision } from '../decision.ts';
import { arenaOf, inPairs, type LabState, lineage, noiseIn, values } from '../state.ts';
import { failedAgainst } from './evidence.ts';
import { decidesByItems } from './item-comparison.ts';
import { isProvenStep } from './items.ts';
import { shrinkageOf } from './margin.ts';
import { type StepEffects, stepEffectsOf } from './step-effects.ts';
import { chanceOfLuck } from './zero-noise.ts';

/** Probability above which a kept step is a sure gain, for rules in pairs. */
const CLEAR_STEP_PROBABILITY = 0.915;
/** The same for the margin, in standard errors after the shrinkage of both sides. */
const CLEAR_STEP_Z = 1.2;

/** Chance that a step helps, by all numbers of the lab, from which on it is called confirmed. */
const CONFIRMED_CHANCE = 0.97;
/** The same where the step rests on one pair: in a lab of small effects a lone pair far out is luck too often. */
const CONFIRMED_CHANCE_OF_ONE_PAIR = 0.995;
/**
 * Where a lab has too few effects for that chance: the probability by the step's own numbers, shrunken, with the
 * degrees of freedom of the noise; in pairs the one that the decision recorded.
 */
const CONFIRMED_PROBABILITY = 0.99;
/** Chance of luck below which a gain without any noise seen is called confirmed. */
const MAX_CHANCE_OF_LUCK = 0.05;

/**
 * May this step of a confirmed stack be called confirmed by itself? Where it is the whole stack, its claim says so.
 * Else by the chance that it helps, given all numbers of the lab (`stepEffectsOf`): steps were chosen by their numbers,
 * pairs too, so their own numbers alone are too good.
 */
export function isConfirmedStep(state: LabState, n: number, effects: StepEffects | undefined): boolean {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.effect === undefined) return false;
  if (decidesByItems(state)) return isProvenStep(state, n);
  const { effect, probability = 0 } = experiment.decision;
  const { sigma, dof } = noiseIn(state, experiment.deviceClass ?? '');
  if (dof === 0) return false;
  if (isClaimedAlone(state, n)) return true;
  if (sigma === 0) return effect > 0 && chanceOfLuck(1, dof) <= MAX_CHANCE_OF_LUCK;
  const belief = effects?.[n];
  const isOnePair = inPairs(state) && experiment.decision.n < 2;
  if (belief) return belief.help >= (isOnePair ? CONFIRMED_CHANCE_OF_ONE_PAIR : CONFIRMED_CHANCE);
  if (inPairs(state)) return probability >= CONFIRMED_PROBABILITY;
  return tCdf(shrunkenZ(state, stepEvidence(n, experiment.decision), sigma), dof) >= CONFIRMED_PROBABILITY;
}

/** A claim compared it with the version right below it, and passed. */
function isClaimedAlone(state: LabState, n: number): boolean {
  return state.confirmations.some(
    ({ passed, n: claimed, against }) => passed && claimed === n && state.experiments[n]!.idea.parent === against,
  );
}

/** The steps of the confirmed stack that are called confirmed by themselves, oldest first. */
export function confirmedSteps(state: LabState, deviceClass: string): number[] {
  const steps = lineage(state, state.champion).filter((n) => n > 0);
  if (steps.length === 0) return [];
  const effects = stepEffectsOf(state, deviceClass);
  return steps.filter((n) => isConfirmedStep(state, n, effects));
}

/**
 * Is this kept step better than what it was compared with by its own evidence, under the noise of the device class that
 * it was decided on, as that noise is known by now?
 */
export function isClearStep(state: LabState, n: number): boolean {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.effect === undefined) return false;
  if (decidesByItems(state)) return isProvenStep(state, n);
  return isClear(state, stepEvidence(n, experiment.decision), experiment.deviceClass ?? '');
}

/**
 * Is `n` better than `against`, an earlier one of its line, by all numbers of both? Small steps that are not
 * significant alone may be together.
 */
export function isClearlyAhead(state: LabState, n: number, against: number, deviceClass: string): boolean {
  if (decidesByItems(state)) return false;
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

const stepEvidence = (n: number, { effect = 0, n: candidateCount, nAgainst, against }: Decision): StepEvidence => ({
  n,
  against,
  effect,
  counts: [candidateCount, nAgainst],
});

function isClear(state: LabState, evidence: StepEvidence, deviceClass: string): boolean {
  const { sigma, dof } = noiseIn(state, deviceClass);
  // Without repeats the noise is unknown, not zero as that of a deterministic metric.
  if (dof === 0) return false;
  if (sigma === 0) return evidence.effect > 0;
  if (inPairs(state)) return tCdf(evidence.effect / standardErrorOf(evidence, sigma), dof) >= CLEAR_STEP_PROBABILITY;
  return shrunkenZ(state, evidence, sigma) >= CLEAR_STEP_Z;
}

const standardErrorOf = ({ counts: [candidateCount, againstCount] }: StepEvidence, sigma: number): number =>
  sigma * Math.sqrt(1 / candidateCount + 1 / againstCount);

/** The effect in standard errors, without what the choice of both sides is expected to have added. */
function shrunkenZ(state: LabState, evidence: StepEvidence, sigma: number): number {
  const {
    n,
    against,
    effect,
    counts: [candidateCount, againstCount],
  } = evidence;
  // The baseline was not chosen by its number.
  const againstShrinkage = against === 0 ? 0 : shrinkageOf(failedAgainst(state, against), againstCount);
  const ownShrinkage = shrinkageOf(failedAgainst(state, n), candidateCount);
  return effect / standardErrorOf(evidence, sigma) + againstShrinkage - ownShrinkage;
}

/**
 * What each step is expected to be worth once the choice among many is accounted for (winner's curse), from all numbers
 * of the lab. Pure.
 */
import { classifyEffects, type EffectBelief, type MeasuredEffect } from '../../base/effect-classes.ts';
import { MIN_EFFECTS, shrinkEffects, type TriedCode } from '../../base/shrinkage.ts';
import { mean, medianOf, type Pool } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { Experiment } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, noiseIn, pairKnowledgeIn, values } from '../state.ts';

export type StepEffects = readonly (EffectBelief | undefined)[];

/** By experiment; undefined in labs with fewer than eight effects or without known noise. */
export function stepEffectsOf(state: LabState, deviceClass: string): StepEffects | undefined {
  return inPairs(state) ? effectsOfPairs(state, deviceClass) : effectsOfTree(state, deviceClass);
}

/** Every idea that gave a number, on what it was made on; everything else says nothing. */
function effectsOfTree(state: LabState, deviceClass: string): StepEffects | undefined {
  const sign = signOf(arenaOf(state));
  const toTried = (experiment: Experiment): TriedCode => {
    const { n, kind, parent } = experiment.idea;
    const measuredValues = kind === 'ablation' ? [] : values(state, n, deviceClass);
    return {
      parent: n === 0 ? -1 : parent,
      mean: measuredValues.length > 0 ? sign * mean(measuredValues) : 0,
      count: measuredValues.length,
      ...(kind === 'control' && { same: true }),
    };
  };
  return shrinkEffects(state.experiments.map(toTried), noiseIn(state, deviceClass).sigma);
}

/**
 * Pairs compare a candidate with fresh numbers of its incumbent, so each says something about one step only; means of
 * whole experiments have noise that pairs under common seeds do not.
 */
function effectsOfPairs(state: LabState, deviceClass: string): StepEffects | undefined {
  const { sigma, pairs } = pairKnowledgeIn(state, deviceClass);
  if (!(sigma > 0)) return undefined;
  const pairVariance = cautiousPairVariance(pairs, 2 * sigma ** 2);
  const measured = new Map<number, MeasuredEffect>();
  for (const experiment of state.experiments) {
    if (experiment.state !== 'decided' || experiment.idea.kind !== 'idea' || experiment.deviceClass !== deviceClass)
      continue;
    const { effect, n: count, nAgainst } = experiment.decision;
    if (effect === undefined || count === 0 || nAgainst === 0) continue;
    // A hopeless candidate was compared with earlier numbers, without a partner.
    const isPaired = state.pairs.get(experiment.idea.n)!.length > 1;
    const variance = isPaired ? pairVariance / count : sigma ** 2 * (1 / count + 1 / nAgainst);
    measured.set(experiment.idea.n, { effect, variance });
  }
  if (measured.size < MIN_EFFECTS) return undefined;
  const effects = [...measured.values()];
  const beliefs = classifyEffects(effects, Math.sqrt(medianOf(effects.map(({ variance }) => variance))));
  const result: (EffectBelief | undefined)[] = state.experiments.map(() => undefined);
  for (const [position, n] of [...measured.keys()].entries()) result[n] = beliefs[position];
  return result;
}

/** Standard normal quantile at 10 %. */
const Z_AT_TEN_PERCENT = -1.2816;

/**
 * The variance of one pair as it must be feared: the upper 90 % bound of what the lab's pairs show, but no more than
 * that of two independent measurements, unless the pairs themselves lie further apart. Too small a variance would turn
 * luck into steps that are confirmed.
 */
function cautiousPairVariance({ ss, dof }: Pool, independentVariance: number): number {
  if (dof < 1) return independentVariance;
  // Quantile of the chi-squared distribution (Wilson and Hilferty 1931).
  const part = 2 / (9 * dof);
  const lowQuantile = dof * Math.max(0, 1 - part + Z_AT_TEN_PERCENT * Math.sqrt(part)) ** 3;
  const upperBound = lowQuantile > 0 ? ss / lowQuantile : Number.POSITIVE_INFINITY;
  return Math.max(ss / dof, Math.min(independentVariance, upperBound));
}

/** Live bases: code that an idea may start from, as many as the manifest allows. */
import { compareSamples } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { Experiment } from '../experiment.ts';
import { CLEAR_Z } from '../rules/margin.ts';
import { arenaOf, codeOf, currentDevice, isRuledOut, type LabState, lineage, noiseIn, values } from '../state.ts';
import { paretoFront } from './pareto-front.ts';

/** Ideas that are started from a runner-up before it counts as used up. Parked code and the front are never used up. */
const MAX_TRIES_PER_BRANCH = 6;

/** Code that an idea may start from. */
export interface LiveBase {
  /** The experiment whose code it is. */
  readonly n: number;
  readonly role: 'incumbent' | 'runner-up' | 'parked' | 'front';
  /** The evidence, in words for people. */
  readonly why: string;
}

/**
 * The incumbent, what people parked, the front where the arena asks for one, then runner-ups; at most `search.branches`
 * of them. No two have the same code.
 */
export function liveBases(state: LabState, deviceClass = currentDevice(state)): LiveBase[] {
  const incumbentLine = lineage(state, state.incumbent);
  const chosen: LiveBase[] = [{ n: state.incumbent, role: 'incumbent', why: 'the last kept experiment' }];
  const maxBases = arenaOf(state).search?.branches ?? 1;
  if (maxBases < 2 || values(state, state.incumbent, deviceClass).length === 0) return chosen;
  const knownTrees = new Set(incumbentLine.map((n) => codeOf(state, n)!.editable));
  const addBase = (n: number, role: LiveBase['role'], reason: string): void => {
    const code = codeOf(state, n);
    if (!code || chosen.length >= maxBases || knownTrees.has(code.editable) || isRuledOut(state, n)) return;
    knownTrees.add(code.editable);
    chosen.push({ n, role, why: reason });
  };
  for (const n of state.steering.parked) addBase(n, 'parked', 'parked for another look');
  for (const n of paretoFront(state, deviceClass))
    addBase(n, 'front', 'no other beats it in every metric of the front');
  for (const { n, z } of runnerUps(state, deviceClass))
    addBase(
      n,
      'runner-up',
      `${Math.abs(z).toFixed(1)} standard errors ${z >= 0 ? 'behind' : 'before'} #${state.incumbent}`,
    );
  return chosen;
}

/** Experiments off the line that are not clearly behind the incumbent by all numbers of both, nearest first,
 * older before newer. */
function runnerUps(state: LabState, deviceClass: string): { readonly n: number; readonly z: number }[] {
  const incumbentLine = new Set(lineage(state, state.incumbent));
  const sign = signOf(arenaOf(state));
  const { sigma, dof } = noiseIn(state, deviceClass);
  const signedValues = (n: number): number[] => values(state, n, deviceClass).map((value) => value * sign);
  const incumbentValues = signedValues(state.incumbent);
  const tryCounts = new Map<number, number>();
  for (const { idea } of state.experiments) tryCounts.set(idea.parent, (tryCounts.get(idea.parent) ?? 0) + 1);
  const isRunnerUp = (experiment: Experiment): boolean =>
    experiment.state === 'decided' &&
    experiment.idea.kind === 'idea' &&
    !incumbentLine.has(experiment.idea.n) &&
    (tryCounts.get(experiment.idea.n) ?? 0) < MAX_TRIES_PER_BRANCH &&
    (['kept', 'inconclusive'].includes(experiment.decision.verdict) || experiment.decision.kind === 'within noise');
  return state.experiments
    .filter(isRunnerUp)
    .flatMap(({ idea: { n } }) => {
      const candidateValues = signedValues(n);
      if (candidateValues.length === 0) return [];
      const { z } = compareSamples(incumbentValues, candidateValues, sigma, dof);
      return z < CLEAR_Z ? [{ n, z }] : [];
    })
    .sort((left, right) => left.z - right.z);
}

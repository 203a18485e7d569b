/**
 * What the ledger has measured for a decision: the comparison of a candidate with its base, in pairs where the rule or
 * an ablation asks for them, and how often the base was challenged since it was measured. Decides nothing.
 */
import { type Comparison, comparePairs, compareSamples } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import { comparisonBase } from '../bases/comparison-base.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, codeOf, inPairs, type LabState, noiseIn, pairKnowledgeIn, values } from '../state.ts';
import { secondaryMetric } from './constraints.ts';
import { referenceRuns, referenceValues } from './near-reference.ts';
import { marginSteps } from './simplicity.ts';

export interface Evidence {
  /** Positive is better. */
  readonly comparison: Comparison;
  /** The comparison is made of pairs, not of two means. */
  readonly isPaired: boolean;
  /** Numbers of its base that it rests on. */
  readonly againstCount: number;
  /** Noise of one measurement at that time. */
  readonly sigma: number;
}

/** Candidate `n` against what it is compared with, by what is measured; both must have a number on the device class. */
export function compareWithBase(state: LabState, n: number, deviceClass: string): Evidence {
  const against = comparisonBase(state, n);
  const sign = signOf(arenaOf(state));
  const { sigma, dof } = noiseIn(state, deviceClass);
  const wantsPairs = inPairs(state) || state.experiments[n]!.idea.kind === 'ablation';
  const differences = wantsPairs ? differencesOf(state, n, against, deviceClass) : [];
  if (differences.length > 0) {
    const comparison = comparePairs(differences, pairKnowledgeIn(state, deviceClass, differences));
    return { comparison, isPaired: true, againstCount: comparison.n, sigma };
  }
  const ownValues = values(state, n, deviceClass).map((value) => value * sign);
  const againstValues = referenceValues(state, n, deviceClass);
  const comparison = compareSamples(ownValues, againstValues, sigma, dof);
  return { comparison, isPaired: false, againstCount: againstValues.length, sigma };
}

/**
 * Improvements within the finished pairs of a comparison, oldest first: two measurements in a row, one of each side.
 */
export function differencesOf(state: LabState, n: number, against: number, deviceClass: string): number[] {
  const sign = signOf(arenaOf(state));
  const pairedRuns = pairedSoFar(state, n, deviceClass);
  const differences: number[] = [];
  for (let i = 0; i + 1 < pairedRuns.length; i += 2) {
    const pair = [pairedRuns[i]!, pairedRuns[i + 1]!];
    const valueOfSide = (side: number): number | undefined =>
      pair.filter((measurement) => measurement.n === side).map(valueOf)[0];
    const [candidateValue, againstValue] = [valueOfSide(n), valueOfSide(against)];
    if (candidateValue !== undefined && againstValue !== undefined)
      differences.push((candidateValue - againstValue) * sign);
  }
  return differences;
}

/** Measurements with a number that serve the paired comparison of `n`, oldest first. */
export function pairedSoFar(state: LabState, n: number, deviceClass: string): Measurement[] {
  return (state.pairs.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined);
}

/**
 * Ideas that failed against `n`, one after the other until the next one was kept; with `since`, only those whose first
 * measurement is that one or a later one.
 */
export function failedAgainst(state: LabState, n: number, since = 0): number {
  let failed = 0;
  for (let later = n + 1; later < state.experiments.length; later++) {
    const experiment = state.experiments[later]!;
    if (experiment.state !== 'decided' || experiment.decision.nAgainst === 0) continue;
    // What was built on other code says nothing about `n`, and does not end its time.
    if (experiment.decision.moved && experiment.decision.against !== n) continue;
    if (experiment.decision.against !== n || experiment.decision.verdict === 'kept') break;
    if (experiment.measurements[0]! >= since) failed++;
  }
  return failed;
}

/**
 * Ideas that failed against the base of `candidate` since it was measured last: each makes it likelier that its number
 * is too good. The baseline was not chosen by its number, so none counts against it.
 */
export function failedSinceMeasured(state: LabState, candidate: number, deviceClass: string): number {
  const n = comparisonBase(state, candidate);
  const lastMeasured = referenceRuns(state, candidate, deviceClass).at(-1);
  return n === 0 ? 0 : failedAgainst(state, n, lastMeasured?.m);
}

/** Steps of the margin that candidate `n` must be worth; fewer when it has fewer parameters, where they are counted. */
export function stepsOf(state: LabState, n: number, deviceClass: string): 0 | 1 | 2 {
  // What is carried over was better by the margin once already.
  if (state.experiments[n]!.idea.carries !== undefined) return 0;
  const { parameters: metric } = arenaOf(state).decide;
  const parametersOf = (side: number): number | undefined =>
    metric === undefined ? undefined : secondaryMetric(state, side, deviceClass, metric);
  const [candidateParameters, baseParameters] = [parametersOf(n), parametersOf(comparisonBase(state, n))];
  return marginSteps(
    codeOf(state, n)!,
    candidateParameters === undefined || baseParameters === undefined
      ? undefined
      : [candidateParameters, baseParameters],
  );
}

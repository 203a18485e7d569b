/**
 * Measurements → a verdict with its reason: a pure function of the ledger and the arena's rule. `audit` calls it again
 * on the same state and must get the same answer. Rules carry a version; a changed rule is a new version beside the old
 * one.
 */
import type { Arena, Constraint } from '../arena.ts';
import type { FailureClass } from '../event.ts';
import type { Measurement, Verdict } from '../experiment.ts';
import { valueOf } from '../experiment.ts';
import { screeningOf } from '../plan/screening.ts';
import { arenaOf, codeOf, inPairs, type LabState, measurementsOf, rulesOf, values } from '../state.ts';
import {
  BUNDLE_REPLICATES,
  CLEAR_Z,
  greedyRule,
  marginRule1,
  marginRule2,
  marginRule3,
  type RuleResult,
  sequentialRule1,
  formatSignificant,
} from './margin.ts';
import { marginSteps } from './simplicity.ts';
import { type Comparison, compareSamples, comparePairs, mean, poolSigma } from '../../base/stats.ts';

export interface Decision {
  readonly verdict: Exclude<Verdict, 'refused'>;
  /** One sentence for people. */
  readonly reason: string;
  readonly rule: string;
  /** The incumbent it was compared with, and how many measurements each side had. */
  readonly against: number;
  readonly n: number;
  readonly nAgainst: number;
  /** Improvement in metric units, positive = better, with its 95 % interval and the probability that it is real. */
  readonly effect?: number;
  readonly interval?: readonly [number, number];
  readonly probability?: number;
  readonly sigma?: number;
  /** Class of the failure when crashed or timed out. */
  readonly failure?: FailureClass;
  /**
   * A discard is `refuted` when it is clearly worse, `within noise` when it only failed to be better, `screened` when
   * its short run ranked too low.
   */
  readonly kind?: 'refuted' | 'within noise' | 'constraint' | 'no-op' | 'control' | 'ablation' | 'screened';
  /** Of an A/A control: would the unchanged code have been kept? */
  readonly wouldKeep?: boolean;
}

export type Judgement =
  { readonly again: true; readonly reason: string } | { readonly again: false; readonly decision: Decision };

/** +1 when larger is better. Multiplying by it turns every metric into "larger is better". */
export const signOf = (arena: Arena): 1 | -1 => (arena.metric.direction === 'maximize' ? 1 : -1);

/** Noise in force on a device class: all repeats pooled, with what the calibration found as the start. */
export function noiseIn(state: LabState, deviceClass: string): { sigma: number; dof: number } {
  const noise = state.noise.get(deviceClass);
  return { sigma: poolSigma(noise?.pool ?? { ss: 0, dof: 0 }), dof: noise?.pool.dof ?? 0 };
}

/** What the ledger as it stands says about open experiment `n`. Pure; asks for more measurements by `again`. */
export function judge(state: LabState, n: number, deviceClass: string): Judgement {
  const arena = arenaOf(state);
  const experiment = state.experiments[n]!;
  const against = state.incumbent;
  const finishedRuns = measurementsOf(state, n).filter(
    (measurement) => measurement.state === 'finished' && measurement.deviceClass === deviceClass,
  );
  const rule = ruleName(state);
  if (state.steering.skipped.has(n)) {
    const reason = 'given up by a person';
    return { again: false, decision: { verdict: 'inconclusive', reason, rule, against, n: 0, nAgainst: 0 } };
  }
  if (finishedRuns.length === 0) return judgeScreening(state, n, deviceClass);
  const failedRun = finishedRuns.find((measurement) => valueOf(measurement) === undefined);
  if (failedRun) return { again: false, decision: decideFailure(failedRun, finishedRuns.length, rule, against) };

  const sign = signOf(arena);
  const candidateValues = values(state, n, deviceClass).map((value) => value * sign);
  const incumbentValues = values(state, against, deviceClass).map((value) => value * sign);
  if (incumbentValues.length === 0) {
    const reason = `#${against}, which it is compared with, has no number on this device`;
    return {
      again: false,
      decision: { verdict: 'inconclusive', reason, rule, against, n: candidateValues.length, nAgainst: 0 },
    };
  }
  const { sigma, dof } = noiseIn(state, deviceClass);
  const isAblation = experiment.idea.kind === 'ablation';
  const differences = inPairs(state) || isAblation ? differencesOf(state, n, against, deviceClass) : [];
  const isPaired = differences.length > 0;
  const comparison = isPaired
    ? comparePairs(differences, sigma, dof)
    : compareSamples(candidateValues, incumbentValues, sigma, dof);
  const evidence = {
    rule,
    against,
    n: comparison.n,
    nAgainst: isPaired ? comparison.n : incumbentValues.length,
    sigma,
    effect: comparison.difference,
    interval: comparison.interval,
    probability: comparison.probability,
  };
  const constraintProblem = brokenConstraint(state, arena, n, against, deviceClass);
  if (constraintProblem)
    return {
      again: false,
      decision: { ...evidence, verdict: 'discarded', kind: 'constraint', reason: constraintProblem },
    };
  if (isAblation) return judgeAblation({ ...evidence, rule: 'ablation/1' }, comparison, isPaired);
  const noOpReason =
    experiment.idea.kind === 'idea' && rulesOf(state) > 1 ? findNoOp(state, n, against, deviceClass) : undefined;
  if (noOpReason)
    return { again: false, decision: { ...evidence, verdict: 'discarded', kind: 'no-op', reason: noOpReason } };
  const ruleResult = applyRule(state, n, comparison, isPaired, deviceClass);
  if (ruleResult.verdict === 'again') return { again: true, reason: ruleResult.reason };
  if (experiment.idea.kind === 'control') return { again: false, decision: decideControl(evidence, ruleResult) };
  const discardKind =
    ruleResult.verdict === 'discarded'
      ? { kind: comparison.z <= -CLEAR_Z ? ('refuted' as const) : ('within noise' as const) }
      : {};
  return {
    again: false,
    decision: {
      ...evidence,
      ...discardKind,
      verdict: ruleResult.verdict,
      reason: `${ruleResult.reason} (against #${against}, parent #${experiment.idea.parent})`,
    },
  };
}

/** halving/1: without a full measurement, a short run that failed or ranked too low ends it; nothing else does. */
function judgeScreening(state: LabState, n: number, deviceClass: string): Judgement {
  const screening = screeningOf(state, n, deviceClass);
  const [rule, against] = ['halving/1', state.incumbent] as const;
  if (screening.next === 'failed')
    return { again: false, decision: decideFailure(screening.screenRun, 1, rule, against) };
  if (screening.next !== 'drop')
    return { again: true, reason: screening.next === 'short' ? 'not run yet' : 'not measured yet' };
  return {
    again: false,
    decision: { verdict: 'discarded', kind: 'screened', reason: screening.reason, rule, against, n: 0, nAgainst: 0 },
  };
}

/** Name and version of the rule in force. The third rules changed the margin alone. */
function ruleName(state: LabState): string {
  const { rule } = arenaOf(state).decide;
  if (rule === 'sequential') return 'sequential/1';
  return `${rule}/${rule === 'margin' ? rulesOf(state) : Math.min(2, rulesOf(state))}`;
}

/**
 * Ideas that failed against `n`, one after the other until the next one was kept; those measured from measurement
 * `since` on.
 */
export function failedAgainst(state: LabState, n: number, since = 0): number {
  let failed = 0;
  for (let later = n + 1; later < state.experiments.length; later++) {
    const experiment = state.experiments[later]!;
    if (experiment.state !== 'decided' || experiment.decision.nAgainst === 0) continue;
    if (experiment.decision.against !== n || experiment.decision.verdict === 'kept') break;
    if (experiment.measurements[0]! >= since) failed++;
  }
  return failed;
}

/**
 * Those that say something of the luck in the incumbent's number: since it was measured last. The baseline was not
 * chosen by its number.
 */
function stoodAgainst(state: LabState, deviceClass: string): number {
  const n = state.incumbent;
  const lastMeasured = measurementsOf(state, n).findLast(
    (measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined,
  );
  return n === 0 ? 0 : failedAgainst(state, n, lastMeasured?.m);
}

/** Pairs that decide whether a step may be left out. */
const ABLATION_PAIRS = 3;

/** ablation/1: less code that is no worse stays. The step is dropped then. */
function judgeAblation(
  evidence: Omit<Decision, 'verdict' | 'reason'>,
  comparison: Comparison,
  isPaired: boolean,
): Judgement {
  if (!isPaired || comparison.n < ABLATION_PAIRS)
    return { again: true, reason: `${comparison.n} of ${ABLATION_PAIRS} pairs without the step` };
  const isKept = comparison.difference >= 0;
  const reason = isKept
    ? `without the step it is no worse (${formatSignificant(comparison.difference)}), so the step is dropped`
    : `the step pays: without it worse by ${formatSignificant(-comparison.difference)}`;
  return { again: false, decision: { ...evidence, verdict: isKept ? 'kept' : 'discarded', kind: 'ablation', reason } };
}

/** A control is never kept; what counts is whether the rule would have. */
function decideControl(evidence: Omit<Decision, 'verdict' | 'reason'>, { verdict, reason }: RuleResult): Decision {
  const wouldKeep = verdict === 'kept';
  const controlReason = `the unchanged incumbent would ${wouldKeep ? '' : 'not '}have been kept: ${reason}`;
  return { ...evidence, verdict: 'discarded', kind: 'control', wouldKeep, reason: controlReason };
}

/**
 * Why candidate `n` is the incumbent in another coat, if it is: the same artefact from code that was not only
 * shortened, or a knob turned without any effect on the configuration that the candidate says is in force. Any
 * difference in its number is chance then.
 */
function findNoOp(state: LabState, n: number, against: number, deviceClass: string): string | undefined {
  const hashesOf = (side: number, hashKind: 'artefact' | 'config'): string[] =>
    measurementsOf(state, side).flatMap((measurement) =>
      measurement.state === 'finished' && measurement.deviceClass === deviceClass && measurement.conditions[hashKind]
        ? [measurement.conditions[hashKind]]
        : [],
    );
  const sharesHash = (hashKind: 'artefact' | 'config'): boolean => {
    const againstHashes = hashesOf(against, hashKind);
    return hashesOf(n, hashKind).some((hash) => againstHashes.includes(hash));
  };
  if (marginSteps(codeOf(state, n)!) > 0 && sharesHash('artefact'))
    return `it left the same artefact as #${against}: any difference is chance`;
  if (state.experiments[n]!.idea.knobs && sharesHash('config'))
    return `its effective configuration is that of #${against}: the knob has no effect`;
  return undefined;
}

/** A gain this many times the usual one is measured again before it is believed. */
export const QUARANTINE_FACTOR = 3;
/** Kept gains that say what is usual: at least, and at most looked at. */
const [MIN_GAINS, MAX_GAINS] = [5, 10];

/** Mean of the kept gains on the way to `n`; undefined while there are too few to say what is usual. */
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

/**
 * Improvements within the finished pairs of a comparison, oldest first: two measurements in a row, one of each side.
 */
function differencesOf(state: LabState, n: number, against: number, deviceClass: string): number[] {
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

/** Measurements with a number that serve a paired comparison. */
export function pairedSoFar(state: LabState, n: number, deviceClass: string): Measurement[] {
  return (state.pairs.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined);
}

/** Standard errors below all earlier numbers of the incumbent at which a candidate needs no partner to be dropped. */
const HOPELESS_Z = 3;

/**
 * Steps of the margin that candidate `n` must be worth; the fewer parameters it has, where the arena counts them, the
 * fewer.
 */
function stepsOf(state: LabState, n: number, deviceClass: string): 0 | 1 | 2 {
  const { parameters: metric } = arenaOf(state).decide;
  const [candidateParameters, incumbentParameters] = [n, state.incumbent].map(
    (side) => metric && secondaryMetric(state, side, deviceClass, metric),
  ) as (number | undefined)[];
  return marginSteps(
    codeOf(state, n)!,
    candidateParameters === undefined || incumbentParameters === undefined
      ? undefined
      : [candidateParameters, incumbentParameters],
  );
}

function applyRule(
  state: LabState,
  n: number,
  comparison: Comparison,
  isPaired: boolean,
  deviceClass: string,
): RuleResult {
  const steps = stepsOf(state, n, deviceClass);
  const { rule, max_replicates: maxReplicates } = arenaOf(state).decide;
  if (rule === 'greedy') return greedyRule(comparison);
  if (inPairs(state) && !isPaired && comparison.z > -HOPELESS_Z)
    return { verdict: 'again', reason: 'its partner is not measured yet' };
  const decidesByPairs = rulesOf(state) === 1 || inPairs(state);
  const result =
    rule === 'sequential' && isPaired
      ? sequentialRule1(comparison, maxReplicates)
      : decidesByPairs
        ? marginRule1(comparison, comparison.n, steps, maxReplicates)
        : rulesOf(state) === 2
          ? marginRule2(comparison, comparison.n, steps)
          : marginRule3(
              comparison,
              steps,
              stoodAgainst(state, deviceClass),
              values(state, state.incumbent, deviceClass).length,
            );
  if (decidesByPairs && (rulesOf(state) < 3 || maxReplicates < 2)) return result;
  if (!decidesByPairs && state.experiments[n]!.idea.bundles && comparison.n < BUNDLE_REPLICATES)
    return { verdict: 'again', reason: `a bundle is measured ${BUNDLE_REPLICATES} times` };
  const typicalGain = usualGain(state, state.incumbent);
  if (
    result.verdict !== 'kept' ||
    comparison.n > 1 ||
    typicalGain === undefined ||
    comparison.difference <= QUARANTINE_FACTOR * typicalGain
  )
    return result;
  return {
    verdict: 'again',
    reason: `quarantined: ${QUARANTINE_FACTOR} times the usual gain, so measured again first`,
  };
}

function decideFailure(measurement: Measurement, measurementCount: number, rule: string, against: number): Decision {
  if (measurement.state !== 'finished' || measurement.outcome.kind === 'measured')
    throw new RangeError('not a failed measurement');
  const reason =
    measurementCount === 1
      ? measurement.outcome.message
      : `${measurement.outcome.message} (in 1 of ${measurementCount} measurements)`;
  return {
    verdict: measurement.outcome.kind,
    reason,
    failure: measurement.outcome.class,
    rule,
    against,
    n: measurementCount,
    nAgainst: 0,
  };
}

// -------------------------------------------------------------------------------------------- constraints

/** Mean of a secondary metric over the measurements of an experiment. */
export function secondaryMetric(state: LabState, n: number, deviceClass: string, metric: string): number | undefined {
  const metricValues = measurementsOf(state, n).flatMap((measurement) =>
    measurement.deviceClass === deviceClass &&
    measurement.state === 'finished' &&
    measurement.outcome.kind === 'measured' &&
    measurement.outcome.metrics[metric] !== undefined
      ? [measurement.outcome.metrics[metric]]
      : [],
  );
  return metricValues.length > 0 ? mean(metricValues) : undefined;
}

/**
 * The first hard constraint that candidate `n` breaks, as a sentence; relative ones are factors of the champion's
 * value.
 */
export function brokenConstraint(
  state: LabState,
  arena: Arena,
  n: number,
  against: number,
  deviceClass: string,
): string | undefined {
  for (const constraint of arena.constraints.filter((entry) => entry.hard)) {
    const value = secondaryMetric(state, n, deviceClass, constraint.metric);
    if (value === undefined) return `constraint on ${constraint.metric}: the evaluator did not report it`;
    const scale = constraint.relative ? secondaryMetric(state, against, deviceClass, constraint.metric) : 1;
    if (scale === undefined) return `constraint on ${constraint.metric}: the incumbent has no value to compare with`;
    const problem = describeBreach(constraint, value, scale);
    if (problem) return problem;
  }
  return undefined;
}

function describeBreach(constraint: Constraint, value: number, scale: number): string | undefined {
  const { metric, min, max, relative } = constraint;
  const formatLimit = (factor: number): string =>
    relative ? `${formatSignificant(factor * scale)} (${factor} × the incumbent’s)` : formatSignificant(factor);
  if (max !== undefined && value > max * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, above ${formatLimit(max)}`;
  if (min !== undefined && value < min * scale)
    return `constraint: ${metric} is ${formatSignificant(value)}, below ${formatLimit(min)}`;
  return undefined;
}

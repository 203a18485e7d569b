/**
 * Measurements → a verdict with its reason: a pure function of the ledger and the arena's rule. `audit` calls it again
 * on the same state and must get the same answer, word for word. Read `judge` first, then `applyRule`.
 */
import { type Comparison, resolvableEffect } from '../../base/stats.ts';
import { replicatesOf } from '../arena.ts';
import type { Decision } from '../decision.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { farBound } from '../fold/far-out.ts';
import { screeningOf } from './screening.ts';
import { arenaOf, inPairs, type LabState, measurementsOf, values } from '../state.ts';
import { brokenConstraint } from './constraints.ts';
import { compareWithBase, type Evidence, failedSinceMeasured, stepsOf } from './evidence.ts';
import { judgeEarlyGuards, requireGuards } from './guards.ts';
import { ITEMS_RULE, judgeItems } from './items.ts';
import { baseToMeasure, comparisonBase, isOnOlderBase, undecidedBase } from '../bases/comparison-base.ts';
import {
  concludeForBase,
  decideControl,
  decided,
  type Judgement,
  needsMore,
  type RecordedEvidence,
} from './judgement.ts';
import { CLEAR_Z, formatSignificant, greedyRule, marginRule, type RuleResult } from './margin.ts';
import { findNoOp } from './no-op.ts';
import { pairedRule } from './paired.ts';
import { QUARANTINE_FACTOR, usualGain } from './quarantine.ts';
import { sequentialRule } from './sequential.ts';

export type { Judgement } from './judgement.ts';

/** Pairs that decide whether a step may be left out. */
const ABLATION_PAIRS = 3;
/** Measurements of a bundle before it is kept or discarded: its parts were near misses, one by one. */
const BUNDLE_REPLICATES = 3;
/** Standard errors below the incumbent's earlier numbers at which a candidate is discarded without a partner. */
const HOPELESS_Z = 3;

/** A gain of so many times the usual ones lies far out, where it is beyond the noise too. */
const FAR_GAIN_FACTOR = 2;

/** Name and version of each rule, as decisions record it. */
const RULE_NAMES = {
  margin: 'margin/4',
  greedy: 'greedy/2',
  paired: 'paired/3',
  sequential: 'sequential/2',
  items: ITEMS_RULE,
} as const;

/** What the ledger as it stands says about open experiment `n`. Asks for more measurements by `again`. */
export function judge(state: LabState, n: number, deviceClass: string): Judgement {
  const judgement = judgeAgainstBase(state, n, deviceClass);
  return judgement.again ? judgement : decided(concludeForBase(state, n, judgement.decision));
}

function judgeAgainstBase(state: LabState, n: number, deviceClass: string): Judgement {
  const against = comparisonBase(state, n);
  const rule = RULE_NAMES[arenaOf(state).decide.rule];
  if (state.steering.skipped.has(n))
    return decided({ verdict: 'inconclusive', reason: whyGivenUp(state, n), rule, against, n: 0, nAgainst: 0 });
  const finishedRuns = measurementsOf(state, n).filter(
    (measurement) => measurement.state === 'finished' && measurement.deviceClass === deviceClass,
  );
  if (finishedRuns.length === 0) return judgeEarlyGuards(state, n, rule) ?? judgeScreening(state, n, deviceClass);
  const failedRun = finishedRuns.find((measurement) => valueOf(measurement) === undefined);
  if (failedRun) return decided(decideFailure(failedRun, finishedRuns.length, rule, against));
  const waitsFor = undecidedBase(state, n);
  if (waitsFor !== undefined) return needsMore(`#${waitsFor}, on which it is built, is not decided yet`);
  if (baseToMeasure(state, n, deviceClass) !== undefined)
    return needsMore(`#${against}, on which it is built, is not measured yet`);
  if (values(state, against, deviceClass).length === 0) {
    const reason = `#${against}, which it is compared with, has no number on this device`;
    return decided({ verdict: 'inconclusive', reason, rule, against, n: finishedRuns.length, nAgainst: 0 });
  }
  const judgement = judgeNumbers(state, n, deviceClass);
  // What is better than an older base is carried over; its guards run there, where it may be kept.
  return isOnOlderBase(state, n) ? judgement : requireGuards(state, n, judgement);
}

function whyGivenUp({ steering }: LabState, n: number): string {
  const { from, because } = steering.givenUp.get(n) ?? {};
  return because === undefined ? 'given up by a person' : `given up by ${from}: ${because}`;
}

/** Both sides have numbers: what cannot be an improvement first, then the arena's rule. */
function judgeNumbers(state: LabState, n: number, deviceClass: string): Judgement {
  const arena = arenaOf(state);
  const { idea } = state.experiments[n]!;
  if (arena.decide.rule === 'items' && idea.kind !== 'ablation') return judgeItems(state, n, deviceClass);
  const against = comparisonBase(state, n);
  const evidence = compareWithBase(state, n, deviceClass);
  const { comparison } = evidence;
  const recorded: RecordedEvidence = {
    rule: RULE_NAMES[arena.decide.rule],
    against,
    n: comparison.n,
    nAgainst: evidence.againstCount,
    sigma: evidence.sigma,
    effect: comparison.difference,
    interval: comparison.interval,
    probability: comparison.probability,
    resolves: resolvableEffect(comparison.interval),
  };
  const constraintProblem = brokenConstraint(state, arena, n, deviceClass);
  if (constraintProblem)
    return decided({ ...recorded, verdict: 'discarded', kind: 'constraint', reason: constraintProblem });
  if (idea.kind === 'ablation') return judgeAblation({ ...recorded, rule: 'ablation/2' }, evidence);
  const noOpReason = idea.kind === 'idea' ? findNoOp(state, n, against, deviceClass) : undefined;
  if (noOpReason) return decided({ ...recorded, verdict: 'discarded', kind: 'no-op', reason: noOpReason });
  const { verdict, reason } = applyRule(state, n, evidence, deviceClass);
  if (verdict === 'again') return needsMore(reason);
  if (idea.kind === 'control') return decided(decideControl(recorded, verdict === 'kept', reason));
  const fullReason = `${reason} (against #${against}, parent #${idea.parent})`;
  if (verdict !== 'discarded') return decided({ ...recorded, verdict, reason: fullReason });
  const kind = comparison.z <= -CLEAR_Z ? 'refuted' : 'within noise';
  return decided({ ...recorded, kind, verdict, reason: fullReason });
}

/** The rule in force on the comparison; then what must be measured again before it is kept. */
function applyRule(state: LabState, n: number, evidence: Evidence, deviceClass: string): RuleResult {
  const { comparison, isPaired } = evidence;
  const { rule, max_replicates: maxPairs } = arenaOf(state).decide;
  if (rule === 'greedy') return greedyRule(comparison);
  const steps = stepsOf(state, n, deviceClass);
  if (inPairs(state)) {
    if (!isPaired && comparison.z > -HOPELESS_Z) return { verdict: 'again', reason: 'its partner is not measured yet' };
    const result =
      rule === 'sequential' && isPaired
        ? sequentialRule(comparison, maxPairs)
        : pairedRule(comparison, steps, maxPairs);
    return maxPairs < 2 ? result : quarantine(state, n, comparison, result);
  }
  const wantedCount = replicatesOf(arenaOf(state));
  if (comparison.n < wantedCount && comparison.z > -HOPELESS_Z)
    return { verdict: 'again', reason: `measured ${comparison.n} of ${wantedCount} times` };
  const result = marginRule(comparison, steps, failedSinceMeasured(state, n, deviceClass), evidence.againstCount);
  if (state.experiments[n]!.idea.bundles && comparison.n < BUNDLE_REPLICATES)
    return { verdict: 'again', reason: `a bundle is measured ${BUNDLE_REPLICATES} times` };
  return quarantine(state, n, comparison, repeatFarOut(state, n, comparison, result, deviceClass));
}

/**
 * outliers/1: a number that is better by more than chance explains is measured again before it is kept. Where the two
 * disagree by as much, the first is set aside, because the idea was chosen by it.
 */
function repeatFarOut(
  state: LabState,
  n: number,
  comparison: Comparison,
  result: RuleResult,
  deviceClass: string,
): RuleResult {
  const numberCount = measurementsOf(state, n).filter(
    (measurement) => measurement.deviceClass === deviceClass && valueOf(measurement) !== undefined,
  ).length;
  // Where gains are usually large, one of twice their size is no reason for doubt.
  const usual = FAR_GAIN_FACTOR * (usualGain(state, comparisonBase(state, n)) ?? 0);
  const isFar = comparison.difference > Math.max(usual, farBound(state.noise.get(deviceClass)?.residuals));
  return result.verdict === 'kept' && numberCount === 1 && isFar
    ? { verdict: 'again', reason: 'it lies far out, so it is measured again first' }
    : result;
}

/** A gain far above the usual ones is measured again before it is kept. */
function quarantine(state: LabState, n: number, comparison: Comparison, result: RuleResult): RuleResult {
  if (result.verdict !== 'kept' || comparison.n > 1) return result;
  const typicalGain = usualGain(state, comparisonBase(state, n));
  if (typicalGain === undefined || comparison.difference <= QUARANTINE_FACTOR * typicalGain) return result;
  return {
    verdict: 'again',
    reason: `quarantined: ${QUARANTINE_FACTOR} times the usual gain, so measured again first`,
  };
}

/** halving/1: without a full measurement, a screening run that failed or ranked too low ends it; nothing else does. */
function judgeScreening(state: LabState, n: number, deviceClass: string): Judgement {
  const screening = screeningOf(state, n, deviceClass);
  const [rule, against] = ['halving/1', comparisonBase(state, n)] as const;
  if (screening.next === 'failed') return decided(decideFailure(screening.screenRun, 1, rule, against));
  if (screening.next !== 'drop') return needsMore(screening.next === 'short' ? 'not run yet' : 'not measured yet');
  return decided({
    verdict: 'discarded',
    kind: 'screened',
    reason: screening.reason,
    rule,
    against,
    n: 0,
    nAgainst: 0,
  });
}

/** ablation/2: less code that is no worse stays. The step is dropped then. */
function judgeAblation(recorded: RecordedEvidence, { comparison, isPaired }: Evidence): Judgement {
  if (!isPaired || comparison.n < ABLATION_PAIRS)
    return needsMore(`${comparison.n} of ${ABLATION_PAIRS} pairs without the step`);
  const isKept = comparison.difference >= 0;
  const reason = isKept
    ? `without the step it is no worse (${formatSignificant(comparison.difference)}), so the step is dropped`
    : `the step pays: without it worse by ${formatSignificant(-comparison.difference)}`;
  return decided({ ...recorded, verdict: isKept ? 'kept' : 'discarded', kind: 'ablation', reason });
}

function decideFailure(measurement: Measurement, measurementCount: number, rule: string, against: number): Decision {
  if (measurement.state !== 'finished' || measurement.outcome.kind === 'measured')
    throw new RangeError('not a failed measurement');
  const { kind: verdict, message, class: failure } = measurement.outcome;
  const reason = measurementCount === 1 ? message : `${message} (in 1 of ${measurementCount} measurements)`;
  return { verdict, reason, failure, rule, against, n: measurementCount, nAgainst: 0 };
}

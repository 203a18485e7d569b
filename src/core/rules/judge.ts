/**
 * Measurements → a verdict with its reason: a pure function of the ledger and the arena's rule. `audit` calls it again
 * on the same state and must get the same answer. Rules carry a version; a changed rule is a new version beside the old
 * one.
 */
import type { Arena, Constraint } from '../arena.ts';
import type { FailureClass } from '../event.ts';
import type { Measurement, Verdict } from '../experiment.ts';
import { valueOf } from '../experiment.ts';
import { rungOf } from '../plan/screening.ts';
import { arenaOf, codeOf, inPairs, type LabState, measurementsOf, rulesOf, values } from '../state.ts';
import {
  BUNDLE_REPLICATES,
  CLEAR_Z,
  greedy,
  margin1,
  margin2,
  margin3,
  type Ruling,
  sequential1,
  show,
} from './margin.ts';
import { marginSteps } from './simplicity.ts';
import { type Comparison, compare, comparePairs, mean, poolSigma } from '../../base/stats.ts';

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
  const x = state.experiments[n]!;
  const against = state.incumbent;
  const done = measurementsOf(state, n).filter((m) => m.state === 'finished' && m.deviceClass === deviceClass);
  const rule = ruleName(state);
  if (state.steering.skipped.has(n)) {
    const reason = 'given up by a person';
    return { again: false, decision: { verdict: 'inconclusive', reason, rule, against, n: 0, nAgainst: 0 } };
  }
  if (done.length === 0) return screened(state, n, deviceClass);
  const failed = done.find((m) => valueOf(m) === undefined);
  if (failed) return { again: false, decision: failure(failed, done.length, rule, against) };

  const sign = signOf(arena);
  const mine = values(state, n, deviceClass).map((v) => v * sign);
  const theirs = values(state, against, deviceClass).map((v) => v * sign);
  if (theirs.length === 0) {
    const reason = `#${against}, which it is compared with, has no number on this device`;
    return { again: false, decision: { verdict: 'inconclusive', reason, rule, against, n: mine.length, nAgainst: 0 } };
  }
  const { sigma, dof } = noiseIn(state, deviceClass);
  const ablation = x.idea.kind === 'ablation';
  const differences = inPairs(state) || ablation ? differencesOf(state, n, against, deviceClass) : [];
  const paired = differences.length > 0;
  const c = paired ? comparePairs(differences, sigma, dof) : compare(mine, theirs, sigma, dof);
  const base = {
    rule,
    against,
    n: c.n,
    nAgainst: paired ? c.n : theirs.length,
    sigma,
    effect: c.difference,
    interval: c.interval,
    probability: c.probability,
  };
  const broken = brokenConstraint(state, arena, n, against, deviceClass);
  if (broken) return { again: false, decision: { ...base, verdict: 'discarded', kind: 'constraint', reason: broken } };
  if (ablation) return ablated({ ...base, rule: 'ablation/1' }, c, paired);
  const same = x.idea.kind === 'idea' && rulesOf(state) > 1 ? noOp(state, n, against, deviceClass) : undefined;
  if (same) return { again: false, decision: { ...base, verdict: 'discarded', kind: 'no-op', reason: same } };
  const verdict = ruling(state, n, c, paired, deviceClass);
  if (verdict.verdict === 'again') return { again: true, reason: verdict.reason };
  if (x.idea.kind === 'control') return { again: false, decision: controlled(base, verdict) };
  const kind =
    verdict.verdict === 'discarded' ? { kind: c.z <= -CLEAR_Z ? ('refuted' as const) : ('within noise' as const) } : {};
  return {
    again: false,
    decision: {
      ...base,
      ...kind,
      verdict: verdict.verdict,
      reason: `${verdict.reason} (against #${against}, parent #${x.idea.parent})`,
    },
  };
}

/** halving/1: without a full measurement, a short run that failed or ranked too low ends it; nothing else does. */
function screened(state: LabState, n: number, deviceClass: string): Judgement {
  const rung = rungOf(state, n, deviceClass);
  const [rule, against] = ['halving/1', state.incumbent] as const;
  if (rung.next === 'failed') return { again: false, decision: failure(rung.short, 1, rule, against) };
  if (rung.next !== 'drop') return { again: true, reason: rung.next === 'short' ? 'not run yet' : 'not measured yet' };
  return {
    again: false,
    decision: { verdict: 'discarded', kind: 'screened', reason: rung.reason, rule, against, n: 0, nAgainst: 0 },
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
  for (let k = n + 1; k < state.experiments.length; k++) {
    const x = state.experiments[k]!;
    if (x.state !== 'decided' || x.decision.nAgainst === 0) continue;
    if (x.decision.against !== n || x.decision.verdict === 'kept') break;
    if (x.measurements[0]! >= since) failed++;
  }
  return failed;
}

/**
 * Those that say something of the luck in the incumbent's number: since it was measured last. The baseline was not
 * chosen by its number.
 */
function stoodAgainst(state: LabState, deviceClass: string): number {
  const n = state.incumbent;
  const last = measurementsOf(state, n).findLast((m) => m.deviceClass === deviceClass && valueOf(m) !== undefined);
  return n === 0 ? 0 : failedAgainst(state, n, last?.m);
}

/** Pairs that decide whether a step may be left out. */
const ABLATION_PAIRS = 3;

/** ablation/1: less code that is no worse stays. The step is dropped then. */
function ablated(base: Omit<Decision, 'verdict' | 'reason'>, c: Comparison, paired: boolean): Judgement {
  if (!paired || c.n < ABLATION_PAIRS)
    return { again: true, reason: `${c.n} of ${ABLATION_PAIRS} pairs without the step` };
  const kept = c.difference >= 0;
  const reason = kept
    ? `without the step it is no worse (${show(c.difference)}), so the step is dropped`
    : `the step pays: without it worse by ${show(-c.difference)}`;
  return { again: false, decision: { ...base, verdict: kept ? 'kept' : 'discarded', kind: 'ablation', reason } };
}

/** A control is never kept; what counts is whether the rule would have. */
function controlled(base: Omit<Decision, 'verdict' | 'reason'>, { verdict, reason }: Ruling): Decision {
  const wouldKeep = verdict === 'kept';
  const text = `the unchanged incumbent would ${wouldKeep ? '' : 'not '}have been kept: ${reason}`;
  return { ...base, verdict: 'discarded', kind: 'control', wouldKeep, reason: text };
}

/**
 * Why candidate `n` is the incumbent in another coat, if it is: the same artefact from code that was not only
 * shortened, or a knob turned without any effect on the configuration that the candidate says is in force. Any
 * difference in its number is chance then.
 */
function noOp(state: LabState, n: number, against: number, deviceClass: string): string | undefined {
  const seen = (k: number, what: 'artefact' | 'config'): string[] =>
    measurementsOf(state, k).flatMap((m) =>
      m.state === 'finished' && m.deviceClass === deviceClass && m.conditions[what] ? [m.conditions[what]] : [],
    );
  const shared = (what: 'artefact' | 'config'): boolean => {
    const theirs = seen(against, what);
    return seen(n, what).some((hash) => theirs.includes(hash));
  };
  if (marginSteps(codeOf(state, n)!) > 0 && shared('artefact'))
    return `it left the same artefact as #${against}: any difference is chance`;
  if (state.experiments[n]!.idea.knobs && shared('config'))
    return `its effective configuration is that of #${against}: the knob has no effect`;
  return undefined;
}

/** A gain this many times the usual one is measured again before it is believed. */
export const QUARANTINE_FACTOR = 3;
/** Kept gains that say what is usual: at least, and at most looked at. */
const [FEWEST_GAINS, MOST_GAINS] = [5, 10];

/** Mean of the kept gains on the way to `n`; undefined while there are too few to say what is usual. */
export function usualGain(state: LabState, n: number): number | undefined {
  const gains: number[] = [];
  for (let at = n; at > 0 && gains.length < MOST_GAINS; at = state.experiments[at]!.idea.parent) {
    const x = state.experiments[at]!;
    if (x.state === 'decided' && x.decision.effect !== undefined) gains.push(Math.max(0, x.decision.effect));
  }
  return gains.length < FEWEST_GAINS ? undefined : mean(gains);
}

/**
 * Improvements within the finished pairs of a comparison, oldest first: two measurements in a row, one of each side.
 */
function differencesOf(state: LabState, n: number, against: number, deviceClass: string): number[] {
  const sign = signOf(arenaOf(state));
  const done = pairedSoFar(state, n, deviceClass);
  const found: number[] = [];
  for (let i = 0; i + 1 < done.length; i += 2) {
    const sides = [done[i]!, done[i + 1]!];
    const value = (k: number): number | undefined => sides.filter((m) => m.n === k).map(valueOf)[0];
    const [mine, theirs] = [value(n), value(against)];
    if (mine !== undefined && theirs !== undefined) found.push((mine - theirs) * sign);
  }
  return found;
}

/** Measurements with a number that serve a paired comparison. */
export function pairedSoFar(state: LabState, n: number, deviceClass: string): Measurement[] {
  return (state.pairs.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((m) => m.deviceClass === deviceClass && valueOf(m) !== undefined);
}

/** Standard errors below all earlier numbers of the incumbent at which a candidate needs no partner to be dropped. */
const HOPELESS_Z = 3;

/**
 * Steps of the margin that candidate `n` must be worth; the fewer parameters it has, where the arena counts them, the
 * fewer.
 */
function stepsOf(state: LabState, n: number, deviceClass: string): 0 | 1 | 2 {
  const { parameters: metric } = arenaOf(state).decide;
  const [mine, theirs] = [n, state.incumbent].map((k) => metric && secondary(state, k, deviceClass, metric)) as (
    number | undefined
  )[];
  return marginSteps(codeOf(state, n)!, mine === undefined || theirs === undefined ? undefined : [mine, theirs]);
}

function ruling(state: LabState, n: number, c: Comparison, paired: boolean, deviceClass: string): Ruling {
  const steps = stepsOf(state, n, deviceClass);
  const { rule, max_replicates: most } = arenaOf(state).decide;
  if (rule === 'greedy') return greedy(c);
  if (inPairs(state) && !paired && c.z > -HOPELESS_Z)
    return { verdict: 'again', reason: 'its partner is not measured yet' };
  const byPairs = rulesOf(state) === 1 || inPairs(state);
  const found =
    rule === 'sequential' && paired
      ? sequential1(c, most)
      : byPairs
        ? margin1(c, c.n, steps, most)
        : rulesOf(state) === 2
          ? margin2(c, c.n, steps)
          : margin3(c, steps, stoodAgainst(state, deviceClass), values(state, state.incumbent, deviceClass).length);
  if (byPairs && (rulesOf(state) < 3 || most < 2)) return found;
  if (!byPairs && state.experiments[n]!.idea.bundles && c.n < BUNDLE_REPLICATES)
    return { verdict: 'again', reason: `a bundle is measured ${BUNDLE_REPLICATES} times` };
  const usual = usualGain(state, state.incumbent);
  if (found.verdict !== 'kept' || c.n > 1 || usual === undefined || c.difference <= QUARANTINE_FACTOR * usual)
    return found;
  return {
    verdict: 'again',
    reason: `quarantined: ${QUARANTINE_FACTOR} times the usual gain, so measured again first`,
  };
}

function failure(m: Measurement, of: number, rule: string, against: number): Decision {
  if (m.state !== 'finished' || m.outcome.kind === 'measured') throw new RangeError('not a failed measurement');
  const reason = of === 1 ? m.outcome.message : `${m.outcome.message} (in 1 of ${of} measurements)`;
  return { verdict: m.outcome.kind, reason, failure: m.outcome.class, rule, against, n: of, nAgainst: 0 };
}

// -------------------------------------------------------------------------------------------- constraints

/** Mean of a secondary metric over the measurements of an experiment. */
export function secondary(state: LabState, n: number, deviceClass: string, metric: string): number | undefined {
  const found = measurementsOf(state, n).flatMap((m) =>
    m.deviceClass === deviceClass &&
    m.state === 'finished' &&
    m.outcome.kind === 'measured' &&
    m.outcome.metrics[metric] !== undefined
      ? [m.outcome.metrics[metric]]
      : [],
  );
  return found.length > 0 ? mean(found) : undefined;
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
  for (const constraint of arena.constraints.filter((c) => c.hard)) {
    const value = secondary(state, n, deviceClass, constraint.metric);
    if (value === undefined) return `constraint on ${constraint.metric}: the evaluator did not report it`;
    const scale = constraint.relative ? secondary(state, against, deviceClass, constraint.metric) : 1;
    if (scale === undefined) return `constraint on ${constraint.metric}: the incumbent has no value to compare with`;
    const problem = outside(constraint, value, scale);
    if (problem) return problem;
  }
  return undefined;
}

function outside(constraint: Constraint, value: number, scale: number): string | undefined {
  const { metric, min, max, relative } = constraint;
  const limit = (factor: number): string =>
    relative ? `${show(factor * scale)} (${factor} × the incumbent’s)` : show(factor);
  if (max !== undefined && value > max * scale) return `constraint: ${metric} is ${show(value)}, above ${limit(max)}`;
  if (min !== undefined && value < min * scale) return `constraint: ${metric} is ${show(value)}, below ${limit(min)}`;
  return undefined;
}

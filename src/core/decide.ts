/**
 * Measurements → a verdict with its reason: a pure function of the ledger and the arena's rule. `audit` calls it again on the same
 * state and must get the same answer. Rules carry a version; a changed rule is a new version beside the old one.
 */
import type { Arena, Constraint } from './arena.ts';
import type { FailureClass } from './event.ts';
import type { Measurement, Verdict } from './experiment.ts';
import { valueOf } from './experiment.ts';
import { arenaOf, codeOf, type LabState, measurementsOf, values } from './replay.ts';
import { type Comparison, compare, mean, poolSigma, tCdf, tQuantile } from './stats.ts';

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
  /** A discard is `refuted` when it is clearly worse, `within noise` when it only failed to be better. */
  readonly kind?: 'refuted' | 'within noise' | 'constraint';
}

export type Judgement =
  | { readonly again: true; readonly reason: string }
  | { readonly again: false; readonly decision: Decision };

/** Repeat an undecided candidate while z lies between these; beyond the upper it is clear after one measurement. */
const CLEAR_Z = 2;
/** Added lines above which a change must pay double (upstream's simplicity rule as arithmetic). */
const LARGE_DIFF_LINES = 20;

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
  const rule = `${arena.decide.rule}/1`;
  if (done.length === 0) return { again: true, reason: 'not measured yet' };
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
  const c = compare(mine, theirs, sigma, dof);
  const base = {
    rule,
    against,
    n: mine.length,
    nAgainst: theirs.length,
    sigma,
    effect: c.difference,
    interval: c.interval,
    probability: c.probability,
  };
  const broken = brokenConstraint(state, arena, n, against, deviceClass);
  if (broken) return { again: false, decision: { ...base, verdict: 'discarded', kind: 'constraint', reason: broken } };
  const code = codeOf(state, n)!;
  const verdict =
    arena.decide.rule === 'greedy'
      ? greedy(c)
      : margin(c, mine.length, marginZ(code.added, code.deleted), arena.decide.max_replicates);
  if (verdict.verdict === 'again') return { again: true, reason: verdict.reason };
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

type Ruling = { readonly verdict: 'kept' | 'discarded' | 'inconclusive' | 'again'; readonly reason: string };

/** Upstream's rule: lower is better, luck included. For comparison only. */
function greedy(c: Comparison): Ruling {
  return c.difference > 0
    ? { verdict: 'kept', reason: `better by ${show(c.difference)}, noise ignored` }
    : { verdict: 'discarded', reason: `not better (${show(c.difference)}), noise ignored` };
}

/** How many standard errors an improvement must be worth: 0 when code was only deleted, 2 for long additions, else 1 (papers: §3.5 default). */
export function marginZ(added: number, deleted: number): number {
  if (added === 0 && deleted > 0) return 0;
  return added > LARGE_DIFF_LINES ? 2 : 1;
}

/**
 * z-test with the noise known from repeats. Clear after one measurement beyond ±2; worse than the incumbent is dropped at once; in between
 * it is repeated up to `max` times, kept at the margin, else inconclusive. Steering is cheap on purpose: claims need a confirmation.
 */
function margin(c: Comparison, n: number, need: number, max: number): Ruling {
  const z = Number.isFinite(c.z) ? c.z.toFixed(2) : c.z > 0 ? '∞' : '−∞';
  const seen = `z = ${z} after ${n}`;
  if (c.z >= Math.max(CLEAR_Z, need)) return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}` };
  if (c.z <= 0 && !(need === 0 && c.z === 0)) {
    return {
      verdict: 'discarded',
      reason: c.z <= -CLEAR_Z ? `worse by ${show(-c.difference)}, ${seen}` : `no better within noise, ${seen}`,
    };
  }
  if (n < 2 && max > 1) return { verdict: 'again', reason: `in doubt: ${seen}` };
  if (c.z >= need) return { verdict: 'kept', reason: `better by ${show(c.difference)}, ${seen}, margin ${need}` };
  if (n < max) return { verdict: 'again', reason: `in doubt: ${seen}` };
  return { verdict: 'inconclusive', reason: `${seen}, between nothing and the margin of ${need}` };
}

function failure(m: Measurement, of: number, rule: string, against: number): Decision {
  if (m.state !== 'finished' || m.outcome.kind === 'measured') throw new RangeError('not a failed measurement');
  const reason = of === 1 ? m.outcome.message : `${m.outcome.message} (in 1 of ${of} measurements)`;
  return { verdict: m.outcome.kind, reason, failure: m.outcome.class, rule, against, n: of, nAgainst: 0 };
}

// -------------------------------------------------------------------------------------------- constraints

/** Mean of a secondary metric over the measurements of an experiment. */
function secondary(state: LabState, n: number, deviceClass: string, metric: string): number | undefined {
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

/** The first hard constraint that candidate `n` breaks, as a sentence; relative ones are factors of the champion's value. */
function brokenConstraint(
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

// ------------------------------------------------------------------------------------------- confirmation

export interface ConfirmResult {
  readonly passed: boolean;
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly probability: number;
  readonly rule: string;
  readonly reason: string;
}

/** Fresh measurements per side before a claim is judged. */
export const CONFIRM_REPLICATES = 3;

/**
 * May experiment `n` be called better than `against`? Uses only measurements made for this claim (`confirm`), none that helped to choose it.
 * Passed when the one-sided 95 % bound of the improvement is above zero. Undefined until both sides have enough.
 */
export function confirm(state: LabState, n: number, against: number, deviceClass: string): ConfirmResult | undefined {
  const sign = signOf(arenaOf(state));
  const fresh = (state.claims.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((m) => m.deviceClass === deviceClass);
  const side = (k: number): number[] =>
    fresh
      .filter((m) => m.n === k)
      .map(valueOf)
      .filter((v) => v !== undefined)
      .map((v) => v * sign);
  const failures = (k: number): number =>
    fresh.filter((m) => m.n === k && m.state === 'finished' && m.outcome.kind !== 'measured').length;
  const [mine, theirs] = [side(n), side(against)];
  const rule = 'confirm/1';
  const unmeasured =
    failures(n) > 0
      ? `${failures(n)} of its fresh measurements failed`
      : failures(against) >= CONFIRM_REPLICATES
        ? `#${against}, which it is compared with, failed in ${failures(against)} fresh measurements`
        : undefined;
  if (unmeasured) return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason: unmeasured };
  if (mine.length < CONFIRM_REPLICATES || theirs.length < CONFIRM_REPLICATES) return undefined;
  const { sigma, dof } = noiseIn(state, deviceClass);
  const c = compare(mine, theirs, sigma, dof);
  const bound = c.difference - tQuantile(0.95, Math.max(1, dof)) * c.se;
  const passed = bound > 0;
  const reason = `${passed ? 'better' : 'not shown to be better'}: ${show(c.difference)} on ${mine.length} + ${theirs.length} fresh measurements, one-sided 95 % bound ${show(bound)}`;
  return { passed, effect: c.difference, interval: c.interval, probability: tCdf(c.z, Math.max(1, dof)), rule, reason };
}

/** Four significant digits, for reasons. Views format their own numbers. */
function show(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x);
}

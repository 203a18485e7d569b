/**
 * Claims: may the report call experiment `n` better than the champion? Judged on measurements that none helped to
 * choose it. confirm/1 takes three fresh ones of each side; confirm/2 reuses what is unselected already and spends one
 * error budget over all claims of a lab; confirm/3 looks after each number of its own, at a third of the level, and
 * gives the first claims more. Pure.
 */
import { eager, lordAlpha, patient } from './error-budget.ts';
import { failedAgainst, noiseIn, signOf } from './judge.ts';
import type { Payload } from '../event.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, rulesOf, values } from '../state.ts';
import { luckOf, show } from './margin.ts';
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { compare, mean } from '../../base/stats.ts';

/** What a confirmation records, but for whom it is about. */
export type ConfirmResult = Omit<Payload<'confirmation'>, 'n' | 'against'>;

/** Numbers per side before a claim is judged. */
export const CONFIRM_REPLICATES = 3;
/** Standard errors that the other side's fresh number may lie from its earlier ones before those are called stale. */
const STALE_Z = 2;

/**
 * The two sides of a claim as far as they are measured, and how many numbers each still lacks. Values are signed:
 * larger is better.
 */
export interface Sides {
  readonly mine: readonly number[];
  readonly theirs: readonly number[];
  readonly missing: readonly [number, number];
  /** Numbers made for this claim so far. */
  readonly fresh: number;
  /**
   * Why it cannot be judged: a fresh measurement of its own failed, or the other side fails as often as numbers are
   * wanted.
   */
  readonly unmeasured?: string;
}

export function sidesOf(state: LabState, n: number, against: number, deviceClass: string): Sides {
  const sign = signOf(arenaOf(state));
  const fresh = (state.claims.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((m) => m.deviceClass === deviceClass);
  const numbers = (of: readonly Measurement[], k: number): number[] =>
    of.flatMap((m) => {
      const value = m.n === k ? valueOf(m) : undefined;
      return value === undefined ? [] : [value * sign];
    });
  const failures = (k: number): number =>
    fresh.filter((m) => m.n === k && m.state === 'finished' && m.outcome.kind !== 'measured').length;
  const unmeasured =
    failures(n) > 0
      ? `${failures(n)} of its fresh measurements failed`
      : failures(against) >= CONFIRM_REPLICATES
        ? `#${against}, which it is compared with, failed in ${failures(against)} fresh measurements`
        : undefined;
  const [mine, now] = [numbers(fresh, n), numbers(fresh, against)];
  const lacks = (want: number, have: number): number => (unmeasured ? 0 : Math.max(0, want - have));
  const reusable = rulesOf(state) > 1 && !inPairs(state);
  const before = reusable ? numbers(unselected(state, n, against, deviceClass), against) : [];
  const reuse = before.length > 0 && !isStale(before, now, noiseIn(state, deviceClass).sigma);
  const theirs = reuse ? [...before, ...now] : now;
  const want = reuse ? Math.max(1, CONFIRM_REPLICATES - before.length) : CONFIRM_REPLICATES;
  // Third rules: a look after each number of its own side, once the other side has as many as that look needs.
  const looked = rulesOf(state) === 3 && mine.length > 0 && now.length === (reuse ? want : mine.length);
  const clear = looked && !unmeasured && tested(state, mine, theirs, deviceClass).passed;
  const missing = clear
    ? ([0, 0] as const)
    : ([lacks(CONFIRM_REPLICATES, mine.length), lacks(want, now.length)] as const);
  return { mine, theirs, ...(unmeasured && { unmeasured }), missing, fresh: mine.length + now.length };
}

/**
 * Earlier measurements of the other side that nothing was chosen by: the baseline's calibration, looks for drift, an
 * earlier claim's fresh ones.
 */
function unselected(state: LabState, claim: number, k: number, deviceClass: string): Measurement[] {
  const x = state.experiments[k];
  if (x?.state !== 'open' && x?.state !== 'decided') return [];
  return x.measurements
    .map((m) => state.measurements[m]!)
    .filter(
      (m) =>
        m.deviceClass === deviceClass &&
        m.claim !== claim &&
        (m.purpose === 'calibrate' ||
          m.purpose === 'drift' ||
          m.purpose === 'final' ||
          (m.purpose === 'confirm' && m.claim !== undefined)),
    );
}

/** Has the machine moved since? Then only fresh numbers count. */
function isStale(before: readonly number[], now: readonly number[], sigma: number): boolean {
  if (now.length === 0) return false;
  return Math.abs(mean(now) - mean(before)) > STALE_Z * sigma * Math.sqrt(1 / now.length + 1 / before.length);
}

/** The claim's judgement; undefined until both sides have enough numbers. */
export function confirm(state: LabState, n: number, against: number, deviceClass: string): ConfirmResult | undefined {
  const rule = `confirm/${rulesOf(state)}`;
  const { mine, theirs, missing, unmeasured } = sidesOf(state, n, against, deviceClass);
  const first = rulesOf(state) === 1;
  const spent = first ? {} : { alpha: nextAlpha(state), numbers: [mine.length, theirs.length] as const };
  if (unmeasured)
    return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason: unmeasured, ...spent };
  if (missing[0] > 0 || missing[1] > 0) return undefined;
  const { c, dof, level, bound, passed } = tested(state, mine, theirs, deviceClass);
  const which = `one-sided ${show(100 * (1 - level))} % bound ${show(bound)}`;
  const reason = `${passed ? 'better' : 'not shown to be better'}: ${show(c.difference)} on ${mine.length} + ${theirs.length} ${first ? 'fresh' : 'unselected'} measurements, ${which}`;
  const probability = tCdf(c.z, dof);
  return { passed, effect: c.difference, interval: c.interval, probability, rule, reason, ...spent };
}

/** Is the bound of the improvement above zero, at the level that this look is worth? */
function tested(state: LabState, mine: readonly number[], theirs: readonly number[], deviceClass: string) {
  const { sigma, dof: known } = noiseIn(state, deviceClass);
  const c = compare(mine, theirs, sigma, known);
  const dof = Math.max(1, known);
  const looks = rulesOf(state) === 3 ? CONFIRM_REPLICATES : 1;
  const level = (rulesOf(state) === 1 ? 0.05 : nextAlpha(state)) / looks;
  const bound = c.difference - tQuantile(1 - level, dof) * c.se;
  return { c, dof, level, bound, passed: bound > 0 };
}

/**
 * The probability above which a kept step inside a confirmed stack may be called confirmed by itself. At 0.915 fewer
 * than a tenth of the steps so called are false, and they carry most of the gain (`npm run bench:decide`).
 */
const CLEAR_STEP = 0.915;
/** Third rules: the same in standard errors, after the luck of both sides is taken out. */
const CLEAR_STEP_Z = 1.2;

/**
 * Is this kept step better than what it was compared with by its own evidence, under the noise as it is known by now?
 */
export function isClearStep(state: LabState, n: number, deviceClass: string): boolean {
  const x = state.experiments[n];
  if (x?.state !== 'decided' || x.decision.effect === undefined) return false;
  const { effect, n: mine, nAgainst, against } = x.decision;
  return isClear(state, { n, against, effect, counts: [mine, nAgainst] }, deviceClass);
}

/**
 * Is `n` better than `against`, an earlier one of its line, by all numbers of both? What no step between them shows,
 * they may together.
 */
export function isClearlyAhead(state: LabState, n: number, against: number, deviceClass: string): boolean {
  const [mine, theirs] = [n, against].map((k) => values(state, k, deviceClass));
  if (mine!.length === 0 || theirs!.length === 0) return false;
  const effect = (mean(mine!) - mean(theirs!)) * signOf(arenaOf(state));
  return isClear(state, { n, against, effect, counts: [mine!.length, theirs!.length] }, deviceClass);
}

interface Step {
  readonly n: number;
  readonly against: number;
  /** Positive is better. */
  readonly effect: number;
  readonly counts: readonly [mine: number, theirs: number];
}

function isClear(state: LabState, { n, against, effect, counts: [mine, theirs] }: Step, deviceClass: string): boolean {
  const { sigma, dof } = noiseIn(state, deviceClass);
  const se = sigma * Math.sqrt(1 / mine + 1 / theirs);
  if (se === 0) return effect > 0;
  if (rulesOf(state) < 3 || inPairs(state)) return tCdf(effect / se, Math.max(1, dof)) >= CLEAR_STEP;
  // The baseline was not chosen by its number.
  const luck = against === 0 ? 0 : luckOf(failedAgainst(state, against), theirs);
  return effect / se + luck - luckOf(failedAgainst(state, n), mine) >= CLEAR_STEP_Z;
}

function nextAlpha(state: LabState): number {
  const tests = state.confirmations.filter((c) => c.rule !== 'confirm/1');
  return lordAlpha(
    tests.length + 1,
    tests.flatMap((c, i) => (c.passed ? [i + 1] : [])),
    rulesOf(state) === 3 ? eager : patient,
  );
}

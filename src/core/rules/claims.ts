/**
 * Claims: may the report call experiment `n` better than the champion? Judged on measurements that none helped to
 * choose it. confirm/1 takes three fresh ones of each side; confirm/2 reuses what is unselected already and spends one
 * error budget over all claims of a lab; confirm/3 looks after each number of its own, at a third of the level, and
 * gives the first claims more. Pure.
 */
import { eagerSpending, lordAlpha, patientSpending } from './error-budget.ts';
import { failedAgainst, noiseIn, signOf } from './judge.ts';
import type { Payload } from '../event.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, rulesOf, values } from '../state.ts';
import { shrinkageOf, formatSignificant } from './margin.ts';
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { compareSamples, mean } from '../../base/stats.ts';

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
export interface ClaimSides {
  readonly candidateValues: readonly number[];
  readonly championValues: readonly number[];
  readonly missing: readonly [number, number];
  /** Numbers made for this claim so far. */
  readonly fresh: number;
  /**
   * Why it cannot be judged: a fresh measurement of its own failed, or the other side fails as often as numbers are
   * wanted.
   */
  readonly unmeasured?: string;
}

export function sidesOf(state: LabState, n: number, against: number, deviceClass: string): ClaimSides {
  const sign = signOf(arenaOf(state));
  const freshMeasurements = (state.claims.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((measurement) => measurement.deviceClass === deviceClass);
  const valuesFrom = (measurements: readonly Measurement[], side: number): number[] =>
    measurements.flatMap((measurement) => {
      const value = measurement.n === side ? valueOf(measurement) : undefined;
      return value === undefined ? [] : [value * sign];
    });
  const countFailures = (side: number): number =>
    freshMeasurements.filter(
      (measurement) =>
        measurement.n === side && measurement.state === 'finished' && measurement.outcome.kind !== 'measured',
    ).length;
  const unmeasured =
    countFailures(n) > 0
      ? `${countFailures(n)} of its fresh measurements failed`
      : countFailures(against) >= CONFIRM_REPLICATES
        ? `#${against}, which it is compared with, failed in ${countFailures(against)} fresh measurements`
        : undefined;
  const [candidateValues, freshChampionValues] = [
    valuesFrom(freshMeasurements, n),
    valuesFrom(freshMeasurements, against),
  ];
  const countLacking = (wantedCount: number, availableCount: number): number =>
    unmeasured ? 0 : Math.max(0, wantedCount - availableCount);
  const isReusable = rulesOf(state) > 1 && !inPairs(state);
  const earlierValues = isReusable ? valuesFrom(unselectedMeasurements(state, n, against, deviceClass), against) : [];
  const reusesEarlier =
    earlierValues.length > 0 && !isStale(earlierValues, freshChampionValues, noiseIn(state, deviceClass).sigma);
  const championValues = reusesEarlier ? [...earlierValues, ...freshChampionValues] : freshChampionValues;
  const wantedFresh = reusesEarlier ? Math.max(1, CONFIRM_REPLICATES - earlierValues.length) : CONFIRM_REPLICATES;
  // Third rules: a look after each number of its own side, once the other side has as many as that look needs.
  const isLookDue =
    rulesOf(state) === 3 &&
    candidateValues.length > 0 &&
    freshChampionValues.length === (reusesEarlier ? wantedFresh : candidateValues.length);
  const isAlreadyClear =
    isLookDue && !unmeasured && testImprovement(state, candidateValues, championValues, deviceClass).passed;
  const missing = isAlreadyClear
    ? ([0, 0] as const)
    : ([
        countLacking(CONFIRM_REPLICATES, candidateValues.length),
        countLacking(wantedFresh, freshChampionValues.length),
      ] as const);
  return {
    candidateValues,
    championValues,
    ...(unmeasured && { unmeasured }),
    missing,
    fresh: candidateValues.length + freshChampionValues.length,
  };
}

/**
 * Earlier measurements of the other side that nothing was chosen by: the baseline's calibration, looks for drift, an
 * earlier claim's fresh ones.
 */
function unselectedMeasurements(state: LabState, claim: number, side: number, deviceClass: string): Measurement[] {
  const experiment = state.experiments[side];
  if (experiment?.state !== 'open' && experiment?.state !== 'decided') return [];
  return experiment.measurements
    .map((m) => state.measurements[m]!)
    .filter(
      (measurement) =>
        measurement.deviceClass === deviceClass &&
        measurement.claim !== claim &&
        (measurement.purpose === 'calibrate' ||
          measurement.purpose === 'drift' ||
          measurement.purpose === 'final' ||
          (measurement.purpose === 'confirm' && measurement.claim !== undefined)),
    );
}

/** Has the machine moved since? Then only fresh numbers count. */
function isStale(earlierValues: readonly number[], freshValues: readonly number[], sigma: number): boolean {
  if (freshValues.length === 0) return false;
  return (
    Math.abs(mean(freshValues) - mean(earlierValues)) >
    STALE_Z * sigma * Math.sqrt(1 / freshValues.length + 1 / earlierValues.length)
  );
}

/** The claim's judgement; undefined until both sides have enough numbers. */
export function judgeClaim(
  state: LabState,
  n: number,
  against: number,
  deviceClass: string,
): ConfirmResult | undefined {
  const rule = `confirm/${rulesOf(state)}`;
  const { candidateValues, championValues, missing, unmeasured } = sidesOf(state, n, against, deviceClass);
  const usesFirstRules = rulesOf(state) === 1;
  const budgetUse = usesFirstRules
    ? {}
    : { alpha: nextAlpha(state), numbers: [candidateValues.length, championValues.length] as const };
  if (unmeasured)
    return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason: unmeasured, ...budgetUse };
  if (missing[0] > 0 || missing[1] > 0) return undefined;
  const {
    c: comparison,
    dof,
    level,
    bound,
    passed,
  } = testImprovement(state, candidateValues, championValues, deviceClass);
  const boundText = `one-sided ${formatSignificant(100 * (1 - level))} % bound ${formatSignificant(bound)}`;
  const reason = `${passed ? 'better' : 'not shown to be better'}: ${formatSignificant(comparison.difference)} on ${candidateValues.length} + ${championValues.length} ${usesFirstRules ? 'fresh' : 'unselected'} measurements, ${boundText}`;
  const probability = tCdf(comparison.z, dof);
  return {
    passed,
    effect: comparison.difference,
    interval: comparison.interval,
    probability,
    rule,
    reason,
    ...budgetUse,
  };
}

/** Is the bound of the improvement above zero, at the level that this look is worth? */
function testImprovement(
  state: LabState,
  candidateValues: readonly number[],
  championValues: readonly number[],
  deviceClass: string,
) {
  const { sigma, dof: knownFreedom } = noiseIn(state, deviceClass);
  const comparison = compareSamples(candidateValues, championValues, sigma, knownFreedom);
  const dof = Math.max(1, knownFreedom);
  const lookCount = rulesOf(state) === 3 ? CONFIRM_REPLICATES : 1;
  const level = (rulesOf(state) === 1 ? 0.05 : nextAlpha(state)) / lookCount;
  const bound = comparison.difference - tQuantile(1 - level, dof) * comparison.se;
  return { c: comparison, dof, level, bound, passed: bound > 0 };
}

/**
 * The probability above which a kept step inside a confirmed stack may be called confirmed by itself. At 0.915 fewer
 * than a tenth of the steps so called are false, and they carry most of the gain (`npm run bench:decide`).
 */
const CLEAR_STEP_PROBABILITY = 0.915;
/** Third rules: the same in standard errors, after the luck of both sides is taken out. */
const CLEAR_STEP_Z = 1.2;

/**
 * Is this kept step better than what it was compared with by its own evidence, under the noise as it is known by now?
 */
export function isClearStep(state: LabState, n: number, deviceClass: string): boolean {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.effect === undefined) return false;
  const { effect, n: candidateCount, nAgainst, against } = experiment.decision;
  return isClear(state, { n, against, effect, counts: [candidateCount, nAgainst] }, deviceClass);
}

/**
 * Is `n` better than `against`, an earlier one of its line, by all numbers of both? What no step between them shows,
 * they may together.
 */
export function isClearlyAhead(state: LabState, n: number, against: number, deviceClass: string): boolean {
  const [candidateValues, championValues] = [n, against].map((side) => values(state, side, deviceClass));
  if (candidateValues!.length === 0 || championValues!.length === 0) return false;
  const effect = (mean(candidateValues!) - mean(championValues!)) * signOf(arenaOf(state));
  return isClear(state, { n, against, effect, counts: [candidateValues!.length, championValues!.length] }, deviceClass);
}

interface StepEvidence {
  readonly n: number;
  readonly against: number;
  /** Positive is better. */
  readonly effect: number;
  readonly counts: readonly [mine: number, theirs: number];
}

function isClear(
  state: LabState,
  { n, against, effect, counts: [candidateCount, againstCount] }: StepEvidence,
  deviceClass: string,
): boolean {
  const { sigma, dof } = noiseIn(state, deviceClass);
  const standardError = sigma * Math.sqrt(1 / candidateCount + 1 / againstCount);
  if (standardError === 0) return effect > 0;
  if (rulesOf(state) < 3 || inPairs(state))
    return tCdf(effect / standardError, Math.max(1, dof)) >= CLEAR_STEP_PROBABILITY;
  // The baseline was not chosen by its number.
  const againstShrinkage = against === 0 ? 0 : shrinkageOf(failedAgainst(state, against), againstCount);
  return (
    effect / standardError + againstShrinkage - shrinkageOf(failedAgainst(state, n), candidateCount) >= CLEAR_STEP_Z
  );
}

function nextAlpha(state: LabState): number {
  const earlierTests = state.confirmations.filter((confirmation) => confirmation.rule !== 'confirm/1');
  return lordAlpha(
    earlierTests.length + 1,
    earlierTests.flatMap((confirmation, i) => (confirmation.passed ? [i + 1] : [])),
    rulesOf(state) === 3 ? eagerSpending : patientSpending,
  );
}

/**
 * Claims: may the report call experiment `n` better than the champion? confirm/3 judges on measurements that played no
 * part in selecting the candidate. It looks after each number of its own side, at a third of the level, and all claims
 * of a lab share one error budget. Pure.
 */
import { defined } from '../../base/defined.ts';
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { compareSamples, mean } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import type { Payload } from '../event.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, noiseIn, values } from '../state.ts';
import { lordAlpha } from './error-budget.ts';
import { failedAgainst } from './evidence.ts';
import { itemClaimSides, judgeItemsClaim } from './item-claims.ts';
import { decidesByItems } from './item-comparison.ts';
import { isProvenStep } from './items.ts';
import { formatSignificant, shrinkageOf } from './margin.ts';

/** Numbers per side before a claim is judged; a claim looks after each number of its own side. */
export const CONFIRM_REPLICATES = 3;
/** Standard errors between fresh and earlier numbers of the champion beyond which the earlier ones are stale. */
const STALE_Z = 2;
/**
 * Probability above which a kept step inside a confirmed stack may be called confirmed by itself, for rules in pairs.
 * At 0.915 fewer than a tenth of the steps so called are false, and they carry most of the gain (`npm run
 * bench:decide`).
 */
const CLEAR_STEP_PROBABILITY = 0.915;
/** The same for the margin, in standard errors after the shrinkage of both sides. */
const CLEAR_STEP_Z = 1.2;

/** What a confirmation records, except whom it is about. */
export type ConfirmResult = Omit<Payload<'confirmation'>, 'n' | 'against'>;

/** The two sides of a claim as far as they are measured. Values are signed: larger is better. */
export interface ClaimSides {
  readonly candidateValues: readonly number[];
  readonly championValues: readonly number[];
  /** Numbers that the candidate and the champion still lack. */
  readonly missing: readonly [candidate: number, champion: number];
  /** Numbers made for this claim so far. */
  readonly fresh: number;
  /** Why the claim cannot be judged: the candidate failed once, or the champion as often as numbers are wanted. */
  readonly unmeasured?: string;
}

export function sidesOf(state: LabState, n: number, against: number, deviceClass: string): ClaimSides {
  if (decidesByItems(state))
    return { candidateValues: [], championValues: [], ...itemClaimSides(state, n, against, deviceClass) };
  const sign = signOf(arenaOf(state));
  const freshMeasurements = (state.claims.get(n) ?? [])
    .map((m) => state.measurements[m]!)
    .filter((measurement) => measurement.deviceClass === deviceClass);
  const valuesFrom = (measurements: readonly Measurement[], side: number): number[] =>
    measurements.flatMap((measurement) => {
      const value = measurement.n === side ? valueOf(measurement) : undefined;
      return value === undefined ? [] : [value * sign];
    });
  const unmeasured = whyUnmeasured(freshMeasurements, n, against);
  const candidateValues = valuesFrom(freshMeasurements, n);
  const freshChampionValues = valuesFrom(freshMeasurements, against);
  const earlierValues = inPairs(state)
    ? []
    : valuesFrom(unselectedMeasurements(state, n, against, deviceClass), against);
  const reusesEarlier =
    earlierValues.length > 0 && !isStale(earlierValues, freshChampionValues, noiseIn(state, deviceClass).sigma);
  const championValues = reusesEarlier ? [...earlierValues, ...freshChampionValues] : freshChampionValues;
  const wantedFresh = reusesEarlier ? Math.max(1, CONFIRM_REPLICATES - earlierValues.length) : CONFIRM_REPLICATES;
  // It looks after each number of its own side, once the champion has as many as that look needs.
  const isLookDue =
    candidateValues.length > 0 && freshChampionValues.length === (reusesEarlier ? wantedFresh : candidateValues.length);
  const isComplete =
    unmeasured !== undefined ||
    (isLookDue && testImprovement(state, candidateValues, championValues, deviceClass).passed);
  const countLacking = (wanted: number, available: number): number =>
    isComplete ? 0 : Math.max(0, wanted - available);
  return {
    candidateValues,
    championValues,
    ...defined({ unmeasured }),
    missing: [
      countLacking(CONFIRM_REPLICATES, candidateValues.length),
      countLacking(wantedFresh, freshChampionValues.length),
    ],
    fresh: candidateValues.length + freshChampionValues.length,
  };
}

function whyUnmeasured(freshMeasurements: readonly Measurement[], n: number, against: number): string | undefined {
  const countFailures = (side: number): number =>
    freshMeasurements.filter(
      (measurement) =>
        measurement.n === side && measurement.state === 'finished' && measurement.outcome.kind !== 'measured',
    ).length;
  if (countFailures(n) > 0) return `${countFailures(n)} of its fresh measurements failed`;
  if (countFailures(against) >= CONFIRM_REPLICATES)
    return `#${against}, which it is compared with, failed in ${countFailures(against)} fresh measurements`;
  return undefined;
}

/**
 * Earlier measurements of the champion that played no part in selecting it: the baseline's calibration, looks for
 * drift, fresh ones of an earlier claim or of the final comparison.
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

/** Did the machine change since the earlier values? Then only fresh ones count. */
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
  if (decidesByItems(state)) return judgeItemsClaim(state, n, against, deviceClass);
  const rule = 'confirm/3';
  const { candidateValues, championValues, missing, unmeasured } = sidesOf(state, n, against, deviceClass);
  const alpha = nextAlpha(state);
  const numbers = [candidateValues.length, championValues.length] as const;
  if (unmeasured)
    return { passed: false, effect: 0, interval: [0, 0], probability: 0, rule, reason: unmeasured, alpha, numbers };
  if (missing[0] > 0 || missing[1] > 0) return undefined;
  const test = testImprovement(state, candidateValues, championValues, deviceClass);
  const { comparison, dof, level, bound, passed } = test;
  const boundText = `one-sided ${formatSignificant(100 * (1 - level))} % bound ${formatSignificant(bound)}`;
  const reason = `${passed ? 'better' : 'not shown to be better'}: ${formatSignificant(comparison.difference)} on ${numbers[0]} + ${numbers[1]} unselected measurements, ${boundText}`;
  const probability = tCdf(comparison.z, dof);
  return {
    passed,
    effect: comparison.difference,
    interval: comparison.interval,
    probability,
    rule,
    reason,
    alpha,
    numbers,
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
  const level = nextAlpha(state) / CONFIRM_REPLICATES;
  const bound = comparison.difference - tQuantile(1 - level, dof) * comparison.se;
  return { comparison, dof, level, bound, passed: bound > 0 };
}

/** The level of the next claim, from the claims before it. */
function nextAlpha(state: LabState): number {
  const discoveries = state.confirmations.flatMap(({ passed }, i) => (passed ? [i + 1] : []));
  return lordAlpha(state.confirmations.length + 1, discoveries);
}

/**
 * Is this kept step better than what it was compared with by its own evidence, under the noise of the device class that
 * it was decided on, as that noise is known by now?
 */
export function isClearStep(state: LabState, n: number): boolean {
  const experiment = state.experiments[n];
  if (experiment?.state !== 'decided' || experiment.decision.effect === undefined) return false;
  if (decidesByItems(state)) return isProvenStep(state, n);
  const { effect, n: candidateCount, nAgainst, against } = experiment.decision;
  return isClear(state, { n, against, effect, counts: [candidateCount, nAgainst] }, experiment.deviceClass ?? '');
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

function isClear(
  state: LabState,
  { n, against, effect, counts: [candidateCount, againstCount] }: StepEvidence,
  deviceClass: string,
): boolean {
  const { sigma, dof } = noiseIn(state, deviceClass);
  // Without repeats the noise is unknown, not zero as that of a deterministic metric.
  if (dof === 0) return false;
  const standardError = sigma * Math.sqrt(1 / candidateCount + 1 / againstCount);
  if (standardError === 0) return effect > 0;
  if (inPairs(state)) return tCdf(effect / standardError, dof) >= CLEAR_STEP_PROBABILITY;
  // The baseline was not chosen by its number.
  const againstShrinkage = against === 0 ? 0 : shrinkageOf(failedAgainst(state, against), againstCount);
  const ownShrinkage = shrinkageOf(failedAgainst(state, n), candidateCount);
  return effect / standardError + againstShrinkage - ownShrinkage >= CLEAR_STEP_Z;
}

/**
 * The numbers of a claim: fresh ones of both sides since the claim was judged last, and earlier ones of the champion by
 * which no code was selected. Pure; decides nothing but which of them count.
 */
import { medianOf } from '../../base/stats.ts';
import { signOf } from '../arena.ts';
import { type Measurement, valueOf } from '../experiment.ts';
import { arenaOf, inPairs, type LabState, noiseIn } from '../state.ts';
import { isStale } from './claim-test.ts';

/** Failed fresh measurements of the champion after which the claim cannot be judged. */
const MAX_CHAMPION_FAILURES = 3;

/** Signed values: larger is better. */
export interface ClaimNumbers {
  readonly candidateValues: readonly number[];
  readonly freshChampionValues: readonly number[];
  /** Earlier and fresh ones of the champion, as far as they count. */
  readonly championValues: readonly number[];
  /** Candidate minus champion within each finished pair; only where the rule measures in pairs. */
  readonly differences?: readonly number[];
  /** Fresh measurements with a number, of both sides, oldest first. */
  readonly freshRuns: readonly Measurement[];
  /** Why the claim cannot be judged. */
  readonly unmeasured?: string;
}

export function claimNumbersOf(state: LabState, n: number, against: number, deviceClass: string): ClaimNumbers {
  const sign = signOf(arenaOf(state));
  const freshMeasurements = freshOfClaim(state, n).filter((measurement) => measurement.deviceClass === deviceClass);
  const valuesFrom = (measurements: readonly Measurement[], side: number): number[] => {
    const runs = measurements.flatMap((measurement) => {
      const value = measurement.n === side ? valueOf(measurement) : undefined;
      return value === undefined ? [] : [{ m: measurement.m, value: value * sign }];
    });
    const middle = runs.length > 0 ? medianOf(runs.map(({ value }) => value)) : 0;
    // Of a pair that is far out, the partner would be lost as well: pairs have their own spread. Else a far number is
    // left out where it would help the claim: what is drawn again until it fits would be no evidence.
    const helps = (value: number): boolean => (side === n ? value > middle : value < middle);
    const isSetAside = (run: { m: number; value: number }): boolean =>
      !inPairs(state) && state.farOut.has(run.m) && helps(run.value);
    return runs.filter((run) => !isSetAside(run)).map(({ value }) => value);
  };
  const freshChampionValues = valuesFrom(freshMeasurements, against);
  const unmeasured = whyUnmeasured(freshMeasurements, n, against);
  const shared = {
    candidateValues: valuesFrom(freshMeasurements, n),
    freshChampionValues,
    freshRuns: freshMeasurements.filter((measurement) => valueOf(measurement) !== undefined),
    ...(unmeasured !== undefined && { unmeasured }),
  };
  if (inPairs(state)) {
    const differences = differencesIn(shared.freshRuns, n).map((difference) => difference * sign);
    return { ...shared, championValues: freshChampionValues, differences };
  }
  const earlierValues = valuesFrom(unselectedMeasurements(state, n, against, deviceClass), against);
  const reusesEarlier =
    earlierValues.length > 0 && !isStale(earlierValues, freshChampionValues, noiseIn(state, deviceClass).sigma);
  return {
    ...shared,
    championValues: reusesEarlier ? [...earlierValues, ...freshChampionValues] : freshChampionValues,
  };
}

/** Measurements for the claim of `n` since it was judged last. */
export function freshOfClaim(state: LabState, n: number): Measurement[] {
  const judgedAfter = judgedAfterOf(state, n);
  return (state.claims.get(n) ?? []).filter((m) => m >= judgedAfter).map((m) => state.measurements[m]!);
}

/** The first measurement after the claim of `n` was judged last; 0 where it never was. */
export const judgedAfterOf = (state: LabState, n: number): number =>
  state.confirmations.findLast((confirmation) => confirmation.n === n)?.judgedAfter ?? 0;

/** Candidate minus champion in each two runs in a row, one of each side. */
function differencesIn(freshRuns: readonly Measurement[], n: number): number[] {
  const differences: number[] = [];
  for (let i = 0; i + 1 < freshRuns.length; i += 2) {
    const pair = [freshRuns[i]!, freshRuns[i + 1]!];
    const candidateRun = pair.find((measurement) => measurement.n === n);
    const championRun = pair.find((measurement) => measurement.n !== n);
    if (candidateRun && championRun) differences.push(valueOf(candidateRun)! - valueOf(championRun)!);
  }
  return differences;
}

function whyUnmeasured(freshMeasurements: readonly Measurement[], n: number, against: number): string | undefined {
  const countFailures = (side: number): number =>
    freshMeasurements.filter(
      (measurement) =>
        measurement.n === side && measurement.state === 'finished' && measurement.outcome.kind !== 'measured',
    ).length;
  if (countFailures(n) > 0) return `${countFailures(n)} of its fresh measurements failed`;
  if (countFailures(against) >= MAX_CHAMPION_FAILURES)
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
  const judgedAfter = judgedAfterOf(state, claim);
  return experiment.measurements
    .map((m) => state.measurements[m]!)
    .filter(
      (measurement) =>
        measurement.deviceClass === deviceClass &&
        (measurement.claim !== claim || measurement.m < judgedAfter) &&
        (measurement.purpose === 'calibrate' ||
          measurement.purpose === 'drift' ||
          measurement.purpose === 'final' ||
          (measurement.purpose === 'confirm' && measurement.claim !== undefined)),
    );
}

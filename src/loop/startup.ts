/**
 * Start-up is not on the training clock, so work done in it is free. It is compared with the baseline's: a candidate
 * that takes longer is noted, and one that takes much longer fails. Pure.
 */
import type { Measurement } from '../core/experiment.ts';
import type { Outcome, Conditions } from '../core/outcome.ts';
import { crashOutcome } from './faults.ts';

export interface StartupBounds {
  /** The longest start-up of the baseline on this device, seconds. */
  readonly baselineS: number;
  /** A longer start-up is noted. */
  readonly notedS: number;
  /** A longer start-up fails the measurement. */
  readonly failedS: number;
}

/** A loaded machine starts programs late; what is below this is no finding. */
const MIN_NOTED_EXTRA_S = 0.25;
const MIN_FAILED_EXTRA_S = 1;
/** Shares of the budget that extra start-up may have. */
const NOTED_BUDGET_SHARE = 0.05;
const FAILED_BUDGET_SHARE = 0.25;

/** Undefined while the baseline has no number on this device. `waits`: runs that one may wait for, itself included. */
export function startupBoundsOf(
  baselineRuns: readonly Measurement[],
  deviceClass: string,
  budgetS: number,
  waits = 1,
): StartupBounds | undefined {
  const baselineStartups = baselineRuns.flatMap((run) =>
    run.state === 'finished' && run.outcome.kind === 'measured' && run.deviceClass === deviceClass
      ? [run.conditions.startupS]
      : [],
  );
  if (baselineStartups.length === 0) return undefined;
  const baselineS = Math.max(...baselineStartups);
  return {
    baselineS,
    notedS: waits * (baselineS * 1.5 + Math.max(MIN_NOTED_EXTRA_S, NOTED_BUDGET_SHARE * budgetS)),
    failedS: waits * (baselineS * 2 + Math.max(MIN_FAILED_EXTRA_S, FAILED_BUDGET_SHARE * budgetS)),
  };
}

export function findSlowStart(bounds: StartupBounds | undefined, startupS: number): Outcome | undefined {
  if (!bounds || startupS <= bounds.failedS) return undefined;
  const { baselineS, failedS } = bounds;
  return crashOutcome(
    'slow-start',
    `it took ${seconds(startupS)} before its start signal; the baseline takes ${seconds(baselineS)}, and at most ` +
      `${seconds(failedS)} are allowed, because that time is not on the training clock`,
  );
}

/** A remark for the record where the start-up is longer than the baseline's, but not so long that it fails. */
export function remarkOnStartup(
  bounds: StartupBounds | undefined,
  { startupS }: Pick<Conditions, 'startupS'>,
): string | undefined {
  if (!bounds || startupS <= bounds.notedS) return undefined;
  return `start-up took ${seconds(startupS)}, the baseline's ${seconds(bounds.baselineS)}: work in it is not on the training clock`;
}

const seconds = (value: number): string => `${value.toFixed(2)} s`;

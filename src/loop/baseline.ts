/** What the first measurements must give before anything can be compared with them. */
import { LabError } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import type { Outcome } from '../core/outcome.ts';
import { hasCompared, type LabState, measurementsOf } from '../core/state.ts';
import { crashOutcome } from './faults.ts';
import { MIN_METRIC } from './protocol.ts';

type Failure = Exclude<Outcome, { kind: 'measured' }>;

/**
 * What follows from a calibration run that gave no number. The first of a session is made again, because on a busy
 * machine one run in a night may be ended by a limit; returns that in words. Throws E_BASELINE at the second.
 */
export function answerFailedCalibration(
  state: LabState,
  session: number,
  { itemNote }: { readonly itemNote?: string },
): string {
  const failures = measurementsOf(state, 0).flatMap((measurement) =>
    measurement.session === session &&
    measurement.purpose === 'calibrate' &&
    measurement.state === 'finished' &&
    measurement.outcome.kind !== 'measured'
      ? [measurement.outcome]
      : [],
  );
  const { class: failureClass, message } = failures[0]!;
  // Items that are reported badly are so in every run.
  if (failures.length > 1 || failureClass.startsWith('items-'))
    throw baselineError(failures, state, itemNote !== undefined);
  return `the unchanged code gave no number (${failureClass}: ${message}), so this run is made again, once`;
}

/** The error of a session whose unchanged code gave no number, or failed a guard. */
export function baselineError(failures: readonly Failure[], state: LabState, hasNote = false): LabError {
  const texts = failures.map((failure) => `${failure.class}: ${failure.message}`);
  const isSame = texts.every((text) => text === texts[0]);
  const why = isSame
    ? `${texts[0]}${texts.length > 1 ? ' (twice)' : ''}`
    : `${texts.join('; and when it was run again, ')}`;
  return new LabError('E_BASELINE', {
    what: 'The unchanged code could not be measured.',
    why: `${why}.`,
    next: `${hasNote ? '`overnight show 0` names the items. ' : ''}${
      hasCompared(state)
        ? 'This lab goes on with the files of its own baseline: repair what is around them (tools, data, the machine) and run again, or measure changed files in a new lab with `overnight run --tag NAME`.'
        : 'Repair the code or arena.yaml (`overnight doctor` measures it step by step), then run again: nothing was compared yet, so the lab begins again with the files as they are then.'
    }`,
  });
}

/** A baseline so near to zero that its spread cannot be told from none; zero itself is a number like others. */
export function refuseTinyBaseline(outcome: Outcome, { metric }: Arena): Outcome {
  if (outcome.kind !== 'measured' || outcome.value === 0 || Math.abs(outcome.value) >= MIN_METRIC) return outcome;
  return crashOutcome(
    'metric-range',
    `${metric.name} is ${outcome.value}, closer to zero than ${MIN_METRIC}, where differences cannot be computed; print its logarithm, or multiply it`,
  );
}

/** What the first measurements must give before anything can be compared with them. */
import { LabError } from '../base/error.ts';
import type { Arena } from '../core/arena.ts';
import type { Outcome } from '../core/outcome.ts';
import { hasCompared, type LabState } from '../core/state.ts';
import { crashOutcome } from './faults.ts';
import { MIN_METRIC } from './protocol.ts';

/** The error of a session whose unchanged code gave no number. */
export function baselineError(
  outcome: Exclude<Outcome, { kind: 'measured' }>,
  state: LabState,
  hasNote = false,
): LabError {
  return new LabError('E_BASELINE', {
    what: 'The unchanged code could not be measured.',
    why: `${outcome.class}: ${outcome.message}.`,
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

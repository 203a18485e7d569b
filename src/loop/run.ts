/**
 * The loop: read this file first. A session is `ask`, `measure`, `tell`, over and over, until there is a reason to
 * stop. What comes next is decided in core/plan/plan.ts, what is kept in core/rules/judge.ts; one measurement is made
 * in loop/measure.ts. This file sees to it that the loop never ends by accident.
 */
import { type ErrorCode, LabError, reasonOf } from '../base/error.ts';
import type { StopReason } from '../core/session.ts';
import type { Clock, Ledger } from '../core/ports.ts';
import type { Job, Lab, Stop, TellResult } from './lab.ts';

/** What a display may listen to. Its functions must not throw. */
export interface RunWatch {
  readonly onJob?: (job: Job) => void;
  readonly onTold?: (job: Job, tellResult: TellResult) => void;
}

/** Measurements in a row that the machine, not the idea, may spoil before the session ends. */
const MAX_MACHINE_FAILURES = 3;
const PASSING: ReadonlySet<ErrorCode> = new Set(['E_SPAWN', 'E_MODEL']);
const IDLE_WAIT_MS = 50;

/**
 * Go on until a limit, a person or the proposer ends it. Resolves with the reason. Throws LabError when the machine or
 * the lab cannot be trusted any more.
 */
export async function run(lab: Lab, clock: Clock, watch: RunWatch = {}): Promise<Stop> {
  let machineFailures = 0;
  for (;;) {
    let isMeasuring = false;
    try {
      const job = await lab.ask();
      if (job.do === 'stop') return job;
      if (job.do === 'wait') {
        await clock.sleep(IDLE_WAIT_MS);
        continue;
      }
      isMeasuring = true;
      watch.onJob?.(job);
      const result = await lab.measure(job);
      const tellResult = await lab.tell(job, result);
      watch.onTold?.(job, tellResult);
      machineFailures = 0;
    } catch (thrown) {
      // A process that could not be started may start the next time, and a provider may answer; all else is final.
      if (thrown instanceof LabError ? !PASSING.has(thrown.code) : !isMeasuring) throw thrown;
      machineFailures++;
      if (machineFailures >= MAX_MACHINE_FAILURES) throw stuckError(thrown);
    }
    if (lab.isAborted) return { do: 'stop', reason: 'interrupted', detail: 'stopped at once, as asked' };
  }
}

function stuckError(cause: unknown): LabError {
  return new LabError(
    'E_STUCK',
    {
      what: 'Nothing can be measured any more.',
      why: `${MAX_MACHINE_FAILURES} measurements in a row came to nothing: ${cause instanceof LabError ? cause.parts.why : `${reasonOf(cause)}.`}`,
      next: `${cause instanceof LabError ? `${cause.parts.next} Then` : 'Run `overnight doctor`; then'} \`overnight run\` goes on where it stopped.`,
    },
    cause,
  );
}

/**
 * Record the end of a session. A ledger that cannot be written any more is tolerated: then the next session records
 * that this one died.
 */
export function endSession(ledger: Ledger, session: number, reason: StopReason, detail: string): void {
  try {
    ledger.append({ type: 'session.ended', session, reason, detail });
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
  }
}

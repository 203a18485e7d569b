/**
 * The loop: read this file first. A night is `ask`, `measure`, `tell` until there is nothing left to do. The order of
 * things is decided by core/plan/plan.ts, the truth by core/rules/judge.ts, the effects happen in pipeline.ts; what is
 * left here is that it never ends by accident.
 */
import { LabError, reasonOf } from '../base/error.ts';
import type { StopReason } from '../core/event.ts';
import type { Clock, Ledger } from '../core/ports.ts';
import type { Job, Lab, Stop, TellResult } from './lab.ts';

export interface RunWatch {
  readonly onJob?: (job: Job) => void;
  readonly onTold?: (job: Job, tellResult: TellResult) => void;
}

/** Measurements in a row that the machine, not the idea, may spoil before the night ends with the reason. */
const MAX_MACHINE_FAILURES = 3;
const IDLE_WAIT_MS = 50;

/**
 * Go on until a limit, a wish or a broken machine ends it. Resolves with why; throws LabError when the lab cannot be
 * trusted any more.
 */
export async function run(lab: Lab, clock: Clock, watch: RunWatch = {}): Promise<Stop> {
  let machineFailures = 0;
  for (;;) {
    const job = await lab.ask();
    if (job.do === 'stop') return job;
    if (job.do === 'wait') {
      await clock.sleep(IDLE_WAIT_MS);
      continue;
    }
    watch.onJob?.(job);
    try {
      const measurementResult = await lab.measure(job);
      const tellResult = await lab.tell(job, measurementResult);
      watch.onTold?.(job, tellResult);
      machineFailures = 0;
    } catch (thrown) {
      if (thrown instanceof LabError && thrown.code !== 'E_SPAWN') throw thrown;
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
      why: `${MAX_MACHINE_FAILURES} measurements in a row could not even start: ${reasonOf(cause)}.`,
      next: 'Run `overnight doctor`; then `overnight run` goes on where it stopped.',
    },
    cause,
  );
}

/** Write the end of a session. Tolerates a ledger that can no longer be written: the next session will call it died. */
export function endSession(ledger: Ledger, session: number, reason: StopReason, detail: string): void {
  try {
    ledger.append({ type: 'session.ended', session, reason, detail });
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
  }
}

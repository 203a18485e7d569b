/**
 * The loop: read this file first. A session is `ask`, `measure`, `tell`, over and over, until there is a reason to
 * stop. What comes next is decided in core/plan/plan.ts, what is kept in core/rules/judge.ts; one measurement is made
 * in loop/measure.ts. This file sees to it that the loop never ends by accident.
 */
import { type ErrorCode, LabError, reasonOf } from '../base/error.ts';
import type { StopReason } from '../core/session.ts';
import type { Ledger } from '../core/ports.ts';
import type { Job, Lab, Stop, TellResult } from './lab.ts';

/** What a display may listen to. Its functions must not throw. */
export interface RunWatch {
  readonly onJob?: (job: Job) => void;
  readonly onTold?: (job: Job, tellResult: TellResult) => void;
}

/** Measurements in a row that the machine, not the idea, may spoil before the session ends. */
const MAX_MACHINE_FAILURES = 3;
/** What passes: a process that could not be started may start the next time, and a provider of models may answer. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['E_SPAWN', 'E_MODEL']);

/**
 * Go on until a limit, a person or the proposer ends it: as many measurements at once as the lab has slots, each told
 * when it ends. With one slot all happens in turn. Resolves with the reason. Throws LabError when the machine or the
 * lab cannot be trusted any more; what still runs then is ended first.
 */
export async function run(lab: Lab, watch: RunWatch = {}): Promise<Stop> {
  const underWay = new Set<Promise<void>>();
  const health = new Health();
  const measureAndTell = async (job: Job): Promise<void> => {
    try {
      watch.onJob?.(job);
      const result = await lab.measure(job);
      const tellResult = await lab.tell(job, result);
      watch.onTold?.(job, tellResult);
      health.noteSuccess();
    } catch (thrown) {
      health.noteFailure(thrown, true);
    }
  };
  while (!health.failure) {
    const isInTurn = lab.slots === 1 && underWay.size > 0;
    const step = isInTurn ? WAIT : await lab.ask().catch((thrown: unknown) => health.noteFailure(thrown, false));
    if (step.do === 'measure') {
      const done = measureAndTell(step).finally(() => underWay.delete(done));
      underWay.add(done);
    } else if (step.do === 'stop' && underWay.size === 0) return step;
    else await Promise.race([...underWay, ...(isInTurn ? [] : [lab.waitForChange()])]);
  }
  await Promise.all([lab.abort(), ...underWay]);
  throw health.failure.thrown;
}

const WAIT = { do: 'wait' } as const;

/** Which errors end the session. */
class Health {
  #machineFailures = 0;
  failure: { readonly thrown: unknown } | undefined;

  noteSuccess(): void {
    this.#machineFailures = 0;
  }

  /** Every other error than those that pass is final. */
  noteFailure(thrown: unknown, isMeasuring: boolean): typeof WAIT {
    this.#machineFailures++;
    const mayHeal = thrown instanceof LabError ? PASSING.has(thrown.code) : isMeasuring;
    if (!mayHeal) this.failure ??= { thrown };
    else if (this.#machineFailures >= MAX_MACHINE_FAILURES) this.failure ??= { thrown: stuckError(thrown) };
    return WAIT;
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

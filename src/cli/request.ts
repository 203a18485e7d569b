/**
 * `overnight steer`, `pause`, `resume`, `stop`, `skip`, `replicate`, `pin`, `veto`, `park`: put a wish into the lab's
 * inbox, and say what became of it when a harness is running. Never writes the ledger.
 */
import { LabError } from '../base/error.ts';
import { whyRefused } from '../core/request-check.ts';
import { labRequestSchema } from '../core/requests.ts';
import { postRequest } from '../ledger/inbox.ts';
import { monotonicMs, sleep } from '../os/clock.ts';
import { experimentNumber, type FoundLab, findLab, readLab } from './find.ts';
import { printText, printJson } from './output.ts';
import type { Invocation } from './spec.ts';

/** A harness that lives looks four times a second, except while it lays out or hashes files. */
const PATIENCE_MS = 5000;

type CurrentState = ReturnType<typeof readLab>['state'];

export const requestCommand =
  (verb: string) =>
  async (invocation: Invocation): Promise<number> => {
    const foundLab = findLab(invocation);
    const { state, alive } = readLab(foundLab);
    const parsedRequest = labRequestSchema.safeParse(uncheckedRequest(verb, invocation, state));
    if (!parsedRequest.success) throw unusableError(verb, parsedRequest.error.issues[0]!.message);
    const conflict = whyRefused(state, parsedRequest.data);
    if (conflict) throw impossibleError(verb, conflict);
    const { id, isTaken } = postRequest(foundLab.paths.inbox, 'person', parsedRequest.data);
    const wasTaken = alive && (await waitUntilTaken(isTaken));
    const refusal = wasTaken ? refusalOf(foundLab, id) : undefined;
    if (refusal) throw impossibleError(verb, refusal);
    if (invocation.wantsJson) printJson({ id, verb, taken: wasTaken });
    else printText(`${verb}: ${wasTaken ? 'in force.' : whyNotTaken(foundLab)}`);
    return 0;
  };

/** Read again: the harness may have ended while it was waited for. */
const whyNotTaken = (foundLab: FoundLab): string =>
  readLab(foundLab).alive
    ? 'not taken yet; the harness is busy, and takes it as soon as it can.'
    : 'no harness is running; the next `overnight run` takes it.';

/** The wish as the words on the command line say it, not yet checked. */
function uncheckedRequest(verb: string, invocation: Invocation, state: CurrentState): unknown {
  switch (verb) {
    case 'steer':
      return invocation.options.forget === true ? { verb: 'forget' } : { verb, text: invocation.args.join(' ') };
    case 'park':
      return {
        verb: invocation.options.forget === true ? 'unpark' : verb,
        n: experimentNumber(invocation.args[0], state.experiments.length),
      };
    case 'pin':
    case 'veto':
      return { verb, n: experimentNumber(invocation.args[0], state.experiments.length) };
    case 'skip':
      return {
        verb,
        n:
          invocation.args[0] === undefined
            ? ideaBeingMeasured(state)
            : experimentNumber(invocation.args[0], state.experiments.length),
      };
    default:
      return { verb };
  }
}

/** The idea that is being measured now. */
function ideaBeingMeasured(state: CurrentState): number {
  const m = [...state.running].find((running) => state.experiments[state.measurements[running]!.n]!.state === 'open');
  if (m !== undefined) return state.measurements[m]!.n;
  throw impossibleError('skip', 'no idea is being measured now');
}

async function waitUntilTaken(isTaken: () => boolean): Promise<boolean> {
  for (const deadlineMs = monotonicMs() + PATIENCE_MS; monotonicMs() < deadlineMs;) {
    if (isTaken()) return true;
    await sleep(50);
  }
  return isTaken();
}

/** Why the harness did not obey, if it said so. Read from the record, like everything. */
const refusalOf = (foundLab: FoundLab, requestId: string): string | undefined =>
  readLab(foundLab).state.refusedRequests.get(requestId);

const impossibleError = (verb: string, reason: string): LabError =>
  new LabError('E_WISH', {
    what: `\`${verb}\` cannot be obeyed.`,
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: '`overnight log` lists the experiments, `overnight status` says what runs.',
  });

const unusableError = (verb: string, reason: string): LabError =>
  new LabError('E_USAGE', {
    what: `\`${verb}\` lacks something.`,
    why: `${reason}.`,
    next: `See \`overnight ${verb} --help\`.`,
  });

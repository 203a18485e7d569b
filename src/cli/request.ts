/**
 * `overnight steer`, `pause`, `resume`, `stop`, `skip`, `replicate`, `confirm`, `pin`, `veto`, `park`, `star`: put a
 * request into the lab's inbox, and say whether a running harness took it. A star of a lab that rests is recorded at
 * once.
 */
import { recordAnnotations } from '../app/record-annotations.ts';
import { LabError } from '../base/error.ts';
import { whyRefused } from '../core/request-check.ts';
import { isAnnotation, labRequestSchema } from '../core/requests.ts';
import type { LabState } from '../core/state.ts';
import { postRequest } from '../ledger/inbox.ts';
import { monotonicMs, sleep } from '../os/clock.ts';
import type { Invocation } from './command.ts';
import { experimentNumber, type FoundLab, findLab, readLab } from './find.ts';
import type { LAB_OPTIONS, PARK_OPTIONS, STAR_OPTIONS, STEER_OPTIONS } from './options.ts';
import { printText, printJson } from './output.ts';

/** A running harness reads its inbox four times a second, except while it lays out or hashes files. */
const PATIENCE_MS = 5000;

type LabInvocation = Invocation<typeof LAB_OPTIONS>;

export const requestSteer = (invocation: Invocation<typeof STEER_OPTIONS>): Promise<number> =>
  sendRequest(
    'steer',
    invocation,
    invocation.options.forget ? { verb: 'forget' } : { verb: 'steer', text: invocation.args.join(' ') },
  );

export const requestPause = (invocation: LabInvocation): Promise<number> =>
  sendRequest('pause', invocation, { verb: 'pause' });

export const requestResume = (invocation: LabInvocation): Promise<number> =>
  sendRequest('resume', invocation, { verb: 'resume' });

export const requestStop = (invocation: LabInvocation): Promise<number> =>
  sendRequest('stop', invocation, { verb: 'stop' });

export const requestReplicate = (invocation: LabInvocation): Promise<number> =>
  sendRequest('replicate', invocation, (state) => ({
    verb: 'replicate',
    ...(invocation.args[0] !== undefined && { n: numberFrom(invocation, state) }),
  }));

export const requestConfirm = (invocation: LabInvocation): Promise<number> =>
  sendRequest('confirm', invocation, (state) => confirmRequest(invocation, state));

/** Leave the request for the session that the caller is about to start. */
export function postConfirm(invocation: LabInvocation, foundLab: FoundLab, state: LabState): void {
  const request = labRequestSchema.parse(confirmRequest(invocation, state));
  const conflict = whyRefused(state, request);
  if (conflict) throw impossibleError('confirm', conflict);
  postRequest(foundLab.paths.inbox, 'person', request);
}

const confirmRequest = (invocation: LabInvocation, state: LabState): UncheckedRequest => ({
  verb: 'confirm',
  ...(invocation.args[0] !== undefined && { n: numberFrom(invocation, state) }),
});

export const requestSkip = (invocation: LabInvocation): Promise<number> =>
  sendRequest('skip', invocation, (state) => ({
    verb: 'skip',
    n: invocation.args[0] === undefined ? ideaBeingMeasured(state) : numberFrom(invocation, state),
  }));

export const requestPin = (invocation: LabInvocation): Promise<number> =>
  sendRequest('pin', invocation, (state) => ({ verb: 'pin', n: numberFrom(invocation, state) }));

export const requestVeto = (invocation: LabInvocation): Promise<number> =>
  sendRequest('veto', invocation, (state) => ({ verb: 'veto', n: numberFrom(invocation, state) }));

export const requestPark = (invocation: Invocation<typeof PARK_OPTIONS>): Promise<number> =>
  sendRequest('park', invocation, (state) => ({
    verb: invocation.options.forget ? 'unpark' : 'park',
    n: numberFrom(invocation, state),
  }));

export const requestStar = (invocation: Invocation<typeof STAR_OPTIONS>): Promise<number> =>
  sendRequest('star', invocation, (state) => ({
    verb: invocation.options.off ? 'unstar' : 'star',
    n: numberFrom(invocation, state),
  }));

/** The request as the command line says it, not yet checked. */
type UncheckedRequest = { readonly verb: string; readonly text?: string; readonly n?: number } & Readonly<
  Record<string, unknown>
>;

/** Put a request of the person into the inbox, and say whether it is in force. */
export async function sendRequest(
  commandName: string,
  invocation: LabInvocation,
  request: UncheckedRequest | ((state: LabState) => UncheckedRequest),
): Promise<number> {
  const foundLab = findLab(invocation);
  const { state, alive } = readLab(foundLab);
  const parsedRequest = labRequestSchema.safeParse(typeof request === 'function' ? request(state) : request);
  if (!parsedRequest.success) throw incompleteError(commandName, parsedRequest.error.issues[0]!.message);
  const conflict = whyRefused(state, parsedRequest.data);
  if (conflict) throw impossibleError(commandName, conflict);
  const { id, isTaken } = postRequest(foundLab.paths.inbox, 'person', parsedRequest.data);
  if (isAnnotation(parsedRequest.data)) recordAnnotations(foundLab.paths.lab, foundLab.paths.inbox);
  const wasTaken = isTaken() || (alive && (await waitUntilTaken(isTaken)));
  const refusal = wasTaken ? refusalOf(foundLab, id) : undefined;
  if (refusal) throw impossibleError(commandName, refusal);
  if (invocation.wantsJson) printJson({ id, verb: commandName, taken: wasTaken });
  else {
    const outcome = wasTaken ? (isAnnotation(parsedRequest.data) ? 'recorded.' : 'in force.') : whyNotTaken(foundLab);
    printText(invocation.spellCommands(`${commandName}: ${outcome}`, foundLab.paths.arena));
  }
  return 0;
}

/** Reads the lab again: the harness may have ended meanwhile. */
const whyNotTaken = (foundLab: FoundLab): string =>
  readLab(foundLab).alive
    ? 'not taken yet; the harness is busy and takes it as soon as it can.'
    : 'no harness is running; the next `overnight run` takes it.';

const numberFrom = (invocation: Invocation<typeof LAB_OPTIONS>, state: LabState): number =>
  experimentNumber(invocation.args[0], state.experiments.length);

/** The idea that is being measured now. */
function ideaBeingMeasured(state: LabState): number {
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

/** Why the harness refused the request, as the ledger records it. */
const refusalOf = (foundLab: FoundLab, requestId: string): string | undefined =>
  readLab(foundLab).state.refusedRequests.get(requestId);

const impossibleError = (commandName: string, reason: string): LabError =>
  new LabError('E_WISH', {
    what: `\`${commandName}\` is not possible now.`,
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: '`overnight log` lists the experiments, `overnight status` says what runs.',
  });

const incompleteError = (commandName: string, reason: string): LabError =>
  new LabError('E_USAGE', {
    what: `\`${commandName}\` is incomplete.`,
    why: `${reason}.`,
    next: `\`overnight ${commandName} --help\` has an example.`,
  });

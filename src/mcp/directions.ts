/**
 * Claims of directions: put into the inbox, and answered once the record has them, so that of two agents at once one
 * is told that it was late.
 */
import { recordAnnotations } from '../app/record-annotations.ts';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { type Direction, directionsAt, directionUntil, doOverlap, MAX_DIRECTION } from '../core/directions.ts';
import { type LabRequest, labRequestSchema } from '../core/requests.ts';
import { whySenderRefused } from '../core/sender-check.ts';
import type { LabState } from '../core/state.ts';
import { postRequest } from '../ledger/inbox.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { currentTime, monotonicMs, sleep } from '../os/clock.ts';
import type { LabPaths } from '../os/paths.ts';

/** A running harness reads its inbox four times a second, except while it lays out or hashes files. */
const PATIENCE_MS = 5000;

export interface DirectionStatus {
  readonly id: string;
  /** `waiting`: the harness has not taken the request yet, and nobody is told of the claim before it does. */
  readonly state: 'waiting' | 'done';
  readonly text: string;
  /** What the sender claims now, and what others claim. */
  readonly own: readonly string[];
  readonly others: readonly string[];
}

type DirectionRequest = Extract<LabRequest, { verb: 'claim-direction' | 'release-direction' }>;

/** Tell the others where `from` looks. Throws E_WISH with whose it is where it is taken. */
export const claimDirection = (
  paths: LabPaths,
  from: string,
  { direction, minutes }: { readonly direction: string; readonly minutes?: number | undefined },
): Promise<DirectionStatus> =>
  ask(
    paths,
    from,
    defined({ verb: 'claim-direction' as const, direction: oneLine(direction, 4 * MAX_DIRECTION), minutes }),
  );

/** Release a direction of `from`, or all of them. */
export const releaseDirection = (
  paths: LabPaths,
  from: string,
  direction: string | undefined,
): Promise<DirectionStatus> => {
  const { state } = readLedger(paths.lab);
  const own = directionsAt(state.steering.directions, currentTime()).filter((claim) => claim.from === from);
  if (!own.some((claim) => direction === undefined || doOverlap(claim.text, direction)))
    throw wishError(
      'release-direction',
      own.length === 0
        ? `no direction is claimed by ${oneLine(from, 60)}`
        : `the directions of ${oneLine(from, 60)} are ${own.map(describeClaim).join(', ')}`,
    );
  return ask(paths, from, defined({ verb: 'release-direction' as const, direction }));
};

async function ask(paths: LabPaths, from: string, wish: DirectionRequest): Promise<DirectionStatus> {
  const request = checkedRequest(readLedger(paths.lab).state, from, wish);
  const { id, isTaken } = postRequest(paths.inbox, from, request);
  recordAnnotations(paths.lab, paths.inbox);
  for (const deadlineMs = monotonicMs() + PATIENCE_MS; !isTaken() && monotonicMs() < deadlineMs;) await sleep(50);
  const { state } = readLedger(paths.lab);
  const refusal = state.refusedRequests.get(id);
  if (refusal !== undefined) throw wishError(request.verb, refusal);
  const inForce = directionsAt(state.steering.directions, currentTime());
  const describe = (isOwn: boolean): string[] =>
    inForce
      .filter((claim) => (claim.from === from) === isOwn)
      .map((claim) => (isOwn ? describeClaim(claim) : `${oneLine(claim.from, 60)}: ${describeClaim(claim)}`));
  const isRecorded = state.requests.has(id);
  const text = isRecorded
    ? request.verb === 'claim-direction'
      ? 'the others are told in their briefs'
      : 'it is free again'
    : 'it waits: the harness takes it as soon as it can, the next `overnight run` where none is running';
  return { id, state: isRecorded ? 'done' : 'waiting', text, own: describe(true), others: describe(false) };
}

const describeClaim = (claim: Direction): string =>
  `"${oneLine(claim.text, MAX_DIRECTION)}" until ${directionUntil(claim)}`;

function checkedRequest(state: LabState, from: string, request: DirectionRequest): DirectionRequest {
  const parsed = labRequestSchema.safeParse(request);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw wishError(
      request.verb,
      `its ${path.map(String).join('.') || 'form'} cannot be used: ${message.toLowerCase()}`,
    );
  }
  const objection = whySenderRefused(state, parsed.data, { from, now: currentTime() });
  if (objection !== undefined) throw wishError(request.verb, objection);
  return parsed.data as DirectionRequest;
}

const wishError = (verb: DirectionRequest['verb'], reason: string): LabError =>
  new LabError('E_WISH', {
    what: verb === 'claim-direction' ? 'This direction cannot be claimed.' : 'There is nothing to release.',
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: '`overnight brief` lists the directions that are claimed; look elsewhere, or wait until the claim ends.',
  });

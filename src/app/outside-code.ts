/**
 * Code from outside (of agents, of models, of whoever submits) runs only where a sandbox holds it, or where the person
 * accepted its risk with --unsafe. What an optimizer makes of the person's own knobs is no such code, nor what a
 * program that uses the library proposes itself.
 */
import { LabError } from '../base/error.ts';
import type { Experiment } from '../core/experiment.ts';
import type { Inbox, Sandbox } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';

/** True when code from outside may run. */
export const mayRunOutsideCode = (sandbox: Sandbox, allowsUnsafe: boolean): boolean =>
  allowsUnsafe || sandbox.info.level === 'bubblewrap';

/** Throws E_UNSAFE where it may not. `subject` begins a sentence: "What is submitted". */
export function requireSandbox(sandbox: Sandbox, allowsUnsafe: boolean, subject: string): void {
  if (mayRunOutsideCode(sandbox, allowsUnsafe)) return;
  throw new LabError('E_UNSAFE', {
    what: `${subject} would run without a sandbox.`,
    why: `No sandbox can hold it: ${sandbox.info.reason}. It could read your files and keys, use the network, and change the code that measures it.`,
    next: 'Install bubblewrap (`overnight doctor` says what is missing), let the optimizer propose, or accept it with --unsafe.',
  });
}

/**
 * The inbox without submissions, which wait for a session that may run them. Other requests of people are applied as
 * ever.
 */
export function holdSubmissions(inbox: Inbox): Inbox {
  return { listRequests: () => inbox.listRequests().filter(({ request }) => !CODE_VERBS.has(request.wish.verb)) };
}

/** Requests that bring code from outside, or make ideas of it. */
const CODE_VERBS: ReadonlySet<string> = new Set(['submit', 'combine', 'retry', 'try-out']);

/**
 * Number of the newest experiment from outside whose code a session would run although nobody accepted that: it is open
 * or part of the incumbent, and no session has run it without a sandbox before.
 */
export function outsideCodeInPlay(state: LabState): number | undefined {
  const inPlay = new Set<number>(state.unfinished);
  for (let n = state.incumbent; n > 0; n = state.experiments[n]!.idea.parent) inPlay.add(n);
  const newest = Math.max(0, ...[...inPlay].filter((n) => isFromOutside(state.experiments[n])));
  if (newest === 0) return undefined;
  const proposedAt = state.experiments[newest]!.idea.at;
  const wasAccepted = state.sessions.some(
    ({ start, end }) => start.sandbox.level !== 'bubblewrap' && (end === undefined || end.at > proposedAt),
  );
  return wasAccepted ? undefined : newest;
}

function isFromOutside(experiment: Experiment | undefined): boolean {
  if (experiment === undefined || experiment.state === 'refused') return false;
  const { call, request, knobs } = experiment.idea;
  return (call !== undefined || request !== undefined) && knobs === undefined;
}

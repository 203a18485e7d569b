/**
 * What an agent can ask of a lab beside submitting a change: combine or retry earlier changes, measure one again, give
 * one up. Makes the requests and checks them; the harness checks them again when it takes them.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { whySenderRefused } from '../core/sender-check.ts';
import { type IdeaNote, type LabRequest, labRequestSchema } from '../core/requests.ts';
import type { LabState } from '../core/state.ts';
import { currentTime } from '../os/clock.ts';
import type { SubmissionStatus } from './submission-status.ts';
import { readStatements, type Statements } from './statements.ts';

interface SaidIdea extends Statements {
  readonly hypothesis?: string;
}

function saidFields(state: LabState, { hypothesis, ...said }: SaidIdea): { hypothesis?: string; note?: IdeaNote } {
  const { note } = readStatements(state, said);
  const sentence = hypothesis === undefined ? '' : oneLine(hypothesis, 2000);
  return defined({ hypothesis: sentence === '' ? undefined : sentence, note: note as IdeaNote | undefined });
}

/** Try the changes of several experiments together on the best version. */
export const combineRequest =
  ({ of, ...said }: SaidIdea & { readonly of: readonly number[] }) =>
  (state: LabState): LabRequest => ({ verb: 'combine', of: [...of], ...saidFields(state, said) });

/** Try the change of one experiment again on the code of another, the best version when absent. */
export const retryRequest =
  ({ n, on, ...said }: SaidIdea & { readonly n: number; readonly on?: number }) =>
  (state: LabState): LabRequest => ({ verb: 'retry', n, ...defined({ on }), ...saidFields(state, said) });

/** Measure an experiment once more, the best version when absent. */
export const replicateRequest = (n?: number) => (): LabRequest => ({ verb: 'replicate', ...defined({ n }) });

/** Give up an idea that is not decided yet. */
export const giveUpRequest = (n: number, because: string) => (): LabRequest => ({
  verb: 'give-up',
  n,
  because: because.replace(/\s+/g, ' ').trim(),
});

/** The request, if it can be applied as things stand. Throws E_WISH with the reason. */
export function checkRequest(state: LabState, request: LabRequest, author: string): LabRequest {
  const parsed = labRequestSchema.safeParse(request);
  const objection = parsed.success
    ? (whySenderRefused(state, parsed.data, { from: author, now: currentTime() }) ??
      whyNotOwn(state, parsed.data, author))
    : describeIssue(parsed.error.issues[0]);
  if (parsed.success && objection === undefined) return parsed.data;
  const reason = objection!;
  throw new LabError('E_WISH', {
    what: `\`${request.verb}\` is not possible now.`,
    why: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    next: '`overnight log` lists the experiments, `overnight status` says what runs.',
  });
}

function describeIssue(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string {
  const field = issue?.path.map(String).join('.');
  return `${field ? `its ${field} cannot be used: ` : ''}${issue?.message.replace(/\.$/, '').toLowerCase() ?? 'it cannot be read'}`;
}

/** An idea is given up by whoever proposed it, or by a person. */
function whyNotOwn(state: LabState, request: LabRequest, author: string): string | undefined {
  if (request.verb !== 'give-up' || author === 'person') return undefined;
  const { proposer } = state.experiments[request.n]!.idea;
  return proposer === author
    ? undefined
    : `#${request.n} was proposed by ${oneLine(proposer, 60)}, and ${author} may give up its own ideas only`;
}

/** How a request stands that became no experiment, or none yet. */
export function recordedStatus(state: LabState, id: string): SubmissionStatus {
  const refusal = state.refusedRequests.get(id);
  if (refusal !== undefined) return { id, state: 'done', text: `it was refused: ${oneLine(refusal, 400)}` };
  if (state.steering.builds.some((build) => build.id === id))
    return { id, state: 'waiting', text: 'it was taken, and its changes are not merged yet' };
  return { id, state: 'done', text: 'it was recorded' };
}

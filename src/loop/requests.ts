/**
 * Applies the requests of people that wait in the inbox: each is recorded first, then applied. Decides nothing about
 * numbers.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { whyOversized } from '../core/admission/policy.ts';
import { whySenderRefused } from '../core/sender-check.ts';
import { whyNoTry } from '../core/try-out.ts';
import type { Clock, Inbox, Ledger } from '../core/ports.ts';
import type { IncomingIdea } from './admission.ts';
import { storeEdits } from './edits.ts';
import type { InboxEntry, LabRequest } from '../core/requests.ts';

export interface ApplyRequestsDeps {
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'now'>;
  /** Records an idea from outside as an experiment. */
  submit(submission: IncomingIdea): void;
  /** Called after each request that was applied. */
  onApplied(appliedRequest: LabRequest): void;
}

/** Record a scratch try. One that cannot be made ends at once, with the reason. */
function recordTry(
  ledger: Ledger,
  {
    id,
    from,
    parent = ledger.state.incumbent,
    edits,
    guards,
    profile,
  }: TryRequest & { readonly id: string; readonly from: string },
): void {
  const { state } = ledger;
  const tryOut = state.tries.length;
  const fileEdits = Object.entries(edits).map(([path, content]) => ({ path, content }));
  const text = whyNoTry(state, from, parent) ?? whyOversized(fileEdits)?.reason;
  const known = parent < state.experiments.length ? parent : state.incumbent;
  const stored = text === undefined ? storeEdits(ledger, fileEdits) : {};
  ledger.append({ type: 'try.asked', tryOut, id, from, parent: known, edits: stored, ...defined({ guards, profile }) });
  if (text !== undefined) ledger.append({ type: 'try.ended', tryOut, outcome: 'refused', text });
}

type TryRequest = Extract<InboxEntry['wish'], { verb: 'try-out' }>;

/** Take everything that waits. A request that was recorded before a kill is not applied twice. */
export function applyRequests({ inbox, ledger, clock, submit, onApplied }: ApplyRequestsDeps): void {
  for (const { request, remove } of inbox.listRequests()) {
    try {
      if (!ledger.state.requests.has(request.id)) applyRequest(request);
    } catch (thrown) {
      // A request that fits nothing is dropped; a ledger or a disk that fails is not its fault.
      if (thrown instanceof LabError && thrown.code !== 'E_LEDGER_MOVE') throw thrown;
    }
    remove();
  }

  function applyRequest({ id, from, wish }: InboxEntry): void {
    if (wish.verb === 'submit') {
      const { hypothesis, parent, note: said } = wish;
      const fileEdits = Object.entries(wish.edits).map(([path, content]) => ({ path, content }));
      const note = said && defined(said);
      return submit({ id, from, hypothesis, edits: fileEdits, ...defined({ parent, note }) });
    }
    if (wish.verb === 'try-out') return recordTry(ledger, { id, from, ...wish });
    const refusalReason = whySenderRefused(ledger.state, wish, { from, now: clock.now() });
    ledger.append({ type: 'steered', id, from, wish, ...defined({ refused: refusalReason }) });
    if (refusalReason === undefined) onApplied(wish);
  }
}

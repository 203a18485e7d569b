/**
 * Applies the requests of people that wait in the inbox: each is recorded first, then applied. Decides nothing about
 * numbers.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { whyRefused } from '../core/request-check.ts';
import type { AgentNote } from '../core/agent-call.ts';
import type { FileEdit, Inbox, Ledger } from '../core/ports.ts';
import type { InboxEntry, LabRequest } from '../core/requests.ts';

export interface ApplyRequestsDeps {
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  /** Records an idea from outside as an experiment. */
  submit(submission: {
    readonly id: string;
    readonly from: string;
    readonly hypothesis: string;
    readonly edits: readonly FileEdit[];
    readonly parent?: number;
    readonly note?: AgentNote;
  }): void;
  /** Called after each request that was applied. */
  onApplied(appliedRequest: LabRequest): void;
}

/** Take everything that waits. A request that was recorded before a kill is not applied twice. */
export function applyRequests({ inbox, ledger, submit, onApplied }: ApplyRequestsDeps): void {
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
      const isKnownParent = parent !== undefined && parent < ledger.state.experiments.length;
      const note = said && defined(said);
      const knownParent = isKnownParent ? parent : undefined;
      return submit(defined({ id, from, hypothesis, edits: fileEdits, note, parent: knownParent }));
    }
    const refusalReason = whyRefused(ledger.state, wish);
    ledger.append({ type: 'steered', id, from, wish, ...defined({ refused: refusalReason }) });
    if (refusalReason === undefined) onApplied(wish);
  }
}

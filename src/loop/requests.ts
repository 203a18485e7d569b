/**
 * Wishes of people, taken from the inbox: recorded first, then in force. Looks at them between measurements and, for
 * what cannot wait, while one runs. Decides nothing about numbers.
 */
import { whyRefused } from '../core/steering.ts';
import type { FileEdit, Inbox, Ledger } from '../core/ports.ts';
import type { LabRequest } from '../core/requests.ts';

export interface ApplyRequestsDeps {
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  /** An idea from outside, to be recorded as an experiment. */
  submit(submission: {
    readonly id: string;
    readonly from: string;
    readonly hypothesis: string;
    readonly edits: readonly FileEdit[];
    readonly parent?: number;
  }): void;
  /** After each wish that came into force. */
  onApplied(appliedRequest: LabRequest): void;
}

/** Take everything that waits. What was taken before a kill is not obeyed twice. */
export function applyRequests({ inbox, ledger, submit, onApplied }: ApplyRequestsDeps): void {
  for (const { request, remove } of inbox.listRequests()) {
    const { id, from, wish } = request;
    if (!ledger.state.requests.has(id)) {
      if (wish.verb === 'submit') {
        const { hypothesis, parent } = wish;
        const fileEdits = Object.entries(wish.edits).map(([path, content]) => ({ path, content }));
        const isKnownParent = parent !== undefined && parent < ledger.state.experiments.length;
        submit({ id, from, hypothesis, edits: fileEdits, ...(isKnownParent && { parent }) });
      } else {
        const refusalReason = whyRefused(ledger.state, wish);
        ledger.append({
          type: 'steered',
          id,
          from,
          wish,
          ...(refusalReason !== undefined && { refused: refusalReason }),
        });
        if (refusalReason === undefined) onApplied(wish);
      }
    }
    remove();
  }
}

/**
 * Wishes of people, taken from the inbox: recorded first, then in force. Looks at them between measurements and, for
 * what cannot wait, while one runs. Decides nothing about numbers.
 */
import { objection } from '../core/steering.ts';
import type { FileEdit, Inbox, Ledger } from '../core/ports.ts';
import type { Wish } from '../core/requests.ts';

export interface Obeying {
  readonly inbox: Inbox;
  readonly ledger: Ledger;
  /** An idea from outside, to be recorded as an experiment. */
  submit(idea: {
    readonly id: string;
    readonly from: string;
    readonly hypothesis: string;
    readonly edits: readonly FileEdit[];
    readonly parent?: number;
  }): void;
  /** After each wish that came into force. */
  obeyed(wish: Wish): void;
}

/** Take everything that waits. What was taken before a kill is not obeyed twice. */
export function obey({ inbox, ledger, submit, obeyed }: Obeying): void {
  for (const { request, remove } of inbox.list()) {
    const { id, from, wish } = request;
    if (!ledger.state.requests.has(id)) {
      if (wish.verb === 'submit') {
        const { hypothesis, parent } = wish;
        const edits = Object.entries(wish.edits).map(([path, content]) => ({ path, content }));
        const known = parent !== undefined && parent < ledger.state.experiments.length;
        submit({ id, from, hypothesis, edits, ...(known && { parent }) });
      } else {
        const refused = objection(ledger.state, wish);
        ledger.append({ type: 'steered', id, from, wish, ...(refused !== undefined && { refused }) });
        if (refused === undefined) obeyed(wish);
      }
    }
    remove();
  }
}

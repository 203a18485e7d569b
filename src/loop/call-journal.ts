/** Where a proposer writes down its calls of models: in the ledger, under the experiment that the call is for. */
import type { CallJournal, Ledger } from '../core/ports.ts';

export function callJournal(
  { ledger, session }: { readonly ledger: Ledger; readonly session: number },
  n: number,
): CallJournal {
  return {
    calling: (callStart) => {
      const callIndex = ledger.state.calls.length;
      ledger.append({ type: 'calling', call: callIndex, n, session, ...callStart });
      return callIndex;
    },
    called: (callIndex, callEnd) => void ledger.append({ type: 'called', call: callIndex, ...callEnd }),
    advised: (advice) => void ledger.append({ type: 'advised', ...advice }),
    putBlob: (content) => ledger.putBlob(content),
    getBlob: (blobHash) => ledger.getBlob(blobHash),
  };
}

/** The ledger in memory: for tests and for the library's dry runs. Same chain, nothing durable. */
import { sha256Hex } from '../base/hash.ts';
import { type EventDraft, GENESIS, type LedgerEvent } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { createFold } from '../core/replay.ts';
import { encodeEvent } from './chain.ts';

export function memoryLedger(currentTime: () => string): Ledger & { readonly events: readonly LedgerEvent[] } {
  const blobs = new Map<string, Uint8Array>();
  const { state, apply: applyEvent } = createFold((blobHash) => blobs.get(blobHash));
  const events: LedgerEvent[] = [];
  let tipHash = GENESIS;
  return {
    state,
    events,
    get tip() {
      return tipHash;
    },
    append(eventDraft: EventDraft) {
      const { hash, event } = encodeEvent(eventDraft, events.length, currentTime(), tipHash);
      applyEvent(event);
      events.push(event);
      tipHash = hash;
      return event;
    },
    putBlob(content) {
      const blobHash = sha256Hex(content);
      blobs.set(blobHash, typeof content === 'string' ? Buffer.from(content) : content);
      return blobHash;
    },
    getBlob: (blobHash) => blobs.get(blobHash),
    close() {},
  };
}

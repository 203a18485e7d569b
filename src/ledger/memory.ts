/** The ledger in memory: for tests and for the library's dry runs. Same chain, nothing durable. */
import { sha256 } from '../base/hash.ts';
import { type Draft, GENESIS, type LedgerEvent } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { fold } from '../core/replay.ts';
import { encode } from './chain.ts';

export function memoryLedger(now: () => string): Ledger & { readonly events: readonly LedgerEvent[] } {
  const { state, apply } = fold();
  const events: LedgerEvent[] = [];
  const blobs = new Map<string, Uint8Array>();
  let tip = GENESIS;
  return {
    state,
    events,
    get tip() {
      return tip;
    },
    append(draft: Draft) {
      const { hash, event } = encode(draft, events.length, now(), tip);
      apply(event);
      events.push(event);
      tip = hash;
      return event;
    },
    putBlob(data) {
      const hash = sha256(data);
      blobs.set(hash, typeof data === 'string' ? Buffer.from(data) : data);
      return hash;
    },
    getBlob: (hash) => blobs.get(hash),
    close() {},
  };
}

/** What every ledger must do, as named cases. Knows no test runner: each case throws when it fails. */
import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { GENESIS } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { Script } from './script.ts';

export interface LedgerCase {
  readonly name: string;
  /** `open` gives a ledger that is empty at its first call; later calls open the same one again, where it lasts. */
  run(open: () => Ledger, lasts: boolean): void;
}

/** Drafts of a small valid lab, in order. */
const drafts = new Script()
  .calibrated([5, 5.1, 4.9])
  .kept(3)
  .idea()
  .ledger.events.map(({ seq: _s, t: _t, v: _v, prev: _p, ...draft }) => draft as Parameters<Ledger['append']>[0]);

function filled(open: () => Ledger): Ledger {
  const ledger = open();
  for (const draft of drafts) ledger.append(draft);
  return ledger;
}

export const LEDGER_CASES: readonly LedgerCase[] = [
  {
    name: 'numbers its events, chains them, and moves the state with each',
    run(open) {
      const ledger = open();
      strictEqual(ledger.tip, GENESIS);
      let prev = GENESIS;
      for (const [i, draft] of drafts.entries()) {
        const event = ledger.append(draft);
        deepStrictEqual([event.seq, event.prev, event.v], [i, prev, 1]);
        strictEqual(ledger.state.seq, i);
        ok(ledger.tip !== prev && /^[0-9a-f]{64}$/.test(ledger.tip));
        prev = ledger.tip;
      }
      strictEqual(ledger.state.incumbent, 1);
      ledger.close();
    },
  },
  {
    name: 'refuses an event that cannot follow, and has written nothing',
    run(open) {
      const ledger = filled(open);
      const { tip } = ledger;
      const before = structuredClone(ledger.state);
      throws(() => ledger.append({ type: 'advanced', n: 2, commit: 'c' }), { code: 'E_LEDGER_MOVE' });
      strictEqual(ledger.tip, tip);
      deepStrictEqual(structuredClone(ledger.state), before);
      ledger.append({ type: 'note', from: 'me', text: 'it goes on' });
      ledger.close();
    },
  },
  {
    name: 'keeps bytes under their hash, twice for free',
    run(open) {
      const ledger = open();
      const hash = ledger.putBlob('hello');
      strictEqual(hash, '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
      strictEqual(ledger.putBlob(Buffer.from('hello')), hash);
      strictEqual(Buffer.from(ledger.getBlob(hash)!).toString(), 'hello');
      const bytes = Uint8Array.from([0, 255, 10, 13]);
      deepStrictEqual([...ledger.getBlob(ledger.putBlob(bytes))!], [...bytes]);
      strictEqual(ledger.getBlob('0'.repeat(64)), undefined);
      ledger.close();
    },
  },
  {
    name: 'is the same when it is opened again',
    run(open, lasts) {
      if (!lasts) return;
      const ledger = filled(open);
      const hash = ledger.putBlob('kept');
      const { tip } = ledger;
      const before = structuredClone(ledger.state);
      ledger.close();
      const again = open();
      strictEqual(again.tip, tip);
      deepStrictEqual(structuredClone(again.state), before);
      strictEqual(Buffer.from(again.getBlob(hash)!).toString(), 'kept');
      again.append({ type: 'note', from: 'me', text: 'it goes on' });
      again.close();
    },
  },
];

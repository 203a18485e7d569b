/** What every ledger must do, as named cases. Knows no test runner: each case throws when it fails. */
import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { GENESIS } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { Script } from './script.ts';

export interface LedgerCase {
  readonly name: string;
  /**
   * `openLedger` gives a ledger that is empty at its first call; later calls open the same one again, where it lasts.
   */
  run(openLedger: () => Ledger, isPersistent: boolean): void;
}

/** Drafts of a small valid lab, in order. */
const drafts = new Script()
  .addCalibration([5, 5.1, 4.9])
  .addKeptIdea(3)
  .addIdea()
  .ledger.events.map(
    ({ seq: _seq, t: _time, v: _version, prev: _previous, ...draft }) => draft as Parameters<Ledger['append']>[0],
  );

function fillLedger(openLedger: () => Ledger): Ledger {
  const ledger = openLedger();
  for (const draft of drafts) ledger.append(draft);
  return ledger;
}

export const LEDGER_CASES: readonly LedgerCase[] = [
  {
    name: 'numbers its events, chains them, and moves the state with each',
    run(openLedger) {
      const ledger = openLedger();
      strictEqual(ledger.tip, GENESIS);
      let previousTip = GENESIS;
      for (const [i, draft] of drafts.entries()) {
        const event = ledger.append(draft);
        deepStrictEqual([event.seq, event.prev, event.v], [i, previousTip, 1]);
        strictEqual(ledger.state.seq, i);
        ok(ledger.tip !== previousTip && /^[0-9a-f]{64}$/.test(ledger.tip));
        previousTip = ledger.tip;
      }
      strictEqual(ledger.state.incumbent, 1);
      ledger.close();
    },
  },
  {
    name: 'refuses an event that cannot follow, and has written nothing',
    run(openLedger) {
      const ledger = fillLedger(openLedger);
      const { tip } = ledger;
      const stateBefore = structuredClone(ledger.state);
      throws(() => ledger.append({ type: 'advanced', n: 2, commit: 'c' }), { code: 'E_LEDGER_MOVE' });
      strictEqual(ledger.tip, tip);
      deepStrictEqual(structuredClone(ledger.state), stateBefore);
      ledger.append({ type: 'note', from: 'me', text: 'it goes on' });
      ledger.close();
    },
  },
  {
    name: 'keeps bytes under their hash, twice for free',
    run(openLedger) {
      const ledger = openLedger();
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
    run(openLedger, isPersistent) {
      if (!isPersistent) return;
      const ledger = fillLedger(openLedger);
      const hash = ledger.putBlob('kept');
      const { tip } = ledger;
      const stateBefore = structuredClone(ledger.state);
      ledger.close();
      const reopened = openLedger();
      strictEqual(reopened.tip, tip);
      deepStrictEqual(structuredClone(reopened.state), stateBefore);
      strictEqual(Buffer.from(reopened.getBlob(hash)!).toString(), 'kept');
      reopened.append({ type: 'note', from: 'me', text: 'it goes on' });
      reopened.close();
    },
  },
];

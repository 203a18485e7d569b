/** Writes that a measurement is about to start, and what it gave: blobs first, then the event that names them. */
import { defined } from '../base/defined.ts';
import type { Payload } from '../core/event.ts';
import { encodeNote } from '../core/items.ts';
import type { Ledger } from '../core/ports.ts';
import type { Job } from './lab-deps.ts';
import { storeItems } from './lab-items.ts';
import type { MeasureResult } from './measure.ts';

type Launch = Pick<Payload<'measuring'>, 'm' | 'judgeSeed' | 'session' | 'deviceClass' | 'cores' | 'slot' | 'beside'>;

export function recordIntent(ledger: Ledger, { n, purpose, seed, claim, pair }: Job, launch: Launch): void {
  ledger.append({ type: 'measuring', n, purpose, seed, ...launch, ...defined({ claim, pair }) });
}

export function recordMeasurement(ledger: Ledger, result: MeasureResult & { readonly m: number }): void {
  const { m, outcome, conditions, log, curve, items, itemNote, holdoutOutcome } = result;
  const blobs = defined({
    log: log === '' ? undefined : ledger.putBlob(log),
    curve: curve === undefined ? undefined : ledger.putBlob(curve),
    items: storeItems(ledger, items),
    itemNote: itemNote === undefined ? undefined : ledger.putBlob(encodeNote(itemNote)),
  });
  ledger.append({ type: 'measured', m, outcome, conditions: { ...conditions, ...blobs } });
  if (holdoutOutcome) ledger.append({ type: 'held', m, outcome: holdoutOutcome });
}

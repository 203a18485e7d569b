/** Items between a measurement and the ledger: what is expected, what is stored, the number that a lab steers by. */
import {
  encodeScores,
  encodeTable,
  type ItemTable,
  readerOf,
  scoreOf,
  splitItems,
  storedItemsOf,
} from '../core/items.ts';
import type { StoredItems } from '../core/item-record.ts';
import type { Ledger } from '../core/ports.ts';
import { decidesByItems } from '../core/rules/item-comparison.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import type { ReportedItems } from './item-file.ts';
import type { MeasureResult } from './measure.ts';

/** The items that every measurement of the lab must report: those of the first one. */
export function expectedItems(state: LabState): ItemTable | undefined {
  if (!decidesByItems(state)) return undefined;
  const stored = measurementsOf(state, 0)
    .map(storedItemsOf)
    .find((items) => items !== undefined);
  return stored && readerOf(state).read(stored).table;
}

/**
 * The number becomes that of the steering items. Proposers see numbers, and what they see must tell nothing about the
 * reserve.
 */
export function steerByItems(state: LabState, result: MeasureResult): MeasureResult {
  const { outcome, items } = result;
  if (!items || outcome.kind !== 'measured') return result;
  const { steering } = splitItems(items.table, state.lab!.seed);
  return { ...result, outcome: { ...outcome, value: scoreOf(items.scores, steering) } };
}

/** Store items under their hashes; the table is the same each time and is stored once. */
export function storeItems(ledger: Pick<Ledger, 'putBlob'>, items: ReportedItems | undefined): StoredItems | undefined {
  if (!items) return undefined;
  const { table, scores } = items;
  return {
    ids: ledger.putBlob(encodeTable(table)),
    scores: ledger.putBlob(encodeScores(scores)),
    count: table.ids.length,
  };
}

/**
 * What the pages of one or several experiments show beyond the board: the experiment whole, diffs, output, curves, a
 * lab as it was. Reads only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sanitize } from '../base/text.ts';
import type { LedgerEvent } from '../core/event.ts';
import { fold } from '../core/replay.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { decode } from '../ledger/chain.ts';
import { LEDGER_FILE, readBlobTail, readBlobText } from '../ledger/jsonl.ts';
import type { CurveData, DiffText, LogText } from '../view/answers.ts';
import { type Board, boardOf } from '../view/board.ts';
import { bucketsOf, mainColumn, parseCurve } from '../view/pictures/curve.ts';
import { type ExperimentPage, viewExperiment } from '../view/lab/experiment.ts';
import { viewLab } from '../view/lab/lab.ts';
import { type MachinesView, viewMachines } from '../view/pictures/machines.ts';
import type { Facts } from '../view/types.ts';
import type { Feed } from './feed.ts';

/** Diff between two commits of a lab's private store. Given by the composition root: the server runs no git. */
export type DiffOf = (arena: string, store: string, from: string, to: string) => Promise<string>;

const MOST_LOG_BYTES = 200_000;
const MOST_CURVE_BYTES = 32_000_000;
const MOST_DIFF = 400_000;

/** A lab as it was after event `seq`, with facts that fit: what was open then was running then. */
export function stateAt(feed: Feed, seq: number | undefined): { readonly state: LabState; readonly facts: Facts } {
  const { tail } = feed;
  if (seq === undefined || seq >= tail.state.seq) return { state: tail.state, facts: feed.facts() };
  const { state, apply } = fold();
  let at = '';
  for (const event of eventsOf(feed)) {
    if (event.seq > seq) break;
    apply(event);
    at = event.t;
  }
  const { ledgerProblem: _, ...facts } = feed.facts();
  return { state, facts: { ...facts, now: at, alive: true } };
}

/**
 * The events of a ledger whose chain the feed has checked, kept for the next step of the slider. One lab's at a time.
 */
let kept: { readonly file: string; readonly count: number; readonly events: readonly LedgerEvent[] } | undefined;

function eventsOf(feed: Feed): readonly LedgerEvent[] {
  const file = path.join(feed.folder.lab, LEDGER_FILE);
  const { count } = feed.tail;
  if (kept?.file === file && kept.count === count) return kept.events;
  const events: LedgerEvent[] = [];
  const lines = fs.readFileSync(file, 'utf8').split('\n', count);
  for (const line of lines) events.push(JSON.parse(line) as LedgerEvent);
  kept = { file, count, events };
  return events;
}

export function boardAt(feed: Feed, seq: number): Board {
  const { state, facts } = stateAt(feed, seq);
  return boardOf(viewLab(state, facts));
}

export const machinesAt = (feed: Feed, seq: number | undefined): MachinesView => {
  const { state, facts } = stateAt(feed, seq);
  return viewMachines(state, facts);
};

export const experimentAt = (feed: Feed, n: number, seq: number | undefined): ExperimentPage | undefined => {
  const { state, facts } = stateAt(feed, seq);
  return viewExperiment(state, n, facts);
};

export async function diffOf(feed: Feed, from: number, to: number, diff: DiffOf): Promise<DiffText> {
  const { state } = feed.tail;
  const [before, after] = [codeOf(state, from), codeOf(state, to)];
  const store = path.join(feed.folder.arena, '.overnight', 'store.git');
  if (!before || !after)
    return { text: '', none: `#${before ? to : from} has no commit: it was refused or is not ready.` };
  if (!fs.existsSync(store))
    return { text: '', none: 'The private git store is not beside this ledger, so there is no diff.' };
  const text = sanitize(await diff(feed.folder.arena, store, before.commit, after.commit));
  if (text === '') return { text, none: `#${from} and #${to} have the same files.` };
  return text.length > MOST_DIFF
    ? { text: `${text.slice(0, MOST_DIFF)}\n[… cut; \`overnight diff\` prints all]` }
    : { text };
}

/** The last part of an output, however long it is. */
export function logOf(feed: Feed, blob: string): LogText | undefined {
  const found = readBlobTail(feed.folder.lab, blob, MOST_LOG_BYTES);
  if (!found) return undefined;
  const cut = found.bytes > MOST_LOG_BYTES;
  const text = sanitize(found.text);
  return { text: cut ? text.slice(text.indexOf('\n') + 1) : text, bytes: found.bytes, cut };
}

export function curveOf(
  feed: Feed,
  blob: string,
  wanted: { readonly column: number | undefined; readonly most: number; readonly range?: readonly [number, number] },
): CurveData | undefined {
  const size = readBlobTail(feed.folder.lab, blob, 0)?.bytes;
  if (size === undefined || size > MOST_CURVE_BYTES) return undefined;
  const curve = parseCurve(readBlobText(feed.folder.lab, blob) ?? '');
  if (!curve) return undefined;
  const column =
    wanted.column !== undefined && wanted.column > 0 && wanted.column < curve.columns.length
      ? wanted.column
      : mainColumn(curve);
  return { columns: curve.columns, column, ...bucketsOf(curve, column, wanted.most, wanted.range) };
}

/** Check a ledger's chain from its first byte, as a process that trusts nothing that was read before. */
export function chainHolds(feed: Feed): boolean {
  try {
    decode(fs.readFileSync(path.join(feed.folder.lab, LEDGER_FILE)), () => {});
    return true;
  } catch {
    return false;
  }
}

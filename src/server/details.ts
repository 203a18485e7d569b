/**
 * The content of experiment pages beyond the board: the whole experiment, diffs, output, curves, a past state of the
 * lab. Reads only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { revealText, sanitizeText } from '../base/text.ts';
import type { LedgerEvent } from '../core/event.ts';
import { createFold } from '../core/replay.ts';
import { codeOf, type LabState } from '../core/state.ts';
import { decodeLedger } from '../ledger/chain.ts';
import { LEDGER_FILE, readBlobAround, readBlobTail, readBlobText } from '../ledger/jsonl.ts';
import type { CurveData, DiffText, LogText } from '../view/answers.ts';
import { type Board, boardOf } from '../view/board.ts';
import { bucketsOf, mainColumn, parseCurve } from '../view/pictures/curve.ts';
import { type ExperimentPage, viewExperiment } from '../view/lab/experiment.ts';
import { viewLab } from '../view/lab/lab.ts';
import { type MachinesView, viewMachines } from '../view/pictures/machines.ts';
import type { Facts } from '../view/types.ts';
import type { Feed } from './feed.ts';

/** Diff between two commits of a lab's private store. Given by the composition root: the server runs no git. */
export type DiffCommits = (
  arenaPath: string,
  storePath: string,
  fromCommit: string,
  toCommit: string,
  contextLines?: number,
) => Promise<string>;

const MAX_LOG_BYTES = 200_000;
const MAX_CURVE_BYTES = 32_000_000;
const MAX_DIFF_LENGTH = 3_000_000;
/** A diff up to this length comes with so many unchanged lines around each change: the page folds them. */
const MAX_DIFF_TO_WIDEN = 200_000;
const WIDE_CONTEXT = 2000;

/** A lab as it was after event `atSeq`, with facts that fit: what was open then was running then. */
export function stateAt(feed: Feed, atSeq: number | undefined): { readonly state: LabState; readonly facts: Facts } {
  const { tail } = feed;
  if (atSeq === undefined || atSeq >= tail.state.seq) return { state: tail.state, facts: feed.currentFacts() };
  const { state, apply } = createFold();
  let eventTime = '';
  for (const event of eventsOf(feed)) {
    if (event.seq > atSeq) break;
    apply(event);
    eventTime = event.t;
  }
  const { ledgerProblem: _, ...facts } = feed.currentFacts();
  return { state, facts: { ...facts, now: eventTime, alive: true } };
}

/**
 * The events of a ledger whose chain the feed has checked, kept for the next step of the slider. One lab's at a time.
 */
let cachedEvents:
  { readonly file: string; readonly count: number; readonly events: readonly LedgerEvent[] } | undefined;

function eventsOf(feed: Feed): readonly LedgerEvent[] {
  const ledgerFile = path.join(feed.folder.lab, LEDGER_FILE);
  const { count } = feed.tail;
  if (cachedEvents?.file === ledgerFile && cachedEvents.count === count) return cachedEvents.events;
  const events: LedgerEvent[] = [];
  const eventLines = fs.readFileSync(ledgerFile, 'utf8').split('\n', count);
  for (const eventLine of eventLines) events.push(JSON.parse(eventLine) as LedgerEvent);
  cachedEvents = { file: ledgerFile, count, events };
  return events;
}

export function boardAt(feed: Feed, atSeq: number): Board {
  const { state, facts } = stateAt(feed, atSeq);
  return boardOf(viewLab(state, facts));
}

export const machinesAt = (feed: Feed, atSeq: number | undefined): MachinesView => {
  const { state, facts } = stateAt(feed, atSeq);
  return viewMachines(state, facts);
};

export const experimentAt = (feed: Feed, n: number, atSeq: number | undefined): ExperimentPage | undefined => {
  const { state, facts } = stateAt(feed, atSeq);
  return viewExperiment(state, n, facts);
};

export async function diffOf(feed: Feed, baseN: number, targetN: number, diffCommits: DiffCommits): Promise<DiffText> {
  const { state } = feed.tail;
  const [beforeCode, afterCode] = [codeOf(state, baseN), codeOf(state, targetN)];
  const storePath = path.join(feed.folder.arena, '.overnight', 'store.git');
  if (!beforeCode || !afterCode)
    return { text: '', none: `#${beforeCode ? targetN : baseN} has no commit: it was refused or is not ready.` };
  if (!fs.existsSync(storePath))
    return { text: '', none: 'The private git store is not beside this ledger, so there is no diff.' };
  const readDiff = (contextLines?: number): Promise<string> =>
    diffCommits(feed.folder.arena, storePath, beforeCode.commit, afterCode.commit, contextLines);
  const shortDiff = await readDiff();
  if (shortDiff === '') return { text: '', none: `#${baseN} and #${targetN} have the same files.` };
  const wideDiff = shortDiff.length <= MAX_DIFF_TO_WIDEN ? await readDiff(WIDE_CONTEXT) : shortDiff;
  const diffText = wideDiff.length <= MAX_DIFF_LENGTH ? wideDiff : shortDiff;
  const isCut = diffText.length > MAX_DIFF_LENGTH;
  return { text: revealText(diffText.slice(0, MAX_DIFF_LENGTH)), ...(isCut && { isCut: true as const }) };
}

/** The last part of an output, however long it is. */
export function logOf(feed: Feed, blobHash: string): LogText | undefined {
  const tail = readBlobTail(feed.folder.lab, blobHash, MAX_LOG_BYTES);
  if (!tail) return undefined;
  const isCut = tail.bytes > MAX_LOG_BYTES;
  const logText = sanitizeText(tail.text);
  return { text: isCut ? logText.slice(logText.indexOf('\n') + 1) : logText, bytes: tail.bytes, cut: isCut };
}

/** The part of an output around a byte. */
export function logAround(feed: Feed, blobHash: string, at: number): LogText | undefined {
  const around = readBlobAround(feed.folder.lab, blobHash, at, MAX_LOG_BYTES);
  if (!around) return undefined;
  const firstLineEnd = around.start === 0 ? -1 : around.bytes.indexOf(10);
  const before = around.bytes.subarray(firstLineEnd + 1, Math.max(0, at - around.start));
  return {
    text: sanitizeText(around.bytes.toString('utf8', firstLineEnd + 1)),
    bytes: around.size,
    cut: around.bytes.length < around.size,
    line: before.reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0),
  };
}

export function curveOf(
  feed: Feed,
  blobHash: string,
  request: {
    readonly column: number | undefined;
    readonly maxPoints: number;
    readonly range?: readonly [number, number];
  },
): CurveData | undefined {
  const byteCount = readBlobTail(feed.folder.lab, blobHash, 0)?.bytes;
  if (byteCount === undefined || byteCount > MAX_CURVE_BYTES) return undefined;
  const curve = parseCurve(readBlobText(feed.folder.lab, blobHash) ?? '');
  if (!curve) return undefined;
  const column =
    request.column !== undefined && request.column > 0 && request.column < curve.columns.length
      ? request.column
      : mainColumn(curve);
  return { columns: curve.columns, column, ...bucketsOf(curve, column, request.maxPoints, request.range) };
}

/** Check a ledger's chain from its first byte, as a process that trusts nothing that was read before. */
export function chainHolds(feed: Feed): boolean {
  try {
    decodeLedger(fs.readFileSync(path.join(feed.folder.lab, LEDGER_FILE)), () => {});
    return true;
  } catch {
    return false;
  }
}

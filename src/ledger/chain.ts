/**
 * The ledger's lines: how an event becomes bytes, how bytes are checked. Each line carries the SHA-256 of the line
 * before it, so a line that is changed, added or removed breaks the chain. Knows nothing about files.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { type EventDraft, EVENT_VERSION, GENESIS, type LedgerEvent } from '../core/event.ts';

/** The line of an event, without its newline, and its hash. */
export function encodeEvent(
  draft: EventDraft,
  sequence: number,
  timestamp: string,
  previousHash: string,
): { readonly line: string; readonly hash: string; readonly event: LedgerEvent } {
  const event = { seq: sequence, t: timestamp, v: EVENT_VERSION, ...draft, prev: previousHash } as LedgerEvent;
  const line = JSON.stringify(event);
  return { line, hash: sha256Hex(line), event };
}

export interface DecodedLedger {
  readonly events: number;
  readonly tip: string;
  /** Bytes of complete lines. Bytes behind them are a torn tail. */
  readonly goodBytes: number;
  readonly tornBytes: number;
}

/** Called now and then with the number of bytes that were read, and of all bytes. */
export type ReadProgress = (readBytes: number, totalBytes: number) => void;
const LINES_PER_REPORT = 512;

/**
 * Check every line and hand each event on, in order, once the line after it has vouched for its bytes. Throws
 * E_LEDGER_CORRUPT (not JSON), E_LEDGER_CHAIN (hash differs), E_LEDGER_GAP (numbers skip) or E_LEDGER_VERSION with the
 * line's number. A last line without its newline is not an event: it is reported as torn.
 */
export function decodeLedger(
  bytes: Buffer,
  takeEvent: (event: LedgerEvent, line: number) => void,
  /** Where the bytes begin, when the lines before them were decoded earlier. */
  position: { readonly tip: string; readonly events: number } = { tip: GENESIS, events: 0 },
  onProgress?: ReadProgress,
): DecodedLedger {
  let previousHash = position.tip;
  let start = 0;
  let count = position.events;
  let heldEvent: LedgerEvent | undefined;
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    const lineBytes = bytes.subarray(start, end);
    const event = parseLine(lineBytes, count + 1);
    if (event.prev !== previousHash) throwBrokenChain(event, count, previousHash);
    if (event.seq !== count) throwGap(event, count);
    if (heldEvent) handOver(heldEvent, count, takeEvent);
    heldEvent = event;
    previousHash = sha256Hex(lineBytes);
    start = end + 1;
    count++;
    if (count % LINES_PER_REPORT === 0) onProgress?.(start, bytes.length);
  }
  if (heldEvent) handOver(heldEvent, count, takeEvent);
  return { events: count, tip: previousHash, goodBytes: start, tornBytes: bytes.length - start };
}

/**
 * An event with other fields than its type has makes the fold fail somewhere. That is a broken record, not a mistake of
 * the program.
 */
function handOver(event: LedgerEvent, line: number, takeEvent: (event: LedgerEvent, line: number) => void): void {
  try {
    takeEvent(event, line);
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    throw new LabError(
      'E_LEDGER_MOVE',
      {
        what: `Line ${line} of the ledger (event ${event.seq}, ${event.type}) cannot be understood.`,
        why: `Its fields are not those of such an event: ${reasonOf(thrown)}.`,
        next: 'The ledger was edited or written by a faulty program: run `overnight audit`, and go on from a copy.',
      },
      thrown,
    );
  }
}

function parseLine(lineBytes: Buffer, line: number): LedgerEvent {
  let event: LedgerEvent;
  try {
    event = JSON.parse(lineBytes.toString('utf8')) as LedgerEvent;
    if (event === null || typeof event !== 'object' || Array.isArray(event)) throw new SyntaxError('not an object');
  } catch (thrown) {
    throw new LabError(
      'E_LEDGER_CORRUPT',
      {
        what: `Line ${line} of the ledger is not an event in JSON.`,
        why: `It begins with "${lineBytes.toString('utf8', 0, 60)}" and is ${lineBytes.length} bytes long.`,
        next: 'Restore the file from a backup; the lines before it are good and `overnight log` still reads a copy cut there.',
      },
      thrown,
    );
  }
  if (typeof event.v !== 'number' || event.v > EVENT_VERSION) {
    throw new LabError('E_LEDGER_VERSION', {
      what: `Line ${line} of the ledger is of version ${event.v}.`,
      why: `This Overnight reads up to version ${EVENT_VERSION}.`,
      next: 'Update Overnight.',
    });
  }
  return event;
}

function throwGap(event: LedgerEvent, expectedSequence: number): never {
  throw new LabError('E_LEDGER_GAP', {
    what: `The ledger jumps from event ${expectedSequence - 1} to event ${event.seq}.`,
    why: `Event ${expectedSequence} should stand at line ${expectedSequence + 1}.`,
    next: 'Restore the file from a backup: lines are missing.',
  });
}

function throwBrokenChain(event: LedgerEvent, expectedSequence: number, previousHash: string): never {
  if (event.seq !== expectedSequence) throwGap(event, expectedSequence);
  throw new LabError('E_LEDGER_CHAIN', {
    what: `The hash chain of the ledger breaks at line ${expectedSequence + 1} (event ${event.seq}, ${event.type}).`,
    why: `It names ${String(event.prev).slice(0, 12)}… as the line before it; that line hashes to ${previousHash.slice(0, 12)}…. Line ${expectedSequence} was edited after it was written.`,
    next: 'Restore the file from a backup; nothing after the edited line can be trusted.',
  });
}

/**
 * The ledger's lines: how an event becomes bytes, how bytes are checked. Each line carries the SHA-256 of the line
 * before it, so no line can be changed, added or removed without every later one telling. Knows nothing about files.
 */
import { LabError, reasonOf } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import { type Draft, EVENT_VERSION, GENESIS, type LedgerEvent } from '../core/event.ts';

/** The line of an event, without its newline, and its hash. */
export function encode(
  draft: Draft,
  seq: number,
  t: string,
  prev: string,
): { readonly line: string; readonly hash: string; readonly event: LedgerEvent } {
  const event = { seq, t, v: EVENT_VERSION, ...draft, prev } as LedgerEvent;
  const line = JSON.stringify(event);
  return { line, hash: sha256(line), event };
}

export interface Decoded {
  readonly events: number;
  readonly tip: string;
  /** Bytes of complete lines; what lies behind is a torn tail. */
  readonly goodBytes: number;
  readonly tornBytes: number;
}

/** Hears now and then how many bytes were looked at, of how many. */
export type Watch = (done: number, all: number) => void;
const LINES_A_WORD = 512;

/**
 * Check every line and hand each event on, in order, once the line after it has vouched for its bytes. Throws
 * E_LEDGER_CORRUPT (not JSON), E_LEDGER_CHAIN (hash differs), E_LEDGER_GAP (numbers skip) or E_LEDGER_VERSION with the
 * line's number. A last line without its newline is not an event: it is reported as torn.
 */
export function decode(
  bytes: Buffer,
  take: (event: LedgerEvent, line: number) => void,
  /** Where the bytes begin, when the lines before them were decoded earlier. */
  from: { readonly tip: string; readonly events: number } = { tip: GENESIS, events: 0 },
  watch?: Watch,
): Decoded {
  let prev = from.tip;
  let start = 0;
  let count = from.events;
  let held: LedgerEvent | undefined;
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    const slice = bytes.subarray(start, end);
    const event = parse(slice, count + 1);
    if (event.prev !== prev) chainBroken(event, count, prev);
    if (event.seq !== count) gap(event, count);
    if (held) hand(held, count, take);
    held = event;
    prev = sha256(slice);
    start = end + 1;
    count++;
    if (count % LINES_A_WORD === 0) watch?.(start, bytes.length);
  }
  if (held) hand(held, count, take);
  return { events: count, tip: prev, goodBytes: start, tornBytes: bytes.length - start };
}

/**
 * An event whose fields are not what its type says stumbles somewhere in the fold: that is a broken record, not a
 * mistake of the program.
 */
function hand(event: LedgerEvent, line: number, take: (event: LedgerEvent, line: number) => void): void {
  try {
    take(event, line);
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

function parse(slice: Buffer, line: number): LedgerEvent {
  let event: LedgerEvent;
  try {
    event = JSON.parse(slice.toString('utf8')) as LedgerEvent;
    if (event === null || typeof event !== 'object' || Array.isArray(event)) throw new SyntaxError('not an object');
  } catch (thrown) {
    throw new LabError(
      'E_LEDGER_CORRUPT',
      {
        what: `Line ${line} of the ledger is not an event in JSON.`,
        why: `It begins with "${slice.toString('utf8', 0, 60)}" and is ${slice.length} bytes long.`,
        next: 'Restore the file from a backup; the lines before it are good and `overnight show` still reads a copy cut there.',
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

function gap(event: LedgerEvent, expected: number): never {
  throw new LabError('E_LEDGER_GAP', {
    what: `The ledger jumps from event ${expected - 1} to event ${event.seq}.`,
    why: `Event ${expected} should stand at line ${expected + 1}.`,
    next: 'Restore the file from a backup: lines are missing.',
  });
}

function chainBroken(event: LedgerEvent, index: number, prev: string): never {
  if (event.seq !== index) gap(event, index);
  throw new LabError('E_LEDGER_CHAIN', {
    what: `The hash chain of the ledger breaks at line ${index + 1} (event ${event.seq}, ${event.type}).`,
    why: `It names ${String(event.prev).slice(0, 12)}… as the line before it; that line hashes to ${prev.slice(0, 12)}…. Line ${index} was edited after it was written.`,
    next: 'Restore the file from a backup; nothing after the edited line can be trusted.',
  });
}

/**
 * The ledger as JSON Lines in one file, blobs beside it: append, fsync, never rewrite. One writer at a time (lock.ts).
 * Does not protect against a person who edits it: it makes that visible.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256 } from '../base/hash.ts';
import type { Draft, LedgerEvent } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { fold } from '../core/replay.ts';
import type { LabState } from '../core/state.ts';
import { isFull, isMissing, readText, syncFolder, writeAtomic } from '../os/files.ts';
import { type Decoded, decode, encode, type Watch } from './chain.ts';
import { type Lock, type Owner, takeLock } from './lock.ts';

export const LEDGER_FILE = 'ledger.jsonl';
export const LOCK_FILE = 'lock';
/** What a killed owner was about to rename into place. */
const HALF_WRITTEN = /\.\d+\.[a-z0-9]+\.tmp$/;

export interface ReadLedger extends Decoded {
  readonly state: LabState;
}

/**
 * Read without locking: for `status`, `show`, `report`. Events are handed to `each` after the fold took them. Missing
 * file: E_NO_LAB.
 */
export function readLedger(
  folder: string,
  each?: (event: LedgerEvent, state: LabState) => void,
  watch?: Watch,
): ReadLedger {
  const { state, apply } = fold();
  const take = (event: LedgerEvent): void => {
    apply(event);
    each?.(event, state);
  };
  const decoded = decode(readBytes(path.join(folder, LEDGER_FILE)), take, undefined, watch);
  return { ...decoded, state };
}

function readBytes(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    throw new LabError('E_NO_LAB', {
      what: 'There is no lab here yet.',
      why: `${file} does not exist.`,
      next: 'Start one with `overnight run`, or name another folder.',
    });
  }
}

export interface OpenLedger extends Ledger {
  /** The owner of the lock it was taken over from: the last session was killed. */
  readonly tookOverFrom: Owner | undefined;
}

/**
 * Open for writing, creating folder and file when missing. Throws E_LOCKED, E_LEDGER_*. A torn last line is set aside
 * only where a dead owner's lock shows that a crash tore it; otherwise somebody cut the file, and that is
 * E_LEDGER_TORN.
 */
export function openLedger(folder: string, now: () => string, watch?: Watch): OpenLedger {
  try {
    fs.mkdirSync(path.join(folder, 'blobs'), { recursive: true });
    const lock = takeLock(path.join(folder, LOCK_FILE), now());
    try {
      for (const name of fs.readdirSync(folder)) if (HALF_WRITTEN.test(name)) fs.rmSync(path.join(folder, name));
      return new JsonlLedger(folder, now, lock, watch);
    } catch (thrown) {
      lock.release();
      throw thrown;
    }
  } catch (thrown) {
    throw isFull(thrown) ? full(folder, thrown) : thrown;
  }
}

class JsonlLedger implements OpenLedger {
  readonly state: LabState;
  readonly tookOverFrom: Owner | undefined;
  readonly #folder: string;
  readonly #now: () => string;
  readonly #release: () => void;
  readonly #apply: (event: LedgerEvent) => void;
  readonly #fd: number;
  #tip: string;
  #size: number;
  #count: number;
  /** Set when a write failed: the state is ahead of the file then, so nothing more may be written. */
  #broken: unknown;

  constructor(folder: string, now: () => string, { tookOverFrom, release }: Lock, watch?: Watch) {
    this.#folder = folder;
    this.#now = now;
    this.#release = release;
    this.tookOverFrom = tookOverFrom;
    const file = path.join(folder, LEDGER_FILE);
    const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
    const { state, apply } = fold();
    this.state = state;
    this.#apply = apply;
    const read = decode(bytes, apply, undefined, watch);
    if (read.tornBytes > 0 && tookOverFrom === undefined) throw torn(file, read, bytes);
    this.#fd = fs.openSync(file, 'a', 0o644);
    this.#tip = read.tip;
    this.#count = read.events;
    this.#size = read.goodBytes;
    if (read.tornBytes > 0) this.#setAside(bytes.subarray(read.goodBytes));
    else if (bytes.length === 0) syncFolder(folder);
  }

  get tip(): string {
    return this.#tip;
  }

  append(draft: Draft): LedgerEvent {
    if (this.#broken !== undefined) throw this.#broken;
    const { line, hash, event } = encode(draft, this.#count, this.#now(), this.#tip);
    const size = fs.fstatSync(this.#fd).size;
    if (size !== this.#size) throw raced(this.#folder, this.#size, size);
    const bytes = Buffer.from(`${line}\n`);
    this.#apply(event);
    try {
      if (fs.writeSync(this.#fd, bytes) !== bytes.length)
        throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      fs.fdatasyncSync(this.#fd);
    } catch (thrown) {
      fs.ftruncateSync(this.#fd, this.#size);
      this.#broken = isFull(thrown) ? full(this.#folder, thrown) : thrown;
      throw this.#broken;
    }
    this.#tip = hash;
    this.#size += bytes.length;
    this.#count++;
    return event;
  }

  putBlob(data: string | Uint8Array): string {
    const hash = sha256(data);
    const file = blobPath(this.#folder, hash);
    if (fs.existsSync(file)) return hash;
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      writeAtomic(file, data);
    } catch (thrown) {
      if (isFull(thrown)) throw full(this.#folder, thrown);
      throw thrown;
    }
    return hash;
  }

  getBlob(hash: string): Uint8Array | undefined {
    return readBlob(this.#folder, hash);
  }

  close(): void {
    fs.closeSync(this.#fd);
    this.#release();
  }

  /** Keep the torn bytes in a file of their own, cut them from the ledger, and say so in the ledger. */
  #setAside(bytes: Buffer): void {
    const file = `ledger.torn-${this.#count}`;
    writeAtomic(path.join(this.#folder, file), bytes);
    fs.ftruncateSync(this.#fd, this.#size);
    if (this.#count > 0) this.append({ type: 'tail.set_aside', bytes: bytes.length, file });
  }
}

const blobPath = (folder: string, hash: string): string => path.join(folder, 'blobs', hash.slice(0, 2), hash);

/** A blob by its hash, without a lock. */
export function readBlob(folder: string, hash: string): Uint8Array | undefined {
  const file = blobPath(folder, hash);
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

/** The end of a blob, however large it is, and its whole size. */
export function readBlobTail(
  folder: string,
  hash: string,
  mostBytes: number,
): { readonly text: string; readonly bytes: number } | undefined {
  const file = blobPath(folder, hash);
  if (!fs.existsSync(file)) return undefined;
  const fd = fs.openSync(file, 'r');
  try {
    const { size } = fs.fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, mostBytes));
    fs.readSync(fd, tail, 0, tail.length, size - tail.length);
    return { text: tail.toString('utf8'), bytes: size };
  } finally {
    fs.closeSync(fd);
  }
}

export const readBlobText = (folder: string, hash: string): string | undefined => readText(blobPath(folder, hash));

/** Words for a reader that meets a torn tail: the complete lines before it are good. */
export function torn(file: string, read: Decoded, bytes: Buffer): LabError {
  return new LabError('E_LEDGER_TORN', {
    what: 'The last line of the ledger is cut.',
    why: `${file} ends with ${read.tornBytes} bytes without a newline ("${bytes.toString('utf8', read.goodBytes, read.goodBytes + 40)}…"), after ${read.events} good lines, and no killed run left it so.`,
    next: `Restore the file, or remove those ${read.tornBytes} bytes yourself if you know where they come from; everything before them is good.`,
  });
}

function full(folder: string, cause: unknown): LabError {
  return new LabError(
    'E_DISK_FULL',
    {
      what: 'The ledger could not be written.',
      why: `The disk of ${folder} is full (${reasonOf(cause)}).`,
      next: 'Free some space and run again: nothing that was recorded is lost.',
    },
    cause,
  );
}

function raced(folder: string, expected: number, seen: number): LabError {
  return new LabError('E_LOCKED', {
    what: 'Somebody else writes into this ledger.',
    why: `${path.join(folder, LEDGER_FILE)} has ${seen} bytes; this run left it at ${expected}.`,
    next: 'Find the other writer, then check the file with `overnight audit`.',
  });
}

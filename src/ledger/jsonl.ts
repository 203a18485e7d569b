/**
 * The ledger as JSON Lines in one file, blobs beside it: append, fsync, never rewrite. One writer at a time (lock.ts).
 * A person can edit it, but the edit shows.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import type { EventDraft, LedgerEvent } from '../core/event.ts';
import type { Ledger } from '../core/ports.ts';
import { createFold } from '../core/replay.ts';
import type { LabState } from '../core/state.ts';
import { isFull, isMissing, readText, syncFolder, writeAtomic } from '../os/files.ts';
import { type DecodedLedger, decodeLedger, encodeEvent, type ReadProgress } from './chain.ts';
import { type LedgerLock, type LockOwner, takeLock } from './lock.ts';

export const LEDGER_FILE = 'ledger.jsonl';
export const LOCK_FILE = 'lock';
/** Files that a killed owner did not rename into place any more. */
const HALF_WRITTEN = /\.\d+\.[a-z0-9]+\.tmp$/;

export interface ReadLedger extends DecodedLedger {
  readonly state: LabState;
}

/**
 * Read without locking: for `status`, `show`, `report`. Events are handed to `onEvent` after the fold took them.
 * Missing file: E_NO_LAB.
 */
export function readLedger(
  folder: string,
  onEvent?: (event: LedgerEvent, state: LabState) => void,
  onProgress?: ReadProgress,
): ReadLedger {
  const { state, apply: applyEvent } = createFold((blobHash) => readBlob(folder, blobHash));
  const takeEvent = (event: LedgerEvent): void => {
    applyEvent(event);
    onEvent?.(event, state);
  };
  const decodedLedger = decodeLedger(readBytes(path.join(folder, LEDGER_FILE)), takeEvent, undefined, onProgress);
  return { ...decodedLedger, state };
}

function readBytes(ledgerFile: string): Buffer {
  try {
    return fs.readFileSync(ledgerFile);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    throw new LabError('E_NO_LAB', {
      what: 'There is no lab here yet.',
      why: `${ledgerFile} does not exist.`,
      next: 'Start one with `overnight run`, or name another folder.',
    });
  }
}

export interface OpenLedger extends Ledger {
  /** The owner of the lock it was taken over from: the last session was killed. */
  readonly tookOverFrom: LockOwner | undefined;
}

/**
 * Open for writing, creating folder and file when missing. Throws E_LOCKED, E_LEDGER_*. A torn last line is set aside
 * only where a dead owner's lock shows that a crash tore it; otherwise somebody cut the file, and that is
 * E_LEDGER_TORN.
 */
export function openLedger(folder: string, currentTime: () => string, onProgress?: ReadProgress): OpenLedger {
  try {
    fs.mkdirSync(path.join(folder, 'blobs'), { recursive: true });
    const lock = takeLock(path.join(folder, LOCK_FILE), currentTime());
    try {
      for (const entryName of fs.readdirSync(folder))
        if (HALF_WRITTEN.test(entryName)) fs.rmSync(path.join(folder, entryName));
      return new JsonlLedger(folder, currentTime, lock, onProgress);
    } catch (thrown) {
      lock.releaseLock();
      throw thrown;
    }
  } catch (thrown) {
    throw isFull(thrown) ? diskFullError(folder, thrown) : thrown;
  }
}

class JsonlLedger implements OpenLedger {
  readonly state: LabState;
  readonly tookOverFrom: LockOwner | undefined;
  readonly #folder: string;
  readonly #currentTime: () => string;
  readonly #releaseLock: () => void;
  readonly #applyEvent: (event: LedgerEvent) => void;
  readonly #fd: number;
  #tip: string;
  #fileSize: number;
  #eventCount: number;
  /** Set when a write failed: the state is ahead of the file then, so nothing more may be written. */
  #writeFailure: unknown;
  #isClosed = false;

  constructor(
    folder: string,
    currentTime: () => string,
    { tookOverFrom, releaseLock }: LedgerLock,
    onProgress?: ReadProgress,
  ) {
    this.#folder = folder;
    this.#currentTime = currentTime;
    this.#releaseLock = releaseLock;
    this.tookOverFrom = tookOverFrom;
    const ledgerFile = path.join(folder, LEDGER_FILE);
    const ledgerBytes = fs.existsSync(ledgerFile) ? fs.readFileSync(ledgerFile) : Buffer.alloc(0);
    const { state, apply: applyEvent } = createFold((blobHash) => readBlob(folder, blobHash));
    this.state = state;
    this.#applyEvent = applyEvent;
    const decodedLedger = decodeLedger(ledgerBytes, applyEvent, undefined, onProgress);
    if (decodedLedger.tornBytes > 0 && tookOverFrom === undefined)
      throw tornLedgerError(ledgerFile, decodedLedger, ledgerBytes);
    this.#fd = fs.openSync(ledgerFile, 'a', 0o644);
    this.#tip = decodedLedger.tip;
    this.#eventCount = decodedLedger.events;
    this.#fileSize = decodedLedger.goodBytes;
    if (decodedLedger.tornBytes > 0) this.#setTailAside(ledgerBytes.subarray(decodedLedger.goodBytes));
    else if (ledgerBytes.length === 0) syncFolder(folder);
  }

  get tip(): string {
    return this.#tip;
  }

  append(draft: EventDraft): LedgerEvent {
    if (this.#writeFailure !== undefined) throw this.#writeFailure;
    const { line, hash, event } = encodeEvent(draft, this.#eventCount, this.#currentTime(), this.#tip);
    const actualSize = fs.fstatSync(this.#fd).size;
    if (actualSize !== this.#fileSize) throw otherWriterError(this.#folder, this.#fileSize, actualSize);
    const lineBytes = Buffer.from(`${line}\n`);
    this.#applyEvent(event);
    try {
      if (fs.writeSync(this.#fd, lineBytes) !== lineBytes.length)
        throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      fs.fdatasyncSync(this.#fd);
    } catch (thrown) {
      fs.ftruncateSync(this.#fd, this.#fileSize);
      this.#writeFailure = isFull(thrown) ? diskFullError(this.#folder, thrown) : thrown;
      throw this.#writeFailure;
    }
    this.#tip = hash;
    this.#fileSize += lineBytes.length;
    this.#eventCount++;
    return event;
  }

  putBlob(content: string | Uint8Array): string {
    const blobHash = sha256Hex(content);
    const blobFile = blobPath(this.#folder, blobHash);
    if (fs.existsSync(blobFile)) return blobHash;
    try {
      fs.mkdirSync(path.dirname(blobFile), { recursive: true });
      writeAtomic(blobFile, content);
    } catch (thrown) {
      if (isFull(thrown)) throw diskFullError(this.#folder, thrown);
      throw thrown;
    }
    return blobHash;
  }

  getBlob(blobHash: string): Uint8Array | undefined {
    return readBlob(this.#folder, blobHash);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    fs.closeSync(this.#fd);
    this.#releaseLock();
  }

  /** Keep the torn bytes in a file of their own, cut them from the ledger, and say so in the ledger. */
  #setTailAside(tornBytes: Buffer): void {
    const tornFile = `ledger.torn-${this.#eventCount}`;
    writeAtomic(path.join(this.#folder, tornFile), tornBytes);
    fs.ftruncateSync(this.#fd, this.#fileSize);
    if (this.#eventCount > 0) this.append({ type: 'tail.set_aside', bytes: tornBytes.length, file: tornFile });
  }
}

export const blobPath = (folder: string, blobHash: string): string =>
  path.join(folder, 'blobs', blobHash.slice(0, 2), blobHash);

/** A blob by its hash, without a lock. */
export function readBlob(folder: string, blobHash: string): Uint8Array | undefined {
  const blobFile = blobPath(folder, blobHash);
  return fs.existsSync(blobFile) ? fs.readFileSync(blobFile) : undefined;
}

/** The end of a blob, however large it is, and its whole size. */
export function readBlobTail(
  folder: string,
  blobHash: string,
  maxBytes: number,
): { readonly text: string; readonly bytes: number } | undefined {
  const blobFile = blobPath(folder, blobHash);
  if (!fs.existsSync(blobFile)) return undefined;
  const descriptor = fs.openSync(blobFile, 'r');
  try {
    const { size } = fs.fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, maxBytes));
    fs.readSync(descriptor, tail, 0, tail.length, size - tail.length);
    return { text: tail.toString('utf8'), bytes: size };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What stands around a byte of a blob, and the byte with which that begins. */
export function readBlobAround(
  folder: string,
  blobHash: string,
  at: number,
  maxBytes: number,
): { readonly bytes: Buffer; readonly start: number; readonly size: number } | undefined {
  const blobFile = blobPath(folder, blobHash);
  if (!fs.existsSync(blobFile)) return undefined;
  const descriptor = fs.openSync(blobFile, 'r');
  try {
    const { size } = fs.fstatSync(descriptor);
    const start = Math.max(0, Math.min(at - Math.floor(maxBytes / 2), size - maxBytes));
    const bytes = Buffer.alloc(Math.min(size - start, maxBytes));
    fs.readSync(descriptor, bytes, 0, bytes.length, start);
    return { bytes, start, size };
  } finally {
    fs.closeSync(descriptor);
  }
}

export const readBlobText = (folder: string, blobHash: string): string | undefined =>
  readText(blobPath(folder, blobHash));

/** The error of a reader that finds a torn tail: the complete lines before it are good. */
export function tornLedgerError(ledgerFile: string, decodedLedger: DecodedLedger, ledgerBytes: Buffer): LabError {
  return new LabError('E_LEDGER_TORN', {
    what: 'The last line of the ledger is cut.',
    why: `${ledgerFile} ends with ${decodedLedger.tornBytes} bytes without a newline ("${ledgerBytes.toString('utf8', decodedLedger.goodBytes, decodedLedger.goodBytes + 40)}…"), after ${decodedLedger.events} good lines, and no killed run left it so.`,
    next: `Restore the file, or remove those ${decodedLedger.tornBytes} bytes yourself if you know where they come from; everything before them is good.`,
  });
}

function diskFullError(folder: string, cause: unknown): LabError {
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

function otherWriterError(folder: string, expectedSize: number, actualSize: number): LabError {
  return new LabError('E_LOCKED', {
    what: 'Somebody else writes into this ledger.',
    why: `${path.join(folder, LEDGER_FILE)} has ${actualSize} bytes; this run left it at ${expectedSize}.`,
    next: 'Find the other writer, then check the file with `overnight audit`.',
  });
}

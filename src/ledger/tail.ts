/**
 * A ledger that is read while another process writes it: each look reads only the bytes that are new. A broken chain
 * is a named problem beside the last good state. Never writes, takes no lock.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { GENESIS, type LedgerEvent } from '../core/event.ts';
import { createFold } from '../core/replay.ts';
import type { LabState } from '../core/state.ts';
import { decodeLedger } from './chain.ts';
import { LEDGER_FILE, LOCK_FILE, tornLedgerError } from './jsonl.ts';
import { lockOwner } from './lock.ts';

export interface LedgerUpdate {
  /** Events that were not there before. */
  readonly events: readonly LedgerEvent[];
  /** The file was replaced or cut: everything is read anew. */
  readonly wasReset: boolean;
  /** Bytes that are there and were not looked at yet. */
  readonly unreadBytes: number;
}

export class LedgerTail {
  readonly #folder: string;
  readonly #ledgerFile: string;
  #folded = createFold();
  #readSize = 0;
  #inode = 0;
  #tip = GENESIS;
  #lineCount = 0;
  #problem: string | undefined;
  #isAlive = false;
  /** A line was bad: nothing behind it is ever read. */
  #isStopped = false;
  /** A slice that ended within one line makes the next one longer. */
  #sliceFactor = 1;

  constructor(folder: string) {
    this.#folder = folder;
    this.#ledgerFile = path.join(folder, LEDGER_FILE);
  }

  get state(): LabState {
    return this.#folded.state;
  }
  get tip(): string {
    return this.#tip;
  }
  /** Lines that were read and are good. */
  get count(): number {
    return this.#lineCount;
  }
  get problem(): string | undefined {
    return this.#problem;
  }
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Bytes that were read. */
  get size(): number {
    return this.#readSize;
  }

  /** Read the new events, at most about so many bytes of them. Never throws for the content of the file. */
  readUpdate(maxBytes = Number.POSITIVE_INFINITY): LedgerUpdate {
    const lockFile = path.join(this.#folder, LOCK_FILE);
    // Before the size: a run writes its end and then lets go of the lock, so one that is gone has its end in the file.
    this.#isAlive = lockOwner(lockFile) !== undefined;
    const fileStats = fs.statSync(this.#ledgerFile, { throwIfNoEntry: false });
    if (!fileStats) {
      this.#problem = 'the ledger’s file is gone: the lab was deleted or moved while it was shown';
      this.#inode = 0;
      return { events: [], wasReset: false, unreadBytes: 0 };
    }
    const wasReset = fileStats.ino !== this.#inode || fileStats.size < this.#readSize;
    if (wasReset) this.#resetState(fileStats.ino);
    if (this.#isStopped) return { events: [], wasReset, unreadBytes: 0 };
    const endOffset = Math.min(fileStats.size, this.#readSize + maxBytes * this.#sliceFactor);
    const previousSize = this.#readSize;
    const newEvents = this.#readEvents(endOffset, lockFile, endOffset === fileStats.size);
    this.#sliceFactor = this.#readSize === previousSize && endOffset < fileStats.size ? 2 * this.#sliceFactor : 1;
    return { events: newEvents, wasReset, unreadBytes: this.#isStopped ? 0 : fileStats.size - endOffset };
  }

  #resetState(inode: number): void {
    this.#folded = createFold();
    this.#readSize = 0;
    this.#tip = GENESIS;
    this.#lineCount = 0;
    this.#problem = undefined;
    this.#isStopped = false;
    this.#sliceFactor = 1;
    this.#inode = inode;
  }

  /** `isFileEnd`: the file ends here, so that what has no newline is a cut line and not one that goes on. */
  #readEvents(endOffset: number, lockFile: string, isFileEnd: boolean): LedgerEvent[] {
    const newEvents: LedgerEvent[] = [];
    const newBytes = readSlice(this.#ledgerFile, this.#readSize, endOffset);
    try {
      const takeEvent = (event: LedgerEvent): void => {
        this.#folded.apply(event);
        newEvents.push(event);
      };
      const decodedLedger = decodeLedger(newBytes, takeEvent, { tip: this.#tip, events: this.#lineCount });
      this.#tip = decodedLedger.tip;
      this.#lineCount = decodedLedger.events;
      this.#readSize += decodedLedger.goodBytes;
      const isTorn = isFileEnd && decodedLedger.tornBytes > 0 && !this.#isAlive && !fs.existsSync(lockFile);
      this.#problem = isTorn
        ? problemOf(tornLedgerError(this.#ledgerFile, { ...decodedLedger, events: this.#lineCount }, newBytes))
        : undefined;
    } catch (thrown) {
      if (!(thrown instanceof LabError)) throw thrown;
      // What was handed on before the bad line is the last good state.
      this.#isStopped = true;
      this.#lineCount += newEvents.length;
      this.#problem = problemOf(thrown);
    }
    return newEvents;
  }
}

const problemOf = (labError: LabError): string => `${labError.parts.what} ${labError.parts.why}`;

function readSlice(ledgerFile: string, startOffset: number, endOffset: number): Buffer {
  const descriptor = fs.openSync(ledgerFile, 'r');
  try {
    const sliceBytes = Buffer.alloc(Math.max(0, endOffset - startOffset));
    const readCount = fs.readSync(descriptor, sliceBytes, 0, sliceBytes.length, startOffset);
    return sliceBytes.subarray(0, readCount);
  } finally {
    fs.closeSync(descriptor);
  }
}

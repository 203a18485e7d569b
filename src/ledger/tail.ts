/**
 * A ledger that is read while somebody else writes it: each look takes only the bytes that are new. A broken chain is a
 * named problem beside the last good state. Never writes, takes no lock.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { GENESIS, type LedgerEvent } from '../core/event.ts';
import { fold } from '../core/replay.ts';
import type { LabState } from '../core/state.ts';
import { decode } from './chain.ts';
import { LEDGER_FILE, LOCK_FILE, torn } from './jsonl.ts';
import { lockOwner } from './lock.ts';

export interface Look {
  /** Events that were not there before. */
  readonly events: readonly LedgerEvent[];
  /** The file was replaced or cut: everything is read anew. */
  readonly anew: boolean;
  /** Bytes that are there and were not looked at yet. */
  readonly left: number;
}

export class LedgerTail {
  readonly #folder: string;
  readonly #file: string;
  #fold = fold();
  #size = 0;
  #inode = 0;
  #tip = GENESIS;
  #count = 0;
  #problem: string | undefined;
  #alive = false;
  /** A line was bad: nothing behind it is ever taken. */
  #stopped = false;
  /** A slice that ended within one line makes the next one longer. */
  #longer = 1;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = path.join(folder, LEDGER_FILE);
  }

  get state(): LabState {
    return this.#fold.state;
  }
  get tip(): string {
    return this.#tip;
  }
  /** Lines that were read and are good. */
  get count(): number {
    return this.#count;
  }
  get problem(): string | undefined {
    return this.#problem;
  }
  get alive(): boolean {
    return this.#alive;
  }

  /** Bytes that were read. */
  get size(): number {
    return this.#size;
  }

  /** Take what is new, at most about so many bytes of it. Never throws for what is in the file. */
  look(most = Number.POSITIVE_INFINITY): Look {
    const stat = fs.statSync(this.#file, { throwIfNoEntry: false });
    const lock = path.join(this.#folder, LOCK_FILE);
    this.#alive = lockOwner(lock) !== undefined;
    if (!stat) {
      this.#problem = 'the ledger’s file is gone: the lab was deleted or moved while it was shown';
      this.#inode = 0;
      return { events: [], anew: false, left: 0 };
    }
    const anew = stat.ino !== this.#inode || stat.size < this.#size;
    if (anew) this.#reset(stat.ino);
    if (this.#stopped) return { events: [], anew, left: 0 };
    const to = Math.min(stat.size, this.#size + most * this.#longer);
    const before = this.#size;
    const events = this.#read(to, lock, to === stat.size);
    this.#longer = this.#size === before && to < stat.size ? 2 * this.#longer : 1;
    return { events, anew, left: this.#stopped ? 0 : stat.size - to };
  }

  #reset(inode: number): void {
    this.#fold = fold();
    this.#size = 0;
    this.#tip = GENESIS;
    this.#count = 0;
    this.#problem = undefined;
    this.#stopped = false;
    this.#longer = 1;
    this.#inode = inode;
  }

  /** `end`: the file ends here, so that what has no newline is a cut line and not one that goes on. */
  #read(size: number, lock: string, end: boolean): LedgerEvent[] {
    const events: LedgerEvent[] = [];
    const bytes = readFrom(this.#file, this.#size, size);
    try {
      const take = (event: LedgerEvent): void => {
        this.#fold.apply(event);
        events.push(event);
      };
      const read = decode(bytes, take, { tip: this.#tip, events: this.#count });
      this.#tip = read.tip;
      this.#count = read.events;
      this.#size += read.goodBytes;
      const cut = end && read.tornBytes > 0 && !this.#alive && !fs.existsSync(lock);
      this.#problem = cut ? words(torn(this.#file, { ...read, events: this.#count }, bytes)) : undefined;
    } catch (thrown) {
      if (!(thrown instanceof LabError)) throw thrown;
      // What was handed on before the bad line is the last good state.
      this.#stopped = true;
      this.#count += events.length;
      this.#problem = words(thrown);
    }
    return events;
  }
}

const words = (error: LabError): string => `${error.parts.what} ${error.parts.why}`;

function readFrom(file: string, from: number, to: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, to - from));
    const got = fs.readSync(fd, bytes, 0, bytes.length, from);
    return bytes.subarray(0, got);
  } finally {
    fs.closeSync(fd);
  }
}

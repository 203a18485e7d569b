/**
 * One lab, followed while others write it: its board, and for every part of it the version in which it last changed. A reader that comes back
 * with a cursor gets what changed since. Knows nothing about HTTP.
 */
import * as fs from 'node:fs';
import { LEDGER_FILE } from '../ledger/jsonl.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { now } from '../os/clock.ts';
import { type BoardHead, type BoardPatch, type BoardRow, boardRow, changedHead } from '../view/board.ts';
import { viewLab } from '../view/lab.ts';
import type { Facts, LabView } from '../view/types.ts';
import type { LabFolder } from './labs.ts';

export type FeedMessage =
  | { readonly kind: 'snapshot'; readonly cursor: string; readonly seq: number; readonly patch: BoardPatch }
  | { readonly kind: 'patch'; readonly cursor: string; readonly seq: number; readonly patch: BoardPatch };

type Reader = (message: FeedMessage) => void;

/** A burst of events becomes one patch. */
const BURST_MS = 15;
/** Where the kernel's notices do not arrive (network file systems), and for a writer that died silently. */
const CHECK_MS = 1000;

export class Feed {
  readonly folder: LabFolder;
  readonly #tail: LedgerTail;
  readonly #zoneMinutes: number;
  /** Cursors of another server, or of a ledger that was replaced, mean nothing here. */
  #epoch = epoch();
  #version = 0;
  #head: Partial<BoardHead> = {};
  #headVersions = new Map<string, number>();
  #rows: { row: BoardRow; text: string; version: number }[] = [];
  #view: LabView | undefined;
  readonly #readers = new Set<Reader>();
  #watcher: fs.FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #seen = '';

  constructor(folder: LabFolder, zoneMinutes: number) {
    this.folder = folder;
    this.#tail = new LedgerTail(folder.lab);
    this.#zoneMinutes = zoneMinutes;
  }

  /** The view as the ledger stands now. */
  get view(): LabView {
    this.refresh();
    return this.#view!;
  }
  get tail(): LedgerTail {
    return this.#tail;
  }

  facts(): Facts {
    return {
      now: now(),
      alive: this.#tail.alive,
      tip: this.#tail.tip,
      zoneMinutes: this.#zoneMinutes,
      ...(this.#tail.problem !== undefined && { ledgerProblem: this.#tail.problem }),
    };
  }

  /** Hear what changes from a cursor on; without one, or with a strange one, first everything. Returns the way to stop. */
  follow(cursor: string | undefined, reader: Reader): () => void {
    this.refresh();
    const known = cursor?.startsWith(`${this.#epoch}-`) ? Number(cursor.slice(this.#epoch.length + 1)) : Number.NaN;
    reader(Number.isInteger(known) ? this.#since('patch', known) : this.#since('snapshot', -1));
    this.#readers.add(reader);
    this.#watch();
    return () => {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.close();
    };
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
  }

  /** Read what is new and tell the readers what that changed. */
  refresh(): void {
    const { events, anew } = this.#tail.look();
    const seen = `${this.#tail.count} ${this.#tail.alive} ${this.#tail.problem}`;
    if (anew) this.#restart();
    if (!anew && events.length === 0 && seen === this.#seen && this.#view) return;
    this.#seen = seen;
    const before = this.#version;
    this.#version++;
    this.#view = viewLab(this.#tail.state, this.facts());
    if (!this.#takeView(this.#view)) {
      this.#version = before;
      return;
    }
    if (this.#readers.size === 0) return;
    const message = anew ? this.#since('snapshot', -1) : this.#since('patch', before);
    for (const reader of this.#readers) reader(message);
  }

  #restart(): void {
    this.#epoch = epoch();
    this.#rows = [];
    this.#head = {};
    this.#headVersions = new Map();
  }

  /** Note what differs from the view before. False when nothing does. */
  #takeView(view: LabView): boolean {
    const { experiments, ...head } = view;
    // The moment of looking is no news by itself.
    const changed = changedHead({ ...this.#head, madeAt: head.madeAt }, head);
    for (const key of Object.keys(changed)) this.#headVersions.set(key, this.#version);
    let rows = experiments.length !== this.#rows.length;
    this.#rows.length = Math.min(this.#rows.length, experiments.length);
    for (const full of experiments) {
      const row = boardRow(full);
      const text = JSON.stringify(row);
      if (this.#rows[full.n]?.text === text) continue;
      this.#rows[full.n] = { row, text, version: this.#version };
      rows = true;
    }
    this.#head = head;
    return rows || Object.keys(changed).length > 0;
  }

  #since(kind: FeedMessage['kind'], version: number): FeedMessage {
    const keys = [...this.#headVersions].filter(([, at]) => at > version).map(([key]) => key);
    const head = Object.fromEntries(keys.map((key) => [key, this.#head[key as keyof BoardHead] ?? null]));
    return {
      kind,
      cursor: `${this.#epoch}-${this.#version}`,
      seq: this.#tail.state.seq,
      patch: {
        head: head as Partial<BoardHead>,
        rows: this.#rows.filter((each) => each.version > version).map((each) => each.row),
        count: this.#rows.length,
      },
    };
  }

  #watch(): void {
    this.#timer ??= setInterval(() => this.refresh(), CHECK_MS).unref();
    if (this.#watcher) return;
    try {
      this.#watcher = fs.watch(this.folder.lab, { persistent: false }, (_, file) => {
        if (file !== LEDGER_FILE && file !== 'lock') return;
        this.#soon ??= setTimeout(() => {
          this.#soon = undefined;
          this.refresh();
        }, BURST_MS);
      });
      // A deleted folder ends its watcher; the check that remains says so.
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      // Too many watchers, or the folder is gone: the check by size goes on.
      this.#watcher = undefined;
    }
  }
}

const epoch = (): string => `${process.pid.toString(36)}${Math.floor(performance.timeOrigin + performance.now()).toString(36)}`;

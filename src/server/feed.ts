/**
 * One lab, followed while others write it: its board, and for every part of it the version in which it last changed. A
 * reader that comes back with a cursor gets what changed since. A large ledger is read in slices, so that others are
 * answered meanwhile. Knows nothing about HTTP.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { LEDGER_FILE } from '../ledger/jsonl.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { now } from '../os/clock.ts';
import { labPaths } from '../os/paths.ts';
import type { ReadingView } from '../view/answers.ts';
import { type BoardHead, boardRow, changedHead, packed } from '../view/board.ts';
import { readingView } from '../view/lab/empty.ts';
import type { LedgerEvent } from '../core/event.ts';
import { viewLab, viewRows } from '../view/lab/lab.ts';
import type { ExperimentView, Facts, LabView } from '../view/types.ts';
import type { LabFolder } from './labs.ts';
import { sameStep } from './same-step.ts';

/**
 * What a reader is told: how far the ledger is read, then everything, then what changed. `data` is JSON of a
 * `ReadingView`, else of the ledger's last event and a `BoardPatch`.
 */
export interface FeedMessage {
  readonly kind: 'reading' | 'snapshot' | 'patch';
  readonly cursor: string;
  readonly data: string;
}

type Reader = (message: FeedMessage) => void;

/** A burst of events becomes one patch. */
const BURST_MS = 5;
/** Where the kernel's notices do not arrive (network file systems), and for a writer that died silently. */
const CHECK_MS = 1000;
/** Bytes of a ledger that are read in one go: some tens of milliseconds. */
const SLICE_BYTES = 1 << 20;
/** How often readers hear how far it is. */
const SAY_MS = 100;
/**
 * Experiments above which adding up over all of them takes longer than a person should wait for a row, and how long it
 * then waits.
 */
const LARGE = 1500;
const LATER_MS = 250;

export class Feed {
  readonly folder: LabFolder;
  readonly #tail: LedgerTail;
  readonly #zoneMinutes: number;
  /** Cursors of another server, or of a ledger that was replaced, mean nothing here. */
  #epoch = epoch();
  #version = 0;
  #head: Partial<BoardHead> = {};
  #headVersions = new Map<string, number>();
  #rows: { readonly text: string; readonly version: number }[] = [];
  #view: LabView | undefined;
  readonly #readers = new Set<Reader>();
  #watcher: fs.FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #seen = '';
  #reading: Promise<void> | undefined;
  #read = false;

  constructor(folder: LabFolder, zoneMinutes: number) {
    this.folder = folder;
    this.#tail = new LedgerTail(folder.lab);
    this.#zoneMinutes = zoneMinutes;
  }

  /** How far the ledger is read, until it is read once. */
  get reading(): ReadingView | undefined {
    if (this.#read) return undefined;
    const size = fs.statSync(path.join(this.folder.lab, LEDGER_FILE), { throwIfNoEntry: false })?.size ?? 0;
    return readingView(this.#tail.size, size);
  }

  /** Read the ledger to its end, others being answered between two slices. At once for one that was read before. */
  load(): Promise<void> {
    if (this.#read) return Promise.resolve();
    this.#reading ??= this.#readOn();
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    let said = performance.now();
    while (this.#tail.look(SLICE_BYTES).left > 0) {
      await breath();
      if (performance.now() - said < SAY_MS) continue;
      said = performance.now();
      for (const reader of this.#readers) reader(this.#progress());
    }
    this.#read = true;
    this.#seen = this.#looks();
    this.#lookAtAll(true);
  }

  #progress(): FeedMessage {
    return { kind: 'reading', cursor: '', data: JSON.stringify(this.reading) };
  }

  /** The view as the ledger stands now; it must be loaded. */
  get view(): LabView {
    this.refresh();
    if (this.#later !== undefined || !this.#view) this.#lookAtAll(false);
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

  /**
   * Hear what changes from a cursor on; without one, or with a strange one, first everything. Returns the way to stop.
   */
  follow(cursor: string | undefined, reader: Reader): () => void {
    // A small ledger is read here and now; a large one ends with everything, for all who read by then.
    void this.load();
    if (this.#read) {
      this.refresh();
      const known = cursor?.startsWith(`${this.#epoch}-`) ? Number(cursor.slice(this.#epoch.length + 1)) : Number.NaN;
      reader(Number.isInteger(known) ? this.#since('patch', known) : this.#since('snapshot', -1));
    } else reader(this.#progress());
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
    // The sums that were still to come are made when somebody asks again.
    if (this.#later !== undefined) this.#seen = '';
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#timer = undefined;
    this.#soon = undefined;
  }

  /** Read what is new and tell the readers what that changed. */
  refresh(): void {
    if (!this.#read) return;
    const { events, anew } = this.#tail.look();
    const seen = this.#looks();
    if (anew) this.#restart();
    if (!anew && events.length === 0 && seen === this.#seen && this.#view) return;
    this.#seen = seen;
    const large = this.#rows.length > LARGE && this.#readers.size > 0 && !anew && events.length < 100;
    if (!large) return this.#lookAtAll(anew);
    // The rows that the events name go out at once; what must be added up over all experiments follows.
    const named = new Set(events.flatMap((event) => this.#named(event)));
    if (named.size > 0) this.#publish(() => this.#takeRows(viewRows(this.#tail.state, this.facts(), named)));
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#lookAtAll(false);
    }, LATER_MS);
  }

  /** What a look has found: the same again is no news. */
  #looks(): string {
    return `${this.#tail.count} ${this.#tail.alive} ${this.#tail.problem}`;
  }

  /** A running measurement's curve grows without an event. */
  #lookAtCurves(): void {
    const { now } = this.#head;
    if (!now || now.length === 0 || !this.#tail.alive) return;
    this.#publish(() => this.#takeHead({ ...(this.#head as BoardHead), now: this.#withCurves(now) }));
  }

  #withCurves(now: LabView['now']): LabView['now'] {
    const { lab, arena, tag } = this.folder;
    const { work } = labPaths(arena, tag);
    return now.map(({ said: _, ...m }) => {
      const said = sameStep(lab, work, this.#tail.state, m.m);
      return said === undefined ? m : { ...m, said };
    });
  }

  #named(event: LedgerEvent): number[] {
    if ('n' in event) return [event.n];
    const m = 'm' in event ? this.#tail.state.measurements[event.m] : undefined;
    return m ? [m.n] : [];
  }

  #lookAtAll(anew: boolean): void {
    this.#publish(() => {
      this.#view = viewLab(this.#tail.state, this.facts());
      const { experiments, ...whole } = this.#view;
      const head = { ...whole, now: this.#withCurves(whole.now) };
      this.#rows.length = Math.min(this.#rows.length, experiments.length);
      const rows = this.#takeRows(experiments);
      return this.#takeHead(head) || rows;
    }, anew);
  }

  /** Take in what changed under a new version, and tell the readers if anything did. */
  #publish(take: () => boolean, anew = false): void {
    const before = this.#version;
    this.#version++;
    if (!take() && !anew) {
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

  /** Note what differs from before. False when nothing does. */
  #takeHead(head: BoardHead): boolean {
    // The moment of looking is no news by itself.
    const changed = changedHead({ ...this.#head, madeAt: head.madeAt }, head);
    for (const key of Object.keys(changed)) this.#headVersions.set(key, this.#version);
    this.#head = head;
    return Object.keys(changed).length > 0;
  }

  #takeRows(rows: readonly ExperimentView[]): boolean {
    let changed = false;
    for (const full of rows) {
      const text = JSON.stringify(packed(boardRow(full)));
      if (this.#rows[full.n]?.text === text) continue;
      this.#rows[full.n] = { text, version: this.#version };
      changed = true;
    }
    return changed;
  }

  #since(kind: FeedMessage['kind'], version: number): FeedMessage {
    const keys = [...this.#headVersions].filter(([, at]) => at > version).map(([key]) => key);
    const head = Object.fromEntries(keys.map((key) => [key, this.#head[key as keyof BoardHead] ?? null]));
    // Rows are JSON already; making them again would take longer than everything else.
    const rows = this.#rows.filter((each) => each.version > version).map((each) => each.text);
    const patch = `{"head":${JSON.stringify(head)},"rows":[${rows.join(',')}],"count":${this.#rows.length}}`;
    return {
      kind,
      cursor: `${this.#epoch}-${this.#version}`,
      data: `{"seq":${this.#tail.state.seq},"patch":${patch}}`,
    };
  }

  #watch(): void {
    this.#timer ??= setInterval(() => {
      this.refresh();
      this.#lookAtCurves();
    }, CHECK_MS).unref();
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

const epoch = (): string =>
  `${process.pid.toString(36)}${Math.floor(performance.timeOrigin + performance.now()).toString(36)}`;

/**
 * One lab, followed while others write it: its board, and for every part of it the version in which it last changed. A
 * reader that comes back with a cursor gets what changed since. A large ledger is read in slices, so that others are
 * answered meanwhile. Knows nothing about HTTP.
 */
import { defined } from '../base/defined.ts';
import { cleanJson } from '../base/escape.ts';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { LEDGER_FILE } from '../ledger/jsonl.ts';
import { LedgerTail } from '../ledger/tail.ts';
import { currentTime } from '../os/clock.ts';
import { labPaths } from '../os/paths.ts';
import type { ReadingView } from '../view/answers.ts';
import { type BoardHead, boardRow, changedHead, packRow } from '../view/board.ts';
import { readingView } from '../view/lab/empty.ts';
import type { LedgerEvent } from '../core/event.ts';
import { viewLab, viewRows } from '../view/lab/lab.ts';
import type { ExperimentView, Facts, LabView } from '../view/types.ts';
import type { LabFolder } from './labs.ts';
import { compareAtSameStep } from './same-step.ts';

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
const PROGRESS_MS = 100;
/**
 * Experiments above which adding up over all of them takes longer than a person should wait for a row, and how long it
 * then waits.
 */
const LARGE_LAB = 1500;
const LATER_MS = 250;

export class Feed {
  readonly folder: LabFolder;
  readonly #tail: LedgerTail;
  readonly #zoneMinutes: number;
  /** Cursors of another server, or of a ledger that was replaced, mean nothing here. */
  #epoch = createEpoch();
  #version = 0;
  #head: Partial<BoardHead> = {};
  #headVersions = new Map<string, number>();
  #rows: { readonly made: string; readonly text: string; readonly version: number }[] = [];
  #view: LabView | undefined;
  readonly #readers = new Set<Reader>();
  #watcher: fs.FSWatcher | undefined;
  #checkTimer: NodeJS.Timeout | undefined;
  #burstTimer: NodeJS.Timeout | undefined;
  #sumTimer: NodeJS.Timeout | undefined;
  #lastFingerprint = '';
  #loading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(folder: LabFolder, zoneMinutes: number) {
    this.folder = folder;
    this.#tail = new LedgerTail(folder.lab);
    this.#zoneMinutes = zoneMinutes;
  }

  /** How far the ledger is read, until it is read once. */
  get reading(): ReadingView | undefined {
    if (this.#isLoaded) return undefined;
    const ledgerSize = fs.statSync(path.join(this.folder.lab, LEDGER_FILE), { throwIfNoEntry: false })?.size ?? 0;
    return readingView(this.#tail.size, ledgerSize);
  }

  /** Read the ledger to its end, others being answered between two slices. At once for one that was read before. */
  loadLedger(): Promise<void> {
    if (this.#isLoaded) return Promise.resolve();
    this.#loading ??= this.#readToEnd();
    return this.#loading;
  }

  async #readToEnd(): Promise<void> {
    let lastReport = performance.now();
    while (this.#tail.readUpdate(SLICE_BYTES).unreadBytes > 0) {
      await breath();
      if (performance.now() - lastReport < PROGRESS_MS) continue;
      lastReport = performance.now();
      for (const reader of this.#readers) reader(this.#progressMessage());
    }
    this.#isLoaded = true;
    this.#lastFingerprint = this.#tailFingerprint();
    this.#rebuildView(true);
  }

  #progressMessage(): FeedMessage {
    return { kind: 'reading', cursor: '', data: JSON.stringify(this.reading) };
  }

  /** The view as the ledger stands now; it must be loaded. */
  get view(): LabView {
    this.refreshView();
    if (this.#sumTimer !== undefined || !this.#view) this.#rebuildView(false);
    return this.#view!;
  }
  get tail(): LedgerTail {
    return this.#tail;
  }

  /** The ledger as it lies there now: changes with every write to it. */
  get stamp(): string {
    const ledgerStats = fs.statSync(path.join(this.folder.lab, LEDGER_FILE), { throwIfNoEntry: false });
    return `${this.#tail.tip} ${ledgerStats?.size} ${ledgerStats?.mtimeMs} ${this.#tail.problem}`;
  }

  currentFacts(): Facts {
    return defined({
      now: currentTime(),
      alive: this.#tail.isAlive,
      tip: this.#tail.tip,
      zoneMinutes: this.#zoneMinutes,
      ledgerProblem: this.#tail.problem,
    });
  }

  /**
   * Hear what changes from a cursor on; without one, or with a strange one, first everything. Returns the way to stop.
   */
  followFrom(cursor: string | undefined, reader: Reader): () => void {
    // A small ledger is read here and now; a large one ends with everything, for all who read by then.
    void this.loadLedger();
    if (this.#isLoaded) {
      this.refreshView();
      const knownVersion = cursor?.startsWith(`${this.#epoch}-`)
        ? Number(cursor.slice(this.#epoch.length + 1))
        : Number.NaN;
      reader(
        Number.isInteger(knownVersion) ? this.#changesSince('patch', knownVersion) : this.#changesSince('snapshot', -1),
      );
    } else reader(this.#progressMessage());
    this.#readers.add(reader);
    this.#watchLedger();
    return () => {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.close();
    };
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#checkTimer);
    clearTimeout(this.#burstTimer);
    // The sums that were still to come are made when somebody asks again.
    if (this.#sumTimer !== undefined) this.#lastFingerprint = '';
    clearTimeout(this.#sumTimer);
    this.#sumTimer = undefined;
    this.#checkTimer = undefined;
    this.#burstTimer = undefined;
  }

  /** Read what is new and tell the readers what that changed. */
  refreshView(): void {
    if (!this.#isLoaded) return;
    const { events, wasReset: anew } = this.#tail.readUpdate();
    const fingerprint = this.#tailFingerprint();
    if (anew) this.#resetVersions();
    if (!anew && events.length === 0 && fingerprint === this.#lastFingerprint && this.#view) return;
    this.#lastFingerprint = fingerprint;
    const isLarge = this.#rows.length > LARGE_LAB && this.#readers.size > 0 && !anew && events.length < 100;
    if (!isLarge) return this.#rebuildView(anew);
    // The rows that the events name go out at once; what must be added up over all experiments follows.
    const changedExperiments = new Set(events.flatMap((event) => this.#experimentsNamed(event)));
    if (changedExperiments.size > 0)
      this.#publishChange(() => this.#takeRows(viewRows(this.#tail.state, this.currentFacts(), changedExperiments)));
    this.#sumTimer ??= setTimeout(() => {
      this.#sumTimer = undefined;
      this.#rebuildView(false);
    }, LATER_MS);
  }

  /** What a look has found: the same again is no news. */
  #tailFingerprint(): string {
    return `${this.#tail.count} ${this.#tail.isAlive} ${this.#tail.problem}`;
  }

  /** A running measurement's curve grows without an event. */
  #lookAtCurves(): void {
    const { now: running } = this.#head;
    if (!running || running.length === 0 || !this.#tail.isAlive) return;
    this.#publishChange(() => this.#takeHead({ ...(this.#head as BoardHead), now: this.#withCurves(running) }));
  }

  #withCurves(running: LabView['now']): LabView['now'] {
    const { lab, arena, tag } = this.folder;
    const { work: workDir } = labPaths(arena, tag);
    return running.map(({ said: _, ...measurement }) => {
      const curveText = compareAtSameStep(lab, workDir, this.#tail.state, measurement.m);
      return curveText === undefined ? measurement : { ...measurement, said: curveText };
    });
  }

  #experimentsNamed(event: LedgerEvent): number[] {
    if ('n' in event) return [event.n];
    if (event.type === 'steered' && 'n' in event.wish && event.wish.n !== undefined) return [event.wish.n];
    const measurement = 'm' in event ? this.#tail.state.measurements[event.m] : undefined;
    return measurement ? [measurement.n] : [];
  }

  #rebuildView(anew: boolean): void {
    this.#publishChange(() => {
      this.#view = viewLab(this.#tail.state, this.currentFacts());
      const { experiments, ...whole } = this.#view;
      const head = { ...whole, now: this.#withCurves(whole.now) };
      this.#rows.length = Math.min(this.#rows.length, experiments.length);
      const hasNewRows = this.#takeRows(experiments);
      return this.#takeHead(head) || hasNewRows;
    }, anew);
  }

  /** Take in what changed under a new version, and tell the readers if anything did. */
  #publishChange(applyChange: () => boolean, anew = false): void {
    const previousVersion = this.#version;
    this.#version++;
    if (!applyChange() && !anew) {
      this.#version = previousVersion;
      return;
    }
    if (this.#readers.size === 0) return;
    const message = anew ? this.#changesSince('snapshot', -1) : this.#changesSince('patch', previousVersion);
    for (const reader of this.#readers) reader(message);
  }

  #resetVersions(): void {
    this.#epoch = createEpoch();
    this.#rows = [];
    this.#head = {};
    this.#headVersions = new Map();
  }

  /** Note what differs from before. False when nothing does. */
  #takeHead(head: BoardHead): boolean {
    // The moment of looking is no news by itself.
    const changed = changedHead({ ...this.#head, madeAt: head.madeAt }, head);
    for (const headKey of Object.keys(changed)) this.#headVersions.set(headKey, this.#version);
    this.#head = head;
    return Object.keys(changed).length > 0;
  }

  #takeRows(experiments: readonly ExperimentView[]): boolean {
    let hasChanged = false;
    const knobList = this.#view?.knobList ?? [];
    for (const experiment of experiments) {
      const rowText = JSON.stringify(packRow(boardRow(experiment, knobList)));
      if (this.#rows[experiment.n]?.made === rowText) continue;
      this.#rows[experiment.n] = { made: rowText, text: cleanJson(rowText), version: this.#version };
      hasChanged = true;
    }
    return hasChanged;
  }

  #changesSince(kind: FeedMessage['kind'], sinceVersion: number): FeedMessage {
    const changedKeys = [...this.#headVersions].filter(([, changedAt]) => changedAt > sinceVersion).map(([key]) => key);
    const headPatch = Object.fromEntries(changedKeys.map((key) => [key, this.#head[key as keyof BoardHead] ?? null]));
    // Rows are JSON already; making them again would take longer than everything else.
    const changedRows = this.#rows.filter((row) => row.version > sinceVersion).map((row) => row.text);
    const patchJson = `{"head":${cleanJson(JSON.stringify(headPatch))},"rows":[${changedRows.join(',')}],"count":${this.#rows.length}}`;
    return {
      kind,
      cursor: `${this.#epoch}-${this.#version}`,
      data: `{"seq":${this.#tail.state.seq},"patch":${patchJson}}`,
    };
  }

  #watchLedger(): void {
    this.#checkTimer ??= setInterval(() => {
      this.refreshView();
      this.#lookAtCurves();
    }, CHECK_MS).unref();
    if (this.#watcher) return;
    try {
      this.#watcher = fs.watch(this.folder.lab, { persistent: false }, (_, fileName) => {
        if (fileName !== LEDGER_FILE && fileName !== 'lock') return;
        this.#burstTimer ??= setTimeout(() => {
          this.#burstTimer = undefined;
          this.refreshView();
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

const createEpoch = (): string =>
  `${process.pid.toString(36)}${Math.floor(performance.timeOrigin + performance.now()).toString(36)}`;

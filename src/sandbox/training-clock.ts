/**
 * The training clock of one run: starts when the start file appears or when the grace is used up, and ends the run
 * after its budget. It counts seconds of the wall or of the processors, both from the start of the run.
 */
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TrainingClock } from '../core/ports.ts';
import { orUndefined } from '../os/attempt.ts';

/** Some file systems lose events, so the start file is looked for too. */
const START_POLL_MS = 8;
/** The shortest time between two looks at the processor time. A run gets at most that too much, on each core. */
const MIN_LOOK_MS = 4;
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface ClockedRun {
  readonly clock: TrainingClock;
  /** The start file on this machine. */
  readonly startFile: string;
  /** Seconds of the wall since the start of the run. */
  readonly wallS: () => number;
  /** Processor seconds of the whole process tree so far. */
  readonly cpuS: () => number;
  /** The most processors that it can use at once. */
  readonly coreCount: number;
  readonly onEnd: () => void;
}

export class TrainingClockWatch {
  readonly #run: ClockedRun;
  readonly #pollTimer: NodeJS.Timeout;
  #nextLook: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #startedAtS: number | undefined;
  #isOver = false;

  constructor(run: ClockedRun) {
    this.#run = run;
    const checkStartFile = (): void => {
      if (this.#startedAtS === undefined && orUndefined(() => lstatSync(run.startFile))) this.#start();
    };
    try {
      this.#watcher = watch(dirname(run.startFile), { persistent: false }, (_event, fileName) => {
        if (fileName === null || fileName === basename(run.startFile)) checkStartFile();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // no events here (too many watches, a network file system): polling does it alone
    }
    this.#pollTimer = setInterval(checkStartFile, START_POLL_MS);
    this.#actAt(run.clock.graceMs / 1000, () => this.#start());
  }

  /** Seconds on the clock so far, whichever it counts; 0 before its start. */
  budgetedS(): number {
    return this.#startedAtS === undefined ? 0 : this.#usedS() - this.#startedAtS;
  }

  /** No more looks; the run is over. */
  stop(): void {
    this.#isOver = true;
    clearInterval(this.#pollTimer);
    clearTimeout(this.#nextLook);
    this.#watcher?.close();
  }

  /** The figures of a run that used so much in all. */
  split(total: { readonly wallS: number; readonly cpuS: number }): {
    readonly startupS: number;
    readonly budgetedS: number;
  } {
    const usedS = this.#run.clock.counts === 'cpu' ? total.cpuS : total.wallS;
    const startupS = Math.min(usedS, this.#startedAtS ?? usedS);
    return { startupS, budgetedS: usedS - startupS };
  }

  #start(): void {
    if (this.#startedAtS !== undefined || this.#isOver) return;
    this.#startedAtS = this.#usedS();
    clearInterval(this.#pollTimer);
    clearTimeout(this.#nextLook);
    this.#watcher?.close();
    this.#actAt(this.#startedAtS + this.#run.clock.budgetMs / 1000, this.#run.onEnd);
  }

  #usedS(): number {
    return this.#run.clock.counts === 'cpu' ? this.#run.cpuS() : this.#run.wallS();
  }

  /** Act when the clock says so, never before. Processor time runs as fast as there are processors, or not at all. */
  #actAt(targetS: number, action: () => void): void {
    if (this.#isOver) return;
    const remainingS = targetS - this.#usedS();
    if (remainingS <= 0) {
      action();
      return;
    }
    const isCpu = this.#run.clock.counts === 'cpu';
    const earliestMs = (remainingS * 1000) / (isCpu ? this.#run.coreCount : 1);
    const lookMs = Math.max(isCpu ? MIN_LOOK_MS : 0, Math.ceil(earliestMs));
    this.#nextLook = setTimeout(() => this.#actAt(targetS, action), Math.min(lookMs, MAX_TIMER_MS));
  }
}

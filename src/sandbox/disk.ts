/**
 * How much lies below the writable directories of a run, measured a little at a time so that no tick is expensive.
 * Not covered: files that were deleted while open, and what is written and deleted between two looks.
 */
import { type Dir, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';

/** A file without content costs something too: a million of them fills a file system. */
const LEAST_BYTES = 1024;
const BLOCK_BYTES = 512;

export class DiskMeter {
  readonly #roots: readonly string[];
  #walk: Generator<number, void> | undefined;
  #pass = 0;
  #last = 0;

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /**
   * Go on measuring for at most `budgetMs`. Returns the larger of the last full pass and what the present one has
   * found.
   */
  look(budgetMs: number): number {
    if (this.#roots.length === 0) return 0;
    const until = performance.now() + budgetMs;
    this.#walk ??= walk(this.#roots);
    while (performance.now() < until) {
      const step = this.#walk.next();
      if (step.done) {
        this.#last = this.#pass;
        this.#pass = 0;
        this.#walk = undefined;
        return this.#last;
      }
      this.#pass += step.value;
    }
    return Math.max(this.#last, this.#pass);
  }

  /** A fresh pass from the start, for the end of a run. */
  final(budgetMs: number): number {
    this.close();
    this.#pass = 0;
    this.#last = 0;
    return this.look(budgetMs);
  }

  /** Let go of the directory that is being read. */
  close(): void {
    this.#walk?.return();
    this.#walk = undefined;
  }
}

/** Bytes of one entry after another. What vanishes or cannot be read meanwhile counts nothing. */
function* walk(roots: readonly string[]): Generator<number, void> {
  const queue = [...roots];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    let dir: Dir;
    try {
      dir = opendirSync(path);
    } catch {
      yield bytesOf(path); // a mount may also be one file
      continue;
    }
    try {
      for (let entry = dir.readSync(); entry; entry = dir.readSync()) {
        const child = join(path, entry.name);
        yield bytesOf(child);
        if (entry.isDirectory()) queue.push(child);
      }
    } catch {
      // removed while it was being read
    } finally {
      dir.closeSync();
    }
  }
}

function bytesOf(path: string): number {
  try {
    // allocated, so a sparse file costs what it takes
    return Math.max(LEAST_BYTES, lstatSync(path).blocks * BLOCK_BYTES);
  } catch {
    return 0;
  }
}

/**
 * How much lies below the writable directories of a run, measured a little at a time so that no tick is expensive.
 * Not covered: files that were deleted while open, and what is written and deleted between two looks.
 */
import { type Dir, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';

/** A file without content costs something too: a million of them fills a file system. */
const MIN_FILE_BYTES = 1024;
const BLOCK_BYTES = 512;

export class DiskMeter {
  readonly #roots: readonly string[];
  #currentWalk: Generator<number, void> | undefined;
  #passBytes = 0;
  #lastPassBytes = 0;

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /**
   * Go on measuring for at most `budgetMs`. Returns the larger number of two: the last full pass, and the present one
   * so far.
   */
  measureFor(budgetMs: number): number {
    if (this.#roots.length === 0) return 0;
    const deadline = performance.now() + budgetMs;
    this.#currentWalk ??= walkEntries(this.#roots);
    while (performance.now() < deadline) {
      const walkStep = this.#currentWalk.next();
      if (walkStep.done) {
        this.#lastPassBytes = this.#passBytes;
        this.#passBytes = 0;
        this.#currentWalk = undefined;
        return this.#lastPassBytes;
      }
      this.#passBytes += walkStep.value;
    }
    return Math.max(this.#lastPassBytes, this.#passBytes);
  }

  /** A fresh pass from the start, for the end of a run. */
  measureAfresh(budgetMs: number): number {
    this.close();
    this.#passBytes = 0;
    this.#lastPassBytes = 0;
    return this.measureFor(budgetMs);
  }

  /** Let go of the directory that is being read. */
  close(): void {
    this.#currentWalk?.return();
    this.#currentWalk = undefined;
  }
}

/** Bytes of one entry after another. Entries that vanish or cannot be read count nothing. */
function* walkEntries(roots: readonly string[]): Generator<number, void> {
  const pendingPaths = [...roots];
  for (let currentPath = pendingPaths.pop(); currentPath !== undefined; currentPath = pendingPaths.pop()) {
    let directory: Dir;
    try {
      directory = opendirSync(currentPath);
    } catch {
      yield allocatedBytesOf(currentPath); // a mount may also be one file
      continue;
    }
    try {
      for (let dirEntry = directory.readSync(); dirEntry; dirEntry = directory.readSync()) {
        const childPath = join(currentPath, dirEntry.name);
        yield allocatedBytesOf(childPath);
        if (dirEntry.isDirectory()) pendingPaths.push(childPath);
      }
    } catch {
      // removed while it was being read
    } finally {
      directory.closeSync();
    }
  }
}

function allocatedBytesOf(filePath: string): number {
  try {
    // allocated, so a sparse file costs what it takes
    return Math.max(MIN_FILE_BYTES, lstatSync(filePath).blocks * BLOCK_BYTES);
  } catch {
    return 0;
  }
}

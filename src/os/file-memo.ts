/**
 * What was computed from the bytes of a file, for as long as nobody has written to it. A write changes the change time
 * of the inode, which no program can set; renaming the folder around a file does not.
 */
import type { BigIntStats } from 'node:fs';

/**
 * The change time has the resolution of a clock tick (10 ms at most), so a second write within one could go unseen. A
 * file that changed so recently is read again.
 */
const SETTLED_MS = 50n;
const NS_PER_MS = 1_000_000n;
const MAX_ENTRIES = 200_000;

interface Known {
  readonly stamp: string;
  readonly value: string;
}

export class FileMemo {
  readonly #known = new Map<string, Known>();
  readonly #minBytes: bigint;

  /** Files smaller than `minBytes` are never remembered: reading them is cheap, and nothing has to be believed. */
  constructor(minBytes = 0) {
    this.#minBytes = BigInt(minBytes);
  }

  /** What was remembered of the file that has these stats. */
  recall(fileStats: BigIntStats): string | undefined {
    const known = this.#known.get(keyOf(fileStats));
    return known?.stamp === stampOf(fileStats) ? known.value : undefined;
  }

  /** `fileStats` were taken before the bytes were read. */
  remember(fileStats: BigIntStats, value: string): void {
    const isSettled = fileStats.ctimeNs / NS_PER_MS + SETTLED_MS < BigInt(Date.now());
    if (!isSettled || fileStats.size < this.#minBytes) return;
    if (this.#known.size >= MAX_ENTRIES) this.#known.clear();
    this.#known.set(keyOf(fileStats), { stamp: stampOf(fileStats), value });
  }
}

const keyOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
const stampOf = ({ size, mode, mtimeNs, ctimeNs }: BigIntStats): string => `${size} ${mode} ${mtimeNs} ${ctimeNs}`;

// Downloads one file: resumes a broken transfer, retries with growing waits, checks length and SHA-256, and lets the
// file appear under its name only when it is whole. Knows nothing of what is inside.

import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from './files.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly path: string;
  /** The expected SHA-256 in hex. Without it the server's own (an x-linked-etag or etag of 64 hex digits) is used. */
  readonly sha256?: string;
  readonly attempts?: number;
  /** The wait before the second attempt; it doubles from there, up to a minute, give or take a quarter. */
  readonly waitMs?: number;
  readonly onProgress?: (receivedBytes: number, totalBytes: number | null) => void;
  /** Told before each wait: how long it is, and what went wrong. */
  readonly onRetry?: (waitMs: number, reason: string) => void;
}

const LONGEST_WAIT_MS = 60_000;

/** A failure that trying again cannot mend. */
class FinalError extends Error {}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** The SHA-256 a server states for a large file, as model hubs do; null where it states none. */
function statedHash(headers: Headers): string | null {
  for (const name of ['x-linked-etag', 'etag']) {
    const match = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(headers.get(name) ?? '');
    if (match?.[1]) return match[1].toLowerCase();
  }
  return null;
}

/** One attempt: continues `.part` where the server allows it. Returns the hash the server stated, if any. */
async function attempt(options: DownloadOptions, part: string): Promise<string | null> {
  const have = sizeOf(part);
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  const response = await fetch(options.url, { headers, redirect: 'follow', signal: AbortSignal.timeout(3_600_000) });
  if (response.status === 416) {
    // The part is as long as the file or longer: keep it if it is exactly whole, else begin again.
    const total = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
    await response.body?.cancel();
    if (total === have) return statedHash(response.headers);
    rmSync(part, { force: true });
    throw new Error(`the partial file had ${have} bytes, the server's has ${total}`);
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const text = `the server answered ${response.status}`;
    const passing = response.status === 429 || response.status === 408 || response.status >= 500;
    throw passing ? new Error(text) : new FinalError(text);
  }
  const resumed = response.status === 206;
  const from = resumed ? have : 0;
  const length = response.headers.get('content-length');
  const total = length === null ? null : from + Number(length);
  let received = from;
  const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  body.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    options.onProgress?.(received, total);
  });
  await pipeline(body, createWriteStream(part, { flags: resumed ? 'a' : 'w' }));
  if (total !== null && sizeOf(part) !== total) throw new Error(`got ${sizeOf(part)} of ${total} bytes`);
  return statedHash(response.headers);
}

/** Compares with the wanted hash; a wrong file is removed, since continuing it cannot make it right. */
async function verify(part: string, wanted: string | null): Promise<string> {
  const found = await hashOf(part);
  if (wanted !== null && found !== wanted) {
    rmSync(part, { force: true });
    throw new Error(`its SHA-256 is ${found.slice(0, 12)}…, expected ${wanted.slice(0, 12)}…`);
  }
  return found;
}

/**
 * Makes `path` exist with the content of `url`. A file that is there already is checked against the hash noted beside
 * it (`<path>.sha256`) and left alone. Returns whether anything was transferred.
 */
export async function download(options: DownloadOptions): Promise<{ readonly transferred: boolean }> {
  const { url, path, attempts = 6, waitMs = 1_000 } = options;
  const note = `${path}.sha256`;
  if (existsSync(path)) {
    const wanted = options.sha256 ?? (existsSync(note) ? readFileSync(note, 'utf8').trim() : null);
    if (wanted === null || (await hashOf(path)) === wanted) return { transferred: false };
    rmSync(path, { force: true });
  }
  const part = `${path}.part`;
  let last = '';
  for (let n = 1; n <= attempts; n++) {
    try {
      const stated = await attempt(options, part);
      const hash = await verify(part, options.sha256 ?? stated);
      writeFileSync(note, `${hash}\n`);
      renameSync(part, path);
      return { transferred: true };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
      last = `${error instanceof Error ? error.message : String(error)}${cause}`;
      if (error instanceof FinalError || n === attempts) break;
      const wait = Math.min(LONGEST_WAIT_MS, waitMs * 2 ** (n - 1)) * (0.75 + Math.random() / 2);
      options.onRetry?.(wait, last);
      await sleep(wait);
    }
  }
  throw new DataError(
    `download: ${basename(path)} could not be fetched: ${last}. Check the network and ${new URL(url).host}, then run prepare ` +
      'again; it goes on where it stopped.',
  );
}

/** Shows progress on a terminal as a bar, elsewhere as a line every tenth. */
export function createProgressBar(name: string, stream: NodeJS.WriteStream = process.stderr) {
  let shownAt = 0;
  let tenth = -1;
  return (received: number, total: number | null): void => {
    const share = total ? received / total : 0;
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
    if (stream.isTTY) {
      const now = performance.now();
      if (now - shownAt < 100 && share < 1) return;
      shownAt = now;
      const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
      stream.write(`\r${name} ${bar} ${mb(received)}${total ? ` / ${mb(total)}` : ''} MB${share === 1 ? '\n' : ''}`);
    } else if (Math.floor(share * 10) > tenth) {
      tenth = Math.floor(share * 10);
      stream.write(`${name}: ${mb(received)}${total ? ` of ${mb(total)}` : ''} MB\n`);
    }
  };
}

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

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const sizeOfFile = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** The SHA-256 a server states for a large file, as model hubs do; null where it states none. */
function readStatedHash(headers: Headers): string | null {
  for (const name of ['x-linked-etag', 'etag']) {
    const match = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(headers.get(name) ?? '');
    if (match?.[1]) return match[1].toLowerCase();
  }
  return null;
}

/** One attempt: continues `.part` where the server allows it. Returns the hash the server stated, if any. */
async function attemptDownload(options: DownloadOptions, partFile: string): Promise<string | null> {
  const bytesBefore = sizeOfFile(partFile);
  const headers: Record<string, string> = bytesBefore > 0 ? { range: `bytes=${bytesBefore}-` } : {};
  const response = await fetch(options.url, { headers, redirect: 'follow', signal: AbortSignal.timeout(3_600_000) });
  if (response.status === 416) {
    // The part is as long as the file or longer: keep it if it is exactly whole, else begin again.
    const totalBytes = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
    await response.body?.cancel();
    if (totalBytes === bytesBefore) return readStatedHash(response.headers);
    rmSync(partFile, { force: true });
    throw new Error(`the partial file had ${bytesBefore} bytes, the server's has ${totalBytes}`);
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const text = `the server answered ${response.status}`;
    const isTemporary = response.status === 429 || response.status === 408 || response.status >= 500;
    throw isTemporary ? new Error(text) : new FinalError(text);
  }
  const isResumed = response.status === 206;
  const firstByte = isResumed ? bytesBefore : 0;
  const contentLength = response.headers.get('content-length');
  const totalBytes = contentLength === null ? null : firstByte + Number(contentLength);
  let receivedBytes = firstByte;
  const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  body.on('data', (chunk: Uint8Array) => {
    receivedBytes += chunk.length;
    options.onProgress?.(receivedBytes, totalBytes);
  });
  await pipeline(body, createWriteStream(partFile, { flags: isResumed ? 'a' : 'w' }));
  if (totalBytes !== null && sizeOfFile(partFile) !== totalBytes)
    throw new Error(`got ${sizeOfFile(partFile)} of ${totalBytes} bytes`);
  return readStatedHash(response.headers);
}

/** Compares with the wanted hash; a wrong file is removed, since continuing it cannot make it right. */
async function verifyHash(partFile: string, wantedHash: string | null): Promise<string> {
  const foundHash = await hashFile(partFile);
  if (wantedHash !== null && foundHash !== wantedHash) {
    rmSync(partFile, { force: true });
    throw new Error(`its SHA-256 is ${foundHash.slice(0, 12)}…, expected ${wantedHash.slice(0, 12)}…`);
  }
  return foundHash;
}

/**
 * Makes `path` exist with the content of `url`. A file that is there already is checked against the hash noted beside
 * it (`<path>.sha256`) and left alone. Returns whether anything was transferred.
 */
export async function download(options: DownloadOptions): Promise<{ readonly transferred: boolean }> {
  const { url, path, attempts = 6, waitMs = 1_000 } = options;
  const noteFile = `${path}.sha256`;
  if (existsSync(path)) {
    const wantedHash = options.sha256 ?? (existsSync(noteFile) ? readFileSync(noteFile, 'utf8').trim() : null);
    if (wantedHash === null || (await hashFile(path)) === wantedHash) return { transferred: false };
    rmSync(path, { force: true });
  }
  const partFile = `${path}.part`;
  let lastReason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      const statedHash = await attemptDownload(options, partFile);
      const hash = await verifyHash(partFile, options.sha256 ?? statedHash);
      writeFileSync(noteFile, `${hash}\n`);
      renameSync(partFile, path);
      return { transferred: true };
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
      lastReason = `${error instanceof Error ? error.message : String(error)}${reason}`;
      if (error instanceof FinalError || attempt === attempts) break;
      const wait = Math.min(LONGEST_WAIT_MS, waitMs * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);
      options.onRetry?.(wait, lastReason);
      await sleep(wait);
    }
  }
  throw new DataError(
    `download: ${basename(path)} could not be fetched: ${lastReason}. Check the network and ${new URL(url).host}, then run prepare ` +
      'again; it goes on where it stopped.',
  );
}

/** Shows progress on a terminal as a bar, elsewhere as a line every tenth. */
export function createProgressBar(name: string, stream: NodeJS.WriteStream = process.stderr) {
  let shownAt = 0;
  let lastTenth = -1;
  return (receivedBytes: number, totalBytes: number | null): void => {
    const share = totalBytes ? receivedBytes / totalBytes : 0;
    const formatMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    if (stream.isTTY) {
      const nowMs = performance.now();
      if (nowMs - shownAt < 100 && share < 1) return;
      shownAt = nowMs;
      const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
      stream.write(
        `\r${name} ${bar} ${formatMegabytes(receivedBytes)}${totalBytes ? ` / ${formatMegabytes(totalBytes)}` : ''} MB${share === 1 ? '\n' : ''}`,
      );
    } else if (Math.floor(share * 10) > lastTenth) {
      lastTenth = Math.floor(share * 10);
      stream.write(
        `${name}: ${formatMegabytes(receivedBytes)}${totalBytes ? ` of ${formatMegabytes(totalBytes)}` : ''} MB\n`,
      );
    }
  };
}

/**
 * The body of a request: read within bounds, for one request and for all together, and understood as a JSON object in
 * UTF-8 or not at all. Knows nothing about models.
 */
import type { IncomingMessage } from 'node:http';
import type { Fields } from './apis.ts';

/** Bytes of one body. A million tokens are about 4 MB; the rest is room for pictures. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Bytes of all bodies that are held at once. Reading and writing JSON takes several times as much for a moment. */
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
const READ_MS = 60_000;
/** Values of one body, and how deep they lie. A value takes up to 15 times its bytes in memory. */
const MAX_VALUES = 400_000;
const MAX_DEPTH = 200;

/** Bytes that several holders share. */
export class ByteBudget {
  #freeBytes: number;

  constructor(totalBytes: number) {
    this.#freeBytes = totalBytes;
  }

  take(byteCount: number): boolean {
    if (byteCount > this.#freeBytes) return false;
    this.#freeBytes -= byteCount;
    return true;
  }

  giveBack(byteCount: number): void {
    this.#freeBytes += byteCount;
  }
}

export type ReadBody =
  /** Call `release` when the bytes are no longer held. */
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly release: () => void }
  | { readonly kind: 'refused'; readonly status: 408 | 413 | 503; readonly reason: string }
  /** The client closed the connection. */
  | { readonly kind: 'gone' };

/** The length that a request announces; 0 when it announces none. */
export const announcedLength = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0);

/** Never rejects. What comes after a refusal is the caller's to discard. */
export function readBody(request: IncomingMessage, budget: ByteBudget, readMs = READ_MS): Promise<ReadBody> {
  return new Promise((resolve) => {
    const collector = new Collector(announcedLength(request));
    let heldBytes = 0;
    let receivedBytes = 0;
    let isOver = false;
    const hold = (byteCount: number): boolean => {
      if (!budget.take(byteCount)) return false;
      heldBytes += byteCount;
      return true;
    };
    const finish = (result: ReadBody): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      request.off('data', addChunk);
      if (result.kind !== 'read') budget.giveBack(heldBytes);
      resolve(result);
    };
    const refuse = (status: 408 | 413 | 503, reason: string): void => finish({ kind: 'refused', status, reason });
    const addChunk = (chunk: Buffer): void => {
      receivedBytes += chunk.length;
      if (receivedBytes > MAX_BODY_BYTES) refuse(413, `The body has more than ${MAX_BODY_BYTES} bytes.`);
      else if (receivedBytes > heldBytes && !hold(receivedBytes - heldBytes)) refuse(503, TOO_MUCH_HELD);
      else collector.add(chunk);
    };
    const deadline = setTimeout(() => refuse(408, `The body was not there after ${readMs / 1000} s.`), readMs);
    request.on('error', () => finish({ kind: 'gone' }));
    request.on('close', () => finish({ kind: 'gone' }));
    if (announcedLength(request) > MAX_BODY_BYTES)
      return refuse(413, `The body has more than ${MAX_BODY_BYTES} bytes.`);
    if (!hold(announcedLength(request))) return refuse(503, TOO_MUCH_HELD);
    request.on('data', addChunk);
    request.on('end', () => {
      finish({ kind: 'read', bytes: collector.takeBytes(), release: once(() => budget.giveBack(heldBytes)) });
    });
  });
}

/**
 * Copies chunks together. Chunks that are kept instead grow old and are not collected before the memory is short; a
 * copied chunk is free at once.
 */
class Collector {
  readonly #blockBytes: number;
  #blocks: Buffer[] = [];
  /** Bytes of the last block that are filled. */
  #filled = 0;

  /** `expectedBytes` is 0 where nobody knows. */
  constructor(expectedBytes: number) {
    this.#blockBytes = expectedBytes > 0 && expectedBytes <= MAX_BODY_BYTES ? expectedBytes : BLOCK_BYTES;
  }

  add(chunk: Buffer): void {
    for (let copied = 0; copied < chunk.length;) {
      if (this.#blocks.length === 0 || this.#filled === this.#blockBytes) {
        this.#blocks.push(Buffer.allocUnsafe(this.#blockBytes));
        this.#filled = 0;
      }
      const byteCount = chunk.copy(this.#blocks.at(-1)!, this.#filled, copied);
      this.#filled += byteCount;
      copied += byteCount;
    }
  }

  takeBytes(): Buffer {
    const lastBlock = this.#blocks.pop()?.subarray(0, this.#filled) ?? Buffer.alloc(0);
    const bytes = this.#blocks.length === 0 ? lastBlock : Buffer.concat([...this.#blocks, lastBlock]);
    this.#blocks = [];
    return bytes;
  }
}

const TOO_MUCH_HELD = 'Too many bytes of other requests are held: try again.';

const once = (action: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
};

/** The JSON object that the bytes say, or why they say none. Names that occur twice are read once, the last. */
export function parseJsonObject(bytes: Buffer): { readonly fields: Fields } | { readonly problem: string } {
  const tooMuch = whyTooMuch(bytes);
  if (tooMuch !== undefined) return { problem: tooMuch };
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return { problem: 'It is not JSON in UTF-8.' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { problem: 'It is JSON, but not an object.' };
  return { fields: parsed as Fields };
}

/** Looks at the bytes before they are parsed, because parsing is what takes the memory. */
function whyTooMuch(bytes: Buffer): string | undefined {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      values++;
      if (++depth > MAX_DEPTH) return `It is nested more than ${MAX_DEPTH} deep.`;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    else if (byte === COMMA && ++values > MAX_VALUES) return `It has more than ${MAX_VALUES} values.`;
  }
  return undefined;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Index of the quote that ends the string which begins at `start`; the end of the bytes when there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}

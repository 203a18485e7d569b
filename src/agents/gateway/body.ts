/**
 * The body of a request: read within bounds, for one request and for all together, and understood as a JSON object in
 * UTF-8 or not at all. Knows nothing about models.
 */
import type { IncomingMessage } from 'node:http';
import type { Fields } from './apis.ts';
import type { ErrorReply } from './reply.ts';

/** Bytes of one body. A million tokens are about 4 MB; the rest is room for pictures. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bytes of all bodies that are held at once. Reading and writing JSON takes several times as much for a moment. */
export const MAX_HELD_BYTES = 24 * 1024 * 1024;
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
  /** `text` is absent when the bytes are no UTF-8. Call `release` when it is no longer held. */
  | { readonly kind: 'read'; readonly text: string | undefined; readonly release: () => void }
  | { readonly kind: 'refused'; readonly status: 408 | 413 | 503; readonly reason: string }
  /** The client closed the connection. */
  | { readonly kind: 'gone' };

/** The length that a request announces; 0 when it announces none. */
export const announcedLength = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0);

/** Why the body of a request is not read, from its headers alone. */
export function whyUnreadable(request: IncomingMessage): ErrorReply | undefined {
  const contentEncoding = request.headers['content-encoding'] ?? 'identity';
  const transferEncoding = request.headers['transfer-encoding'] ?? 'chunked';
  if (contentEncoding !== 'identity' || transferEncoding.toLowerCase() !== 'chunked') {
    const message = 'The gateway reads only bodies without an encoding.';
    return { status: 415, type: 'invalid_request_error', message };
  }
  if (announcedLength(request) <= MAX_BODY_BYTES) return undefined;
  const message = `The body has more than ${MAX_BODY_BYTES} bytes.`;
  return { status: 413, type: 'request_too_large', message };
}

/** Never rejects. What comes after a refusal is the caller's to discard. */
export function readBody(request: IncomingMessage, budget: ByteBudget, readMs = READ_MS): Promise<ReadBody> {
  return new Promise((resolve) => {
    const collector = new Collector();
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
      collector.free();
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
      finish({ kind: 'read', text: collector.decodeText(), release: once(() => budget.giveBack(heldBytes)) });
    });
  });
}

/** Blocks that are used again: memory that is given back to the allocator is not given back to the machine at once. */
const freeBlocks: Buffer[] = [];
const MAX_FREE_BLOCKS = MAX_HELD_BYTES / BLOCK_BYTES;

/** Copies what arrives into blocks. A chunk of a socket that were kept instead would grow old and be collected late. */
class Collector {
  #blocks: Buffer[] = [];
  /** Bytes of the last block that are filled. */
  #filled = BLOCK_BYTES;

  add(chunk: Buffer): void {
    for (let copied = 0; copied < chunk.length;) {
      if (this.#filled === BLOCK_BYTES) {
        this.#blocks.push(freeBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES));
        this.#filled = 0;
      }
      const byteCount = chunk.copy(this.#blocks.at(-1)!, this.#filled, copied);
      this.#filled += byteCount;
      copied += byteCount;
    }
  }

  /** The text that has arrived; `undefined` when it is no UTF-8. A byte order mark stays in it. */
  decodeText(): string | undefined {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    try {
      const pieces = this.#blocks.map((block, i) => {
        const isLast = i === this.#blocks.length - 1;
        return decoder.decode(isLast ? block.subarray(0, this.#filled) : block, { stream: !isLast });
      });
      return pieces.join('');
    } catch {
      return undefined;
    }
  }

  /** Nothing of it is used any more. */
  free(): void {
    for (const block of this.#blocks.splice(0)) if (freeBlocks.length < MAX_FREE_BLOCKS) freeBlocks.push(block);
    this.#filled = BLOCK_BYTES;
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

/** The JSON object that a text says, or why it says none. Names that occur twice are read once, the last. */
export function parseJsonObject(text: string | undefined): { readonly fields: Fields } | { readonly problem: string } {
  if (text === undefined) return { problem: 'It is not UTF-8.' };
  const tooMuch = whyTooMuch(text);
  if (tooMuch !== undefined) return { problem: tooMuch };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: 'It is not JSON.' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { problem: 'It is JSON, but not an object.' };
  return { fields: parsed as Fields };
}

/** Looks at the text before it is parsed, because parsing is what takes the memory. */
function whyTooMuch(text: string): string | undefined {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        values++;
        if (++depth > MAX_DEPTH) return `It is nested more than ${MAX_DEPTH} deep.`;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case COMMA:
        values++;
    }
    if (values > MAX_VALUES) return `It has more than ${MAX_VALUES} values.`;
  }
  return undefined;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Index of the quote that ends the string which begins at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

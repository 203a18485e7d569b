/**
 * Keeps the first and the last part of a stream in bounded memory and counts all of it. Knows nothing about processes.
 */
import type { Captured } from '../core/ports.ts';

const HEAD_BYTES = 32 * 1024;
const TAIL_BYTES = 96 * 1024;

export class OutputKeeper {
  #bytes = 0;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = HEAD_BYTES - this.#headBytes;
    const first = chunk.subarray(0, Math.max(0, room));
    if (first.length > 0) {
      this.#head.push(Buffer.from(first)); // a copy: a piece of a large pooled chunk would keep all of it alive
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(Buffer.from(rest.subarray(Math.max(0, rest.length - TAIL_BYTES))));
    this.#tailBytes += Math.min(rest.length, TAIL_BYTES);
    while (this.#tail.length > 1 && this.#tailBytes - this.#tail[0]!.length >= TAIL_BYTES) {
      this.#tailBytes -= this.#tail.shift()!.length;
    }
  }

  captured(): Captured {
    const head = Buffer.concat(this.#head);
    const all = Buffer.concat(this.#tail);
    const tail = all.subarray(Math.max(0, all.length - TAIL_BYTES));
    const left = this.#bytes - head.length - tail.length;
    const note = left > 0 ? `\n[… ${left} bytes left out …]\n` : '';
    return {
      text: left > 0 ? head.toString() + note + tail : Buffer.concat([head, tail]).toString(),
      bytes: this.#bytes,
    };
  }
}

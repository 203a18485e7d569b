/**
 * Keeps the first and the last part of a stream in bounded memory and counts all of it. Knows nothing about processes.
 */
import type { CapturedOutput } from '../core/ports.ts';

const HEAD_BYTES = 32 * 1024;
const TAIL_BYTES = 96 * 1024;

export class OutputKeeper {
  #totalBytes = 0;
  readonly #headChunks: Buffer[] = [];
  #headBytes = 0;
  #tailChunks: Buffer[] = [];
  #tailBytes = 0;

  get bytes(): number {
    return this.#totalBytes;
  }

  addChunk(chunk: Buffer): void {
    this.#totalBytes += chunk.length;
    const headRoom = HEAD_BYTES - this.#headBytes;
    const headPart = chunk.subarray(0, Math.max(0, headRoom));
    if (headPart.length > 0) {
      // a copy: a piece of a large pooled chunk would keep all of it alive
      this.#headChunks.push(Buffer.from(headPart));
      this.#headBytes += headPart.length;
    }
    const tailPart = chunk.subarray(headPart.length);
    if (tailPart.length === 0) return;
    this.#tailChunks.push(Buffer.from(tailPart.subarray(Math.max(0, tailPart.length - TAIL_BYTES))));
    this.#tailBytes += Math.min(tailPart.length, TAIL_BYTES);
    while (this.#tailChunks.length > 1 && this.#tailBytes - this.#tailChunks[0]!.length >= TAIL_BYTES) {
      this.#tailBytes -= this.#tailChunks.shift()!.length;
    }
  }

  capturedOutput(): CapturedOutput {
    const headBuffer = Buffer.concat(this.#headChunks);
    const tailBuffer = Buffer.concat(this.#tailChunks);
    const shownTail = tailBuffer.subarray(Math.max(0, tailBuffer.length - TAIL_BYTES));
    const omittedBytes = this.#totalBytes - headBuffer.length - shownTail.length;
    const omissionNote = omittedBytes > 0 ? `\n[… ${omittedBytes} bytes left out …]\n` : '';
    return {
      text:
        omittedBytes > 0
          ? headBuffer.toString() + omissionNote + shownTail
          : Buffer.concat([headBuffer, shownTail]).toString(),
      bytes: this.#totalBytes,
    };
  }
}

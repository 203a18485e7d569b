/**
 * Removes the real key from what a provider sends back, also where it lies across two chunks. Only the literal key: a
 * provider that encodes it, or spreads it over several events, is not noticed. Knows nothing about HTTP.
 */
const REPLACEMENT = '[key]';
/** A shorter key is the placeholder of a local server ("ollama", "none") and may be a word of the answer. */
const MIN_KEY_LENGTH = 12;

export class KeyFilter {
  readonly #key: Buffer;
  #heldBack: Buffer = Buffer.alloc(0);

  constructor(key: string | undefined) {
    this.#key = Buffer.from(key !== undefined && key.length >= MIN_KEY_LENGTH ? key : '');
  }

  /** The chunk without the key. An end that may be the beginning of the key is held back for the next chunk. */
  filterChunk(chunk: Buffer): Buffer {
    if (this.#key.length === 0) return chunk;
    const bytes = this.#heldBack.length === 0 ? chunk : Buffer.concat([this.#heldBack, chunk]);
    const pieces: Buffer[] = [];
    let begin = 0;
    for (let found = bytes.indexOf(this.#key); found >= 0; found = bytes.indexOf(this.#key, begin)) {
      pieces.push(bytes.subarray(begin, found), Buffer.from(REPLACEMENT));
      begin = found + this.#key.length;
    }
    const rest = bytes.subarray(begin);
    const heldLength = this.#beginningOfKeyAtEnd(rest);
    this.#heldBack = rest.subarray(rest.length - heldLength);
    const passed = rest.subarray(0, rest.length - heldLength);
    return pieces.length === 0 ? passed : Buffer.concat([...pieces, passed]);
  }

  /** What was held back at the end of the answer. */
  flush(): Buffer {
    const rest = this.#heldBack;
    this.#heldBack = Buffer.alloc(0);
    return rest;
  }

  /** A header's value without the key. */
  filterText(text: string): string {
    return this.#key.length === 0 ? text : text.replaceAll(this.#key.toString(), REPLACEMENT);
  }

  #beginningOfKeyAtEnd(bytes: Buffer): number {
    for (let length = Math.min(this.#key.length - 1, bytes.length); length > 0; length--)
      if (bytes.subarray(bytes.length - length).equals(this.#key.subarray(0, length))) return length;
    return 0;
  }
}

/**
 * Searches the output of a program, however large it is, for words: piece by piece, so that others are answered
 * meanwhile, and never by a pattern, which could take for ever. Knows nothing about HTTP.
 */
import { open } from 'node:fs/promises';
import { sanitizeText } from '../base/text.ts';
import { blobPath } from '../ledger/jsonl.ts';
import { isMissing } from '../os/files.ts';
import type { LogMatch, LogSearch } from '../view/answers.ts';

const PIECE_BYTES = 1 << 20;
/** Of a larger output, the last part of this size is searched. */
const MAX_SEARCHED_BYTES = 256 << 20;
/** Matching lines that are sent; all are counted. */
const MAX_MATCHES = 2000;
const MAX_LINE_LENGTH = 300;

/** Undefined where there is no such output. */
export async function searchLog(labPath: string, blobHash: string, words: string): Promise<LogSearch | undefined> {
  const file = await open(blobPath(labPath, blobHash)).catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  });
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - MAX_SEARCHED_BYTES);
    const search = new LineSearch(words, start);
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let at = start; at < size;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
      if (bytesRead === 0) break;
      search.takePiece(piece.toString('latin1', 0, bytesRead));
      at += bytesRead;
    }
    search.endLine();
    return { matches: search.matches, count: search.count, bytes: size, searchedBytes: size - start };
  } finally {
    await file.close();
  }
}

/** One character is one byte here, so that places in the text are places in the file. */
class LineSearch {
  readonly matches: LogMatch[] = [];
  count = 0;
  readonly #words: string;
  readonly #isPlain: boolean;
  #rest = '';
  #lineStart: number;

  constructor(words: string, start: number) {
    this.#words = words.toLowerCase();
    this.#isPlain = /^[\x20-\x7e]*$/.test(words);
    this.#lineStart = start;
  }

  takePiece(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.#takeLine(line);
      this.#lineStart += line.length + 1;
    }
    // A line without an end is cut here, or it would fill the memory.
    if (this.#rest.length > PIECE_BYTES) this.endLine();
  }

  endLine(): void {
    this.#takeLine(this.#rest);
    this.#lineStart += this.#rest.length;
    this.#rest = '';
  }

  #takeLine(line: string): void {
    if (this.#isPlain && !line.toLowerCase().includes(this.#words)) return;
    const text = Buffer.from(line, 'latin1').toString('utf8');
    const place = text.toLowerCase().indexOf(this.#words);
    if (place < 0) return;
    this.count++;
    if (this.matches.length >= MAX_MATCHES) return;
    const from = Math.max(0, place - MAX_LINE_LENGTH / 2);
    this.matches.push({ at: this.#lineStart, text: sanitizeText(text.slice(from, from + MAX_LINE_LENGTH)) });
  }
}

// Byte-pair encoding: training, encoding, decoding, and the file format. Works on UTF-8 bytes, so any text has tokens.
// Knows nothing of documents, splits or models. After Sennrich et al. 2016 (arXiv:1508.07909) and GPT-4's split
// pattern.

import { createHash } from 'node:crypto';

/** GPT-4's pattern with digits in groups of one or two, as upstream uses it. */
const SPLIT =
  /'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+/gu;

export interface TokenizerFile {
  readonly version: 1;
  readonly vocabSize: number;
  /** Pairs of ids in the order in which they were merged; merge i makes id 256 + i. */
  readonly merges: readonly (readonly [number, number])[];
  readonly specials: readonly string[];
  readonly hash: string;
}

export interface Tokenizer {
  readonly vocabSize: number;
  readonly bos: number;
  readonly hash: string;
  /** Raw bytes of each id, also where they are only part of a character; specials have none. */
  readonly bytesOf: readonly Uint8Array[];
  readonly encode: (text: string) => number[];
  readonly decode: (ids: Iterable<number>) => string;
}

const utf8 = new TextEncoder();
/** A pair as one exact number: ids stay below 2^20. */
const pairKey = (a: number, b: number): number => a * 1_048_576 + b;

/** Counts the pieces into which the pattern splits the texts. */
function countPieces(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const piece of text.match(SPLIT) ?? []) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}

interface PairEntry {
  readonly key: number;
  count: number;
  /** Indices of words that contained the pair at some time; stale ones are found by looking. */
  readonly words: Set<number>;
}

/** Learns merges from texts: the most frequent pair first, the smaller ids first on a tie. */
export function trainTokenizer(texts: Iterable<string>, vocabSize: number): TokenizerFile {
  if (vocabSize < 257 || vocabSize > 65_536) {
    throw new Error(
      `tokenizer: vocabulary ${vocabSize} is out of range. Choose 257 to 65536 (256 bytes and one special).`,
    );
  }
  const pieces = countPieces(texts);
  const words = [...pieces.keys()].map((piece) => Array.from(utf8.encode(piece)));
  const counts = [...pieces.values()];
  const pairs = new Map<number, PairEntry>();
  const grown = new Set<PairEntry>();
  const queue = createPairQueue();
  const change = (a: number, b: number, by: number, word: number): void => {
    const key = pairKey(a, b);
    let entry = pairs.get(key);
    if (!entry) {
      entry = { key, count: 0, words: new Set() };
      pairs.set(key, entry);
    }
    entry.count += by;
    if (by > 0) {
      entry.words.add(word);
      grown.add(entry);
    }
  };
  for (const [w, ids] of words.entries()) {
    for (let i = 0; i + 1 < ids.length; i++) change(ids[i] ?? 0, ids[i + 1] ?? 0, counts[w] ?? 0, w);
  }
  const merges: [number, number][] = [];
  while (merges.length < vocabSize - 257) {
    for (const entry of grown) queue.push(entry);
    grown.clear();
    const best = queue.pop();
    if (!best) break;
    const [a, b] = [Math.floor(best.key / 1_048_576), best.key % 1_048_576];
    const id = 256 + merges.push([a, b]) - 1;
    for (const w of best.words) mergeWord(words[w] ?? [], a, b, id, counts[w] ?? 0, w, change);
    pairs.delete(best.key);
    grown.delete(best);
    best.count = 0; // What the queue still holds of it is stale.
  }
  const size = 257 + merges.length;
  const specials = ['<|bos|>'];
  return { version: 1, vocabSize: size, merges, specials, hash: hashOf(merges, specials) };
}

/**
 * A binary heap of pairs, the most frequent (then the smaller ids) on top. A pair is pushed whenever it has grown; one
 * that has shrunk since is known by its count when it comes up, and goes back in. Looking through all pairs for each
 * merge took most of the time at a vocabulary of 8,192.
 */
function createPairQueue() {
  const heap: { readonly count: number; readonly entry: PairEntry }[] = [];
  type Item = (typeof heap)[number];
  const before = (a: Item, b: Item): boolean => a.count > b.count || (a.count === b.count && a.entry.key < b.entry.key);
  const push = (entry: PairEntry): void => {
    const item = { count: entry.count, entry };
    let at = heap.push(item) - 1;
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = heap[(at - 1) >> 1] as Item;
      if (!before(item, parent)) break;
      heap[at] = parent;
    }
    heap[at] = item;
  };
  const take = (): Item | undefined => {
    const [top, last] = [heap[0], heap.pop()];
    if (!top || !last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && before(right, left)) child++;
      const next = heap[child] as Item;
      if (!before(next, last)) break;
      heap[at] = next;
      at = child;
    }
    heap[at] = last;
    return top;
  };
  /** The most frequent pair that occurs at least twice. */
  const pop = (): PairEntry | undefined => {
    for (let item = take(); item; item = take()) {
      const { count, entry } = item;
      if (entry.count === count && count > 1) return entry;
      if (entry.count < count && entry.count > 1) push(entry);
    }
    return undefined;
  };
  return { push, pop };
}

type Change = (a: number, b: number, by: number, word: number) => void;

/** Replaces a b by id in one word, in place, and keeps the pair counts true. */
function mergeWord(ids: number[], a: number, b: number, id: number, count: number, word: number, change: Change): void {
  for (let i = 0; i + 1 < ids.length; i++) {
    if (ids[i] !== a || ids[i + 1] !== b) continue;
    const before = ids[i - 1];
    const after = ids[i + 2];
    if (before !== undefined) {
      change(before, a, -count, word);
      change(before, id, count, word);
    }
    if (after !== undefined) {
      change(b, after, -count, word);
      change(id, after, count, word);
    }
    ids.splice(i, 2, id);
  }
}

const hashOf = (merges: TokenizerFile['merges'], specials: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([merges, specials]))
    .digest('hex');

/** Makes a working tokenizer from its file; refuses a file whose hash does not match its merges. */
export function createTokenizer(file: TokenizerFile): Tokenizer {
  if (file.version !== 1 || hashOf(file.merges, file.specials) !== file.hash) {
    throw new Error('tokenizer: the file is not the one that was saved (its hash differs). Run prepare again.');
  }
  const bytesOf: Uint8Array[] = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i));
  const ranks = new Map<number, number>();
  for (const [i, [a, b]] of file.merges.entries()) {
    ranks.set(pairKey(a, b), 256 + i);
    bytesOf.push(Buffer.concat([bytesOf[a] ?? new Uint8Array(), bytesOf[b] ?? new Uint8Array()]));
  }
  for (const _ of file.specials) bytesOf.push(new Uint8Array());
  const cache = new Map<string, readonly number[]>();
  const encodePiece = (piece: string): readonly number[] => {
    const known = cache.get(piece);
    if (known) return known;
    const ids = mergeAll(Array.from(utf8.encode(piece)), ranks);
    if (cache.size < 500_000) cache.set(piece, ids);
    return ids;
  };
  return {
    vocabSize: file.vocabSize,
    bos: file.vocabSize - 1,
    hash: file.hash,
    bytesOf,
    encode: (text) => (text.match(SPLIT) ?? []).flatMap((piece) => encodePiece(piece)),
    decode: (ids) => Buffer.concat(Array.from(ids, (id) => bytesOf[id] ?? new Uint8Array())).toString('utf8'),
  };
}

/** Applies the earliest learnt merge anywhere in the piece until none applies. */
function mergeAll(ids: number[], ranks: ReadonlyMap<number, number>): readonly number[] {
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < ids.length; i++) {
      const id = ranks.get(pairKey(ids[i] ?? 0, ids[i + 1] ?? 0));
      if (id !== undefined && id < best) best = id;
    }
    if (best === Number.POSITIVE_INFINITY) return ids;
    for (let i = 0; i + 1 < ids.length; i++) {
      if (ranks.get(pairKey(ids[i] ?? 0, ids[i + 1] ?? 0)) === best) ids.splice(i, 2, best);
    }
  }
}

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
const pairKey = (first: number, second: number): number => first * 1_048_576 + second;

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
  const grownPairs = new Set<PairEntry>();
  const pairQueue = createPairQueue();
  const changePairCount = (first: number, second: number, difference: number, wordIndex: number): void => {
    const key = pairKey(first, second);
    let entry = pairs.get(key);
    if (!entry) {
      entry = { key, count: 0, words: new Set() };
      pairs.set(key, entry);
    }
    entry.count += difference;
    if (difference > 0) {
      entry.words.add(wordIndex);
      grownPairs.add(entry);
    }
  };
  for (const [wordIndex, ids] of words.entries()) {
    for (let i = 0; i + 1 < ids.length; i++)
      changePairCount(ids[i] ?? 0, ids[i + 1] ?? 0, counts[wordIndex] ?? 0, wordIndex);
  }
  const merges: [number, number][] = [];
  while (merges.length < vocabSize - 257) {
    for (const entry of grownPairs) pairQueue.push(entry);
    grownPairs.clear();
    const bestPair = pairQueue.pop();
    if (!bestPair) break;
    const [first, second] = [Math.floor(bestPair.key / 1_048_576), bestPair.key % 1_048_576];
    const id = 256 + merges.push([first, second]) - 1;
    for (const wordIndex of bestPair.words)
      mergeWord(words[wordIndex] ?? [], first, second, id, counts[wordIndex] ?? 0, wordIndex, changePairCount);
    pairs.delete(bestPair.key);
    grownPairs.delete(bestPair);
    bestPair.count = 0; // What the queue still holds of it is stale.
  }
  const finalVocabSize = 257 + merges.length;
  const specials = ['<|bos|>'];
  return { version: 1, vocabSize: finalVocabSize, merges, specials, hash: hashOf(merges, specials) };
}

/**
 * A binary heap of pairs, the most frequent (then the smaller ids) on top. A pair is pushed whenever it has grown; one
 * that has shrunk since is known by its count when it comes up, and goes back in. Looking through all pairs for each
 * merge took most of the time at a vocabulary of 8,192.
 */
function createPairQueue() {
  const heap: { readonly count: number; readonly entry: PairEntry }[] = [];
  type Item = (typeof heap)[number];
  const isBefore = (left: Item, right: Item): boolean =>
    left.count > right.count || (left.count === right.count && left.entry.key < right.entry.key);
  const pushPair = (entry: PairEntry): void => {
    const item = { count: entry.count, entry };
    let position = heap.push(item) - 1;
    for (; position > 0; position = (position - 1) >> 1) {
      const parent = heap[(position - 1) >> 1] as Item;
      if (!isBefore(item, parent)) break;
      heap[position] = parent;
    }
    heap[position] = item;
  };
  const takeTop = (): Item | undefined => {
    const [topItem, lastItem] = [heap[0], heap.pop()];
    if (!topItem || !lastItem || heap.length === 0) return topItem;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) child++;
      const nextChild = heap[child] as Item;
      if (!isBefore(nextChild, lastItem)) break;
      heap[position] = nextChild;
      position = child;
    }
    heap[position] = lastItem;
    return topItem;
  };
  /** The most frequent pair that occurs at least twice. */
  const popPair = (): PairEntry | undefined => {
    for (let item = takeTop(); item; item = takeTop()) {
      const { count, entry } = item;
      if (entry.count === count && count > 1) return entry;
      if (entry.count < count && entry.count > 1) pushPair(entry);
    }
    return undefined;
  };
  return { push: pushPair, pop: popPair };
}

type ChangePairCount = (first: number, second: number, difference: number, wordIndex: number) => void;

/** Replaces a b by id in one word, in place, and keeps the pair counts true. */
function mergeWord(
  ids: number[],
  first: number,
  second: number,
  id: number,
  count: number,
  wordIndex: number,
  changePairCount: ChangePairCount,
): void {
  for (let i = 0; i + 1 < ids.length; i++) {
    if (ids[i] !== first || ids[i + 1] !== second) continue;
    const idBefore = ids[i - 1];
    const idAfter = ids[i + 2];
    if (idBefore !== undefined) {
      changePairCount(idBefore, first, -count, wordIndex);
      changePairCount(idBefore, id, count, wordIndex);
    }
    if (idAfter !== undefined) {
      changePairCount(second, idAfter, -count, wordIndex);
      changePairCount(id, idAfter, count, wordIndex);
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
  const bytesOf: Uint8Array[] = Array.from({ length: 256 }, (_, index) => Uint8Array.of(index));
  const ranks = new Map<number, number>();
  for (const [index, [first, second]] of file.merges.entries()) {
    ranks.set(pairKey(first, second), 256 + index);
    bytesOf.push(Buffer.concat([bytesOf[first] ?? new Uint8Array(), bytesOf[second] ?? new Uint8Array()]));
  }
  for (const _ of file.specials) bytesOf.push(new Uint8Array());
  const knownPieces = new Map<string, readonly number[]>();
  const encodePiece = (piece: string): readonly number[] => {
    const knownIds = knownPieces.get(piece);
    if (knownIds) return knownIds;
    const ids = applyMerges(Array.from(utf8.encode(piece)), ranks);
    if (knownPieces.size < 500_000) knownPieces.set(piece, ids);
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
function applyMerges(ids: number[], ranks: ReadonlyMap<number, number>): readonly number[] {
  for (;;) {
    let bestMerge = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < ids.length; i++) {
      const mergedId = ranks.get(pairKey(ids[i] ?? 0, ids[i + 1] ?? 0));
      if (mergedId !== undefined && mergedId < bestMerge) bestMerge = mergedId;
    }
    if (bestMerge === Number.POSITIVE_INFINITY) return ids;
    for (let i = 0; i + 1 < ids.length; i++) {
      if (ranks.get(pairKey(ids[i] ?? 0, ids[i + 1] ?? 0)) === bestMerge) ids.splice(i, 2, bestMerge);
    }
  }
}

// BOS-aligned best-fit packing: documents into rows of fixed length, no padding, nothing but real text.
// Knows nothing of files, threads or models. Deterministic in (documents, seed).

import { createRandom, type Random } from '../tensor/random.ts';

/** Fills one row; false when there is no more text. */
export type FillRow = (row: Uint16Array) => boolean;

/** Documents as one array of ids, each starting with BOS, and where each begins (the last entry is the end). */
export interface TokenizedDocuments {
  readonly tokens: Uint16Array;
  readonly starts: Uint32Array;
}

const BUFFER_DOCUMENTS = 1_000;
/** Neighbouring documents of which one is drawn at a time, and the order of turns: far apart first (van der Corput). */
const STRATUM = 16;
const TURNS = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

/**
 * Documents, each once in an epoch. Neighbours on disk come from one source and are alike, so an epoch is 16 passes
 * over the whole corpus. A pass draws one document of every stratum, in a fresh order; which one is the turn, scrambled
 * by chance for each stratum, so that two passes draw from both halves of a stratum and four from all quarters. With a
 * plain shuffle a short run's score depends on which sources it happened to see.
 */
function* drawDocuments(count: number, random: Random, once: boolean): Generator<number, void> {
  const strata = Uint32Array.from({ length: Math.ceil(count / STRATUM) }, (_, i) => i);
  const shuffle = (list: Uint32Array): void => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [list[i], list[j]] = [list[j] ?? 0, list[i] ?? 0];
    }
  };
  for (;;) {
    const scramble = strata.map(() => random.below(STRATUM));
    for (const turn of TURNS) {
      shuffle(strata);
      for (const stratum of strata) {
        const doc = stratum * STRATUM + (turn ^ (scramble[stratum] ?? 0));
        if (doc < count) yield doc;
      }
    }
    if (once) return;
  }
}

/**
 * A source of rows, endless unless every document is to be used at most once. Each row starts with a document's BOS;
 * the largest buffered document that fits comes next; when none fits, the shortest is cropped to fill the row and its
 * rest is left out (as upstream does).
 */
export function createPacker(
  docs: TokenizedDocuments,
  rowLength: number,
  seed: number,
  options: { readonly once?: boolean } = {},
) {
  const count = docs.starts.length - 1;
  if (count < 1) throw new Error('loader: the data has no documents. Run prepare again.');
  const draw = drawDocuments(count, createRandom(seed, 'documents'), options.once === true);
  const lengthOf = (doc: number): number => (docs.starts[doc + 1] ?? 0) - (docs.starts[doc] ?? 0);
  // Sorted by length (then number): best fit is a binary search, the shortest is the first.
  const buffer: number[] = [];
  const upperBound = (length: number): number => {
    let [lo, hi] = [0, buffer.length];
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (lengthOf(buffer[mid] ?? 0) <= length) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  };
  /** Fills `row` (rowLength ids) with whole documents and at most one cropped one; false when too little is left. */
  const fillRow: FillRow = (row) => {
    let used = 0;
    while (used < rowLength) {
      while (buffer.length < BUFFER_DOCUMENTS) {
        const { value: doc } = draw.next();
        if (doc === undefined) break;
        buffer.splice(upperBound(lengthOf(doc)), 0, doc);
      }
      if (buffer.length === 0) return false;
      const fits = upperBound(rowLength - used);
      const [doc = 0] = buffer.splice(Math.max(0, fits - 1), 1);
      const from = docs.starts[doc] ?? 0;
      const take = Math.min(lengthOf(doc), rowLength - used);
      row.set(docs.tokens.subarray(from, from + take), used);
      used += take;
    }
    return true;
  };
  return { fillRow };
}

/** Rows that change places among themselves: at the default size about a fifth of a run of 20 s. */
const SHUFFLED_ROWS = 256;

/**
 * The same rows in an order of the seed's: they change places within windows of 256, so two runs of equally many rows
 * have read the same text, whatever their seeds, but for the last window.
 */
export function shuffleRows(fillRow: FillRow, rowLength: number, seed: number): FillRow {
  const random = createRandom(seed, 'rows');
  const window: Uint16Array[] = [];
  const refill = (): void => {
    for (
      let row = new Uint16Array(rowLength);
      window.length < SHUFFLED_ROWS && fillRow(row);
      row = new Uint16Array(rowLength)
    ) {
      window.push(row);
    }
  };
  return (row) => {
    if (window.length === 0) refill();
    const at = random.below(Math.max(1, window.length));
    const chosen = window[at];
    if (!chosen) return false;
    const last = window.pop() as Uint16Array;
    if (at < window.length) window[at] = last;
    row.set(chosen);
    return true;
  };
}

// BOS-aligned best-fit packing: documents into rows of fixed length, no padding, nothing but real text.
// Knows nothing of files, threads or models. Deterministic in (documents, seed).

import { createRandom } from '../tensor/random.ts';

/** Documents as one array of ids, each starting with BOS, and where each begins (the last entry is the end). */
export interface TokenizedDocuments {
  readonly tokens: Uint16Array;
  readonly starts: Uint32Array;
}

const BUFFER_DOCUMENTS = 1_000;

/**
 * An endless source of rows. Each row starts with a document's BOS; the largest buffered document that fits comes next;
 * when none fits, the shortest is cropped to fill the row and its rest is left out (as upstream does).
 */
export function createPacker(docs: TokenizedDocuments, rowLength: number, seed: number) {
  const count = docs.starts.length - 1;
  if (count < 1) throw new Error('loader: the data has no documents. Run prepare again.');
  const random = createRandom(seed, 'documents');
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let at = count;
  const lengthOf = (doc: number): number => (docs.starts[doc + 1] ?? 0) - (docs.starts[doc] ?? 0);
  const nextDocument = (): number => {
    if (at === count) {
      for (let i = count - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      }
      at = 0;
    }
    return order[at++] ?? 0;
  };
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
  const packed = new Set<number>();
  /** Fills `row` (rowLength ids) with whole documents and at most one cropped one. */
  const fillRow = (row: Uint16Array): void => {
    let used = 0;
    while (used < rowLength) {
      while (buffer.length < BUFFER_DOCUMENTS) {
        const doc = nextDocument();
        buffer.splice(upperBound(lengthOf(doc)), 0, doc);
      }
      const fits = upperBound(rowLength - used);
      const [doc = 0] = buffer.splice(Math.max(0, fits - 1), 1);
      packed.add(doc);
      const from = docs.starts[doc] ?? 0;
      const take = Math.min(lengthOf(doc), rowLength - used);
      row.set(docs.tokens.subarray(from, from + take), used);
      used += take;
    }
  };
  /** The documents of which a row so far has something. */
  return { fillRow, packed: packed as ReadonlySet<number> };
}

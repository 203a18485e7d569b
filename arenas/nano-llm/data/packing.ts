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
function* drawDocuments(documentCount: number, random: Random, isOnce: boolean): Generator<number, void> {
  const strata = Uint32Array.from({ length: Math.ceil(documentCount / STRATUM) }, (_, i) => i);
  const shuffleInPlace = (numbers: Uint32Array): void => {
    for (let i = numbers.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [numbers[i], numbers[other]] = [numbers[other] ?? 0, numbers[i] ?? 0];
    }
  };
  for (;;) {
    const scramble = strata.map(() => random.below(STRATUM));
    for (const turn of TURNS) {
      shuffleInPlace(strata);
      for (const stratum of strata) {
        const document = stratum * STRATUM + (turn ^ (scramble[stratum] ?? 0));
        if (document < documentCount) yield document;
      }
    }
    if (isOnce) return;
  }
}

/**
 * A source of rows, endless unless every document is to be used at most once. Each row starts with a document's BOS;
 * the largest buffered document that fits comes next; when none fits, the shortest is cropped to fill the row and its
 * rest is left out (as upstream does).
 */
export function createPacker(
  documents: TokenizedDocuments,
  rowLength: number,
  seed: number,
  options: { readonly isOnce?: boolean } = {},
) {
  const documentCount = documents.starts.length - 1;
  if (documentCount < 1) throw new Error('loader: the data has no documents. Run prepare again.');
  const drawnDocuments = drawDocuments(documentCount, createRandom(seed, 'documents'), options.isOnce === true);
  const lengthOf = (document: number): number =>
    (documents.starts[document + 1] ?? 0) - (documents.starts[document] ?? 0);
  // Sorted by length (then number): best fit is a binary search, the shortest is the first.
  const bufferedDocuments: number[] = [];
  const upperBound = (length: number): number => {
    let [low, high] = [0, bufferedDocuments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lengthOf(bufferedDocuments[middle] ?? 0) <= length) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  /** Fills `row` (rowLength ids) with whole documents and at most one cropped one; false when too little is left. */
  const fillRow: FillRow = (row) => {
    let usedTokens = 0;
    while (usedTokens < rowLength) {
      while (bufferedDocuments.length < BUFFER_DOCUMENTS) {
        const { value: document } = drawnDocuments.next();
        if (document === undefined) break;
        bufferedDocuments.splice(upperBound(lengthOf(document)), 0, document);
      }
      if (bufferedDocuments.length === 0) return false;
      const fittingCount = upperBound(rowLength - usedTokens);
      const [document = 0] = bufferedDocuments.splice(Math.max(0, fittingCount - 1), 1);
      const firstToken = documents.starts[document] ?? 0;
      const takenTokens = Math.min(lengthOf(document), rowLength - usedTokens);
      row.set(documents.tokens.subarray(firstToken, firstToken + takenTokens), usedTokens);
      usedTokens += takenTokens;
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
  const waitingRows: Uint16Array[] = [];
  const refillWindow = (): void => {
    for (
      let row = new Uint16Array(rowLength);
      waitingRows.length < SHUFFLED_ROWS && fillRow(row);
      row = new Uint16Array(rowLength)
    ) {
      waitingRows.push(row);
    }
  };
  return (row) => {
    if (waitingRows.length === 0) refillWindow();
    const chosenIndex = random.below(Math.max(1, waitingRows.length));
    const chosenRow = waitingRows[chosenIndex];
    if (!chosenRow) return false;
    const lastRow = waitingRows.pop() as Uint16Array;
    if (chosenIndex < waitingRows.length) waitingRows[chosenIndex] = lastRow;
    row.set(chosenRow);
    return true;
  };
}

// From files to documents: cutting, removing duplicates, and splits of which none contains the text of another.
// Knows nothing of tokens. Sides are decided by content hashes, so the order of files does not matter; training text
// keeps it.

import { createHash } from 'node:crypto';

const MIN_CHARS = 500;
const MAX_CHARS = 3_000;
/** A document may share at most this part of its 8-word shingles with text of another side. */
const MAX_OVERLAP = 0.2;
const SHINGLE_WORDS = 8;

/** Cuts a source file before doc comments and after blank lines into documents of about 500 to 3,000 characters. */
export function cutDocuments(text: string): string[] {
  const documents: string[] = [];
  let lines: string[] = [];
  let documentChars = 0;
  const flushDocument = (): void => {
    const document = lines.join('\n').trim();
    if (document.length >= 80) documents.push(`${document}\n`);
    lines = [];
    documentChars = 0;
  };
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const isBoundary = /^\s*\/\*\*/.test(line) || line.trim() === '' || /^\S/.test(line);
    if ((isBoundary && documentChars >= MIN_CHARS) || documentChars + line.length > MAX_CHARS) flushDocument();
    lines.push(line);
    documentChars += line.length + 1;
  }
  flushDocument();
  return documents;
}

export interface Split {
  readonly train: readonly string[];
  readonly valEntries: readonly string[];
  readonly dropped: { readonly exactRepeats: number; readonly near: number };
}

const contentHash = (document: string): Buffer => createHash('sha256').update(document.replace(/\s+/g, ' ')).digest();

/** FNV-1a over words, 52 bits kept: collisions among millions of shingles are rare and only drop a document. */
function shinglesOf(document: string): number[] {
  const words = document.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const hashes = words.map((word) => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
    return hash >>> 0;
  });
  const combinedHashes: number[] = [];
  for (let i = 0; i + SHINGLE_WORDS <= hashes.length; i++) {
    let [highHash, lowHash] = [0, 0];
    for (let position = i; position < i + SHINGLE_WORDS; position++) {
      lowHash = Math.imul(lowHash ^ (hashes[position] ?? 0), 0x01000193) >>> 0;
      highHash = Math.imul(highHash ^ (lowHash >>> 7) ^ (hashes[position] ?? 0), 0x85ebca6b) >>> 0;
    }
    combinedHashes.push((highHash % 0x100000) * 0x100000000 + lowHash);
  }
  return combinedHashes;
}

/** A question to ask of documents: do they share at most a fifth of their 8-word shingles with any of `others`? */
export function createUnlikeFilter(others: Iterable<string>): (document: string) => boolean {
  const knownShingles = new Set<number>();
  for (const document of others) for (const shingle of shinglesOf(document)) knownShingles.add(shingle);
  return (document) => {
    const ownShingles = shinglesOf(document);
    return (
      ownShingles.length > 0 &&
      ownShingles.filter((shingle) => knownShingles.has(shingle)).length <= ownShingles.length * MAX_OVERLAP
    );
  };
}

/**
 * Splits by content hash (`valPercent` of documents to validation), drops exact repeats anywhere, and drops validation
 * documents that share more than a fifth of their 8-word shingles with any training text.
 */
export function splitDocuments(documents: Iterable<string>, valPercent: number): Split {
  const seenKeys = new Set<string>();
  const trainEntries: { readonly key: string; readonly document: string }[] = [];
  const candidates: { readonly key: string; readonly document: string }[] = [];
  let exactRepeats = 0;
  for (const document of documents) {
    const hash = contentHash(document);
    const key = hash.toString('hex');
    if (seenKeys.has(key)) exactRepeats++;
    else (hash.readUInt32BE(0) % 10_000 < valPercent * 100 ? candidates : trainEntries).push({ key, document });
    seenKeys.add(key);
  }
  const isNew = createUnlikeFilter(trainEntries.map(({ document }) => document));
  const valEntries = candidates.filter(({ document }) => isNew(document));
  // Training text keeps the order of its sources, over which the loader draws evenly; rows to be scored must not depend
  // on it.
  valEntries.sort((left, right) => (left.key < right.key ? -1 : 1));
  const textsOf = (entries: readonly { readonly document: string }[]): string[] =>
    entries.map((entry) => entry.document);
  return {
    train: textsOf(trainEntries),
    valEntries: textsOf(valEntries),
    dropped: { exactRepeats, near: candidates.length - valEntries.length },
  };
}

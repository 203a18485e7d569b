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
  let size = 0;
  const flush = (): void => {
    const doc = lines.join('\n').trim();
    if (doc.length >= 80) documents.push(`${doc}\n`);
    lines = [];
    size = 0;
  };
  for (const line of text.replaceAll('\r\n', '\n').split('\n')) {
    const boundary = /^\s*\/\*\*/.test(line) || line.trim() === '' || /^\S/.test(line);
    if ((boundary && size >= MIN_CHARS) || size + line.length > MAX_CHARS) flush();
    lines.push(line);
    size += line.length + 1;
  }
  flush();
  return documents;
}

export interface Split {
  readonly train: readonly string[];
  readonly val: readonly string[];
  readonly dropped: { readonly exact: number; readonly near: number };
}

const contentHash = (doc: string): Buffer => createHash('sha256').update(doc.replace(/\s+/g, ' ')).digest();

/** FNV-1a over words, 52 bits kept: collisions among millions of shingles are rare and only drop a document. */
function shingles(doc: string): number[] {
  const words = doc.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const hashes = words.map((word) => {
    let h = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193);
    return h >>> 0;
  });
  const out: number[] = [];
  for (let i = 0; i + SHINGLE_WORDS <= hashes.length; i++) {
    let [hi, lo] = [0, 0];
    for (let j = i; j < i + SHINGLE_WORDS; j++) {
      lo = Math.imul(lo ^ (hashes[j] ?? 0), 0x01000193) >>> 0;
      hi = Math.imul(hi ^ (lo >>> 7) ^ (hashes[j] ?? 0), 0x85ebca6b) >>> 0;
    }
    out.push((hi % 0x100000) * 0x100000000 + lo);
  }
  return out;
}

/** A question to ask of documents: do they share at most a fifth of their 8-word shingles with any of `others`? */
export function unlike(others: Iterable<string>): (doc: string) => boolean {
  const known = new Set<number>();
  for (const doc of others) for (const s of shingles(doc)) known.add(s);
  return (doc) => {
    const own = shingles(doc);
    return own.length > 0 && own.filter((s) => known.has(s)).length <= own.length * MAX_OVERLAP;
  };
}

/**
 * Splits by content hash (`valPercent` of documents to validation), drops exact repeats anywhere, and drops validation
 * documents that share more than a fifth of their 8-word shingles with any training text.
 */
export function splitDocuments(documents: Iterable<string>, valPercent: number): Split {
  const seen = new Set<string>();
  const train: { readonly key: string; readonly doc: string }[] = [];
  const candidates: { readonly key: string; readonly doc: string }[] = [];
  let exact = 0;
  for (const doc of documents) {
    const hash = contentHash(doc);
    const key = hash.toString('hex');
    if (seen.has(key)) exact++;
    else (hash.readUInt32BE(0) % 10_000 < valPercent * 100 ? candidates : train).push({ key, doc });
    seen.add(key);
  }
  const isNew = unlike(train.map(({ doc }) => doc));
  const val = candidates.filter(({ doc }) => isNew(doc));
  // Training text keeps the order of its sources, over which the loader draws evenly; rows to be scored must not depend
  // on it.
  val.sort((a, b) => (a.key < b.key ? -1 : 1));
  const texts = (list: readonly { readonly doc: string }[]): string[] => list.map((d) => d.doc);
  return { train: texts(train), val: texts(val), dropped: { exact, near: candidates.length - val.length } };
}

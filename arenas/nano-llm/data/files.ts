// The prepared data on disk: what prepare writes, what loader and evaluator read, with the checks that tell them apart
// from damaged or foreign files. Knows nothing of training.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenizedDocuments } from './packing.ts';
import { createTokenizer, type Tokenizer, type TokenizerFile } from './tokenizer.ts';

/** A fault of prepared data; the training script reports it with failure class `data`. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

export interface TrainMeta {
  readonly version: 1;
  readonly tokenizer: string;
  readonly tokens: number;
  readonly documents: number;
  readonly bytes: number;
  readonly source: string;
}
export interface ScoredMeta {
  readonly version: 1;
  readonly tokenizer: string;
  readonly rows: number;
  readonly rowLength: number;
  /** Bytes of text in all targets; the judge counts them again. */
  readonly bytes: number;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new DataError(`data: ${path.split('/').slice(-2).join('/')} cannot be read (${code}). Run prepare again.`);
  }
}

function readJson<T extends { readonly version: 1 }>(path: string): T {
  const text = readBytes(path).toString('utf8');
  try {
    const value = JSON.parse(text) as T;
    if (value.version === 1) return value;
  } catch {
    // Falls through: a cut file and a foreign one have the same remedy.
  }
  throw new DataError(`data: ${path.split('/').slice(-2).join('/')} is not a version 1 file. Run prepare again.`);
}

const asUint16 = (bytes: Buffer): Uint16Array =>
  new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
const asUint32 = (bytes: Buffer): Uint32Array =>
  new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
const asBytes = (values: Uint16Array | Uint32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export function readTokenizer(dataDir: string): Tokenizer {
  return createTokenizer(readJson<TokenizerFile>(join(dataDir, 'tokenizer.json')));
}
export function writeTokenizer(dataDir: string, file: TokenizerFile): void {
  writeFileSync(join(dataDir, 'tokenizer.json'), `${JSON.stringify(file)}\n`);
}

export function writeTrain(dataDir: string, documents: TokenizedDocuments, meta: TrainMeta): void {
  writeFileSync(join(dataDir, 'train', 'tokens.u16'), asBytes(documents.tokens));
  writeFileSync(join(dataDir, 'train', 'starts.u32'), asBytes(documents.starts));
  writeFileSync(join(dataDir, 'train', 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
}

/** Reads training tokens; refuses data of another tokenizer, and files shorter than their own description. */
export function readTrain(dataDir: string, tokenizer: Tokenizer): TokenizedDocuments & { readonly meta: TrainMeta } {
  const meta = readJson<TrainMeta>(join(dataDir, 'train', 'meta.json'));
  const tokens = asUint16(readBytes(join(dataDir, 'train', 'tokens.u16')));
  const starts = asUint32(readBytes(join(dataDir, 'train', 'starts.u32')));
  requireSameTokenizer('train', meta.tokenizer, tokenizer);
  if (tokens.length !== meta.tokens || starts.length !== meta.documents + 1) {
    throw new DataError(
      `data: train holds ${tokens.length} tokens, its description says ${meta.tokens}. Run prepare again.`,
    );
  }
  return { tokens, starts, meta };
}

/** Text to score: of every experiment, and of confirmed champions alone. */
export type ScoredSplit = 'val' | 'holdout';

export function writeScored(dataDir: string, split: ScoredSplit, rows: Uint16Array, meta: ScoredMeta): void {
  writeFileSync(join(dataDir, split, 'rows.u16'), asBytes(rows));
  writeFileSync(join(dataDir, split, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
}

export function readScored(
  dataDir: string,
  split: ScoredSplit,
  tokenizer: Tokenizer,
): { readonly rows: Uint16Array; readonly meta: ScoredMeta } {
  const meta = readJson<ScoredMeta>(join(dataDir, split, 'meta.json'));
  const rows = asUint16(readBytes(join(dataDir, split, 'rows.u16')));
  requireSameTokenizer(split, meta.tokenizer, tokenizer);
  if (rows.length !== meta.rows * meta.rowLength) {
    throw new DataError(
      `data: ${split} holds ${rows.length} tokens, not ${meta.rows} rows of ${meta.rowLength}. Run prepare again.`,
    );
  }
  return { rows, meta };
}

function requireSameTokenizer(part: string, madeBy: string, tokenizer: Tokenizer): void {
  if (madeBy === tokenizer.hash) return;
  const [madeByShort, presentShort] = [madeBy.slice(0, 8), tokenizer.hash.slice(0, 8)];
  throw new DataError(
    `data: ${part} was made with tokenizer ${madeByShort}, but tokenizer.json is ${presentShort}. Run prepare again.`,
  );
}

/** Encodes documents, each with BOS in front, into one array. */
export function tokenizeDocuments(
  texts: readonly string[],
  tokenizer: Tokenizer,
): TokenizedDocuments & { readonly bytes: number } {
  const starts = new Uint32Array(texts.length + 1);
  let tokens = new Uint16Array(1 << 20);
  let [tokenCount, bytes] = [0, 0];
  for (const [index, text] of texts.entries()) {
    const ids = tokenizer.encode(text);
    if (tokenCount + ids.length + 1 > tokens.length) {
      const larger = new Uint16Array(2 * tokens.length + ids.length);
      larger.set(tokens);
      tokens = larger;
    }
    starts[index] = tokenCount;
    tokens[tokenCount] = tokenizer.bos;
    tokens.set(ids, tokenCount + 1);
    tokenCount += ids.length + 1;
    bytes += Buffer.byteLength(text);
  }
  starts[texts.length] = tokenCount;
  return { tokens: tokens.slice(0, tokenCount), starts, bytes };
}

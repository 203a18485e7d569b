// Makes the data: text → documents → splits → tokenizer → token files. Runs once, with the person's rights.
// Writes $OVERNIGHT_DATA/{train, tokenizer.json, val, holdout}; the tokenizer is learnt from training text only.
// Usage: prepare.ts [--dataset embedded|climbmix|tinystories] [--shards 1] [--max-mb 100] [--cache dir] [--base-url
// url]

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EVAL_ROWS, HOLDOUT_ROWS, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { DATASETS, fetchDataset } from './data/datasets.ts';
import { cutDocuments, splitDocuments, createUnlikeFilter } from './data/documents.ts';
import { type ScoredSplit, tokenizeDocuments, writeScored, writeTokenizer, writeTrain } from './data/files.ts';
import { createPacker } from './data/packing.ts';
import { createTokenizer, type Tokenizer, trainTokenizer } from './data/tokenizer.ts';

/** Documents that are kept from training: three of four for validation, one for the holdout. */
const SCORED_PERCENT = 13;
const HOLDOUT_SHARE = 4;
const ROWS: Readonly<Record<ScoredSplit, number>> = { val: EVAL_ROWS, holdout: HOLDOUT_ROWS };
const VAL_SEED = 1;

const startedMs = performance.now();
const reportProgress = (progress: string): void => {
  process.stderr.write(`prepare ${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${progress}\n`);
};

/** All declaration files below a folder, in name order. Packages' own dependencies are not descended into. */
function listDeclarationFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return listDeclarationFiles(path);
      return entry.name.endsWith('.d.ts') ? [path] : [];
    });
}

function readCorpus(depsDir: string): string[] {
  const root = join(depsDir, 'corpus', 'node_modules');
  const files = listDeclarationFiles(root);
  if (files.length === 0) throw new Error(`prepare: no .d.ts files under ${root}. Run setup again.`);
  return files.flatMap((path) => cutDocuments(readFileSync(path, 'utf8')));
}

interface PackedRows {
  readonly rows: Uint16Array;
  /** Of the text in all targets. */
  readonly bytes: number;
}

/** Packs text to be scored into rows. */
function packScored(split: ScoredSplit, texts: readonly string[], tokenizer: Tokenizer): PackedRows {
  const wantedRows = ROWS[split];
  const documents = tokenizeDocuments(texts, tokenizer);
  const rowLength = SEQ_LEN + 1;
  // Each document once: text that is repeated adds no evidence, and lets few documents decide the score.
  const packer = createPacker(documents, rowLength, VAL_SEED, { isOnce: true });
  const rows = new Uint16Array(wantedRows * rowLength);
  let bytes = 0;
  for (let rowIndex = 0; rowIndex < wantedRows; rowIndex++) {
    const row = rows.subarray(rowIndex * rowLength, (rowIndex + 1) * rowLength);
    if (!packer.fillRow(row)) {
      throw new Error(
        `prepare: the split ${split} has ${documents.tokens.length} tokens, which fill ${rowIndex} of ${wantedRows} rows of ${rowLength}. ` +
          'Use more text, or raise SCORED_PERCENT in prepare.ts.',
      );
    }
    for (const id of row.subarray(1)) bytes += tokenizer.bytesOf[id]?.length ?? 0;
  }
  return { rows, bytes };
}

/** The score of a model that only knows how frequent each token is: from counts of training tokens, plus one. */
function unigramBitsPerByte(train: Uint16Array, rows: Uint16Array, tokenizer: Tokenizer): number {
  const counts = new Float64Array(tokenizer.vocabSize).fill(1);
  const sizes = tokenizer.bytesOf.map((tokenBytes) => tokenBytes.length);
  for (const id of train) if (sizes[id] !== 0) counts[id] = (counts[id] ?? 0) + 1;
  const total = counts.reduce((sum, count, id) => sum + (sizes[id] === 0 ? 0 : count), 0);
  let [bits, bytes] = [0, 0];
  for (const [i, id] of rows.entries()) {
    const size = sizes[id] ?? 0;
    if (i % (SEQ_LEN + 1) === 0 || size === 0) continue;
    bits -= Math.log2((counts[id] ?? 1) / total);
    bytes += size;
  }
  return bits / bytes;
}

interface Texts {
  readonly train: readonly string[];
  readonly val: readonly string[];
}

/** The default: text packages installed by setup, split by content hash. */
function readEmbeddedTexts(depsDir: string): Texts {
  const documents = readCorpus(depsDir);
  reportProgress(`read ${documents.length} documents`);
  const { train, valEntries: val, dropped } = splitDocuments(documents, SCORED_PERCENT);
  reportProgress(`dropped ${dropped.exactRepeats} exact and ${dropped.near} near duplicates`);
  return { train, val };
}

const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'embedded' },
    shards: { type: 'string', default: '1' },
    'max-mb': { type: 'string', default: '100' },
    cache: { type: 'string', default: join(homedir(), '.cache', 'overnight', 'nano-llm') },
    'base-url': { type: 'string' },
  },
});

async function fetchPublicTexts(name: string): Promise<Texts> {
  const knownDataset = DATASETS[name];
  if (!knownDataset) {
    throw new Error(`prepare: there is no dataset "${name}". Choose embedded, ${Object.keys(DATASETS).join(' or ')}.`);
  }
  const dataset = { ...knownDataset, baseUrl: flags['base-url'] ?? knownDataset.baseUrl };
  const maxChars = Number(flags['max-mb']) * 1e6;
  if (!(maxChars > 0)) throw new Error(`prepare: --max-mb is "${flags['max-mb']}". Give a number above 0.`);
  return fetchDataset({ dataset, cacheDir: join(flags.cache, name), shards: Number(flags.shards), maxChars });
}

async function main(): Promise<void> {
  const depsDir = process.env.OVERNIGHT_DEPS;
  const dataDir = process.env.OVERNIGHT_DATA;
  if (!depsDir || !dataDir)
    throw new Error('prepare: OVERNIGHT_DEPS and OVERNIGHT_DATA are not set. See docs/arena.md.');
  for (const folderName of ['train', 'val', 'holdout']) mkdirSync(join(dataDir, folderName), { recursive: true });
  const { train, val } =
    flags.dataset === 'embedded' ? readEmbeddedTexts(depsDir) : await fetchPublicTexts(flags.dataset);
  reportProgress(`split: ${train.length} documents to train, ${val.length} to score`);
  const file = trainTokenizer(train, VOCAB_SIZE);
  if (file.vocabSize !== VOCAB_SIZE) {
    throw new Error(
      `prepare: only ${file.vocabSize} of ${VOCAB_SIZE} tokens could be learnt from the text. Use more text.`,
    );
  }
  const tokenizer = createTokenizer(file);
  writeTokenizer(dataDir, file);
  reportProgress(`tokenizer: ${file.vocabSize} tokens, ${file.hash.slice(0, 8)}`);
  const documents = tokenizeDocuments(train, tokenizer);
  const common = { version: 1, tokenizer: tokenizer.hash } as const;
  const counts = { tokens: documents.tokens.length, documents: train.length, bytes: documents.bytes };
  writeTrain(dataDir, documents, { ...common, ...counts, source: flags.dataset });
  const writePacked = (split: ScoredSplit, texts: readonly string[]): PackedRows => {
    const packed = packScored(split, texts, tokenizer);
    writeScored(dataDir, split, packed.rows, {
      ...common,
      rows: ROWS[split],
      rowLength: SEQ_LEN + 1,
      bytes: packed.bytes,
    });
    return packed;
  };
  const isInHoldout = (i: number): boolean => i % HOLDOUT_SHARE === HOLDOUT_SHARE - 1;
  const validation = val.filter((_, i) => !isInHoldout(i));
  const packedValidation = writePacked('val', validation);
  const isNew = createUnlikeFilter(validation);
  const holdoutTexts = val.filter((doc, i) => isInHoldout(i) && isNew(doc));
  const packedHoldout = writePacked('holdout', holdoutTexts);
  const bytesPerToken = (documents.bytes / documents.tokens.length).toFixed(2);
  reportProgress(
    `a model of single tokens scores ${unigramBitsPerByte(documents.tokens, packedValidation.rows, tokenizer).toFixed(3)} bits/byte`,
  );
  reportProgress(
    `train ${documents.bytes} bytes in ${documents.tokens.length} tokens (${bytesPerToken} bytes/token); val ${packedValidation.bytes} bytes scored, holdout ${packedHoldout.bytes} of ${holdoutTexts.length} documents`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

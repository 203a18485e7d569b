// Makes the data: text packages → documents → split → tokenizer → token files. Runs once, with the person's rights.
// Writes $OVERNIGHT_DATA/{train, tokenizer.json, val}; the tokenizer is learnt from training text only.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVAL_ROWS, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { cutDocuments, splitDocuments } from './data/documents.ts';
import { tokenizeDocuments, writeTokenizer, writeTrain, writeVal } from './data/files.ts';
import { createPacker } from './data/packing.ts';
import { createTokenizer, type Tokenizer, trainTokenizer } from './data/tokenizer.ts';

const VAL_PERCENT = 6;
const VAL_SEED = 1;

const started = performance.now();
const say = (text: string): void => {
  process.stderr.write(`prepare ${((performance.now() - started) / 1000).toFixed(1)} s: ${text}\n`);
};

/** All declaration files below a folder, in name order. Packages' own dependencies are not descended into. */
function declarationFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return declarationFiles(path);
      return entry.name.endsWith('.d.ts') ? [path] : [];
    });
}

function readCorpus(depsDir: string): string[] {
  const root = join(depsDir, 'corpus', 'node_modules');
  const files = declarationFiles(root);
  if (files.length === 0) throw new Error(`prepare: no .d.ts files under ${root}. Run setup again.`);
  return files.flatMap((path) => cutDocuments(readFileSync(path, 'utf8')));
}

/** Packs validation text into rows and counts the bytes of their targets. */
function packValidation(texts: readonly string[], tokenizer: Tokenizer): { rows: Uint16Array; bytes: number } {
  const docs = tokenizeDocuments(texts, tokenizer);
  const rowLength = SEQ_LEN + 1;
  if (docs.tokens.length < EVAL_ROWS * rowLength * 1.2) {
    throw new Error(
      `prepare: the validation split has ${docs.tokens.length} tokens, too few for ${EVAL_ROWS} rows of ${rowLength}. ` +
        'Use more text, or raise VAL_PERCENT in prepare.ts.',
    );
  }
  const packer = createPacker(docs, rowLength, VAL_SEED);
  const rows = new Uint16Array(EVAL_ROWS * rowLength);
  let bytes = 0;
  for (let r = 0; r < EVAL_ROWS; r++) {
    const row = rows.subarray(r * rowLength, (r + 1) * rowLength);
    packer.fillRow(row);
    for (const id of row.subarray(1)) bytes += tokenizer.bytesOf[id]?.length ?? 0;
  }
  return { rows, bytes };
}

function main(): void {
  const depsDir = process.env.OVERNIGHT_DEPS;
  const dataDir = process.env.OVERNIGHT_DATA;
  if (!depsDir || !dataDir)
    throw new Error('prepare: OVERNIGHT_DEPS and OVERNIGHT_DATA are not set. See docs/arena.md.');
  for (const part of ['train', 'val']) mkdirSync(join(dataDir, part), { recursive: true });
  const documents = readCorpus(depsDir);
  say(`read ${documents.length} documents`);
  const { train, val, dropped } = splitDocuments(documents, VAL_PERCENT);
  say(
    `split: ${train.length} train, ${val.length} val; dropped ${dropped.exact} exact and ${dropped.near} near duplicates`,
  );
  const file = trainTokenizer(train, VOCAB_SIZE);
  if (file.vocabSize !== VOCAB_SIZE)
    throw new Error(`prepare: only ${file.vocabSize} tokens could be learnt. Use more text.`);
  const tokenizer = createTokenizer(file);
  writeTokenizer(dataDir, file);
  say(`tokenizer: ${file.vocabSize} tokens, ${file.hash.slice(0, 8)}`);
  const docs = tokenizeDocuments(train, tokenizer);
  const common = { version: 1, tokenizer: tokenizer.hash } as const;
  const counts = { tokens: docs.tokens.length, documents: train.length, bytes: docs.bytes };
  writeTrain(dataDir, docs, { ...common, ...counts, source: 'embedded' });
  const packed = packValidation(val, tokenizer);
  writeVal(dataDir, packed.rows, { ...common, rows: EVAL_ROWS, rowLength: SEQ_LEN + 1, bytes: packed.bytes });
  const perToken = (docs.bytes / docs.tokens.length).toFixed(2);
  say(
    `train ${docs.bytes} bytes in ${docs.tokens.length} tokens (${perToken} bytes/token); val ${packed.bytes} bytes scored`,
  );
}

main();

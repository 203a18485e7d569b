// The judge: scores an ONNX artefact on text it alone can see (`val`; with `--split holdout` the text that only
// confirmed champions meet). Runs from pristine files in its own process; no candidate code takes part. It trusts the
// artefact in nothing: size, operators, shapes, causality and finiteness are checked, and the score is computed here
// from the logits, in float64.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EVAL_BATCH, MAX_ARTEFACT_BYTES, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { ArtefactError, checkArtefact } from './data/artefact.ts';
import { DataError, readScored, readTokenizer, type ScoredMeta } from './data/files.ts';
import type { Tokenizer } from './data/tokenizer.ts';
import { createRandom } from './tensor/random.ts';
import { createSession, toOrt } from './tensor/runtime.ts';

type Run = (tokens: Int32Array) => Promise<Float32Array>;

function env(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`evaluate: ${name} is not set. Start the evaluator through the harness, or see docs/arena.md.`);
}

async function openArtefact(dir: string, cpus: number): Promise<{ run: Run; params: number; bytes: number }> {
  const path = join(dir, 'model.onnx');
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined)
    throw new Error('evaluate: the candidate left no model.onnx. It must write one before the cut.');
  if (size > MAX_ARTEFACT_BYTES) {
    throw new Error(`evaluate: model.onnx has ${size} bytes, more than ${MAX_ARTEFACT_BYTES}. Make the model smaller.`);
  }
  const file = readFileSync(path);
  const { params } = checkArtefact(file);
  const session = await createSession(file, { cpus });
  const run: Run = async (tokens) => {
    const { logits } = await session.run({ tokens: toOrt({ data: tokens, shape: [EVAL_BATCH, SEQ_LEN] }) });
    const data = logits?.data;
    const expected = EVAL_BATCH * SEQ_LEN * VOCAB_SIZE;
    if (!(data instanceof Float32Array) || data.length !== expected) {
      throw new ArtefactError(
        `evaluate: logits have ${data?.length ?? 0} values, not ${expected}. Export [${EVAL_BATCH}, ${SEQ_LEN}, ${VOCAB_SIZE}] float32.`,
        'shape',
      );
    }
    return data;
  };
  return { run, params, bytes: size };
}

/** −log softmax(row)[target] in nats, in float64. */
function surprise(logits: Float32Array, from: number, target: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + VOCAB_SIZE; i++) {
    const value = logits[i] ?? Number.NaN;
    if (!Number.isFinite(value))
      throw new ArtefactError('evaluate: a logit is not a finite number. The weights have diverged.', 'nan');
    if (value > top) top = value;
  }
  let total = 0;
  for (let i = from; i < from + VOCAB_SIZE; i++) total += Math.exp((logits[i] ?? 0) - top);
  return Math.log(total) + top - (logits[from + target] ?? 0);
}

/**
 * A prediction may depend only on its own row's past. Everything after a random cut is replaced in every row, and in
 * the even rows everything; the odd rows' logits up to the cut must stay what they were.
 */
async function checkCausality(run: Run, tokens: Int32Array, before: Float32Array, seed: number): Promise<void> {
  const random = createRandom(seed, 'causality');
  for (const share of [0.2, 0.7]) {
    const cut = Math.floor(SEQ_LEN * (share + 0.2 * random.uniform()));
    const changed = tokens.map((token, i) => {
      const [row, position] = [Math.floor(i / SEQ_LEN), i % SEQ_LEN];
      return row % 2 === 0 || position > cut ? random.below(VOCAB_SIZE) : token;
    });
    const after = await run(changed);
    for (let row = 1; row < EVAL_BATCH; row += 2) {
      const from = row * SEQ_LEN * VOCAB_SIZE;
      for (let i = from; i < from + (cut + 1) * VOCAB_SIZE; i++) {
        const [a, b] = [before[i] ?? 0, after[i] ?? Number.NaN];
        if (Math.abs(a - b) <= 1e-3 + 1e-4 * Math.abs(a)) continue;
        const position = Math.floor((i - from) / VOCAB_SIZE);
        throw new Error(
          `evaluate: the prediction at position ${position} changed from ${a} to ${b} when only tokens after ${cut} or in ` +
            'other rows did. The model looks into the future; make attention and mixing causal.',
        );
      }
    }
  }
}

/** Sums surprise and bytes over all rows of the split. The next rows run while the last ones are counted. */
async function score(run: Run, rows: Uint16Array, meta: ScoredMeta, tokenizer: Tokenizer, seed: number) {
  const shifted = (first: number, by: number): Int32Array =>
    Int32Array.from({ length: EVAL_BATCH * SEQ_LEN }, (_, i) => {
      const row = first + Math.floor(i / SEQ_LEN);
      return rows[row * meta.rowLength + (i % SEQ_LEN) + by] ?? 0;
    });
  let [nats, bytes, tokens] = [0, 0, 0];
  let pending = run(shifted(0, 0));
  for (let first = 0; first < meta.rows; first += EVAL_BATCH) {
    const logits = await pending;
    if (first + EVAL_BATCH < meta.rows) pending = run(shifted(first + EVAL_BATCH, 0));
    for (const [i, target] of shifted(first, 1).entries()) {
      const loss = surprise(logits, i * VOCAB_SIZE, target);
      const length = tokenizer.bytesOf[target]?.length ?? 0;
      if (length === 0) continue; // Specials count on neither side.
      nats += loss;
      bytes += length;
      tokens++;
    }
    // After scoring, which has found these logits finite. The run that is under way is waited for by ONNX Runtime.
    if (first === 0) await checkCausality(run, shifted(0, 0), logits, seed);
  }
  return { nats, bytes, tokens };
}

async function main(): Promise<void> {
  const started = performance.now();
  const dataDir = env('OVERNIGHT_DATA');
  const nonce = env('OVERNIGHT_NONCE');
  const tokenizer = readTokenizer(dataDir);
  const { values: flags } = parseArgs({ options: { split: { type: 'string', default: 'val' } } });
  if (flags.split !== 'val' && flags.split !== 'holdout')
    throw new Error(`evaluate: there is no split "${flags.split}". Choose val or holdout.`);
  const { rows, meta } = readScored(dataDir, flags.split, tokenizer);
  if (tokenizer.vocabSize !== VOCAB_SIZE || meta.rowLength !== SEQ_LEN + 1 || meta.rows % EVAL_BATCH !== 0) {
    throw new DataError(
      `evaluate: the data does not fit the contract (vocabulary ${tokenizer.vocabSize}). Run prepare again.`,
    );
  }
  const artefact = await openArtefact(env('OVERNIGHT_ARTEFACT'), Number(process.env.OVERNIGHT_CPUS ?? 1));
  const causalitySeed = Number.parseInt(nonce.slice(0, 7), 16) || 1;
  const { nats, bytes, tokens } = await score(artefact.run, rows, meta, tokenizer, causalitySeed);
  if (bytes !== meta.bytes)
    throw new DataError(`evaluate: scored ${bytes} bytes, expected ${meta.bytes}. Run prepare again.`);
  const result = {
    nonce,
    val_bpb: (nats / Math.LN2 / bytes).toFixed(6),
    bytes,
    tokens,
    params: artefact.params,
    artefact_bytes: artefact.bytes,
    eval_seconds: ((performance.now() - started) / 1000).toFixed(3),
  };
  const lines = Object.entries(result).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(env('OVERNIGHT_RESULT'), lines.join(''));
}

main().catch((error: unknown) => {
  const failure = error instanceof ArtefactError ? error.failure : error instanceof DataError ? 'data' : null;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n${failure ? `overnight-failure: ${failure}\n` : ''}`);
  process.exitCode = 1;
});

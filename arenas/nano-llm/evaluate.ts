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

type RunModel = (tokens: Int32Array) => Promise<Float32Array>;

function requireVariable(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`evaluate: ${name} is not set. Start the evaluator through the harness, or see docs/arena.md.`);
}

async function openArtefact(dir: string, cpus: number): Promise<{ runModel: RunModel; params: number; bytes: number }> {
  const path = join(dir, 'model.onnx');
  const fileBytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (fileBytes === undefined)
    throw new Error('evaluate: the candidate left no model.onnx. It must write one before the cut.');
  if (fileBytes > MAX_ARTEFACT_BYTES) {
    throw new Error(
      `evaluate: model.onnx has ${fileBytes} bytes, more than ${MAX_ARTEFACT_BYTES}. Make the model smaller.`,
    );
  }
  const file = readFileSync(path);
  const { params } = checkArtefact(file);
  const session = await createSession(file, { cpus });
  const runModel: RunModel = async (tokens) => {
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
  return { runModel, params, bytes: fileBytes };
}

/** −log softmax(row)[target] in nats, in float64. */
function surpriseOf(logits: Float32Array, rowStart: number, target: number): number {
  let largestLogit = Number.NEGATIVE_INFINITY;
  for (let i = rowStart; i < rowStart + VOCAB_SIZE; i++) {
    const value = logits[i] ?? Number.NaN;
    if (!Number.isFinite(value))
      throw new ArtefactError('evaluate: a logit is not a finite number. The weights have diverged.', 'nan');
    if (value > largestLogit) largestLogit = value;
  }
  let total = 0;
  for (let i = rowStart; i < rowStart + VOCAB_SIZE; i++) total += Math.exp((logits[i] ?? 0) - largestLogit);
  return Math.log(total) + largestLogit - (logits[rowStart + target] ?? 0);
}

/**
 * A prediction may depend only on its own row's past. Everything after a random cut is replaced in every row, and in
 * the even rows everything; the odd rows' logits up to the cut must stay what they were.
 */
async function checkCausality(
  runModel: RunModel,
  tokens: Int32Array,
  logitsBefore: Float32Array,
  seed: number,
): Promise<void> {
  const random = createRandom(seed, 'causality');
  for (const share of [0.2, 0.7]) {
    const lastKept = Math.floor(SEQ_LEN * (share + 0.2 * random.uniform()));
    const changedTokens = tokens.map((token, i) => {
      const [row, position] = [Math.floor(i / SEQ_LEN), i % SEQ_LEN];
      return row % 2 === 0 || position > lastKept ? random.below(VOCAB_SIZE) : token;
    });
    const logitsAfter = await runModel(changedTokens);
    for (let row = 1; row < EVAL_BATCH; row += 2) {
      const rowStart = row * SEQ_LEN * VOCAB_SIZE;
      for (let i = rowStart; i < rowStart + (lastKept + 1) * VOCAB_SIZE; i++) {
        const [valueBefore, valueAfter] = [logitsBefore[i] ?? 0, logitsAfter[i] ?? Number.NaN];
        if (Math.abs(valueBefore - valueAfter) <= 1e-3 + 1e-4 * Math.abs(valueBefore)) continue;
        const position = Math.floor((i - rowStart) / VOCAB_SIZE);
        throw new Error(
          `evaluate: the prediction at position ${position} changed from ${valueBefore} to ${valueAfter} when only tokens after ${lastKept} or in ` +
            'other rows did. The model looks into the future; make attention and mixing causal.',
        );
      }
    }
  }
}

/** Sums surprise and bytes over all rows of the split. The next rows run while the last ones are counted. */
async function scoreRows(runModel: RunModel, rows: Uint16Array, meta: ScoredMeta, tokenizer: Tokenizer, seed: number) {
  const batchTokens = (firstRow: number, offset: number): Int32Array =>
    Int32Array.from({ length: EVAL_BATCH * SEQ_LEN }, (_, i) => {
      const row = firstRow + Math.floor(i / SEQ_LEN);
      return rows[row * meta.rowLength + (i % SEQ_LEN) + offset] ?? 0;
    });
  let [nats, bytes, tokens] = [0, 0, 0];
  let pendingLogits = runModel(batchTokens(0, 0));
  for (let firstRow = 0; firstRow < meta.rows; firstRow += EVAL_BATCH) {
    const logits = await pendingLogits;
    if (firstRow + EVAL_BATCH < meta.rows) pendingLogits = runModel(batchTokens(firstRow + EVAL_BATCH, 0));
    for (const [position, target] of batchTokens(firstRow, 1).entries()) {
      const loss = surpriseOf(logits, position * VOCAB_SIZE, target);
      const byteLength = tokenizer.bytesOf[target]?.length ?? 0;
      if (byteLength === 0) continue; // Specials count on neither side.
      nats += loss;
      bytes += byteLength;
      tokens++;
    }
    // After scoring, which has found these logits finite. The run that is under way is waited for by ONNX Runtime.
    if (firstRow === 0) await checkCausality(runModel, batchTokens(0, 0), logits, seed);
  }
  return { nats, bytes, tokens };
}

async function main(): Promise<void> {
  const startedMs = performance.now();
  const dataDir = requireVariable('OVERNIGHT_DATA');
  const nonce = requireVariable('OVERNIGHT_NONCE');
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
  const artefact = await openArtefact(requireVariable('OVERNIGHT_ARTEFACT'), Number(process.env.OVERNIGHT_CPUS ?? 1));
  const causalitySeed = Number.parseInt(nonce.slice(0, 7), 16) || 1;
  const { nats, bytes, tokens } = await scoreRows(artefact.runModel, rows, meta, tokenizer, causalitySeed);
  if (bytes !== meta.bytes)
    throw new DataError(`evaluate: scored ${bytes} bytes, expected ${meta.bytes}. Run prepare again.`);
  const result = {
    nonce,
    val_bpb: (nats / Math.LN2 / bytes).toFixed(6),
    bytes,
    tokens,
    params: artefact.params,
    artefact_bytes: artefact.bytes,
    eval_seconds: ((performance.now() - startedMs) / 1000).toFixed(3),
  };
  const lines = Object.entries(result).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(requireVariable('OVERNIGHT_RESULT'), lines.join(''));
}

main().catch((error: unknown) => {
  const failure = error instanceof ArtefactError ? error.failure : error instanceof DataError ? 'data' : null;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n${failure ? `overnight-failure: ${failure}\n` : ''}`);
  process.exitCode = 1;
});

// Prints text from a trained artefact: node --import tsx sample.ts <folder with model.onnx> [prompt] [--temperature
// 0.8] Needs $OVERNIGHT_DATA for the tokenizer. Knows nothing of training; it runs the same file that the judge scores.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { readTokenizer } from './data/files.ts';
import { createRandom, type Random } from './tensor/random.ts';
import { createSession, toOrt } from './tensor/runtime.ts';

/** Draws one id from softmax(logits / temperature); temperature 0 takes the likeliest. */
function drawToken(logits: Float32Array, temperature: number, random: Random): number {
  let bestToken = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[bestToken] ?? 0)) bestToken = i;
  if (temperature === 0) return bestToken;
  const largestLogit = logits[bestToken] ?? 0;
  const weights = Array.from(logits, (logit) => Math.exp((logit - largestLogit) / temperature));
  let remaining = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    remaining -= weight;
    if (remaining <= 0) return i;
  }
  return bestToken;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      temperature: { type: 'string', default: '0.8' },
      tokens: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string', default: process.env.OVERNIGHT_DATA ?? '' },
    },
  });
  const [folder, prompt = '/**\n * '] = positionals;
  if (!folder || !values.data) {
    throw new Error('sample: usage: sample.ts <folder with model.onnx> [prompt] --data <prepared data> [--tokens 200]');
  }
  const tokenizer = readTokenizer(values.data);
  const session = await createSession(readFileSync(join(folder, 'model.onnx')), { cpus: 1 });
  const random = createRandom(Number(values.seed), 'sample');
  const ids = [tokenizer.bos, ...tokenizer.encode(prompt)];
  const wantedTokens = ids.length + Number(values.tokens);
  while (ids.length < wantedTokens) {
    const context = ids.slice(-SEQ_LEN);
    const tokens = new Int32Array(EVAL_BATCH * SEQ_LEN);
    tokens.set(context);
    const { logits } = await session.run({ tokens: toOrt({ data: tokens, shape: [EVAL_BATCH, SEQ_LEN] }) });
    const lastPosition = (context.length - 1) * VOCAB_SIZE;
    if (!(logits?.data instanceof Float32Array))
      throw new Error('sample: the artefact gives no float32 `logits`. Train again.');
    const row = logits.data.slice(lastPosition, lastPosition + VOCAB_SIZE);
    const id = drawToken(row, Number(values.temperature), random);
    if (id === tokenizer.bos) break;
    ids.push(id);
  }
  process.stdout.write(`${tokenizer.decode(ids)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

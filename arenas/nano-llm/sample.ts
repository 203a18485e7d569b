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
function draw(logits: Float32Array, temperature: number, random: Random): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  if (temperature === 0) return best;
  const top = logits[best] ?? 0;
  const weights = Array.from(logits, (x) => Math.exp((x - top) / temperature));
  let left = random.uniform() * weights.reduce((a, b) => a + b, 0);
  for (const [i, w] of weights.entries()) {
    left -= w;
    if (left <= 0) return i;
  }
  return best;
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
  const wanted = ids.length + Number(values.tokens);
  while (ids.length < wanted) {
    const context = ids.slice(-SEQ_LEN);
    const tokens = new Int32Array(EVAL_BATCH * SEQ_LEN);
    tokens.set(context);
    const { logits } = await session.run({ tokens: toOrt({ data: tokens, shape: [EVAL_BATCH, SEQ_LEN] }) });
    const at = (context.length - 1) * VOCAB_SIZE;
    if (!(logits?.data instanceof Float32Array))
      throw new Error('sample: the artefact gives no float32 `logits`. Train again.');
    const row = logits.data.slice(at, at + VOCAB_SIZE);
    const id = draw(row, Number(values.temperature), random);
    if (id === tokenizer.bos) break;
    ids.push(id);
  }
  process.stdout.write(`${tokenizer.decode(ids)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

// The judge as a process: an exact score for a known model, and one clear message for every artefact it must refuse.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { writeTokenizer, writeVal } from '../data/files.ts';
import { createTokenizer, trainTokenizer } from '../data/tokenizer.ts';
import {
  add,
  cast,
  createRandom,
  embedding,
  encodeModel,
  full,
  Graph,
  matmul,
  mean,
  mul,
  oneHot,
  reshape,
  type Tensor,
} from '../tensor/index.ts';
import { freshFolder } from './folders.ts';

const arena = fileURLToPath(new URL('..', import.meta.url));
const SHAPE = [EVAL_BATCH, SEQ_LEN];
let dataDir = '';
let rows = new Uint16Array();
let bytesOf: readonly Uint8Array[] = [];

beforeAll(() => {
  dataDir = freshFolder('judge');
  mkdirSync(join(dataDir, 'val'));
  const random = createRandom(1);
  const word = (): string =>
    Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const file = trainTokenizer([Array.from({ length: 6000 }, word).join(' ')], VOCAB_SIZE);
  const tokenizer = createTokenizer(file);
  expect(tokenizer.vocabSize).toBe(VOCAB_SIZE);
  bytesOf = tokenizer.bytesOf;
  rows = Uint16Array.from({ length: 8 * (SEQ_LEN + 1) }, (_, i) =>
    i % (SEQ_LEN + 1) === 0 || i % 50 === 0 ? tokenizer.bos : random.below(VOCAB_SIZE),
  );
  const bytes = [...rows].reduce((n, id, i) => n + (i % (SEQ_LEN + 1) === 0 ? 0 : (bytesOf[id]?.length ?? 0)), 0);
  writeTokenizer(dataDir, file);
  writeVal(dataDir, rows, { version: 1, tokenizer: tokenizer.hash, rows: 8, rowLength: SEQ_LEN + 1, bytes });
});

/** An artefact that computes `logits` from tokens. */
function artefact(build: (tokens: Tensor, g: Graph) => Tensor, shape = SHAPE): Uint8Array {
  const g = new Graph();
  return encodeModel(g.finish(new Map([['logits', build(g.input('tokens', shape, 'int32'), g)]])));
}

function judge(model: Uint8Array | null): { status: number | null; message: string; result: Map<string, string> } {
  const out = freshFolder('out');
  if (model) writeFileSync(join(out, 'model.onnx'), model);
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DATA: dataDir,
    OVERNIGHT_ARTEFACT: out,
    OVERNIGHT_RESULT: join(out, 'result'),
    OVERNIGHT_NONCE: 'c0ffee42',
    OVERNIGHT_CPUS: '2',
  };
  const child = spawnSync(process.execPath, ['--import', 'tsx', 'evaluate.ts'], { cwd: arena, env, encoding: 'utf8' });
  const text = child.status === 0 ? readFileSync(join(out, 'result'), 'utf8') : '';
  const pairs = text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(': ') as [string, string]);
  return { status: child.status, message: child.stderr, result: new Map(pairs) };
}

/** Logits that depend on nothing: log(frequency) of some made-up distribution. */
const bias = (): Float32Array => Float32Array.from({ length: VOCAB_SIZE }, createRandom(9).normal);

describe('the judge', () => {
  test('scores a model of known probabilities exactly, without special tokens, and repeats the nonce', () => {
    const model = artefact((tokens, g) =>
      add(mul(oneHot(tokens, VOCAB_SIZE), 0), reshape(g.weight('bias', bias(), [VOCAB_SIZE]), [1, 1, VOCAB_SIZE])),
    );
    const { status, result, message } = judge(model);
    expect(message).toBe('');
    expect(status).toBe(0);
    const total = Math.log(bias().reduce((a, b) => a + Math.exp(b), 0));
    let [nats, bytes] = [0, 0];
    for (const [i, id] of rows.entries()) {
      const length = bytesOf[id]?.length ?? 0;
      if (i % (SEQ_LEN + 1) === 0 || length === 0) continue;
      nats += total - (bias()[id] ?? 0);
      bytes += length;
    }
    expect(Number(result.get('val_bpb'))).toBeCloseTo(nats / Math.LN2 / bytes, 5);
    expect(result.get('bytes')).toBe(String(bytes));
    expect(result.get('nonce')).toBe('c0ffee42');
  });

  test.each<[string, () => Uint8Array | null, string, string?]>([
    ['nothing', () => null, 'the candidate left no model.onnx'],
    ['a file that is no ONNX graph', () => Buffer.from('not a model at all'), 'is not a readable ONNX file'],
    ['a file cut short', () => artefact((t) => oneHot(t, VOCAB_SIZE)).slice(0, 3000), 'is not a readable ONNX file'],
    [
      'another vocabulary',
      () => artefact((t) => oneHot(t, 512)),
      'the output must be only logits [8, 256, 1024] of type 1, not logits [8, 256, 512]',
      'shape',
    ],
    [
      'another batch',
      () => artefact((t) => oneHot(t, VOCAB_SIZE), [4, 256]),
      'the input must be only tokens [8, 256] of type 6, not tokens [4, 256]',
      'shape',
    ],
    [
      'weights that are not numbers',
      () =>
        artefact((t, g) =>
          embedding(g.weight('w', new Float32Array(VOCAB_SIZE ** 2).fill(Number.NaN), [VOCAB_SIZE, VOCAB_SIZE]), t),
        ),
      'a logit is not a finite number',
      'nan',
    ],
    [
      'a model that averages over the whole row',
      () =>
        artefact((t) => {
          const x = oneHot(t, VOCAB_SIZE);
          return add(x, mul(mean(x, { axis: 1, keep: true }), 5));
        }),
      'The model looks into the future',
    ],
    [
      'a model that looks at other rows',
      () =>
        artefact((t) => {
          const x = oneHot(t, VOCAB_SIZE);
          return add(x, mul(mean(x, { axis: 0, keep: true }), 5));
        }),
      'The model looks into the future',
    ],
    [
      'an operator with randomness',
      () =>
        artefact((t, g) =>
          g.emit('RandomNormalLike', [cast(oneHot(t, VOCAB_SIZE), 'float32')], [...SHAPE, VOCAB_SIZE]),
        ),
      'operator RandomNormalLike is not allowed',
    ],
  ])('refuses %s with one clear message, and the class where there is one', (_name, make, expected, failure) => {
    const { status, message, result } = judge(make());
    expect(status).toBe(1);
    expect(message).toContain(expected);
    expect(message.trim().split('\n')).toHaveLength(failure ? 2 : 1);
    expect(/^overnight-failure: (\S+)$/m.exec(message)?.[1]).toBe(failure);
    expect(result.size).toBe(0);
  });
});

describe('the artefact check', () => {
  test('finds external data, functions and custom domains in the raw file', () => {
    const model = artefact((t, g) => matmul(oneHot(t, VOCAB_SIZE), full(g, [VOCAB_SIZE, VOCAB_SIZE], 0)));
    expect(checkArtefact(model).params).toBeGreaterThan(0);
    const text = (n: number, s: string): number[] => [(n << 3) | 2, s.length, ...Buffer.from(s)];
    // Appended fields merge into the model: field 25 is a function.
    expect(() => checkArtefact(Uint8Array.from([...model, ...text(202 - 177, 'f')].flat()))).toThrow(
      /functions|not a readable/,
    );
  });
});

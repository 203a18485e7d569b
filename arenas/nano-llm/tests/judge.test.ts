// The judge as a process: an exact score for a known model, and one clear message for every artefact it must refuse.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { writeScored, writeTokenizer } from '../data/files.ts';
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
let rows: Readonly<Record<'val' | 'holdout', Uint16Array>>;
let bytesOf: readonly Uint8Array[] = [];

beforeAll(() => {
  dataDir = freshFolder('judge');
  for (const split of ['val', 'holdout']) mkdirSync(join(dataDir, split));
  const random = createRandom(1);
  const word = (): string =>
    Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const file = trainTokenizer([Array.from({ length: 6000 }, word).join(' ')], VOCAB_SIZE);
  const tokenizer = createTokenizer(file);
  expect(tokenizer.vocabSize).toBe(VOCAB_SIZE);
  bytesOf = tokenizer.bytesOf;
  const text = (ids: number): Uint16Array =>
    Uint16Array.from({ length: 8 * (SEQ_LEN + 1) }, (_, i) =>
      i % (SEQ_LEN + 1) === 0 || i % 50 === 0 ? tokenizer.bos : random.below(ids),
    );
  rows = { val: text(VOCAB_SIZE), holdout: text(VOCAB_SIZE / 2) };
  writeTokenizer(dataDir, file);
  const meta = { version: 1, tokenizer: tokenizer.hash, rows: 8, rowLength: SEQ_LEN + 1 } as const;
  for (const split of ['val', 'holdout'] as const)
    writeScored(dataDir, split, rows[split], { ...meta, bytes: targets(rows[split]).reduce((n, id) => n + bytes(id), 0) });
});

/** All ids that are predicted: those of every row but its first. */
const targets = (ids: Uint16Array): number[] => [...ids].filter((_, i) => i % (SEQ_LEN + 1) !== 0);
const bytes = (id: number): number => bytesOf[id]?.length ?? 0;

/** An artefact that computes `logits` from tokens. */
function artefact(build: (tokens: Tensor, g: Graph) => Tensor, shape = SHAPE): Uint8Array {
  const g = new Graph();
  return encodeModel(g.finish(new Map([['logits', build(g.input('tokens', shape, 'int32'), g)]])));
}

function judge(model: Uint8Array | null, { split = [] as string[], data = dataDir } = {}): { status: number | null; message: string; result: Map<string, string> } {
  const out = freshFolder('out');
  if (model) writeFileSync(join(out, 'model.onnx'), model);
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DATA: data,
    OVERNIGHT_ARTEFACT: out,
    OVERNIGHT_RESULT: join(out, 'result'),
    OVERNIGHT_NONCE: 'c0ffee42',
    OVERNIGHT_CPUS: '2',
  };
  const child = spawnSync(process.execPath, ['--import', 'tsx', 'evaluate.ts', ...split], { cwd: arena, env, encoding: 'utf8' });
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
  /** A model of known probabilities, the same everywhere. */
  const known = (): Uint8Array =>
    artefact((tokens, g) =>
      add(mul(oneHot(tokens, VOCAB_SIZE), 0), reshape(g.weight('bias', bias(), [VOCAB_SIZE]), [1, 1, VOCAB_SIZE])),
    );

  test.each([
    ['val', []],
    ['holdout', ['--split', 'holdout']],
  ] as const)('scores a model of known probabilities exactly on %s, without special tokens, and repeats the nonce', (split, flags) => {
    const { status, result, message } = judge(known(), { split: [...flags] });
    expect(message).toBe('');
    expect(status).toBe(0);
    const total = Math.log(bias().reduce((a, b) => a + Math.exp(b), 0));
    const scored = targets(rows[split]).filter((id) => bytes(id) > 0);
    const nats = scored.reduce((sum, id) => sum + total - (bias()[id] ?? 0), 0);
    const length = scored.reduce((sum, id) => sum + bytes(id), 0);
    expect(Number(result.get('val_bpb'))).toBeCloseTo(nats / Math.LN2 / length, 5);
    expect(result.get('bytes')).toBe(String(length));
    expect(result.get('nonce')).toBe('c0ffee42');
  });

  test('says in one line that the holdout is missing, and gives no number', () => {
    const data = freshFolder('half');
    for (const entry of ['tokenizer.json', 'val']) cpSync(join(dataDir, entry), join(data, entry), { recursive: true });
    const { status, message, result } = judge(known(), { split: ['--split', 'holdout'], data });
    expect(status).toBe(1);
    expect(message.trim()).toBe('data: holdout/meta.json cannot be read (ENOENT). Run prepare again.');
    expect(result.size).toBe(0);
  });

  test.each<[string, () => Uint8Array | null, string]>([
    ['nothing', () => null, 'the candidate left no model.onnx'],
    ['a file that is no ONNX graph', () => Buffer.from('not a model at all'), 'is not a readable ONNX file'],
    ['a file cut short', () => artefact((t) => oneHot(t, VOCAB_SIZE)).slice(0, 3000), 'is not a readable ONNX file'],
    [
      'another vocabulary',
      () => artefact((t) => oneHot(t, 512)),
      'the output must be only logits [8, 256, 1024] of type 1, not logits [8, 256, 512]',
    ],
    [
      'another batch',
      () => artefact((t) => oneHot(t, VOCAB_SIZE), [4, 256]),
      'the input must be only tokens [8, 256] of type 6, not tokens [4, 256]',
    ],
    [
      'weights that are not numbers',
      () =>
        artefact((t, g) =>
          embedding(g.weight('w', new Float32Array(VOCAB_SIZE ** 2).fill(Number.NaN), [VOCAB_SIZE, VOCAB_SIZE]), t),
        ),
      'a logit is not a finite number',
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
  ])('refuses %s with one clear message', (_name, make, expected) => {
    const { status, message, result } = judge(make());
    expect(status).toBe(1);
    expect(message).toContain(expected);
    expect(message.trim().split('\n')).toHaveLength(1);
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

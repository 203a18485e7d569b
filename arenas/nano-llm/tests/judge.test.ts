// The judge as a process: an exact score for a known model, and one clear message for every artefact it must refuse.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVAL_BATCH, MAX_ARTEFACT_BYTES, SEQ_LEN, VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { type ScoredMeta, writeScored, writeTokenizer } from '../data/files.ts';
import { createTokenizer, trainTokenizer } from '../data/tokenizer.ts';
import {
  add,
  cast,
  createRandom,
  embedding,
  encodeModel,
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
    writeScored(dataDir, split, rows[split], {
      ...meta,
      bytes: targets(rows[split]).reduce((n, id) => n + bytes(id), 0),
    });
});

/** All ids that are predicted: those of every row but its first. */
const targets = (ids: Uint16Array): number[] => [...ids].filter((_, i) => i % (SEQ_LEN + 1) !== 0);
const bytes = (id: number): number => bytesOf[id]?.length ?? 0;

/** An artefact that computes `logits` from tokens. */
function artefact(build: (tokens: Tensor, g: Graph) => Tensor, shape = SHAPE): Uint8Array {
  const g = new Graph();
  return encodeModel(g.finish(new Map([['logits', build(g.input('tokens', shape, 'int32'), g)]])));
}

/** Prepared data that a test may damage. */
function copyOfData(): { data: string; meta: ScoredMeta } {
  const data = freshFolder('damaged');
  cpSync(dataDir, data, { recursive: true });
  return { data, meta: JSON.parse(readFileSync(join(data, 'val', 'meta.json'), 'utf8')) as ScoredMeta };
}

/** Judges a model; with `size` its file is made so long first. */
function judge(
  model: Uint8Array | null,
  { size = 0, data = dataDir, split = [] as string[] } = {},
): { status: number | null; message: string; result: Map<string, string> } {
  const out = freshFolder('out');
  if (model) writeFileSync(join(out, 'model.onnx'), model);
  if (size > 0) truncateSync(join(out, 'model.onnx'), size);
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DATA: data,
    OVERNIGHT_ARTEFACT: out,
    OVERNIGHT_RESULT: join(out, 'result'),
    OVERNIGHT_NONCE: 'c0ffee42',
    OVERNIGHT_CPUS: '2',
  };
  const child = spawnSync(process.execPath, ['--import', 'tsx', 'evaluate.ts', ...split], {
    cwd: arena,
    env,
    encoding: 'utf8',
  });
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
  ] as const)(
    'scores a model of known probabilities exactly on %s, without special tokens, and repeats the nonce',
    (split, flags) => {
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
    },
  );

  test('says in one line that the holdout is missing, and gives no number', () => {
    const data = freshFolder('half');
    for (const entry of ['tokenizer.json', 'val']) cpSync(join(dataDir, entry), join(data, entry), { recursive: true });
    const { status, message, result } = judge(known(), { split: ['--split', 'holdout'], data });
    expect(status).toBe(1);
    expect(message).toBe(
      'data: holdout/meta.json cannot be read (ENOENT). Run prepare again.\novernight-failure: data\n',
    );
    expect(result.size).toBe(0);
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

describe('the judge refuses', () => {
  const good = (): Uint8Array => artefact((t) => oneHot(t, VOCAB_SIZE));

  test('a file larger than the limit, before it is read', () => {
    const { status, message } = judge(good(), { size: MAX_ARTEFACT_BYTES + 1 });
    expect(status).toBe(1);
    expect(message).toBe(
      `evaluate: model.onnx has ${MAX_ARTEFACT_BYTES + 1} bytes, more than ${MAX_ARTEFACT_BYTES}. Make the model smaller.\n`,
    );
  });

  test.each<[string, (meta: ScoredMeta) => ScoredMeta, string]>([
    ['whose bytes are not those that were counted when it was made', (m) => ({ ...m, bytes: m.bytes + 1 }), 'scored'],
    ['of another tokenizer', (m) => ({ ...m, tokenizer: '0'.repeat(64) }), 'val was made with tokenizer 00000000'],
    ['that is cut short', (m) => ({ ...m, rows: 16 }), 'not 16 rows of 257'],
  ])('validation data %s, as class data', (_name, change, expected) => {
    const { data, meta } = copyOfData();
    writeFileSync(join(data, 'val', 'meta.json'), JSON.stringify(change(meta)));
    const { status, message } = judge(good(), { data });
    expect(status).toBe(1);
    expect(message).toContain(expected);
    expect(message).toContain('Run prepare again.\novernight-failure: data\n');
  });
});

describe('the artefact check', () => {
  // Protobuf by hand: a field of bytes, and a number.
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  const bytes = (n: number, content: readonly number[]): number[] => [
    ...varint((n << 3) | 2),
    ...varint(content.length),
    ...content,
  ];
  const text = (n: number, s: string): number[] => bytes(n, [...Buffer.from(s)]);
  const int = (n: number, value: number): number[] => [...varint(n << 3), ...varint(value)];
  /** A graph of one node; model fields in front of it. */
  const model = (
    node: readonly number[],
    inGraph: readonly number[] = [],
    inModel: readonly number[] = [],
  ): Uint8Array => Uint8Array.from([...inModel, ...bytes(7, [...bytes(1, node), ...inGraph])]);
  const plain = text(4, 'Add');

  test('takes a plain graph and counts its weights', () => {
    const weights = artefact((t, g) =>
      matmul(oneHot(t, VOCAB_SIZE), g.weight('w', new Float32Array(VOCAB_SIZE ** 2), [VOCAB_SIZE, VOCAB_SIZE])),
    );
    expect(checkArtefact(weights).params).toBeGreaterThanOrEqual(VOCAB_SIZE ** 2);
  });

  test.each<[string, Uint8Array, string]>([
    ['functions of its own', model(plain, [], bytes(25, text(1, 'f'))), 'model.onnx has model-local functions'],
    ['training info', model(plain, [], bytes(20, [])), 'model.onnx has training info'],
    ['sparse weights', model(plain, bytes(15, [])), 'model.onnx has sparse weights'],
    [
      'weights in another file',
      model(plain, bytes(5, [...text(8, 'w'), ...int(14, 1)])),
      'model.onnx has external data (w)',
    ],
    [
      'a place in another file',
      model(plain, bytes(5, [...text(8, 'w'), ...bytes(13, text(1, 'location'))])),
      'model.onnx has external data (w)',
    ],
    [
      'an operator of a custom domain',
      model([...plain, ...text(7, 'com.microsoft')]),
      'operator com.microsoft.Add is not allowed',
    ],
    ['a loop', model(text(4, 'Loop')), 'operator Loop is not allowed'],
    ['a condition', model(text(4, 'If')), 'operator If is not allowed'],
    ['chance', model(text(4, 'Bernoulli')), 'operator Bernoulli is not allowed'],
    [
      'a graph inside an allowed operator',
      model([...plain, ...bytes(5, [...text(1, 'body'), ...bytes(6, [])])]),
      'operator Add is not allowed',
    ],
    [
      'two graphs',
      Uint8Array.from([...model(plain), ...model(plain)]),
      'is not a readable ONNX file (expected one graph, found 2)',
    ],
    ['no input', model(plain), 'the input must be only tokens [8, 256] of type 6, not none'],
  ])('refuses %s', (_name, file, expected) => {
    expect(() => checkArtefact(file)).toThrow(expected);
  });
});

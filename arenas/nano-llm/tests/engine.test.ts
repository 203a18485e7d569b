// The engine around the ops: errors that point at the caller, repeats that agree to the bit, state, common
// subexpressions.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as engine from '../tensor/index.ts';
import {
  add,
  attention,
  createRandom,
  crossEntropy,
  embedding,
  Graph,
  gradients,
  matmul,
  mul,
  reshape,
  runOnce,
  ShapeError,
  Step,
  Store,
  stopGradient,
  sub,
  sum,
} from '../tensor/index.ts';
import { encodeModel, summarizeModel } from '../tensor/onnx.ts';

const normal = (n: number, seed: number): Float32Array => Float32Array.from({ length: n }, createRandom(seed).normal);

describe('a shape error', () => {
  const g = new Graph();
  const a = g.input('a', [2, 3]);
  const b = g.input('b', [4, 5]);
  test('names the op, both shapes and the line of the caller', () => {
    const here = Number(/engine\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1]);
    expect(() => matmul(a, b)).toThrow(
      `matmul: inner sizes differ (3 and 4): [2,3] and [4,5]. Transpose one, or fix the width. (engine.test.ts:${here + 1})`,
    );
  });
  test.each([
    ['add', () => add(a, b)],
    ['reshape', () => reshape(a, [4, -1])],
    ['embedding', () => embedding(a, b)],
    ['crossEntropy', () => crossEntropy(a, g.constant([1, 2, 3], [3], 'int32'))],
    ['attention', () => attention(a, a, a)],
    ['gradients', () => gradients(a, [b])],
  ])('of %s is a ShapeError with its name in front', (name, make) => {
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(new RegExp(`^${name}: .*\\[`));
  });
  test('says which parameter a loss does not depend on', () => {
    const p = g.input('unused', [2], 'float32', true);
    const q = g.input('used', [2], 'float32', true);
    expect(() => gradients(sum(q), [q, p])).toThrow('the loss does not depend on "unused"');
  });
});

describe('the list of ops', () => {
  const page = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const cases = readFileSync(new URL('./cases.ts', import.meta.url), 'utf8');
  /** Exported functions that are no ops on tensors. */
  const OTHERS = [
    'formatShape',
    'sizeOf',
    'encodeModel',
    'runOnce',
    'chooseDevice',
    'broadcastShape',
    'sumTo',
    'expectFloat',
  ];
  const ops = Object.entries(engine)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !OTHERS.includes(name))
    .map(([name]) => name);
  /** Ops without a gradient, or that are made of nothing else than checked ones. */
  const UNCHECKED = [
    'less',
    'greater',
    'equal',
    'not',
    'cast',
    'sign',
    'stopGradient',
    'full',
    'identity',
    'oneHot',
    'gradients',
    'createRandom',
  ];

  test.each(['tensor/README.md', 'program.md'])('in %s has every op that train.ts may import', (name) => {
    const listed = new Set([...page(name).matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.match(/\w+/g) ?? []));
    expect(ops.length).toBeGreaterThan(50);
    expect(ops.filter((op) => !listed.has(op))).toEqual([]);
  });

  test('is the list of gradients that are checked', () => {
    expect(ops.filter((name) => !UNCHECKED.includes(name) && !cases.includes(`t.${name}(`))).toEqual([]);
  });
});

describe('traced graphs', () => {
  test('compute equal expressions once, and nothing that is not needed', async () => {
    const g = new Graph();
    const x = g.input('x', [3]);
    const y = add(mul(x, 2), mul(x, 2));
    mul(x, 7);
    const finished = g.finish(new Map([['y', y]]));
    expect(finished.nodes.map((n) => n.op)).toEqual(['Mul', 'Add']);
    expect((await runOnce(g, { y }, { x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(4, 8, 12));
  });

  test('give an input, and one value under two names, as outputs', async () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    const y = mul(x, x);
    const results = await runOnce(g, { x2: x, y1: y, y2: y, sum: add(y, x) }, { x: Float32Array.of(2, 3) });
    const squares = Float32Array.of(4, 9);
    expect(results).toEqual({ x2: Float32Array.of(2, 3), y1: squares, y2: squares, sum: Float32Array.of(6, 12) });
  });

  test('count numbers below 1e-38 as zero, which a mask leaves behind', async () => {
    const g = new Graph();
    const x = g.input('x', [2]);
    const { y } = await runOnce(g, { y: mul(x, 1e-30) }, { x: Float32Array.of(1e-10, 1e-5) });
    expect(y?.[0]).toBe(0);
    expect(y?.[1]).toBeGreaterThan(0);
  });

  test('move numbers into products instead of spending passes on them', () => {
    const g = new Graph();
    const product = matmul(mul(mul(g.input('a', [2, 2]), 3), 2), g.input('b', [2, 2]));
    const finished = g.finish(new Map([['y', product]]));
    expect(finished.nodes.map((n) => n.op)).toEqual(['Gemm']);
    expect(finished.nodes[0]?.attrs.alpha).toEqual({ float: 6 });
  });

  test('stopGradient keeps the value and stops the gradient, also for an expression seen before', async () => {
    const g = new Graph();
    const x = g.input('x', [2], 'float32', true);
    const before = mul(x, x);
    const loss = sum(add(before, mul(stopGradient(x), x)));
    const [dx] = gradients(loss, [x]);
    expect(dx).toBeDefined();
    if (dx) expect((await runOnce(g, { dx }, { x: Float32Array.of(1, 3) })).dx).toEqual(Float32Array.of(3, 9));
  });

  test('read back from their file as what was written', () => {
    const g = new Graph();
    const y = matmul(g.input('x', [2, 3]), g.weight('w', normal(12, 1), [3, 4]));
    const summary = summarizeModel(encodeModel(g.finish(new Map([['y', y]]))));
    expect(summary.inputs).toEqual([{ name: 'x', typeCode: 1, shape: [2, 3] }]);
    expect(summary.outputs).toEqual([{ name: 'y', typeCode: 1, shape: [2, 4] }]);
    expect(summary.weights).toEqual([{ name: 'w', typeCode: 1, size: 12 }]);
    expect(summary.ops.map((o) => o.op)).toEqual(['Gemm']);
    expect(summary.forbidden).toEqual([]);
  });
});

describe('state', () => {
  test('is read at the start of a step and replaced at its end', async () => {
    const store = new Store();
    store.add('w', [2], Float32Array.of(1, 2));
    const step = new Step(store);
    step.update('w', sub(step.state('w'), mul(step.state('w'), step.scalar('lr'))));
    step.output('before', sum(step.state('w')));
    const compiled = await step.compile({ cpus: 1 });
    expect((await compiled.run({ lr: 0.5 })).before).toEqual(Float32Array.of(3));
    expect((await compiled.run({ lr: 0.5 })).before).toEqual(Float32Array.of(1.5));
    expect(store.read('w')).toEqual(Float32Array.of(0.25, 0.5));
    await expect(compiled.run({})).rejects.toThrow('"lr" was not fed');
  });

  test('repeats to the bit with two threads: products, embeddings, attention and their gradients', async () => {
    const run = async () => {
      const store = new Store();
      store.add('table', [64, 32], normal(64 * 32, 1));
      store.add('w', [32, 64], normal(32 * 64, 2));
      const step = new Step(store);
      const ids = step.input('ids', [4, 64], 'int32');
      const x = reshape(embedding(step.state('table'), ids), [4, 2, 32, 32]);
      const y = reshape(attention(x, x, x, { window: 16, block: 16 }), [4, 64, 32]);
      const loss = crossEntropy(matmul(y, step.state('w')), ids);
      const params = ['table', 'w'];
      const grads = gradients(
        loss,
        params.map((p) => step.state(p)),
      );
      for (const [i, p] of params.entries()) step.update(p, sub(step.state(p), mul(grads[i] ?? 0, 0.1)));
      const compiled = await step.compile({ cpus: 2 });
      const random = createRandom(5);
      for (let i = 0; i < 20; i++)
        await compiled.run({ ids: Int32Array.from({ length: 256 }, () => random.below(64)) });
      return Buffer.from(store.read('table').slice().buffer).toString('hex');
    };
    const first = await run();
    expect(first.length).toBeGreaterThan(1000);
    for (let i = 0; i < 3; i++) expect(await run()).toBe(first);
  });
});

describe('a sliding window', () => {
  test('multiplies fewer keys than full attention, instead of only masking them', () => {
    const keysTouched = (window: number): number => {
      const g = new Graph();
      const q = g.input('q', [1, 1, 256, 8]);
      const k = g.input('k', [1, 1, 256, 8]);
      const { nodes, initializers } = g.finish(new Map([['y', attention(q, k, q, { window, block: 64 })]]));
      const integer = (name = ''): number => {
        const bytes = initializers.find((c) => c.name === name)?.bytes ?? new Uint8Array(8);
        return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
      };
      const slices = new Map(
        nodes.filter((n) => n.op === 'Slice').map((n) => [n.output, integer(n.inputs[2]) - integer(n.inputs[1])]),
      );
      const keys = nodes.filter((n) => n.op === 'Transpose').map((n) => slices.get(n.inputs[0] ?? '') ?? 256);
      return keys.reduce((x, y) => x + y, 0) / 64;
    };
    // Four blocks of queries: every earlier block (1 + 2 + 3 + 4), or at most one earlier block (1 + 2 + 2 + 2).
    expect(keysTouched(256)).toBe(10);
    expect(keysTouched(64)).toBe(7);
  });

  test('gives what masking alone would give', async () => {
    const g = new Graph();
    const shape = [1, 2, 48, 8];
    const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, shape));
    if (!q || !k || !v) throw new Error('unreachable');
    const feeds = { q: normal(768, 1), k: normal(768, 2), v: normal(768, 3) };
    const blocked = attention(q, k, v, { window: 11, block: 8 });
    const masked = attention(q, k, v, { window: 11, block: 48 });
    const difference = sum(mul(sub(blocked, masked), sub(blocked, masked)));
    const { difference: d, size } = await runOnce(g, { difference, size: sum(mul(masked, masked)) }, feeds);
    expect(Number(size?.[0])).toBeGreaterThan(10);
    expect(Number(d?.[0])).toBeLessThan(1e-9);
  });
});

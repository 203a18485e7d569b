// One small example of every differentiable op, for the gradient checks on each execution provider.

import * as t from '../tensor/index.ts';
import { createRandom, Graph, sizeOf, type Tensor } from '../tensor/index.ts';

export interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly run: (inputs: readonly [Tensor, Tensor, Tensor], graph: Graph) => Tensor;
  /** Maps a standard normal to a legal argument, away from kinks. */
  readonly domain?: (x: number) => number;
}

const positive = (x: number): number => Math.abs(x) + 0.5;
const offZero = (x: number): number => x + Math.sign(x) * 0.2;
const idTensor = (graph: Graph, values: number[], shape: number[] = [values.length]): Tensor =>
  graph.constant(values, shape, 'int32');
const AB = [
  [3, 4],
  [3, 4],
];
const QKV = [
  [2, 4, 8, 6],
  [2, 2, 8, 6],
  [2, 2, 8, 6],
];

export const CASES: Record<string, Case> = {
  add: { shapes: [[3, 4], [4]], run: ([a, b]) => t.add(a, b) },
  'add with both sides broadcast': {
    shapes: [
      [3, 1],
      [1, 4],
    ],
    run: ([a, b]) => t.add(a, b),
  },
  sub: { shapes: AB, run: ([a, b]) => t.sub(a, b) },
  mul: {
    shapes: [
      [2, 3, 4],
      [3, 1],
    ],
    run: ([a, b]) => t.mul(a, b),
  },
  div: { shapes: AB, run: ([a, b]) => t.div(a, b), domain: positive },
  maximum: { shapes: AB, run: ([a, b]) => t.maximum(a, b) },
  minimum: { shapes: AB, run: ([a, b]) => t.minimum(a, b) },
  where: { shapes: AB, run: ([a, b]) => t.where(t.less(a, b), t.mul(a, 2), t.mul(b, 3)) },
  neg: { shapes: [[5]], run: ([a]) => t.neg(a) },
  exp: { shapes: [[5]], run: ([a]) => t.exp(a) },
  log: { shapes: [[5]], run: ([a]) => t.log(a), domain: positive },
  sqrt: { shapes: [[5]], run: ([a]) => t.sqrt(a), domain: positive },
  reciprocal: { shapes: [[5]], run: ([a]) => t.reciprocal(a), domain: positive },
  tanh: { shapes: [[5]], run: ([a]) => t.tanh(a) },
  sigmoid: { shapes: [[5]], run: ([a]) => t.sigmoid(a) },
  relu: { shapes: [[7]], run: ([a]) => t.relu(a), domain: offZero },
  reluSquared: { shapes: [[7]], run: ([a]) => t.reluSquared(a), domain: offZero },
  abs: { shapes: [[7]], run: ([a]) => t.abs(a), domain: offZero },
  sin: { shapes: [[5]], run: ([a]) => t.sin(a) },
  cos: { shapes: [[5]], run: ([a]) => t.cos(a) },
  square: { shapes: [[5]], run: ([a]) => t.square(a) },
  pow: { shapes: [[5]], run: ([a]) => t.pow(a, 2.5), domain: positive },
  silu: { shapes: [[5]], run: ([a]) => t.silu(a) },
  gelu: { shapes: [[5]], run: ([a]) => t.gelu(a) },
  softCap: { shapes: [[5]], run: ([a]) => t.softCap(a, 1.5) },
  reshape: { shapes: [[3, 4]], run: ([a]) => t.reshape(a, [2, -1]) },
  transpose: { shapes: [[2, 3, 4]], run: ([a]) => t.transpose(a, [2, 0, 1]) },
  slice: { shapes: [[3, 5]], run: ([a]) => t.slice(a, 1, 1, 4) },
  pad: { shapes: [[3, 2]], run: ([a]) => t.pad(a, -1, 1, 2) },
  concat: {
    shapes: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    run: (inputs) => t.concat(inputs, 1),
  },
  stack: { shapes: AB, run: ([a, b]) => t.stack([a, b]) },
  unstack: { shapes: [[3, 2, 2]], run: ([a]) => t.unstack(a, 1) },
  expand: { shapes: [[3, 1]], run: ([a]) => t.expand(a, [2, 3, 4]) },
  sum: { shapes: [[2, 3, 4]], run: ([a]) => t.sum(a, { axis: [0, 2] }) },
  mean: { shapes: [[2, 3, 4]], run: ([a]) => t.mean(a, { axis: 1, keep: true }) },
  max: { shapes: [[3, 4]], run: ([a]) => t.max(a, { axis: -1 }) },
  addAll: { shapes: AB, run: ([a, b]) => t.addAll([a, b, a]) },
  embedding: { shapes: [[5, 3]], run: ([a], graph) => t.embedding(a, idTensor(graph, [4, 0, 4, 2], [2, 2])) },
  'embedding of a table too large for a one-hot product': {
    shapes: [[513, 1]],
    run: ([a], graph) => t.embedding(a, idTensor(graph, [4, 512, 4, 2], [2, 2])),
  },
  takeLast: { shapes: [[3, 4]], run: ([a], graph) => t.takeLast(a, idTensor(graph, [3, 0, 2])) },
  matmul: {
    shapes: [
      [3, 4],
      [4, 2],
    ],
    run: ([a, b]) => t.matmul(a, b),
  },
  'matmul with both transposed': {
    shapes: [
      [4, 3],
      [2, 4],
    ],
    run: ([a, b]) => t.matmul(a, b, { transA: true, transB: true }),
  },
  'matmul of a stack and a matrix': {
    shapes: [
      [2, 3, 4],
      [5, 4],
    ],
    run: ([a, b]) => t.matmul(a, b, { transB: true }),
  },
  'matmul of two stacks': {
    shapes: [
      [2, 1, 4, 3],
      [3, 4, 5],
    ],
    run: ([a, b]) => t.matmul(a, b, { transA: true }),
  },
  softmax: { shapes: [[3, 4]], run: ([a]) => t.softmax(a) },
  logSoftmax: { shapes: [[3, 4]], run: ([a]) => t.logSoftmax(a) },
  crossEntropy: { shapes: [[2, 2, 5]], run: ([a], graph) => t.crossEntropy(a, idTensor(graph, [4, 0, 1, 1], [2, 2])) },
  rmsNorm: { shapes: [[3, 6]], run: ([a]) => t.rmsNorm(a) },
  layerNorm: { shapes: [[3, 6]], run: ([a]) => t.layerNorm(a) },
  rope: { shapes: [[2, 5, 6]], run: ([a]) => t.rope(a, 100) },
  attention: {
    shapes: QKV.map(([b, , l, d]) => [b ?? 0, 2, l ?? 0, d ?? 0]),
    run: ([q, k, v]) => t.attention(q, k, v),
  },
  'attention with grouped heads, blocks and a window': {
    shapes: QKV,
    run: ([q, k, v]) => t.attention(q, k, v, { window: 3, block: 2 }),
  },
  splitHeads: { shapes: [[2, 3, 8]], run: ([a]) => t.splitHeads(a, 4) },
  mergeHeads: { shapes: [[2, 4, 3, 2]], run: ([a]) => t.mergeHeads(a) },
};

/** loss = Σ weight · op(x) with fixed random weights, so that every element of the output matters differently. */
export function trace(testCase: Case, type: 'float32' | 'float64') {
  const graph = new Graph(type);
  const inputs = testCase.shapes.map((shape, i) => graph.input(`x${i}`, shape, type, true));
  const output = testCase.run(inputs as unknown as [Tensor, Tensor, Tensor], graph);
  const random = createRandom(7);
  const weights = graph.constant(Array.from({ length: sizeOf(output.shape) }, random.normal), output.shape);
  return { g: graph, xs: inputs, loss: t.sum(t.mul(output, weights)) };
}

/** A legal point for a case: standard normals through its domain, the same at every call. */
export function pointsOf(testCase: Case): Float64Array[] {
  const random = createRandom(3);
  return testCase.shapes.map((shape) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (testCase.domain ?? ((x) => x))(random.normal())),
  );
}

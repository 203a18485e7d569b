// The model that training speed is compared on: the same network as bench/train-torch.py, from equal weights and
// tokens. 4 layers, pre-RMSNorm, learned positions, ReLU² MLP, untied head, AdamW(1e-3, 0.9, 0.95, decay 0.1). Knows
// nothing of the arena's recipe; it uses only the arena's tensor engine.

import * as T from '../arenas/nano-llm/tensor/index.ts';

export interface ReferenceConfig {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly length: number;
  readonly batch: number;
  readonly vocab: number;
  readonly optimizer: 'adamw' | 'muon';
}

/** Uniform in [0, 1) from two whole numbers, computable alike in NumPy (the finalizer of MurmurHash3). */
export function hashUniform(index: number, seed: number): number {
  let h = (Math.imul(index, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly [number, number];
}

/** Every weight in the order that fixes its seed; matrices are [inputs, outputs]. */
export function referenceWeights(c: ReferenceConfig): Weight[] {
  const block = (i: number): Weight[] => [
    ...['q', 'k', 'v', 'o'].map((n): Weight => ({ name: `${i}.${n}`, shape: [c.width, c.width] })),
    { name: `${i}.up`, shape: [c.width, 4 * c.width] },
    { name: `${i}.down`, shape: [4 * c.width, c.width] },
  ];
  return [
    { name: 'wte', shape: [c.vocab, c.width] },
    { name: 'wpe', shape: [c.length, c.width] },
    ...Array.from({ length: c.layers }, (_, i) => block(i)).flat(),
    { name: 'head', shape: [c.width, c.vocab] },
  ];
}

const initial = (w: Weight, seed: number): Float32Array =>
  Float32Array.from({ length: w.shape[0] * w.shape[1] }, (_, i) => (hashUniform(i, seed + 1) - 0.5) * 0.08);

/** Tokens with something to learn: hashed phrases of seven tokens from a small stock, repeated in hashed order. */
export function referenceTokens(c: ReferenceConfig, step: number): { tokens: Int32Array; targets: Int32Array } {
  const at = (i: number): number => {
    const phrase = Math.floor(hashUniform(Math.floor(i / 7), 777) * 40);
    return Math.floor(hashUniform(phrase * 7 + (i % 7), 778) * c.vocab);
  };
  const count = c.batch * c.length;
  const from = step * count;
  return {
    tokens: Int32Array.from({ length: count }, (_, i) => at(from + i)),
    targets: Int32Array.from({ length: count }, (_, i) => at(from + i + 1)),
  };
}

function forward(c: ReferenceConfig, w: (name: string) => T.Tensor, tokens: T.Tensor): T.Tensor {
  let x = T.add(T.embedding(w('wte'), tokens), w('wpe'));
  for (let i = 0; i < c.layers; i++) {
    const h = T.rmsNorm(x);
    const heads = (n: string): T.Tensor => T.splitHeads(T.matmul(h, w(`${i}.${n}`)), c.heads);
    x = T.add(x, T.matmul(T.mergeHeads(T.attention(heads('q'), heads('k'), heads('v'))), w(`${i}.o`)));
    x = T.add(x, T.matmul(T.reluSquared(T.matmul(T.rmsNorm(x), w(`${i}.up`))), w(`${i}.down`)));
  }
  return T.matmul(T.rmsNorm(x), w('head'));
}

const lerp = (a: T.Tensor, b: T.Tensor, t: number): T.Tensor => T.add(a, T.mul(T.sub(b, a), t));

function moment(step: T.Step, store: T.Store, name: string, shape: readonly number[]): T.Tensor {
  store.add(name, shape);
  return step.state(name);
}

/**
 * torch.optim.AdamW. The moments are kept as sums, m / (1 − β1) and v / (1 − β2), which saves three passes over memory
 * a step; the numbers left out are put back with the bias correction.
 */
function adamw(step: T.Step, store: T.Store, w: Weight, g: T.Tensor): void {
  const m = T.add(T.mul(moment(step, store, `${w.name}:m`, w.shape), 0.9), g);
  const v = T.add(T.mul(moment(step, store, `${w.name}:v`, w.shape), 0.95), T.square(g));
  step.update(`${w.name}:m`, m);
  step.update(`${w.name}:v`, v);
  const root = T.sqrt(T.div(step.scalar('bias2'), 0.05));
  const rate = T.mul(T.div(root, step.scalar('bias1')), 1e-3 * 0.1);
  const p = T.mul(step.state(w.name), 1 - 1e-3 * 0.1);
  step.update(w.name, T.sub(p, T.mul(T.div(m, T.add(T.sqrt(v), T.mul(root, 1e-8))), rate)));
}

const COEFFICIENTS = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
] as const;
const BOTH = { axis: [-2, -1], keep: true } as const;

/**
 * Muon as in the arena: five Polar Express steps, Nesterov, NorMuon, cautious decay; all matrices of a shape at once.
 */
function muon(step: T.Step, store: T.Store, group: readonly Weight[], grads: readonly T.Tensor[]): void {
  const [rows, cols] = group[0]?.shape ?? [0, 0];
  const key = `muon${rows}x${cols}`;
  const g = T.stack(grads);
  const m = lerp(moment(step, store, `${key}:m`, g.shape), g, 0.05);
  step.update(`${key}:m`, m);
  const nesterov = lerp(g, m, 0.95);
  let x = T.div(nesterov, T.add(T.mul(T.sqrt(T.sum(T.square(nesterov), BOTH)), 1.02), 1e-6));
  const eye = (value: number): T.Tensor => T.identity(g.graph, Math.min(rows, cols), value);
  for (const [a, b, c] of COEFFICIENTS) {
    const gram = rows > cols ? T.matmul(x, x, { transA: true }) : T.matmul(x, x, { transB: true });
    const poly = T.add(T.matmul(gram, T.add(T.mul(gram, c), eye(b))), eye(a));
    x = rows > cols ? T.matmul(x, poly) : T.matmul(poly, x);
  }
  const meanSquare = T.mean(T.square(x), { axis: cols >= rows ? -2 : -1, keep: true });
  const v = lerp(moment(step, store, `${key}:v`, meanSquare.shape), meanSquare, 0.05);
  step.update(`${key}:v`, v);
  const rate = T.reciprocal(T.sqrt(T.maximum(v, 1e-10)));
  const norm = T.sqrt(T.sum(meanSquare, BOTH));
  const scaled = T.sqrt(T.sum(T.mul(meanSquare, T.square(rate)), BOTH));
  const update = T.mul(x, T.mul(rate, T.div(norm, T.maximum(scaled, 1e-10))));
  const weights = T.stack(group.map((w) => step.state(w.name)));
  const agrees = T.cast(T.not(T.less(T.mul(update, weights), 0)), 'float32');
  const next = T.sub(weights, T.mul(T.add(update, T.mul(T.mul(weights, agrees), 0.1)), 0.02));
  for (const [i, w] of group.entries()) step.update(w.name, T.unstack(next, i));
}

/** Builds the training step; `run` does step t (from 0) and gives its loss. */
export async function buildReference(c: ReferenceConfig, cpus: number) {
  const store = new T.Store();
  const weights = referenceWeights(c);
  for (const [seed, w] of weights.entries()) store.add(w.name, w.shape, initial(w, seed));
  const step = new T.Step(store);
  const tokens = step.input('tokens', [c.batch, c.length], 'int32');
  const targets = step.input('targets', [c.batch, c.length], 'int32');
  const loss = T.crossEntropy(
    forward(c, (name) => step.state(name), tokens),
    targets,
  );
  const grads = T.gradients(
    loss,
    weights.map((w) => step.state(w.name)),
  );
  step.output('loss', loss);
  const matrices = new Map<string, { weights: Weight[]; grads: T.Tensor[] }>();
  for (const [i, w] of weights.entries()) {
    const grad = grads[i] as T.Tensor;
    if (c.optimizer === 'adamw' || !/^\d/.test(w.name)) {
      adamw(step, store, w, grad);
      continue;
    }
    const group = matrices.get(w.shape.join()) ?? { weights: [], grads: [] };
    group.weights.push(w);
    group.grads.push(grad);
    matrices.set(w.shape.join(), group);
  }
  for (const group of matrices.values()) muon(step, store, group.weights, group.grads);
  const compiled: T.CompiledStep = await step.compile({ cpus });
  const run = async (t: number): Promise<number> => {
    const fed = { ...referenceTokens(c, t), bias1: 1 - 0.9 ** (t + 1), bias2: 1 - 0.95 ** (t + 1) };
    return (await compiled.run(fed)).loss?.[0] ?? Number.NaN;
  };
  return { run, release: () => compiled.release(), nodes: compiled.plan.nodes };
}

/** Multiply-adds ×2 of forward and backward for one token; attention counted over the causal half. */
export function referenceFlopsPerToken(c: ReferenceConfig): number {
  const matrices = c.layers * 12 * c.width ** 2 + c.width * c.vocab;
  return 6 * matrices + 6 * c.layers * c.width * c.length;
}

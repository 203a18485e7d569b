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
  let hash = (Math.imul(index, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly [number, number];
}

/** Every weight in the order that fixes its seed; matrices are [inputs, outputs]. */
export function referenceWeights(config: ReferenceConfig): Weight[] {
  const blockWeights = (layer: number): Weight[] => [
    ...['q', 'k', 'v', 'o'].map((matrixName): Weight => ({
      name: `${layer}.${matrixName}`,
      shape: [config.width, config.width],
    })),
    { name: `${layer}.up`, shape: [config.width, 4 * config.width] },
    { name: `${layer}.down`, shape: [4 * config.width, config.width] },
  ];
  return [
    { name: 'wte', shape: [config.vocab, config.width] },
    { name: 'wpe', shape: [config.length, config.width] },
    ...Array.from({ length: config.layers }, (_, i) => blockWeights(i)).flat(),
    { name: 'head', shape: [config.width, config.vocab] },
  ];
}

const initialValues = (weight: Weight, seed: number): Float32Array =>
  Float32Array.from({ length: weight.shape[0] * weight.shape[1] }, (_, i) => (hashUniform(i, seed + 1) - 0.5) * 0.08);

/** Tokens with something to learn: hashed phrases of seven tokens from a small stock, repeated in hashed order. */
export function referenceTokens(config: ReferenceConfig, step: number): { tokens: Int32Array; targets: Int32Array } {
  const tokenAt = (i: number): number => {
    const phrase = Math.floor(hashUniform(Math.floor(i / 7), 777) * 40);
    return Math.floor(hashUniform(phrase * 7 + (i % 7), 778) * config.vocab);
  };
  const count = config.batch * config.length;
  const firstIndex = step * count;
  return {
    tokens: Int32Array.from({ length: count }, (_, i) => tokenAt(firstIndex + i)),
    targets: Int32Array.from({ length: count }, (_, i) => tokenAt(firstIndex + i + 1)),
  };
}

function buildForward(config: ReferenceConfig, weightOf: (name: string) => T.Tensor, tokens: T.Tensor): T.Tensor {
  let activations = T.add(T.embedding(weightOf('wte'), tokens), weightOf('wpe'));
  for (let layer = 0; layer < config.layers; layer++) {
    const normalized = T.rmsNorm(activations);
    const projectHeads = (matrixName: string): T.Tensor =>
      T.splitHeads(T.matmul(normalized, weightOf(`${layer}.${matrixName}`)), config.heads);
    activations = T.add(
      activations,
      T.matmul(
        T.mergeHeads(T.attention(projectHeads('q'), projectHeads('k'), projectHeads('v'))),
        weightOf(`${layer}.o`),
      ),
    );
    activations = T.add(
      activations,
      T.matmul(T.reluSquared(T.matmul(T.rmsNorm(activations), weightOf(`${layer}.up`))), weightOf(`${layer}.down`)),
    );
  }
  return T.matmul(T.rmsNorm(activations), weightOf('head'));
}

const interpolate = (start: T.Tensor, end: T.Tensor, fraction: number): T.Tensor =>
  T.add(start, T.mul(T.sub(end, start), fraction));

function addMoment(step: T.Step, store: T.Store, name: string, shape: readonly number[]): T.Tensor {
  store.add(name, shape);
  return step.state(name);
}

/**
 * torch.optim.AdamW. The moments are kept as sums, m / (1 − β1) and v / (1 − β2), which saves three passes over memory
 * a step; the numbers left out are put back with the bias correction.
 */
function updateByAdamW(step: T.Step, store: T.Store, weight: Weight, gradient: T.Tensor): void {
  const firstMoment = T.add(T.mul(addMoment(step, store, `${weight.name}:m`, weight.shape), 0.9), gradient);
  const secondMoment = T.add(T.mul(addMoment(step, store, `${weight.name}:v`, weight.shape), 0.95), T.square(gradient));
  step.update(`${weight.name}:m`, firstMoment);
  step.update(`${weight.name}:v`, secondMoment);
  const correctedRoot = T.sqrt(T.div(step.scalar('bias2'), 0.05));
  const rate = T.mul(T.div(correctedRoot, step.scalar('bias1')), 1e-3 * 0.1);
  const decayed = T.mul(step.state(weight.name), 1 - 1e-3 * 0.1);
  step.update(
    weight.name,
    T.sub(decayed, T.mul(T.div(firstMoment, T.add(T.sqrt(secondMoment), T.mul(correctedRoot, 1e-8))), rate)),
  );
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
function updateByMuon(step: T.Step, store: T.Store, group: readonly Weight[], gradients: readonly T.Tensor[]): void {
  const [rows, columns] = group[0]?.shape ?? [0, 0];
  const groupKey = `muon${rows}x${columns}`;
  const gradient = T.stack(gradients);
  const momentum = interpolate(addMoment(step, store, `${groupKey}:m`, gradient.shape), gradient, 0.05);
  step.update(`${groupKey}:m`, momentum);
  const nesterov = interpolate(gradient, momentum, 0.95);
  let direction = T.div(nesterov, T.add(T.mul(T.sqrt(T.sum(T.square(nesterov), BOTH)), 1.02), 1e-6));
  const scaledIdentity = (value: number): T.Tensor => T.identity(gradient.graph, Math.min(rows, columns), value);
  for (const [constantTerm, linearTerm, quadraticTerm] of COEFFICIENTS) {
    const gram =
      rows > columns
        ? T.matmul(direction, direction, { transA: true })
        : T.matmul(direction, direction, { transB: true });
    const polynomial = T.add(
      T.matmul(gram, T.add(T.mul(gram, quadraticTerm), scaledIdentity(linearTerm))),
      scaledIdentity(constantTerm),
    );
    direction = rows > columns ? T.matmul(direction, polynomial) : T.matmul(polynomial, direction);
  }
  const meanSquare = T.mean(T.square(direction), { axis: columns >= rows ? -2 : -1, keep: true });
  const secondMoment = interpolate(addMoment(step, store, `${groupKey}:v`, meanSquare.shape), meanSquare, 0.05);
  step.update(`${groupKey}:v`, secondMoment);
  const rate = T.reciprocal(T.sqrt(T.maximum(secondMoment, 1e-10)));
  const norm = T.sqrt(T.sum(meanSquare, BOTH));
  const scaledNorm = T.sqrt(T.sum(T.mul(meanSquare, T.square(rate)), BOTH));
  const update = T.mul(direction, T.mul(rate, T.div(norm, T.maximum(scaledNorm, 1e-10))));
  const weights = T.stack(group.map((weight) => step.state(weight.name)));
  const agreesInSign = T.cast(T.not(T.less(T.mul(update, weights), 0)), 'float32');
  const nextWeights = T.sub(weights, T.mul(T.add(update, T.mul(T.mul(weights, agreesInSign), 0.1)), 0.02));
  for (const [i, weight] of group.entries()) step.update(weight.name, T.unstack(nextWeights, i));
}

/** Builds the training step; `run` does step t (from 0) and gives its loss. */
export async function buildReference(config: ReferenceConfig, cpus: number) {
  const store = new T.Store();
  const weights = referenceWeights(config);
  for (const [seed, weight] of weights.entries()) store.add(weight.name, weight.shape, initialValues(weight, seed));
  const step = new T.Step(store);
  const tokens = step.input('tokens', [config.batch, config.length], 'int32');
  const targets = step.input('targets', [config.batch, config.length], 'int32');
  const loss = T.crossEntropy(
    buildForward(config, (name) => step.state(name), tokens),
    targets,
  );
  const gradients = T.gradients(
    loss,
    weights.map((weight) => step.state(weight.name)),
  );
  step.output('loss', loss);
  const matrices = new Map<string, { weights: Weight[]; gradients: T.Tensor[] }>();
  for (const [i, weight] of weights.entries()) {
    const gradient = gradients[i] as T.Tensor;
    if (config.optimizer === 'adamw' || !/^\d/.test(weight.name)) {
      updateByAdamW(step, store, weight, gradient);
      continue;
    }
    const group = matrices.get(weight.shape.join()) ?? { weights: [], gradients: [] };
    group.weights.push(weight);
    group.gradients.push(gradient);
    matrices.set(weight.shape.join(), group);
  }
  for (const group of matrices.values()) updateByMuon(step, store, group.weights, group.gradients);
  const compiledStep: T.CompiledStep = await step.compile({ cpus });
  const runStep = async (stepIndex: number): Promise<number> => {
    const inputs = {
      ...referenceTokens(config, stepIndex),
      bias1: 1 - 0.9 ** (stepIndex + 1),
      bias2: 1 - 0.95 ** (stepIndex + 1),
    };
    return (await compiledStep.run(inputs)).loss?.[0] ?? Number.NaN;
  };
  return { run: runStep, release: () => compiledStep.release(), nodes: compiledStep.plan.nodes };
}

/** Multiply-adds ×2 of forward and backward for one token; attention counted over the causal half. */
export function referenceFlopsPerToken(config: ReferenceConfig): number {
  const matrices = config.layers * 12 * config.width ** 2 + config.width * config.vocab;
  return 6 * matrices + 6 * config.layers * config.width * config.length;
}

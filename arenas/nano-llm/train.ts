// train.ts: the one file you may edit. It defines the model, the optimizer, the schedules and the loop, and is read in
// the order in which it runs. Everything it imports is frozen; tensor/README.md lists every op there is.
// It is upstream's recipe (karpathy/autoresearch, March 2026) scaled to a CPU.

import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { openLoader } from './data/loader.ts';
import { peakMemoryMb } from './lib/memory.ts';
import { measurePeakFlops } from './lib/peak.ts';
import { openRun, type Run, TrainingFailure } from './lib/run.ts';
import {
  add,
  addAll,
  attention,
  type CompiledStep,
  cast,
  chooseDevice,
  createRandom,
  crossEntropy,
  div,
  embedding,
  encodeModel,
  Graph,
  gradients,
  identity,
  less,
  matmul,
  maximum,
  mean,
  mergeHeads,
  mul,
  not,
  type Random,
  reciprocal,
  reluSquared,
  reshape,
  rmsNorm,
  rope,
  type SessionOptions,
  Step,
  Store,
  sigmoid,
  sizeOf,
  slice,
  splitHeads,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  unstack,
} from './tensor/index.ts';

// =====================================================================================================================
// KNOBS. Change any of them; one literal a line, so that a change is a one-line diff.
// =====================================================================================================================

// Model
const DEPTH = 4; // layers
const WIDTH = 128; // channels; a multiple of HEAD_DIM
const HEAD_DIM = 32; // even
const KV_GROUPS = 1; // query heads that share one key/value head; divides WIDTH / HEAD_DIM
const MLP_RATIO = 4; // hidden size of the MLP / WIDTH
const WINDOW_PATTERN = 'SSSL'; // by layer, repeated: S = half the row, L = the whole row; the last layer is always L
const ROPE_BASE = 10000;
const QK_SCALE = 1; // q and k are multiplied by this after their norm: sharper attention above 1
const LOGIT_CAP = 15; // logits are bounded to ± this

// Batch
const TRAIN_LEN = 256; // tokens of a training row; evaluation always uses rows of 256
const DEVICE_ROWS = 4; // rows in one pass
const BATCH_TOKENS = 1024; // tokens of one optimizer step; a multiple of DEVICE_ROWS · TRAIN_LEN

// Optimizer
const MATRIX_LR = 0.04; // Muon
const EMBED_LR = 0.6; // AdamW; embeddings and value embeddings; × (WIDTH / 768)^-½
const HEAD_LR = 0.004; // AdamW; × (WIDTH / 768)^-½
const RESID_LR = 0.005; // AdamW; residual scalars
const X0_LR = 0.1; // AdamW; x0 scalars
const ADAM_BETA1 = 0.8;
const ADAM_BETA2 = 0.95;
// first gradients of the mixing scalars are rounding, about 1e-10: a smaller one lets Adam follow them
const ADAM_EPS = 1e-8;
const MUON_MOMENTUM_START = 0.85;
const MUON_MOMENTUM_END = 0.95;
const MUON_BETA2 = 0.95; // NorMuon's second moment
const MUON_STEPS = 5; // Polar Express iterations, 1 to 5
const WEIGHT_DECAY = 0.2; // on matrices; falls to zero with the time left

// Schedule, as fractions of the time budget
const MOMENTUM_RAMP = 0.3; // Muon's momentum reaches its end value here
const WARMUP = 0.0;
const WARMDOWN = 0.5;
const FINAL_LR = 0.0; // the learning rate's last value, as a fraction of its peak

// A number above 0 stops after that many steps, and schedules follow steps instead of time: repeats to the bit on one
// machine. The seconds of the budget still end the run. OVERNIGHT_BUDGET_STEPS does the same from outside.
const MAX_STEPS = 0;

// =====================================================================================================================
// MODEL. Change anything, as long as `forward` maps tokens [B, T] to logits [B, T, VOCAB_SIZE] causally.
// =====================================================================================================================

const HEADS = WIDTH / HEAD_DIM;
const KV_HEADS = HEADS / KV_GROUPS;
const KV_WIDTH = KV_HEADS * HEAD_DIM;
const GATE_INPUTS = Math.min(32, WIDTH); // channels that a value-embedding gate looks at

/** Which optimizer a parameter gets. */
type Group = 'matrix' | 'embedding' | 'head' | 'resid' | 'x0';
interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: Group;
  readonly init: (random: Random) => number;
}

/** Alternating layers, the last included, add a value embedding to v. */
const hasValueEmbedding = (layer: number): boolean => layer % 2 === (DEPTH - 1) % 2;
/** How far back a layer looks: all of a row, or half of it. */
const windowOf = (layer: number, length: number): number => {
  const kind = WINDOW_PATTERN[layer % WINDOW_PATTERN.length];
  return layer === DEPTH - 1 || kind === 'L' ? length : length / 2;
};

/** Every parameter with its shape and first value. Matrices are [inputs, outputs]. */
function parameters(): Parameter[] {
  const bound = Math.sqrt(3 / WIDTH);
  const uniform = (random: Random): number => (2 * random.uniform() - 1) * bound;
  const zero = (): number => 0;
  const list: Parameter[] = [
    { name: 'wte', shape: [VOCAB_SIZE, WIDTH], group: 'embedding', init: (r) => r.normal() },
    { name: 'head', shape: [WIDTH, VOCAB_SIZE], group: 'head', init: (r) => r.normal() * 0.001 },
    { name: 'resid', shape: [DEPTH], group: 'resid', init: () => 1 },
    { name: 'x0', shape: [DEPTH], group: 'x0', init: () => 0.1 },
  ];
  for (let i = 0; i < DEPTH; i++) {
    list.push(
      { name: `${i}.q`, shape: [WIDTH, WIDTH], group: 'matrix', init: uniform },
      { name: `${i}.k`, shape: [WIDTH, KV_WIDTH], group: 'matrix', init: uniform },
      { name: `${i}.v`, shape: [WIDTH, KV_WIDTH], group: 'matrix', init: uniform },
      { name: `${i}.o`, shape: [WIDTH, WIDTH], group: 'matrix', init: zero },
      { name: `${i}.up`, shape: [WIDTH, MLP_RATIO * WIDTH], group: 'matrix', init: uniform },
      { name: `${i}.down`, shape: [MLP_RATIO * WIDTH, WIDTH], group: 'matrix', init: zero },
    );
    if (hasValueEmbedding(i)) {
      list.push(
        { name: `${i}.ve`, shape: [VOCAB_SIZE, KV_WIDTH], group: 'embedding', init: uniform },
        { name: `${i}.gate`, shape: [GATE_INPUTS, KV_HEADS], group: 'matrix', init: zero },
      );
    }
  }
  return list;
}

/** Gives a parameter's traced value by name: state while training, stored weights in the artefact. */
type Weights = (name: string) => Tensor;

/** Attention of layer `i` on normalised x [B, T, C] → [B, T, C]. */
function attend(w: Weights, i: number, x: Tensor, tokens: Tensor): Tensor {
  const [batch = 0, length = 0] = x.shape;
  const rotate = (t: Tensor): Tensor => rmsNorm(rope(t, ROPE_BASE));
  const q = mul(rotate(splitHeads(matmul(x, w(`${i}.q`)), HEADS)), QK_SCALE);
  const k = mul(rotate(splitHeads(matmul(x, w(`${i}.k`)), KV_HEADS)), QK_SCALE);
  let v = matmul(x, w(`${i}.v`));
  if (hasValueEmbedding(i)) {
    const gate = mul(sigmoid(matmul(slice(x, -1, 0, GATE_INPUTS), w(`${i}.gate`))), 2); // [B, T, Hkv]
    const perHead = [batch, length, KV_HEADS, HEAD_DIM];
    const extra = mul(reshape(embedding(w(`${i}.ve`), tokens), perHead), reshape(gate, [batch, length, KV_HEADS, 1]));
    v = add(v, reshape(extra, v.shape));
  }
  const y = attention(q, k, splitHeads(v, KV_HEADS), { window: windowOf(i, length) });
  return matmul(mergeHeads(y), w(`${i}.o`));
}

/** tokens [B, T] int32 → logits [B, T, VOCAB_SIZE]. */
function forward(w: Weights, tokens: Tensor): Tensor {
  const x0 = rmsNorm(embedding(w('wte'), tokens));
  let x = x0;
  for (let i = 0; i < DEPTH; i++) {
    x = add(mul(x, slice(w('resid'), 0, i, i + 1)), mul(x0, slice(w('x0'), 0, i, i + 1)));
    x = add(x, attend(w, i, rmsNorm(x), tokens));
    x = add(x, matmul(reluSquared(matmul(rmsNorm(x), w(`${i}.up`))), w(`${i}.down`)));
  }
  // softCap(logits), with the division moved to the smaller tensor.
  return mul(tanh(matmul(mul(rmsNorm(x), 1 / LOGIT_CAP), w('head'))), LOGIT_CAP);
}

// =====================================================================================================================
// OPTIMIZER. Change anything. It is traced like the model: updates are ordinary ops on parameters and moments.
// =====================================================================================================================

/** Numbers that change from step to step; `hyperparameters` below computes them. */
interface Hyper {
  readonly lr: Tensor; // multiplier of every learning rate
  readonly momentum: Tensor; // Muon
  readonly decay: Tensor; // weight decay in force
  readonly bias1: Tensor; // 1 − β1^t
  readonly bias2: Tensor; // 1 − β2^t
  readonly biasX0: Tensor; // 1 − 0.96^t
}

const X0_BETA1 = 0.96;
const lerp = (from: Tensor, to: Tensor, t: Tensor | number): Tensor => add(from, mul(sub(to, from), t));

/** A moment of the optimizer: a state that starts at zero. */
function moment(step: Step, store: Store, name: string, shape: readonly number[]): Tensor {
  if (!store.has(name)) store.add(name, shape);
  return step.state(name);
}

/** AdamW without weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101). */
function adamw(step: Step, store: Store, p: Parameter, grad: Tensor, lr: number, hyper: Hyper): void {
  const beta1 = p.group === 'x0' ? X0_BETA1 : ADAM_BETA1;
  const bias1 = p.group === 'x0' ? hyper.biasX0 : hyper.bias1;
  const m = lerp(moment(step, store, `${p.name}:m`, p.shape), grad, 1 - beta1);
  const v = lerp(moment(step, store, `${p.name}:v`, p.shape), square(grad), 1 - ADAM_BETA2);
  step.update(`${p.name}:m`, m);
  step.update(`${p.name}:v`, v);
  const scale = div(mul(hyper.lr, lr), bias1);
  const denominator = add(sqrt(div(v, hyper.bias2)), ADAM_EPS);
  step.update(p.name, sub(step.state(p.name), mul(div(m, denominator), scale)));
}

/** Coefficients of the Polar Express (Amsel et al. 2025, arXiv:2505.16932), with its safety factor, for five steps. */
const POLAR_EXPRESS = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
] as const;

const MATRIX_AXES = { axis: [-2, -1], keep: true } as const;

/** The nearest (semi-)orthogonal matrix to each of a stack [n, rows, cols], nearly. */
function orthogonalize(g: Tensor): Tensor {
  const [, rows = 0, cols = 0] = g.shape;
  const tall = rows > cols;
  let x = div(g, add(mul(sqrt(sum(square(g), MATRIX_AXES)), 1.02), 1e-6));
  // x ← a·x + (b·A + c·A²)·x with A = x·xᵀ, as one product more and passes over the small A only.
  const side = Math.min(rows, cols);
  const eye = (value: number): Tensor => identity(g.graph, side, value);
  for (const [a, b, c] of POLAR_EXPRESS.slice(0, MUON_STEPS)) {
    const gram = tall ? matmul(x, x, { transA: true }) : matmul(x, x, { transB: true });
    const poly = add(matmul(gram, add(mul(gram, c), eye(b))), eye(a));
    x = tall ? matmul(x, poly) : matmul(poly, x);
  }
  return x;
}

/**
 * Muon (Jordan et al. 2024) on all matrices of one shape at once, with Nesterov momentum, NorMuon's variance per output
 * (arXiv:2510.05491) and cautious weight decay (arXiv:2510.12402): decay only where it agrees with the update.
 */
function muon(step: Step, store: Store, group: readonly Parameter[], grads: readonly Tensor[], hyper: Hyper): void {
  const [rows = 0, cols = 0] = group[0]?.shape ?? [];
  const key = `muon.${rows}x${cols}`;
  const count = group.length;
  const g = stack(grads);
  const m = lerp(moment(step, store, `${key}:m`, [count, rows, cols]), g, sub(1, hyper.momentum));
  step.update(`${key}:m`, m);
  const u = orthogonalize(lerp(g, m, hyper.momentum));
  // One variance for each output (column) or, for tall matrices, for each input (row).
  const axis = cols >= rows ? -2 : -1;
  const size = Math.min(rows, cols);
  const meanSquare = mean(square(u), { axis, keep: true });
  const v = lerp(moment(step, store, `${key}:v`, meanSquare.shape), meanSquare, 1 - MUON_BETA2);
  step.update(`${key}:v`, v);
  const rate = reciprocal(sqrt(maximum(v, 1e-10)));
  const norm = sqrt(mul(sum(meanSquare, MATRIX_AXES), size));
  const scaledNorm = sqrt(mul(sum(mul(meanSquare, square(rate)), MATRIX_AXES), size));
  const update = mul(u, mul(rate, div(norm, maximum(scaledNorm, 1e-10))));
  const lr = mul(hyper.lr, MATRIX_LR * Math.sqrt(Math.max(1, cols / rows)));
  const weights = stack(group.map((p) => step.state(p.name)));
  const agrees = cast(not(less(mul(update, weights), 0)), 'float32');
  const next = sub(weights, mul(add(update, mul(mul(weights, agrees), hyper.decay)), lr));
  for (const [i, p] of group.entries()) step.update(p.name, unstack(next, i));
}

/** Traces the update of every parameter from its gradient. */
function optimize(step: Step, store: Store, params: readonly Parameter[], grads: readonly Tensor[]): void {
  const hyper: Hyper = {
    lr: step.scalar('lr'),
    momentum: step.scalar('momentum'),
    decay: step.scalar('decay'),
    bias1: step.scalar('bias1'),
    bias2: step.scalar('bias2'),
    biasX0: step.scalar('biasX0'),
  };
  const byWidth = (WIDTH / 768) ** -0.5;
  const rates = { embedding: EMBED_LR * byWidth, head: HEAD_LR * byWidth, resid: RESID_LR, x0: X0_LR };
  const byShape = new Map<string, { params: Parameter[]; grads: Tensor[] }>();
  for (const [i, p] of params.entries()) {
    const grad = grads[i];
    if (!grad) continue;
    if (p.group !== 'matrix') {
      adamw(step, store, p, grad, rates[p.group], hyper);
      continue;
    }
    const group = byShape.get(p.shape.join()) ?? { params: [], grads: [] };
    group.params.push(p);
    group.grads.push(grad);
    byShape.set(p.shape.join(), group);
  }
  for (const group of byShape.values()) muon(step, store, group.params, group.grads, hyper);
}

// =====================================================================================================================
// SCHEDULES. Change anything. `progress` runs from 0 to 1 over the time budget.
// =====================================================================================================================

function learningRate(progress: number): number {
  if (progress < WARMUP) return Math.max(progress / WARMUP, 0.02);
  if (progress < 1 - WARMDOWN) return 1;
  const left = Math.max(0, (1 - progress) / WARMDOWN);
  return left + (1 - left) * FINAL_LR;
}

/** The fed numbers of optimizer step `t` (from 1). */
function hyperparameters(progress: number, t: number): Record<string, number> {
  const ramp = MOMENTUM_RAMP > 0 ? Math.min(1, progress / MOMENTUM_RAMP) : 1;
  return {
    lr: learningRate(progress),
    momentum: MUON_MOMENTUM_START + (MUON_MOMENTUM_END - MUON_MOMENTUM_START) * ramp,
    decay: WEIGHT_DECAY * (1 - progress),
    bias1: 1 - ADAM_BETA1 ** t,
    bias2: 1 - ADAM_BETA2 ** t,
    biasX0: 1 - X0_BETA1 ** t,
  };
}

// =====================================================================================================================
// STEPS. One graph holds forward, backward and update. With several passes a step, a second graph only adds gradients.
// =====================================================================================================================

const PASS_TOKENS = DEVICE_ROWS * TRAIN_LEN;
const PASSES = Math.max(1, Math.round(BATCH_TOKENS / PASS_TOKENS));

interface Trainer {
  /** Adds a batch's gradients to the running sum; only there when a step takes several passes. */
  readonly accumulate: CompiledStep | null;
  /** The last pass of a step: adds what was summed, updates the parameters. */
  readonly finish: CompiledStep;
}

function tracePass(store: Store, params: readonly Parameter[], last: boolean): Step {
  const step = new Step(store);
  const tokens = step.input('tokens', [DEVICE_ROWS, TRAIN_LEN], 'int32');
  const targets = step.input('targets', [DEVICE_ROWS, TRAIN_LEN], 'int32');
  const loss = crossEntropy(
    forward((name) => step.state(name), tokens),
    targets,
  );
  const own = gradients(
    loss,
    params.map((p) => step.state(p.name)),
  );
  step.output('loss', loss);
  if (PASSES === 1) {
    optimize(step, store, params, own);
    return step;
  }
  const keep = step.scalar('keep'); // 0 on the first pass of a step: forgets the last step's sum
  const sums = params.map((p, i) => {
    const sofar = mul(moment(step, store, `${p.name}:sum`, p.shape), keep);
    return addAll([sofar, mul(own[i] as Tensor, 1 / PASSES)]);
  });
  if (last) optimize(step, store, params, sums);
  else for (const [i, p] of params.entries()) step.update(`${p.name}:sum`, sums[i] as Tensor);
  return step;
}

async function compileTrainer(store: Store, params: readonly Parameter[], options: SessionOptions): Promise<Trainer> {
  const finish = tracePass(store, params, true);
  const accumulate = PASSES > 1 ? tracePass(store, params, false) : null;
  return {
    accumulate: accumulate && (await accumulate.compile(options)),
    finish: await finish.compile(options),
  };
}

/** The artefact: the same forward pass with the weights stored inside. */
function exportModel(store: Store, params: readonly Parameter[]): Uint8Array {
  const graph = new Graph();
  const shapes = new Map(params.map((p) => [p.name, p.shape]));
  const made = new Map<string, Tensor>();
  const weights: Weights = (name) => {
    const t = made.get(name) ?? graph.weight(name, store.read(name), shapes.get(name) ?? []);
    made.set(name, t);
    return t;
  };
  const tokens = graph.input('tokens', [EVAL_BATCH, SEQ_LEN], 'int32');
  return encodeModel(graph.finish(new Map([['logits', forward(weights, tokens)]])));
}

// =====================================================================================================================
// LOOP. Change with care: the harness kills this process when the budget ends, and only a saved model.onnx is scored.
// =====================================================================================================================

function createParameters(store: Store, params: readonly Parameter[], seed: number): void {
  for (const p of params) {
    const random = createRandom(seed, p.name);
    store.add(
      p.name,
      p.shape,
      Float32Array.from({ length: sizeOf(p.shape) }, () => p.init(random)),
    );
  }
}

/** One optimizer step over PASSES batches; gives the mean loss. */
async function trainStep(trainer: Trainer, loader: ReturnType<typeof openLoader>, hyper: Record<string, number>) {
  let total = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const graph = pass === PASSES - 1 ? trainer.finish : (trainer.accumulate as CompiledStep);
    const { loss } = await graph.run({ ...(await loader.next()), ...hyper, keep: pass === 0 ? 0 : 1 });
    total += loss?.[0] ?? Number.NaN;
  }
  return total / PASSES;
}

interface LoopResult {
  readonly steps: number;
  /** Of the budget's clock, and of the wall. */
  readonly seconds: number;
  readonly wallS: number;
  readonly lastLoss: number;
}

async function loop(
  run: Run,
  trainer: Trainer,
  loader: ReturnType<typeof openLoader>,
  saveS: number,
): Promise<LoopResult> {
  // Time kept back for saving: what the rehearsal took, thrice, and a little; plus the longest step seen so far.
  const reserveS = 0.15 + 3 * saveS;
  const maxSteps = MAX_STEPS || run.budgetSteps;
  let [steps, longestS, smooth, loss] = [0, 0, Number.NaN, Number.NaN];
  const usableS = Math.max(0.2, run.start() - reserveS);
  for (;;) {
    const before = run.elapsedS();
    if (before + longestS >= usableS || (maxSteps > 0 && steps >= maxSteps)) break;
    const progress = maxSteps > 0 ? steps / maxSteps : before / usableS;
    const hyper = hyperparameters(progress, steps + 1);
    loss = await trainStep(trainer, loader, hyper);
    steps++;
    const tookS = run.elapsedS() - before;
    if (steps > 1) longestS = Math.max(longestS * 0.98, tookS);
    if (!(loss <= 100)) {
      throw new TrainingFailure(
        'nan',
        `train: the loss is ${loss} at step ${steps}. Lower a learning rate or check the change.`,
      );
    }
    if (steps === 1 && peakMemoryMb() > run.memoryMb) {
      const used = `${peakMemoryMb().toFixed(0)} MB after one step, the limit is ${run.memoryMb} MB`;
      throw new TrainingFailure('out-of-memory', `train: ${used}. Use fewer DEVICE_ROWS, layers or channels.`);
    }
    smooth = steps === 1 ? loss : smooth * 0.9 + loss * 0.1;
    run.curve({ step: steps, seconds: run.elapsedS(), loss, smooth, lr: hyper.lr ?? 0 });
  }
  return { steps, seconds: run.elapsedS(), wallS: run.elapsedWallS(), lastLoss: smooth };
}

/** Forward and backward multiply-adds of one token, ×2: 6 per matrix weight, 12 · channels · mean span of attention. */
function flopsPerToken(params: readonly Parameter[]): number {
  const weights = params.filter((p) => p.group === 'matrix' || p.group === 'head');
  const span = (layer: number): number => {
    const window = windowOf(layer, TRAIN_LEN);
    return window - (window * window) / (2 * TRAIN_LEN);
  };
  const spans = Array.from({ length: DEPTH }, (_, i) => span(i)).reduce((a, b) => a + b, 0);
  return 6 * weights.reduce((n, p) => n + sizeOf(p.shape), 0) + 12 * WIDTH * spans;
}

/** Called by start.ts, which reports failures. */
export async function main(): Promise<void> {
  const run = openRun();
  const loader = openLoader({ dataDir: run.dataDir, rows: DEVICE_ROWS, length: TRAIN_LEN, seed: run.seed });
  const params = parameters();
  const store = new Store();
  createParameters(store, params, run.seed);
  const { device, reason } = await chooseDevice(run.device);
  process.stdout.write(`device: ${device} (${reason})\n`);
  const trainer = await compileTrainer(store, params, { cpus: run.cpus, device });
  const peakFlops = await measurePeakFlops(run.cpus);
  const saveS = run.rehearseSave(() => exportModel(store, params));
  run.config({
    ...{ DEPTH, WIDTH, HEAD_DIM, KV_GROUPS, MLP_RATIO, WINDOW_PATTERN, ROPE_BASE, QK_SCALE, LOGIT_CAP, TRAIN_LEN },
    ...{ DEVICE_ROWS, BATCH_TOKENS: PASSES * PASS_TOKENS, MATRIX_LR, EMBED_LR, HEAD_LR, RESID_LR, X0_LR, ADAM_BETA1 },
    ...{ ADAM_BETA2, ADAM_EPS, MUON_MOMENTUM_START, MUON_MOMENTUM_END, MUON_BETA2, MUON_STEPS, WEIGHT_DECAY },
    ...{ MOMENTUM_RAMP, WARMUP, WARMDOWN, FINAL_LR, MAX_STEPS },
  });
  const startupS = run.totalS();
  const { steps, seconds, wallS, lastLoss } = await loop(run, trainer, loader, saveS);
  await store.sync();
  run.saveModel(exportModel(store, params));
  const tokens = steps * PASSES * PASS_TOKENS;
  run.report({
    train_loss: lastLoss.toFixed(6),
    training_seconds: seconds.toFixed(1),
    total_seconds: run.totalS().toFixed(1),
    startup_seconds: startupS.toFixed(2),
    peak_memory_mb: peakMemoryMb().toFixed(1),
    mfu_percent: ((100 * flopsPerToken(params) * tokens) / wallS / peakFlops).toFixed(2),
    tokens_per_second: Math.round(tokens / wallS),
    total_tokens_M: (tokens / 1e6).toFixed(3),
    num_steps: steps,
    loader_wait_seconds: loader.waited().seconds.toFixed(3),
    num_params_M: (params.reduce((n, p) => n + sizeOf(p.shape), 0) / 1e6).toFixed(3),
    depth: DEPTH,
  });
  await loader.close();
}

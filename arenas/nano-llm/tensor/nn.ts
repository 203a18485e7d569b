// Fused rules for the parts of a language model whose plain gradients would cost extra passes over memory:
// softmax, cross-entropy, RMSNorm, rotary embedding and (windowed) causal attention. Knows no model and no optimizer.

import { add, div, exp, mul, reciprocal, sqrt, sub } from './elementwise.ts';
import { failShape, sizeOf, type Tensor } from './graph.ts';
import { matmul } from './matmul.ts';
import { addAll, concat, mean, reshape, slice, sum, takeLast, transpose } from './shape.ts';

const LAST = { axis: -1, keep: true } as const;

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  const y: Tensor = x.graph.emit('Softmax', [x], x.shape, {
    attrs: { axis: -1 },
    backward: (dy) => [mul(y, sub(dy, sum(mul(dy, y), LAST)))],
  });
  return y;
}

/** log(softmax(x)) over the last axis, without overflow. */
export function logSoftmax(x: Tensor): Tensor {
  const y: Tensor = x.graph.emit('LogSoftmax', [x], x.shape, {
    attrs: { axis: -1 },
    backward: (dy) => [sub(dy, mul(exp(y), sum(dy, LAST)))],
  });
  return y;
}

/**
 * Mean cross-entropy in nats: logits [N, V] (or [.., V]), targets [N] (or [..], int32) → scalar.
 * The gradient is (softmax − one-hot)/N, made in place of a general log-softmax gradient.
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const vocab = logits.shape.at(-1) ?? 0;
  const count = sizeOf(targets.shape);
  const flatLogits = reshape(logits, [-1, vocab]);
  if (flatLogits.shape[0] !== count) {
    failShape('crossEntropy', 'there must be one target for each row', [logits.shape, targets.shape], 'Align the two.');
  }
  const ids = reshape(targets, [count]);
  const logProbabilities = logits.graph.emit('LogSoftmax', [flatLogits], flatLogits.shape, { attrs: { axis: -1 } });
  const loss = mul(mean(takeLast(logProbabilities, ids)), -1);
  return logits.graph.fused(loss, [logits], (dy) => {
    const minusOne = logits.graph.constant(new Float32Array(count).fill(-1), [count, 1]);
    const inputs = [exp(logProbabilities), reshape(ids, [count, 1]), minusOne];
    const difference = logits.graph.emit('ScatterElements', inputs, flatLogits.shape, {
      attrs: { axis: 1, reduction: 'add' },
    });
    return [reshape(mul(difference, mul(dy, 1 / count)), logits.shape)];
  });
}

/** Σ x² over the last axis, kept, in one pass; without a gradient rule of its own. */
function sumSquares(x: Tensor): Tensor {
  const shape = [...x.shape.slice(0, -1), 1];
  const axes = x.graph.constant([-1], [1], 'int64');
  return x.graph.emit('ReduceSumSquare', [x, axes], shape, { attrs: { keepdims: 1 } });
}

/** x / sqrt(mean(x²) + eps) over the last axis, with no gain (Zhang and Sennrich 2019, arXiv:1910.07467). */
export function rmsNorm(x: Tensor, eps = 1e-6): Tensor {
  const detached = x.graph.detach(x);
  const width = x.shape.at(-1) ?? 1;
  const rate = reciprocal(sqrt(add(mul(sumSquares(detached), 1 / width), eps)));
  const y = mul(detached, rate);
  return x.graph.fused(y, [x], (dy) => [mul(sub(dy, mul(y, mean(mul(dy, y), LAST))), rate)]);
}

/** Exchanges the two halves of the last axis: a product with a permutation, which beats copying many short runs. */
function swapHalves(x: Tensor): Tensor {
  const width = x.shape.at(-1) ?? 0;
  const swapEntry = (i: number): number => (i % width === (Math.floor(i / width) + width / 2) % width ? 1 : 0);
  const swapMatrix = x.graph.constant(
    Array.from({ length: width * width }, (_, i) => swapEntry(i)),
    [width, width],
  );
  return matmul(x, swapMatrix);
}

/**
 * Rotary position embedding on [.., T, D]: halves of D form the rotated pairs (Su et al. 2021, arXiv:2104.09864).
 * Position is the index along T; the angle of pair i is position / base^(2i/D).
 */
export function rope(x: Tensor, base = 10_000): Tensor {
  const [length = 0, width = 0] = x.shape.slice(-2);
  if (x.shape.length < 2 || width % 2 !== 0) {
    failShape('rope', 'needs [.., T, D] with an even D', [x.shape], 'Choose an even head size.');
  }
  const half = width / 2;
  const angleAt = (i: number): number => Math.floor(i / width) / base ** ((2 * (i % half)) / width);
  const tableOf = (valueAt: (i: number) => number): Tensor =>
    x.graph.constant(
      Array.from({ length: length * width }, (_, i) => valueAt(i)),
      [length, width],
    );
  const cosines = tableOf((i) => Math.cos(angleAt(i)));
  const sines = tableOf((i) => (i % width < half ? 1 : -1) * Math.sin(angleAt(i)));
  const detached = x.graph.detach(x);
  const y = add(mul(detached, cosines), mul(swapHalves(detached), sines));
  return x.graph.fused(y, [x], (dy) => [add(mul(dy, cosines), swapHalves(mul(dy, sines)))]);
}

interface AttentionOptions {
  /** How many positions back a query sees, itself included; the whole past when left out. */
  readonly window?: number;
  /**
   * Queries are handled in blocks of this many (half a window, within 64 and 128, when left out); keys that no query of
   * a block can see are never touched.
   */
  readonly block?: number;
}

/** Additive mask of one block: 0 where query `from + row` may see key `lo + column`, else −1e30; null if all may. */
function blockMask(
  q: Tensor,
  queryCount: number,
  groups: number,
  firstQuery: number,
  firstKey: number,
  lastKey: number,
  window: number,
) {
  const values: number[] = [];
  for (let group = 0; group < groups; group++) {
    for (let tensor = firstQuery; tensor < firstQuery + queryCount; tensor++) {
      for (let keyIndex = firstKey; keyIndex < lastKey; keyIndex++)
        values.push(keyIndex <= tensor && tensor - keyIndex < window ? 0 : -1e30);
    }
  }
  return values.every((value) => value === 0)
    ? null
    : q.graph.constant(values, [groups * queryCount, lastKey - firstKey]);
}

/**
 * Causal softmax attention. q [B, H, T, D], k and v [B, Hkv, T, D] with Hkv dividing H → [B, H, T, D].
 * Scores are scaled by D^-½. Work is done block by block of queries, so what lies in the future or behind the
 * window costs nothing; the gradient uses rowsum(dO·O) for the softmax (Dao et al. 2022, arXiv:2205.14135).
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const [batch = 0, heads = 0, length = 0, width = 0] = q.shape;
  const [, kvHeads = 0] = k.shape;
  const fits = q.shape.length === 4 && k.shape.length === 4 && heads % kvHeads === 0;
  if (!fits || sizeOf(k.shape) !== batch * kvHeads * length * width || sizeOf(v.shape) !== sizeOf(k.shape)) {
    failShape(
      'attention',
      'q, k, v do not fit',
      [q.shape, k.shape, v.shape],
      'Use [B,H,T,D] and [B,Hkv,T,D], H a multiple of Hkv.',
    );
  }
  const groups = heads / kvHeads;
  const window = Math.max(1, Math.min(options.window ?? length, length));
  const block = Math.min(options.block ?? Math.min(128, Math.max(64, Math.ceil(window / 2))), length);
  // One leading axis, made by a reshape: ONNX Runtime then folds transposes into the products instead of copying.
  const flatten = (tensor: Tensor, headCount: number): Tensor => reshape(tensor, [batch * headCount, length, width]);
  const queries = flatten(q.graph.detach(q), heads);
  const [keys, values] = [flatten(q.graph.detach(k), kvHeads), flatten(q.graph.detach(v), kvHeads)];
  const queryBlocks: QueryBlock[] = [];
  for (let firstQuery = 0; firstQuery < length; firstQuery += block) {
    const lastQuery = Math.min(firstQuery + block, length);
    const firstKey = Math.floor(Math.max(0, firstQuery - window + 1) / block) * block;
    const rows = lastQuery - firstQuery;
    const foldHeads = (tensor: Tensor): Tensor =>
      reshape(slice(tensor, 1, firstQuery, lastQuery), [batch * kvHeads, groups * rows, width]);
    const query = foldHeads(queries);
    const scores = mul(matmul(query, slice(keys, 1, firstKey, lastQuery), { transB: true }), width ** -0.5);
    const mask = blockMask(q, rows, groups, firstQuery, firstKey, lastQuery, window);
    const probabilities = softmax(mask ? add(scores, mask) : scores);
    queryBlocks.push({
      from: firstQuery,
      firstKey,
      to: lastQuery,
      query,
      probabilities,
      foldHeads,
      out: matmul(probabilities, slice(values, 1, firstKey, lastQuery)),
    });
  }
  const unfoldHeads = (tensor: Tensor): Tensor =>
    reshape(tensor, [batch * heads, sizeOf(tensor.shape) / (batch * heads * width), width]);
  const y = concat(
    queryBlocks.map((queryBlock) => unfoldHeads(queryBlock.out)),
    1,
  );
  return q.graph.fused(reshape(y, q.shape), [q, k, v], (dy) => {
    const [dq, dk, dv] = attentionGradient(flatten(dy, heads), queryBlocks, keys, values, unfoldHeads, block);
    return [reshape(dq, q.shape), reshape(dk, k.shape), reshape(dv, v.shape)];
  });
}

/** What the gradient needs of one block of queries: its range of queries and keys, and the values it computed. */
interface QueryBlock {
  readonly from: number;
  readonly firstKey: number;
  readonly to: number;
  readonly query: Tensor;
  readonly probabilities: Tensor;
  readonly out: Tensor;
  readonly foldHeads: (tensor: Tensor) => Tensor;
}

function attentionGradient(
  dy: Tensor,
  queryBlocks: readonly QueryBlock[],
  keys: Tensor,
  values: Tensor,
  unfoldHeads: (tensor: Tensor) => Tensor,
  block: number,
): readonly [Tensor, Tensor, Tensor] {
  const scale = (keys.shape[2] ?? 1) ** -0.5;
  const dq: Tensor[] = [];
  const dk: Tensor[][] = queryBlocks.map(() => []);
  const dv: Tensor[][] = queryBlocks.map(() => []);
  for (const { firstKey, to, query, probabilities, out, foldHeads } of queryBlocks) {
    const dOutput = foldHeads(dy);
    const rowSum = sum(mul(dOutput, out), LAST);
    const dScores = mul(probabilities, sub(matmul(dOutput, slice(values, 1, firstKey, to), { transB: true }), rowSum));
    dq.push(unfoldHeads(mul(matmul(dScores, slice(keys, 1, firstKey, to)), scale)));
    const dKeys = mul(matmul(dScores, query, { transA: true }), scale);
    const dValues = matmul(probabilities, dOutput, { transA: true });
    for (let keyBlockStart = firstKey; keyBlockStart < to; keyBlockStart += block) {
      const keyBlockEnd = Math.min(keyBlockStart + block, to) - firstKey;
      dk[keyBlockStart / block]?.push(slice(dKeys, 1, keyBlockStart - firstKey, keyBlockEnd));
      dv[keyBlockStart / block]?.push(slice(dValues, 1, keyBlockStart - firstKey, keyBlockEnd));
    }
  }
  return [concat(dq, 1), concat(dk.map(addAll), 1), concat(dv.map(addAll), 1)];
}

/** Splits the last axis into heads and moves them forward: [B, T, H·D] → [B, H, T, D]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, length = 0, width = 0] = x.shape;
  if (x.shape.length !== 3 || width % heads !== 0) {
    failShape('splitHeads', `${width} does not split into ${heads} heads`, [x.shape], 'Use [B,T,H·D].');
  }
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** The inverse of splitHeads: [B, H, T, D] → [B, T, H·D]. */
export function mergeHeads(x: Tensor): Tensor {
  const [batch = 0, heads = 0, length = 0, width = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/** Mean over the last axis taken away, variance brought to one; no gain, no bias. */
export function layerNorm(x: Tensor, eps = 1e-5): Tensor {
  const centred = sub(x, mean(x, LAST));
  return div(centred, sqrt(add(mean(mul(centred, centred), LAST), eps)));
}

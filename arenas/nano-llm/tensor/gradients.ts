// Reverse-mode differentiation over traced tensors (the only file that walks a computation backwards).
// Knows nothing of particular ops: each tensor carries its own rule.

import { add } from './elementwise.ts';
import { failShape, sizeOf, type Tensor } from './graph.ts';

/** Every tensor that `root` depends on through a rule, in the order in which they were made. */
function reachable(root: Tensor): Tensor[] {
  const seen = new Set<number>();
  const found: Tensor[] = [];
  const open = [root];
  for (let t = open.pop(); t; t = open.pop()) {
    if (!t.needsGrad || seen.has(t.id)) continue;
    seen.add(t.id);
    found.push(t);
    open.push(...t.inputs);
  }
  return found.sort((a, b) => a.id - b.id);
}

/**
 * Gradients of a scalar by each of `params`, in their order. The results are traced tensors like any other.
 * A parameter the scalar does not depend on is a mistake and named as one.
 */
export function gradients(loss: Tensor, params: readonly Tensor[]): Tensor[] {
  if (sizeOf(loss.shape) !== 1) {
    failShape('gradients', 'the loss must be a single number', [loss.shape], 'Reduce it with mean() or sum().');
  }
  const grads = new Map<number, Tensor>([[loss.id, loss.graph.constant([1], loss.shape, loss.dtype)]]);
  for (const t of reachable(loss).reverse()) {
    const dy = grads.get(t.id);
    if (!dy || !t.backward) continue;
    const back = t.backward(dy);
    for (const [i, input] of t.inputs.entries()) {
      const g = back[i];
      if (!g || !input.needsGrad) continue;
      const sofar = grads.get(input.id);
      grads.set(input.id, sofar ? add(sofar, g) : g);
    }
  }
  return params.map((p) => {
    const g = grads.get(p.id);
    return g ?? failShape('gradients', `the loss does not depend on "${p.name}"`, [p.shape], 'Use it or drop it.');
  });
}

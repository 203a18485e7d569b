// Reverse-mode differentiation over traced tensors (the only file that walks a computation backwards).
// Knows nothing of particular ops: each tensor carries its own rule.

import { add } from './elementwise.ts';
import { failShape, sizeOf, type Tensor } from './graph.ts';

/** Every tensor that `root` depends on through a rule, in the order in which they were made. */
function reachableTensors(root: Tensor): Tensor[] {
  const seenIds = new Set<number>();
  const foundTensors: Tensor[] = [];
  const openTensors = [root];
  for (let tensor = openTensors.pop(); tensor; tensor = openTensors.pop()) {
    if (!tensor.needsGrad || seenIds.has(tensor.id)) continue;
    seenIds.add(tensor.id);
    foundTensors.push(tensor);
    openTensors.push(...tensor.inputs);
  }
  return foundTensors.sort((left, right) => left.id - right.id);
}

/**
 * Gradients of a scalar by each of `params`, in their order. The results are traced tensors like any other.
 * A parameter the scalar does not depend on is a mistake and named as one.
 */
export function gradients(loss: Tensor, params: readonly Tensor[]): Tensor[] {
  if (sizeOf(loss.shape) !== 1) {
    failShape('gradients', 'the loss must be a single number', [loss.shape], 'Reduce it with mean() or sum().');
  }
  const gradientById = new Map<number, Tensor>([[loss.id, loss.graph.constant([1], loss.shape, loss.dtype)]]);
  for (const tensor of reachableTensors(loss).reverse()) {
    const dy = gradientById.get(tensor.id);
    if (!dy || !tensor.backward) continue;
    const inputGradients = tensor.backward(dy);
    for (const [index, input] of tensor.inputs.entries()) {
      const gradient = inputGradients[index];
      if (!gradient || !input.needsGrad) continue;
      const sumSoFar = gradientById.get(input.id);
      gradientById.set(input.id, sumSoFar ? add(sumSoFar, gradient) : gradient);
    }
  }
  return params.map((param) => {
    const gradient = gradientById.get(param.id);
    return (
      gradient ??
      failShape('gradients', `the loss does not depend on "${param.name}"`, [param.shape], 'Use it or drop it.')
    );
  });
}

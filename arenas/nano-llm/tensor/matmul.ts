// Matrix products and their gradients, as plain ONNX Gemm, MatMul and Transpose.
// Knows nothing of models. ONNX Runtime folds the transposes into the product on the CPU by itself.

import { broadcastShape, sumTo } from './elementwise.ts';
import { failShape, type Tensor } from './graph.ts';
import { reshape, transpose } from './shape.ts';

interface MatmulOptions {
  /** Use the transpose of `a`'s last two axes. */
  readonly transA?: boolean;
  /** Use the transpose of `b`'s last two axes. */
  readonly transB?: boolean;
}

/** alpha · a · b for matrices, either transposed. Numbers that scale an argument move into alpha, which is free. */
function multiplyMatrices(a: Tensor, b: Tensor, transA: boolean, transB: boolean, alpha = 1): Tensor {
  if (a.scaled) return multiplyMatrices(a.scaled.base, b, transA, transB, alpha * a.scaled.factor);
  if (b.scaled) return multiplyMatrices(a, b.scaled.base, transA, transB, alpha * b.scaled.factor);
  const [rows = 0, inner = 0] = transA ? [...a.shape].reverse() : a.shape;
  const [innerOfB = 0, columns = 0] = transB ? [...b.shape].reverse() : b.shape;
  if (inner !== innerOfB) {
    failShape(
      'matmul',
      `inner sizes differ (${inner} and ${innerOfB})`,
      [a.shape, b.shape],
      'Transpose one, or fix the width.',
    );
  }
  const backward = (dy: Tensor) => [
    a.needsGrad
      ? transA
        ? multiplyMatrices(b, dy, transB, true, alpha)
        : multiplyMatrices(dy, b, false, !transB, alpha)
      : null,
    b.needsGrad
      ? transB
        ? multiplyMatrices(dy, a, true, transA, alpha)
        : multiplyMatrices(a, dy, !transA, false, alpha)
      : null,
  ];
  const attrs = { transA: +transA, transB: +transB, alpha: { float: alpha } };
  return a.graph.emit('Gemm', [a, b], [rows, columns], { attrs, backward });
}

/** [.., m, k] · [.., k, n] with broadcasting leading axes; both arguments have at least three axes. */
function multiplyStacks(a: Tensor, b: Tensor): Tensor {
  const [rows = 0, inner = 0] = a.shape.slice(-2);
  const [innerOfB = 0, columns = 0] = b.shape.slice(-2);
  if (inner !== innerOfB) {
    failShape(
      'matmul',
      `inner sizes differ (${inner} and ${innerOfB})`,
      [a.shape, b.shape],
      'Transpose one, or fix the width.',
    );
  }
  const leadingShape = broadcastShape('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const backward = (dy: Tensor) => [
    a.needsGrad ? sumTo(multiplyStacks(dy, transpose(b)), a.shape) : null,
    b.needsGrad ? sumTo(multiplyStacks(transpose(a), dy), b.shape) : null,
  ];
  return a.graph.emit('MatMul', [a, b], [...leadingShape, rows, columns], { backward });
}

/**
 * Matrix product. Two matrices; or a stack of matrices times one matrix ([.., m, k] · [k, n] → [.., m, n]);
 * or two stacks whose leading axes broadcast.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transA = false, transB = false } = options;
  if (a.shape.length < 2 || b.shape.length < 2) {
    failShape('matmul', 'both arguments need two axes or more', [a.shape, b.shape], 'Reshape the vector to a matrix.');
  }
  if (a.dtype !== b.dtype)
    failShape('matmul', `types differ (${a.dtype}, ${b.dtype})`, [a.shape, b.shape], 'Use cast().');
  if (a.shape.length === 2 && b.shape.length === 2) return multiplyMatrices(a, b, transA, transB);
  if (b.shape.length === 2 && !transA) {
    const inner = a.shape.at(-1) ?? 0;
    if (inner !== b.shape[transB ? 1 : 0]) {
      failShape('matmul', 'inner sizes differ', [a.shape, b.shape], 'Transpose one, or fix the width.');
    }
    const flatProduct = multiplyMatrices(reshape(a, [-1, inner]), b, false, transB);
    return reshape(flatProduct, [...a.shape.slice(0, -1), flatProduct.shape[1] ?? 0]);
  }
  return multiplyStacks(transA ? transpose(a) : a, transB ? transpose(b) : b);
}

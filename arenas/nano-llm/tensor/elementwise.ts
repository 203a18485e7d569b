// Ops that work on each element alone, with NumPy broadcasting, and their gradients.
// Knows nothing of matrices, reductions other than undoing a broadcast, or models.

import { failShape, type Graph, type Shape, sizeOf, type Tensor } from './graph.ts';
import type { DType } from './onnx.ts';

/** An op's argument: a traced tensor, or a number that becomes a constant of the other argument's type. */
export type Operand = Tensor | number;

const isTensor = (operand: Operand): operand is Tensor => typeof operand !== 'number';

/** The result shape of NumPy broadcasting, or a ShapeError that names the op. */
export function broadcastShape(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const leftSize = a[a.length - rank + i] ?? 1;
    const rightSize = b[b.length - rank + i] ?? 1;
    if (leftSize !== rightSize && leftSize !== 1 && rightSize !== 1) {
      failShape(op, 'shapes do not broadcast', [a, b], 'Make the sizes equal, or 1, counted from the last axis.');
    }
    return Math.max(leftSize, rightSize);
  });
}

/** Sums `t` down to `shape`, the inverse of broadcasting `shape` to `t.shape`. */
export function sumTo(tensor: Tensor, shape: Shape): Tensor {
  if (tensor.shape.length === shape.length && tensor.shape.every((size, i) => size === shape[i])) return tensor;
  const leadingAxes = tensor.shape.length - shape.length;
  const axes = tensor.shape
    .map((_, i) => i)
    .filter((i) => i < leadingAxes || (shape[i - leadingAxes] === 1 && tensor.shape[i] !== 1));
  const keptShape = tensor.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const summedTensor =
    axes.length === 0
      ? tensor
      : tensor.graph.emit('ReduceSum', [tensor, tensor.graph.constant(axes, [axes.length], 'int64')], keptShape, {
          attrs: { keepdims: 1 },
        });
  if (leadingAxes === 0) return summedTensor;
  return tensor.graph.emit('Reshape', [summedTensor, tensor.graph.constant(shape, [shape.length], 'int64')], shape);
}

/** Turns a number into a constant beside a tensor; at least one of the two must be a tensor. */
function toTensors(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const anchor = isTensor(a) ? a : isTensor(b) ? b : null;
  if (!anchor) failShape(op, 'both arguments are plain numbers', [], 'Compute it in TypeScript instead.');
  const toTensor = (operand: Operand): Tensor =>
    isTensor(operand) ? operand : anchor.graph.constant([operand], [], anchor.dtype);
  const pair: [Tensor, Tensor] = [toTensor(a), toTensor(b)];
  if (pair[0].dtype !== pair[1].dtype) {
    failShape(
      op,
      `types differ (${pair[0].dtype} and ${pair[1].dtype})`,
      [pair[0].shape, pair[1].shape],
      'Use cast().',
    );
  }
  return pair;
}

type BinaryGrad = (dy: Tensor, a: Tensor, b: Tensor) => readonly [Tensor | null, Tensor | null];

function binaryOp(
  name: string,
  op: string,
  a: Operand,
  b: Operand,
  gradientOf: BinaryGrad | null,
  dtype?: DType,
): Tensor {
  const [x, y] = toTensors(name, a, b);
  const shape = broadcastShape(name, x.shape, y.shape);
  const backward = gradientOf
    ? (dy: Tensor) => {
        const [dx, dyOfY] = gradientOf(dy, x, y);
        return [dx && x.needsGrad ? sumTo(dx, x.shape) : null, dyOfY && y.needsGrad ? sumTo(dyOfY, y.shape) : null];
      }
    : undefined;
  return x.graph.emit(op, [x, y], shape, { dtype: dtype ?? x.dtype, ...(backward ? { backward } : {}) });
}

/** a + b, broadcasting. */
export const add = (a: Operand, b: Operand): Tensor => binaryOp('add', 'Add', a, b, (dy) => [dy, dy]);
/** a − b, broadcasting. */
export const sub = (a: Operand, b: Operand): Tensor =>
  binaryOp('sub', 'Sub', a, b, (dy, _x, y) => [dy, y.needsGrad ? neg(dy) : null]);
/** a · b, element by element, broadcasting. Numbers are collected: (x·2)·3 is one pass, and x·1 none. */
export function mul(a: Operand, b: Operand): Tensor {
  const [x, y] = toTensors('mul', a, b);
  const [numberX, numberY] = [x.graph.numberOf(x), x.graph.numberOf(y)];
  if (numberY !== null) return scaleBy(x, numberY);
  if (numberX !== null) return scaleBy(y, numberX);
  const sameSize = sizeOf(broadcastShape('mul', x.shape, y.shape)) === Math.max(sizeOf(x.shape), sizeOf(y.shape));
  if (x.scaled && sameSize && sizeOf(x.shape) >= sizeOf(y.shape))
    return scaleBy(mul(x.scaled.base, y), x.scaled.factor);
  if (y.scaled && sameSize && sizeOf(y.shape) >= sizeOf(x.shape))
    return scaleBy(mul(x, y.scaled.base), y.scaled.factor);
  return binaryOp('mul', 'Mul', x, y, (dy) => [x.needsGrad ? mul(dy, y) : null, y.needsGrad ? mul(dy, x) : null]);
}

/** x times a plain number. */
function scaleBy(x: Tensor, factor: number): Tensor {
  if (x.scaled) return scaleBy(x.scaled.base, x.scaled.factor * factor);
  if (factor === 1) return x;
  const knownNumber = x.graph.numberOf(x);
  if (knownNumber !== null) return x.graph.constant([knownNumber * factor], [], x.dtype);
  const inputs = [x, x.graph.constant([factor], [], x.dtype)];
  const scaled = { base: x, factor };
  return x.graph.emit('Mul', inputs, x.shape, { scaled, backward: (dy) => [scaleBy(dy, factor), null] });
}

/** a / b, element by element, broadcasting. */
export const div = (a: Operand, b: Operand): Tensor =>
  binaryOp('div', 'Div', a, b, (dy, x, y) => [
    x.needsGrad ? div(dy, y) : null,
    y.needsGrad ? neg(div(mul(dy, x), mul(y, y))) : null,
  ]);
/** max(a, b), element by element; where they are equal the gradient goes to `a`. */
export const maximum = (a: Operand, b: Operand): Tensor =>
  binaryOp('maximum', 'Max', a, b, (dy, x, y) => {
    const first = cast(not(less(x, y)), dy.dtype);
    return [mul(dy, first), mul(dy, sub(1, first))];
  });
/** min(a, b), element by element; where they are equal the gradient goes to `a`. */
export const minimum = (a: Operand, b: Operand): Tensor => neg(maximum(negateOperand(a), negateOperand(b)));
const negateOperand = (operand: Operand): Operand => (isTensor(operand) ? neg(operand) : -operand);

/** Comparisons give booleans; no gradient flows through them. */
export const less = (a: Operand, b: Operand): Tensor => binaryOp('less', 'Less', a, b, null, 'bool');
export const greater = (a: Operand, b: Operand): Tensor => binaryOp('greater', 'Greater', a, b, null, 'bool');
export const equal = (a: Operand, b: Operand): Tensor => binaryOp('equal', 'Equal', a, b, null, 'bool');
export const not = (a: Tensor): Tensor => a.graph.emit('Not', [a], a.shape, { dtype: 'bool' });

/** `condition ? a : b`, element by element, broadcasting; gradients flow to the chosen side only. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = toTensors('where', a, b);
  const shape = broadcastShape('where', broadcastShape('where', x.shape, y.shape), condition.shape);
  const backward = (dy: Tensor) => [
    null,
    x.needsGrad ? sumTo(where(condition, dy, 0), x.shape) : null,
    y.needsGrad ? sumTo(where(condition, 0, dy), y.shape) : null,
  ];
  return x.graph.emit('Where', [condition, x, y], shape, { dtype: x.dtype, backward });
}

/** Changes the type; a gradient flows only from float to float. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const to = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 }[dtype];
  return x.graph.emit('Cast', [x], x.shape, { dtype, attrs: { to } });
}

function unaryOp(op: string, x: Tensor, gradientOf: (dy: Tensor, y: Tensor) => Tensor | null): Tensor {
  const y: Tensor = x.graph.emit(op, [x], x.shape, { backward: (dy) => [gradientOf(dy, y)] });
  return y;
}

export const neg = (x: Tensor): Tensor => unaryOp('Neg', x, (dy) => neg(dy));
export const exp = (x: Tensor): Tensor => unaryOp('Exp', x, (dy, y) => mul(dy, y));
export const log = (x: Tensor): Tensor => unaryOp('Log', x, (dy) => div(dy, x));
export const sqrt = (x: Tensor): Tensor => unaryOp('Sqrt', x, (dy, y) => div(mul(dy, 0.5), y));
export const reciprocal = (x: Tensor): Tensor => unaryOp('Reciprocal', x, (dy, y) => neg(mul(dy, mul(y, y))));
export const tanh = (x: Tensor): Tensor => unaryOp('Tanh', x, (dy, y) => mul(dy, sub(1, mul(y, y))));
export const sigmoid = (x: Tensor): Tensor => unaryOp('Sigmoid', x, (dy, y) => mul(dy, mul(y, sub(1, y))));
/** max(x, 0); the gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => unaryOp('Relu', x, (dy) => mul(dy, cast(greater(x, 0), dy.dtype)));
export const abs = (x: Tensor): Tensor => unaryOp('Abs', x, (dy) => mul(dy, sign(x)));
/** −1, 0 or 1; no gradient. */
export const sign = (x: Tensor): Tensor => x.graph.emit('Sign', [x], x.shape);
export const sin = (x: Tensor): Tensor => unaryOp('Sin', x, (dy) => mul(dy, cos(x)));
export const cos = (x: Tensor): Tensor => unaryOp('Cos', x, (dy) => neg(mul(dy, sin(x))));
/** x². */
export const square = (x: Tensor): Tensor => mul(x, x);
/** xᵖ for a fixed number p; x must be positive unless p is a whole number. */
export function pow(x: Tensor, p: number): Tensor {
  const exponent = x.graph.constant([p], [], x.dtype);
  return x.graph.emit('Pow', [x, exponent], x.shape, { backward: (dy) => [mul(dy, mul(p, pow(x, p - 1))), null] });
}

/** x · sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));
/** GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
export const gelu = (x: Tensor): Tensor =>
  mul(mul(x, 0.5), add(1, tanh(mul(0.7978845608028654, mul(x, add(1, mul(0.044715, square(x))))))));
/** relu(x)² with a two-pass gradient: 2·relu(x)·dy needs no mask (So et al. 2021, arXiv:2109.08668). */
export function reluSquared(x: Tensor): Tensor {
  const activated = x.graph.emit('Relu', [x], x.shape);
  return x.graph.fused(mul(activated, activated), [x], (dy) => [mul(dy, mul(activated, 2))]);
}
/** cap · tanh(x / cap): bounds values smoothly to (−cap, cap). */
export const softCap = (x: Tensor, cap: number): Tensor => mul(tanh(mul(x, 1 / cap)), cap);

/** The same value, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => x.graph.detach(x);

/** A tensor filled with one value, stored in the graph as a scalar and expanded when it runs. */
export function full(graph: Graph, shape: Shape, value: number, dtype: DType = graph.floatType): Tensor {
  const scalarTensor = graph.constant([value], [], dtype);
  if (sizeOf(shape) === 1 && shape.length === 0) return scalarTensor;
  return graph.emit('Expand', [scalarTensor, graph.constant(shape, [shape.length], 'int64')], shape, { dtype });
}

/** value · the identity matrix [n, n], as a constant. */
export function identity(graph: Graph, size: number, value = 1): Tensor {
  const values = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? value : 0));
  return graph.constant(values, [size, size]);
}

// Ops that move elements without changing them, sums over axes, and reading rows by number; with their gradients.
// Knows nothing of matrix products or models.

import { add, cast, equal, full, mul, sumTo } from './elementwise.ts';
import { failShape, type Shape, sizeOf, type Tensor } from './graph.ts';

const intConstant = (x: Tensor, values: readonly number[]): Tensor =>
  x.graph.constant(values, [values.length], 'int64');

/** A negative axis counts from the end, as in NumPy. */
function axisOf(op: string, x: Tensor, axis: number): number {
  const axisIndex = axis < 0 ? axis + x.shape.length : axis;
  if (!Number.isInteger(axisIndex) || axisIndex < 0 || axisIndex >= x.shape.length) {
    failShape(op, `there is no axis ${axis}`, [x.shape], `Use 0 to ${x.shape.length - 1}, or a negative one.`);
  }
  return axisIndex;
}

/** Same elements in row-major order under another shape; one size may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const knownSize = sizeOf(shape.filter((size) => size !== -1));
  const wholeShape = shape.map((size) => (size === -1 ? sizeOf(x.shape) / knownSize : size));
  if (sizeOf(wholeShape) !== sizeOf(x.shape) || wholeShape.some((size) => !Number.isInteger(size))) {
    failShape('reshape', `${sizeOf(x.shape)} elements do not fit`, [x.shape, shape], 'Keep the number of elements.');
  }
  if (wholeShape.length === x.shape.length && wholeShape.every((size, i) => size === x.shape[i])) return x;
  // A scaled value stays one, so that the number can still move into a product behind the reshape.
  const scaled = x.scaled && { base: reshape(x.scaled.base, wholeShape), factor: x.scaled.factor };
  return x.graph.emit('Reshape', [x, intConstant(x, wholeShape)], wholeShape, {
    scaled,
    backward: (dy) => [reshape(dy, x.shape)],
  });
}

/** Permutes the axes: result axis i is source axis `perm[i]`. Without `perm` the last two swap. */
export function transpose(x: Tensor, perm?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const order = perm ?? [...Array(rank - 2).keys(), rank - 1, rank - 2];
  if (order.length !== rank || new Set(order).size !== rank || order.some((axis) => x.shape[axis] === undefined)) {
    failShape('transpose', `(${order}) is no permutation of the axes`, [x.shape], 'Name every axis once.');
  }
  const shape = order.map((axis) => x.shape[axis] ?? 0);
  const inverse = order.map((_, i) => order.indexOf(i));
  return x.graph.emit('Transpose', [x], shape, { attrs: { perm: order }, backward: (dy) => [transpose(dy, inverse)] });
}

/** Elements `start` (inclusive) to `end` (exclusive) along one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const axisIndex = axisOf('slice', x, axis);
  const size = x.shape[axisIndex] ?? 0;
  if (!(start >= 0 && start < end && end <= size)) {
    failShape('slice', `${start} to ${end} is not inside axis ${axis}`, [x.shape], `Stay within 0 to ${size}.`);
  }
  if (start === 0 && end === size) return x;
  const shape = x.shape.map((size, i) => (i === axisIndex ? end - start : size));
  const backward = (dy: Tensor) => [pad(dy, axisIndex, start, size - end)];
  return x.graph.emit(
    'Slice',
    [x, intConstant(x, [start]), intConstant(x, [end]), intConstant(x, [axisIndex])],
    shape,
    { backward },
  );
}

/** Adds `before` and `after` zeros along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const axisIndex = axisOf('pad', x, axis);
  const size = x.shape[axisIndex] ?? 0;
  const shape = x.shape.map((size, i) => (i === axisIndex ? size + before + after : size));
  const pads = [
    ...x.shape.map((_, i) => (i === axisIndex ? before : 0)),
    ...x.shape.map((_, i) => (i === axisIndex ? after : 0)),
  ];
  return x.graph.emit('Pad', [x, intConstant(x, pads)], shape, {
    backward: (dy) => [slice(dy, axisIndex, before, before + size)],
  });
}

/** Joins tensors along an axis; all other sizes must agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0];
  if (!first) failShape('concat', 'the list is empty', [], 'Give at least one tensor.');
  if (tensors.length === 1) return first;
  const axisIndex = axisOf('concat', first, axis);
  for (const x of tensors) {
    if (
      x.shape.length !== first.shape.length ||
      x.shape.some((size, i) => i !== axisIndex && size !== first.shape[i])
    ) {
      failShape('concat', `sizes differ outside axis ${axis}`, [first.shape, x.shape], 'Make them equal.');
    }
  }
  const sizes = tensors.map((x) => x.shape[axisIndex] ?? 0);
  const shape = first.shape.map((size, i) => (i === axisIndex ? sizes.reduce((a, b) => a + b, 0) : size));
  const backward = (dy: Tensor) => {
    let sliceStart = 0;
    return sizes.map((size) => {
      sliceStart += size;
      return slice(dy, axisIndex, sliceStart - size, sliceStart);
    });
  };
  return first.graph.emit('Concat', tensors, shape, { attrs: { axis: axisIndex }, backward });
}

/** Joins tensors of one shape along a new first axis: n × [..] → [n, ..]. */
export const stack = (tensors: readonly Tensor[]): Tensor =>
  concat(
    tensors.map((x) => reshape(x, [1, ...x.shape])),
    0,
  );

/** Element `i` of the first axis: [n, ..] → [..]. */
export const unstack = (x: Tensor, i: number): Tensor => reshape(slice(x, 0, i, i + 1), x.shape.slice(1));

/** Repeats size-1 axes (and adds leading ones) until the shape is reached. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return x.graph.emit('Expand', [x, intConstant(x, shape)], shape, { backward: (dy) => [sumTo(dy, x.shape)] });
}

interface ReduceOptions {
  /** Axes to reduce; all of them when left out. */
  readonly axis?: number | readonly number[];
  /** Keep the reduced axes with size 1. */
  readonly keep?: boolean;
}

function reducedShapes(op: string, x: Tensor, options: ReduceOptions): { axes: number[]; shape: Shape; kept: Shape } {
  const wantedAxes = options.axis === undefined ? [...x.shape.keys()] : [options.axis].flat();
  const axes = wantedAxes.map((axis) => axisOf(op, x, axis));
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return { axes, kept, shape: options.keep ? kept : x.shape.filter((_, i) => !axes.includes(i)) };
}

/** Sum over axes. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, shape, kept } = reducedShapes('sum', x, options);
  const attrs = { keepdims: options.keep ? 1 : 0 };
  const backward = (dy: Tensor) => [expand(reshape(dy, kept), x.shape)];
  return x.graph.emit('ReduceSum', [x, intConstant(x, axes)], shape, { attrs, backward });
}

/** Mean over axes. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, shape, kept } = reducedShapes('mean', x, options);
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const attrs = { keepdims: options.keep ? 1 : 0 };
  const backward = (dy: Tensor) => [expand(reshape(mul(dy, 1 / count), kept), x.shape)];
  return x.graph.emit('ReduceMean', [x, intConstant(x, axes)], shape, { attrs, backward });
}

/** Maximum over axes; equal maxima all receive the gradient. */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, shape, kept } = reducedShapes('max', x, options);
  const attrs = { keepdims: options.keep ? 1 : 0 };
  const y: Tensor = x.graph.emit('ReduceMax', [x, intConstant(x, axes)], shape, {
    attrs,
    backward: (dy) => [mul(cast(equal(x, reshape(y, kept)), dy.dtype), reshape(dy, kept))],
  });
  return y;
}

/** Up to here the product pays (docs/log.md): its cost grows with the rows of the table, the other's does not. */
const ONE_HOT_ROWS = 512;

/**
 * Rows of a table: table [V, C], ids [..] (int32) → [.., C].
 * The gradient of a small table is a product with one-hot rows, which uses all threads; of a larger one
 * ScatterElements(add) into zeros, on one thread: its order is fixed, where ScatterND(add) races with two.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const [rows, width] = table.shape;
  if (rows === undefined || width === undefined || table.shape.length !== 2) {
    failShape('embedding', 'the table is not a matrix', [table.shape, ids.shape], 'Use [vocabulary, width].');
  }
  if (ids.dtype !== 'int32') failShape('embedding', `ids are ${ids.dtype}`, [ids.shape], 'Use int32 ids.');
  const backward = (dy: Tensor) => {
    const count = sizeOf(ids.shape);
    const rowGrads = reshape(dy, [count, width]);
    if (rows <= ONE_HOT_ROWS) {
      const oneHotRows = oneHot(reshape(ids, [count]), rows);
      return [table.graph.emit('Gemm', [oneHotRows, rowGrads], table.shape, { attrs: { transA: 1 } }), null];
    }
    const index = expand(reshape(ids, [count, 1]), [count, width]);
    const zeros = full(table.graph, [rows, width], 0);
    const attrs = { axis: 0, reduction: 'add' };
    return [table.graph.emit('ScatterElements', [zeros, index, rowGrads], table.shape, { attrs }), null];
  };
  return table.graph.emit('Gather', [table, ids], [...ids.shape, width], { attrs: { axis: 0 }, backward });
}

/** One element of the last axis for each row: x [.., V], ids [..] (int32) → [..]. */
export function takeLast(x: Tensor, ids: Tensor): Tensor {
  const leadingShape = x.shape.slice(0, -1);
  if (leadingShape.length !== ids.shape.length || leadingShape.some((size, i) => size !== ids.shape[i])) {
    failShape(
      'takeLast',
      'ids do not match the leading axes',
      [x.shape, ids.shape],
      'Use ids of shape [..] for [.., V].',
    );
  }
  const index = reshape(ids, [...leadingShape, 1]);
  const axis = x.shape.length - 1;
  const backward = (dy: Tensor) => {
    const zeros = full(x.graph, x.shape, 0);
    const attrs = { axis, reduction: 'add' };
    return [x.graph.emit('ScatterElements', [zeros, index, reshape(dy, index.shape)], x.shape, { attrs }), null];
  };
  const takenValues = x.graph.emit('GatherElements', [x, index], index.shape, { attrs: { axis }, backward });
  return reshape(takenValues, leadingShape);
}

/** 1 where the last axis's position equals the id, else 0: ids [..] (int32) → [.., n]. */
export function oneHot(ids: Tensor, classes: number): Tensor {
  const positions = ids.graph.constant([...Array(classes).keys()], [classes], 'int32');
  return cast(equal(reshape(ids, [...ids.shape, 1]), positions), ids.graph.floatType);
}

/** Adds a list of tensors of one shape. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  const first = tensors[0];
  if (!first) failShape('addAll', 'the list is empty', [], 'Give at least one tensor.');
  return tensors.slice(1).reduce((total, x) => add(total, x), first);
}

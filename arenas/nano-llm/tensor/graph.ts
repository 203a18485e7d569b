// Traced tensors: values that do not exist yet, known by shape and type, and the graph that will compute them.
// Knows nothing of particular ops, of gradients' rules or of ONNX Runtime; it keeps what ops tell it.

import type { Attr, DType, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx.ts';

export type { DType } from './onnx.ts';
export type Shape = readonly number[];
export type FloatType = 'float32' | 'float64';
/** Gives the gradient of each input from the gradient of the output; null where none flows. */
export type BackwardRule = (dy: Tensor) => readonly (Tensor | null)[];

/** A value in a graph. Immutable; made by ops and by `Graph.input`, never by hand. */
export interface Tensor {
  readonly id: number;
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** True when a gradient can flow from this value back to a parameter. */
  readonly needsGrad: boolean;
  readonly inputs: readonly Tensor[];
  readonly backward: BackwardRule | null;
  /**
   * Set when this value is another one times a number: lets products swallow the number instead of a pass over memory.
   */
  readonly scaled: { readonly base: Tensor; readonly factor: number } | null;
}

/** A mistake in how ops were combined; the message names the op, the shapes and the line of the caller. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

const ENGINE_DIR = new URL('.', import.meta.url);

/** The first stack frame outside this engine, as `train.ts:123`: where the person (or agent) has to look. */
function callerLine(): string {
  for (const line of (new Error().stack ?? '').split('\n').slice(1)) {
    const match = /\(?((?:file:\/\/)?\/[^():]+):(\d+):\d+\)?$/.exec(line);
    if (!match?.[1] || match[1].includes('node_modules') || line.includes('node:')) continue;
    const path = match[1].replace('file://', '');
    if (!path.startsWith(decodeURIComponent(ENGINE_DIR.pathname))) return `${path.split('/').pop()}:${match[2]}`;
  }
  return 'an unknown line';
}

export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`;
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** Throws a ShapeError: `matmul: why: [2,3] and [4,5]. fix (train.ts:41)`. */
export function failShape(op: string, why: string, shapes: readonly Shape[], fix: string): never {
  const shapesText = shapes.length > 0 ? `: ${shapes.map(formatShape).join(' and ')}` : '';
  throw new ShapeError(`${op}: ${why}${shapesText}. ${fix} (${callerLine()})`);
}

const BYTES_OF: Record<DType, (values: ArrayLike<number>) => Uint8Array> = {
  float32: (values) => new Uint8Array(Float32Array.from(values).buffer),
  float64: (values) => new Uint8Array(Float64Array.from(values).buffer),
  int32: (values) => new Uint8Array(Int32Array.from(values).buffer),
  int64: (values) => new Uint8Array(BigInt64Array.from(Array.from(values, (value) => BigInt(value))).buffer),
  bool: (values) => Uint8Array.from(values),
};

interface EmitOptions {
  readonly attrs?: Readonly<Record<string, Attr>>;
  readonly dtype?: DType;
  readonly backward?: BackwardRule;
  readonly scaled?: Tensor['scaled'];
}

/** One computation under construction. Equal nodes and equal constants are stored once. */
export class Graph {
  readonly floatType: FloatType;
  private readonly nodes: { readonly node: OnnxNode; readonly output: Tensor }[] = [];
  private readonly constants = new Map<string, OnnxTensor>();
  private readonly inputs = new Map<string, Tensor>();
  private readonly known = new Map<string, Tensor>();
  private readonly numbers = new Map<number, number>();
  private nextId = 0;

  constructor(floatType: FloatType = 'float32') {
    this.floatType = floatType;
  }

  private make(name: string | null, shape: Shape, dtype: DType, fields: Partial<Tensor>): Tensor {
    const id = this.nextId++;
    const { needsGrad = false, inputs = [], backward = null, scaled = null } = fields;
    return { id, graph: this, name: name ?? `v${id}`, shape, dtype, needsGrad, inputs, backward, scaled };
  }

  /** A value fed at every run. `needsGrad` makes it something `gradients` can differentiate by. */
  input(name: string, shape: Shape, dtype: DType = this.floatType, needsGrad = false): Tensor {
    if (this.inputs.has(name))
      failShape('input', `the name "${name}" is taken`, [shape], 'Give each input its own name.');
    const tensor = this.make(name, shape, dtype, { needsGrad });
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** A value known now; it is stored inside the graph. */
  constant(values: ArrayLike<number>, shape: Shape, dtype: DType = this.floatType): Tensor {
    if (sizeOf(shape) !== values.length) {
      failShape('constant', `${values.length} values do not fill the shape`, [shape], 'Match the two.');
    }
    const bytes = BYTES_OF[dtype](values);
    const key = bytes.length <= 4096 ? `const ${dtype} ${shape} ${Buffer.from(bytes).toString('latin1')}` : null;
    const foundTensor = key === null ? undefined : this.known.get(key);
    if (foundTensor) return foundTensor;
    const tensor = this.make(null, shape, dtype, {});
    this.constants.set(tensor.name, { name: tensor.name, dtype, shape, bytes });
    if (values.length === 1) this.numbers.set(tensor.id, values[0] ?? 0);
    if (key !== null) this.known.set(key, tensor);
    return tensor;
  }

  /** The number behind a constant of one element and no axes; null for anything else. */
  numberOf(tensor: Tensor): number | null {
    return tensor.shape.length === 0 ? (this.numbers.get(tensor.id) ?? null) : null;
  }

  /** A known weight under a name of its own, as in an exported model. */
  weight(name: string, values: Float32Array, shape: Shape): Tensor {
    const tensor = this.make(name, shape, 'float32', {});
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.constants.set(name, { name, dtype: 'float32', shape, bytes });
    return tensor;
  }

  /** Adds one ONNX node. `shape` is the caller's promise; ONNX Runtime checks it when the session is made. */
  emit(op: string, inputs: readonly Tensor[], shape: Shape, options: EmitOptions = {}): Tensor {
    const { attrs = {}, dtype = inputs[0]?.dtype ?? this.floatType, backward, scaled = null } = options;
    for (const tensor of inputs) {
      if (tensor.graph !== this)
        failShape(op, `"${tensor.name}" belongs to another graph`, [tensor.shape], 'Trace it in this graph.');
    }
    const names = inputs.map((tensor) => tensor.name);
    const key = `${op} ${inputs.map((tensor) => tensor.id).join(',')} ${JSON.stringify(attrs)} ${dtype} ${shape}`;
    const foundTensor = this.known.get(key);
    if (foundTensor) return foundTensor;
    const needsGrad = backward !== undefined && inputs.some((tensor) => tensor.needsGrad);
    const backwardRule = needsGrad ? (backward ?? null) : null;
    const output = this.make(null, shape, dtype, { needsGrad, inputs, backward: backwardRule, scaled });
    this.nodes.push({ node: { op, inputs: names, output: output.name, attrs }, output });
    this.known.set(key, output);
    return output;
  }

  /**
   * A view of emitted nodes as one differentiable step: the value of `out`, the inputs and the rule given here.
   * Used by fused rules, whose parts must not be differentiated one by one.
   */
  fused(output: Tensor, inputs: readonly Tensor[], backward: BackwardRule): Tensor {
    const needsGrad = inputs.some((tensor) => tensor.needsGrad);
    return { ...output, id: this.nextId++, needsGrad, inputs, backward: needsGrad ? backward : null, scaled: null };
  }

  /** The same value, known not to depend on any parameter. */
  detach(value: Tensor): Tensor {
    return { ...value, id: this.nextId++, needsGrad: false, inputs: [], backward: null, scaled: null };
  }

  /** The part of the graph that `outputs` need, in an order in which it can be computed. */
  finish(outputs: ReadonlyMap<string, Tensor>): OnnxGraph {
    const neededNames = new Set([...outputs.values()].map((tensor) => tensor.name));
    const nodes: OnnxNode[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i]?.node;
      if (!node || !neededNames.has(node.output)) continue;
      for (const input of node.inputs) neededNames.add(input);
      nodes.push(node);
    }
    nodes.reverse();
    // A node that makes an output writes it under its name; inputs, and values that are two outputs, are copied.
    const madeNames = new Set(nodes.map((node) => node.output));
    const renamed = new Map<string, string>();
    for (const [name, tensor] of outputs) {
      if (madeNames.has(tensor.name) && !renamed.has(tensor.name)) renamed.set(tensor.name, name);
      else nodes.push({ op: 'Identity', inputs: [tensor.name], output: name, attrs: {} });
    }
    const renamedName = (name: string): string => renamed.get(name) ?? name;
    const describeValue = (name: string, tensor: Tensor): OnnxValue => ({
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
    });
    return {
      nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamedName), output: renamedName(node.output) })),
      initializers: [...this.constants.values()].filter((constant) => neededNames.has(constant.name)),
      inputs: [...this.inputs.values()]
        .filter((tensor) => neededNames.has(tensor.name))
        .map((tensor) => describeValue(tensor.name, tensor)),
      outputs: [...outputs].map(([name, tensor]) => describeValue(name, tensor)),
    };
  }
}

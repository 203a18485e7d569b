// The ONNX file format: a protobuf writer for graphs, and a reader that lists what a file contains.
// Knows nothing of tensors as values, of gradients or of ONNX Runtime. Field numbers: onnx.proto (onnx 1.16).

export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
/** A plain number or list is an integer attribute; `{ float }` is a float attribute. */
export type Attr = number | readonly number[] | string | { readonly float: number };

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}
export interface OnnxTensor extends OnnxValue {
  readonly bytes: Uint8Array;
}
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attrs: Readonly<Record<string, Attr>>;
}
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const IR_VERSION = 8;
const OPSET = 18;
const DTYPE_CODE = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

const utf8 = new TextEncoder();

/** An append-only protobuf message. Sub-messages are written as finished byte arrays. */
class Message {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  private push(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.size += bytes.length;
  }
  private varint(value: number): void {
    const out: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      out.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    out.push(Number(rest));
    this.push(Uint8Array.from(out));
  }
  int(field: number, value: number): this {
    this.varint(field << 3);
    this.varint(value);
    return this;
  }
  float(field: number, value: number): this {
    this.varint((field << 3) | 5);
    this.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }
  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.push(value);
    return this;
  }
  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }
  finish(): Uint8Array {
    const out = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

function attribute(name: string, value: Attr): Message {
  const m = new Message().text(1, name);
  if (typeof value === 'string') return m.text(4, value).int(20, 3);
  if (typeof value === 'number') return m.int(3, value).int(20, 2);
  if ('float' in value) return m.float(2, value.float).int(20, 1);
  for (const v of value) m.int(8, v);
  return m.int(20, 7);
}

function valueInfo(value: OnnxValue): Message {
  const shape = new Message();
  for (const dim of value.shape) shape.message(1, new Message().int(1, dim));
  const tensorType = new Message().int(1, DTYPE_CODE[value.dtype]).message(2, shape);
  return new Message().text(1, value.name).message(2, new Message().message(1, tensorType));
}

function tensorProto(value: OnnxTensor): Message {
  const m = new Message();
  for (const dim of value.shape) m.int(1, dim);
  return m.int(2, DTYPE_CODE[value.dtype]).text(8, value.name).bytes(9, value.bytes);
}

/** Encodes one graph as a ModelProto of opset 18; weights are stored inside the file as raw little-endian data. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const g = new Message();
  for (const node of graph.nodes) {
    const m = new Message();
    for (const input of node.inputs) m.text(1, input);
    m.text(2, node.output).text(4, node.op);
    for (const [name, value] of Object.entries(node.attrs)) m.message(5, attribute(name, value));
    g.message(1, m);
  }
  g.text(2, 'overnight');
  for (const init of graph.initializers) g.message(5, tensorProto(init));
  for (const input of graph.inputs) g.message(11, valueInfo(input));
  for (const output of graph.outputs) g.message(12, valueInfo(output));
  const opset = new Message().text(1, '').int(2, OPSET);
  return new Message().int(1, IR_VERSION).text(2, 'overnight').message(7, g).message(8, opset).finish();
}

// ---------------------------------------------------------------------------------------------- reading

/** One field of a protobuf message: the value of a varint, or the bytes of anything else. */
interface Field {
  readonly number: number;
  readonly int: number;
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Splits a protobuf message into its fields; throws a RangeError on anything malformed or cut short. */
export function readFields(buf: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = buf[at++];
      if (byte === undefined) throw new RangeError(`protobuf: cut short at byte ${at}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError(`protobuf: a number at byte ${at} is longer than 64 bits`);
  };
  while (at < buf.length) {
    const key = varint();
    const wire = key & 7;
    const number = key >>> 3;
    if (wire === 0) {
      fields.push({ number, int: varint(), bytes: NO_BYTES });
      continue;
    }
    const length = wire === 2 ? varint() : wire === 5 ? 4 : wire === 1 ? 8 : -1;
    if (length < 0 || at + length > buf.length) {
      throw new RangeError(`protobuf: field ${number} (wire type ${wire}) at byte ${at} does not fit the file`);
    }
    fields.push({ number, int: 0, bytes: buf.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** What a judge needs to know of an ONNX file before running it. Dimensions that are not fixed numbers are -1. */
export interface ModelSummary {
  readonly ops: readonly { readonly op: string; readonly domain: string; readonly hasSubgraph: boolean }[];
  readonly inputs: readonly { readonly name: string; readonly typeCode: number; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly typeCode: number; readonly shape: readonly number[] }[];
  readonly weights: readonly { readonly name: string; readonly typeCode: number; readonly size: number }[];
  /** Things a self-contained plain graph never has: external data, functions, sparse weights, training info. */
  readonly forbidden: readonly string[];
}

const decodeText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const textOf = (fields: readonly Field[], n: number): string =>
  decodeText(fields.find((f) => f.number === n)?.bytes ?? NO_BYTES);
const messages = (fields: readonly Field[], n: number): Uint8Array[] =>
  fields.filter((f) => f.number === n).map((f) => f.bytes);

function readValue(bytes: Uint8Array): ModelSummary['inputs'][number] {
  const fields = readFields(bytes);
  const type = messages(fields, 2)[0] ?? NO_BYTES;
  const tensor = readFields(messages(readFields(type), 1)[0] ?? NO_BYTES);
  const shape = messages(readFields(messages(tensor, 2)[0] ?? NO_BYTES), 1).map((dim) => {
    const fixed = readFields(dim).find((f) => f.number === 1);
    return fixed ? fixed.int : -1;
  });
  return { name: textOf(fields, 1), typeCode: tensor.find((f) => f.number === 1)?.int ?? 0, shape };
}

/** Repeated integers may be packed or not; both are legal protobuf. */
function readInts(fields: readonly Field[], n: number): number[] {
  const out: number[] = [];
  for (const f of fields.filter((field) => field.number === n)) {
    if (f.bytes.length === 0) out.push(f.int);
    else {
      let value = 0;
      let scale = 1;
      for (const byte of f.bytes) {
        value += (byte & 0x7f) * scale;
        scale *= 128;
        if (byte < 0x80) {
          out.push(value);
          value = 0;
          scale = 1;
        }
      }
    }
  }
  return out;
}

/** Reads the structure of an ONNX file without its weights' values. Throws RangeError when it is not one. */
export function summarizeModel(buf: Uint8Array): ModelSummary {
  const model = readFields(buf);
  const graphs = messages(model, 7);
  if (graphs.length !== 1 || graphs[0] === undefined)
    throw new RangeError(`expected one graph, found ${graphs.length}`);
  const graph = readFields(graphs[0]);
  const forbidden: string[] = [];
  if (messages(model, 25).length > 0) forbidden.push('model-local functions');
  if (messages(model, 20).length > 0) forbidden.push('training info');
  if (messages(graph, 15).length > 0) forbidden.push('sparse weights');
  const ops = messages(graph, 1).map((bytes) => {
    const node = readFields(bytes);
    const attrs = messages(node, 5).map((a) => readFields(a));
    // 6 and 11: a graph or graphs; 5, 10, 22, 23: tensors stored in attributes, which plain graphs do not need.
    const hasSubgraph = attrs.some((a) => a.some((f) => [5, 6, 10, 11, 22, 23].includes(f.number)));
    return { op: textOf(node, 4), domain: textOf(node, 7), hasSubgraph };
  });
  const weights = messages(graph, 5).map((bytes) => {
    const t = readFields(bytes);
    const name = textOf(t, 8);
    if (t.some((f) => f.number === 13 || (f.number === 14 && f.int !== 0))) forbidden.push(`external data (${name})`);
    return {
      name,
      typeCode: t.find((f) => f.number === 2)?.int ?? 0,
      size: readInts(t, 1).reduce((a, b) => a * b, 1),
    };
  });
  const inputs = messages(graph, 11).map(readValue);
  const outputs = messages(graph, 12).map(readValue);
  return { ops, inputs, outputs, weights, forbidden };
}

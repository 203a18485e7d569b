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

  private pushBytes(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.size += bytes.length;
  }
  private writeVarint(value: number): void {
    const output: number[] = [];
    let remaining = BigInt.asUintN(64, BigInt(value));
    while (remaining > 0x7fn) {
      output.push(Number(remaining & 0x7fn) | 0x80);
      remaining >>= 7n;
    }
    output.push(Number(remaining));
    this.pushBytes(Uint8Array.from(output));
  }
  int(field: number, value: number): this {
    this.writeVarint(field << 3);
    this.writeVarint(value);
    return this;
  }
  float(field: number, value: number): this {
    this.writeVarint((field << 3) | 5);
    this.pushBytes(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }
  bytes(field: number, value: Uint8Array): this {
    this.writeVarint((field << 3) | 2);
    this.writeVarint(value.length);
    this.pushBytes(value);
    return this;
  }
  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }
  finish(): Uint8Array {
    const output = new Uint8Array(this.size);
    let position = 0;
    for (const part of this.parts) {
      output.set(part, position);
      position += part.length;
    }
    return output;
  }
}

function encodeAttribute(name: string, value: Attr): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'string') return message.text(4, value).int(20, 3);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  for (const item of value) message.int(8, item);
  return message.int(20, 7);
}

function encodeValueInfo(value: OnnxValue): Message {
  const shape = new Message();
  for (const dimension of value.shape) shape.message(1, new Message().int(1, dimension));
  const tensorType = new Message().int(1, DTYPE_CODE[value.dtype]).message(2, shape);
  return new Message().text(1, value.name).message(2, new Message().message(1, tensorType));
}

function encodeTensor(value: OnnxTensor): Message {
  const message = new Message();
  for (const dimension of value.shape) message.int(1, dimension);
  return message.int(2, DTYPE_CODE[value.dtype]).text(8, value.name).bytes(9, value.bytes);
}

/** Encodes one graph as a ModelProto of opset 18; weights are stored inside the file as raw little-endian data. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const graphMessage = new Message();
  for (const node of graph.nodes) {
    const message = new Message();
    for (const input of node.inputs) message.text(1, input);
    message.text(2, node.output).text(4, node.op);
    for (const [name, value] of Object.entries(node.attrs)) message.message(5, encodeAttribute(name, value));
    graphMessage.message(1, message);
  }
  graphMessage.text(2, 'overnight');
  for (const initializer of graph.initializers) graphMessage.message(5, encodeTensor(initializer));
  for (const input of graph.inputs) graphMessage.message(11, encodeValueInfo(input));
  for (const output of graph.outputs) graphMessage.message(12, encodeValueInfo(output));
  const opset = new Message().text(1, '').int(2, OPSET);
  return new Message().int(1, IR_VERSION).text(2, 'overnight').message(7, graphMessage).message(8, opset).finish();
}

// ---------------------------------------------------------------------------------------------- reading

/** One field of a protobuf message: the value of a varint, or the bytes of anything else. */
interface Field {
  readonly number: number;
  readonly int: number;
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
/** Bytes of the wire types with a fixed length: 64-bit and 32-bit numbers. */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Splits a protobuf message into its fields; throws a RangeError on anything malformed or cut short. */
export function readFields(file: Uint8Array): Field[] {
  const fields: Field[] = [];
  let position = 0;
  const readVarint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = file[position++];
      if (byte === undefined) throw new RangeError(`protobuf: cut short at byte ${position}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError(`protobuf: a number at byte ${position} is longer than 64 bits`);
  };
  while (position < file.length) {
    const key = readVarint();
    const wireType = key & 7;
    const number = key >>> 3;
    if (wireType === 0) {
      fields.push({ number, int: readVarint(), bytes: NO_BYTES });
      continue;
    }
    const length = wireType === 2 ? readVarint() : (FIXED_LENGTHS[wireType] ?? -1);
    if (length < 0 || position + length > file.length) {
      throw new RangeError(
        `protobuf: field ${number} (wire type ${wireType}) at byte ${position} does not fit the file`,
      );
    }
    fields.push({ number, int: 0, bytes: file.subarray(position, position + length) });
    position += length;
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
const readText = (fields: readonly Field[], fieldNumber: number): string =>
  decodeText(fields.find((field) => field.number === fieldNumber)?.bytes ?? NO_BYTES);
const readMessages = (fields: readonly Field[], fieldNumber: number): Uint8Array[] =>
  fields.filter((field) => field.number === fieldNumber).map((field) => field.bytes);

function readValue(bytes: Uint8Array): ModelSummary['inputs'][number] {
  const fields = readFields(bytes);
  const type = readMessages(fields, 2)[0] ?? NO_BYTES;
  const tensor = readFields(readMessages(readFields(type), 1)[0] ?? NO_BYTES);
  const shape = readMessages(readFields(readMessages(tensor, 2)[0] ?? NO_BYTES), 1).map((dimension) => {
    const fixedSize = readFields(dimension).find((field) => field.number === 1);
    return fixedSize ? fixedSize.int : -1;
  });
  return { name: readText(fields, 1), typeCode: tensor.find((field) => field.number === 1)?.int ?? 0, shape };
}

/** Repeated integers may be packed or not; both are legal protobuf. */
function readInts(fields: readonly Field[], fieldNumber: number): number[] {
  const integers: number[] = [];
  for (const field of fields.filter((field) => field.number === fieldNumber)) {
    if (field.bytes.length === 0) integers.push(field.int);
    else {
      let value = 0;
      let scale = 1;
      for (const byte of field.bytes) {
        value += (byte & 0x7f) * scale;
        scale *= 128;
        if (byte < 0x80) {
          integers.push(value);
          value = 0;
          scale = 1;
        }
      }
    }
  }
  return integers;
}

/** Reads the structure of an ONNX file without its weights' values. Throws RangeError when it is not one. */
export function summarizeModel(file: Uint8Array): ModelSummary {
  const model = readFields(file);
  const graphs = readMessages(model, 7);
  if (graphs.length !== 1 || graphs[0] === undefined)
    throw new RangeError(`expected one graph, found ${graphs.length}`);
  const graph = readFields(graphs[0]);
  const forbidden: string[] = [];
  if (readMessages(model, 25).length > 0) forbidden.push('model-local functions');
  if (readMessages(model, 20).length > 0) forbidden.push('training info');
  if (readMessages(graph, 15).length > 0) forbidden.push('sparse weights');
  const ops = readMessages(graph, 1).map((bytes) => {
    const node = readFields(bytes);
    const attrs = readMessages(node, 5).map((attribute) => readFields(attribute));
    // 6 and 11: a graph or graphs; 5, 10, 22, 23: tensors stored in attributes, which plain graphs do not need.
    const hasSubgraph = attrs.some((attribute) =>
      attribute.some((field) => [5, 6, 10, 11, 22, 23].includes(field.number)),
    );
    return { op: readText(node, 4), domain: readText(node, 7), hasSubgraph };
  });
  const weights = readMessages(graph, 5).map((bytes) => {
    const fields = readFields(bytes);
    const name = readText(fields, 8);
    if (fields.some((field) => field.number === 13 || (field.number === 14 && field.int !== 0)))
      forbidden.push(`external data (${name})`);
    return {
      name,
      typeCode: fields.find((field) => field.number === 2)?.int ?? 0,
      size: readInts(fields, 1).reduce((attribute, b) => attribute * b, 1),
    };
  });
  const inputs = readMessages(graph, 11).map(readValue);
  const outputs = readMessages(graph, 12).map(readValue);
  return { ops, inputs, outputs, weights, forbidden };
}

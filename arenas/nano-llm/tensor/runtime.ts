// Runs finished graphs with ONNX Runtime: sessions, feeds, and the choice of device with its reason.
// Knows nothing of how a graph came about. The only file of the engine that imports onnxruntime-node.

import * as ort from 'onnxruntime-node';
import type { Graph, Shape, Tensor } from './graph.ts';
import { type DType, encodeModel } from './onnx.ts';

export type Device = 'cpu' | 'webgpu';
export type Values = Float32Array | Float64Array | Int32Array;
export interface Feed {
  readonly data: Values;
  readonly shape: Shape;
}
export interface SessionOptions {
  /** Threads for one op; ops run one after the other. */
  readonly cpus: number;
  readonly device?: Device;
  /** `basic` leaves out fusions, some of which have no float64 kernel. */
  readonly optimize?: 'all' | 'basic';
  /** Outputs that stay on the GPU. */
  readonly resident?: readonly string[];
}

/**
 * Makes a session from a file's bytes. Spinning is off, so that a neighbour on a core does not triple the time. Numbers
 * below 1e-38 count as zero: what a mask leaves of exp() is one, and it made a masked softmax three times as slow.
 * ONNX Runtime sets that once, for its own threads and for the thread that makes the first session: JavaScript's too.
 */
export function createSession(model: Uint8Array, options: SessionOptions): Promise<ort.InferenceSession> {
  const resident = Object.fromEntries((options.resident ?? []).map((name) => [name, 'gpu-buffer' as const]));
  return ort.InferenceSession.create(model, {
    executionProviders: [options.device ?? 'cpu'],
    intraOpNumThreads: options.cpus,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimize ?? 'all',
    logSeverityLevel: 3,
    ...(options.resident?.length ? { preferredOutputLocation: resident } : {}),
    extra: { session: { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' } },
  });
}

/** An ONNX Runtime tensor over existing memory; nothing is copied. */
export function toOrt(feed: Feed): ort.Tensor {
  const { data } = feed;
  const type = data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int32';
  return new ort.Tensor(type, data, [...feed.shape]);
}

/** Chooses where to compute. `auto` takes a GPU if WebGPU finds one; the reason is for people to read. */
export async function chooseDevice(wanted: Device | 'auto'): Promise<{ device: Device; reason: string }> {
  if (wanted === 'cpu') return { device: 'cpu', reason: 'cpu was asked for' };
  try {
    await createSession(encodeModel(IDENTITY), { cpus: 1, device: 'webgpu' });
    return { device: 'webgpu', reason: wanted === 'auto' ? 'WebGPU found a device' : 'webgpu was asked for' };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    if (wanted === 'auto') return { device: 'cpu', reason: `WebGPU found no device (${why})` };
    throw new Error(`device: webgpu was asked for, but no session could be made (${why}). Use --device cpu or auto.`);
  }
}

const ONE = { dtype: 'float32' as DType, shape: [1] };
const IDENTITY = {
  nodes: [{ op: 'Identity', inputs: ['x'], output: 'y', attrs: {} }],
  initializers: [],
  inputs: [{ name: 'x', ...ONE }],
  outputs: [{ name: 'y', ...ONE }],
};

/** Compiles and runs a graph once: for tests and small tools. Feeds by input name; results by output name. */
export async function runOnce(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, Values>>,
  options: SessionOptions = { cpus: 1, optimize: graph.floatType === 'float64' ? 'basic' : 'all' },
): Promise<Record<string, Values>> {
  const finished = graph.finish(new Map(Object.entries(outputs)));
  const session = await createSession(encodeModel(finished), options);
  const inputs = finished.inputs.map(({ name, shape }) => {
    const data = feeds[name];
    if (!data)
      throw new Error(`runOnce: the graph needs "${name}", which was not fed. Feed ${Object.keys(feeds)} too.`);
    return [name, toOrt({ data, shape })] as const;
  });
  const results = await session.run(Object.fromEntries(inputs));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.data as Values]));
}

// A training program: named state that lives between runs, and steps (graphs) that read and replace it.
// Knows nothing of models or optimizers. On the CPU state is kept twice and swapped after each run, so nothing is
// copied; on a GPU it stays there between runs, and `sync` brings it back.

import type * as ort from 'onnxruntime-node';
import { Graph, type Shape, sizeOf, type Tensor } from './graph.ts';
import { encodeModel } from './onnx.ts';
import { createSession, type Device, type SessionOptions, toOrt, type Values } from './runtime.ts';

interface Slot {
  readonly shape: Shape;
  now: ort.Tensor;
  /** Where the CPU writes the next value. */
  next: ort.Tensor;
}

const isOnDevice = (tensor: ort.Tensor): boolean => tensor.location === 'gpu-buffer';

/** All numbers that outlive a step: parameters, moments, running sums. Shared by the steps of one training run. */
export class Store {
  private readonly slots = new Map<string, Slot>();

  /** Adds a value under a new name; without `init` it starts at zero. */
  add(name: string, shape: Shape, initialValues: Float32Array = new Float32Array(sizeOf(shape))): void {
    if (this.slots.has(name)) throw new Error(`state: the name "${name}" is taken. Give each value its own name.`);
    if (initialValues.length !== sizeOf(shape)) {
      throw new Error(
        `state: "${name}" has ${initialValues.length} values for [${shape}]. Initialise it with ${sizeOf(shape)}.`,
      );
    }
    const now = toOrt({ data: initialValues, shape });
    this.slots.set(name, { shape, now, next: toOrt({ data: new Float32Array(initialValues.length), shape }) });
  }
  has(name: string): boolean {
    return this.slots.has(name);
  }
  slot(name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot)
      throw new Error(`state: there is no "${name}". Known: ${[...this.slots.keys()].slice(0, 8).join(', ')} …`);
    return slot;
  }
  /** The current numbers, not a copy: the next step but one overwrites them. After steps on a GPU, `sync` first. */
  read(name: string): Float32Array {
    return this.slot(name).now.data as Float32Array;
  }
  /** Copies state that lies on a GPU back to memory; does nothing otherwise. */
  async sync(): Promise<void> {
    const deviceSlots = [...this.slots].filter(([, slot]) => isOnDevice(slot.now));
    if (deviceSlots.length === 0) return;
    // Through a session: reading a GPU tensor directly ends the process in onnxruntime-node 1.30.
    const graph = new Graph();
    const outputs = new Map(deviceSlots.map(([name, slot]) => [`out:${name}`, graph.input(name, slot.shape)]));
    const session = await createSession(encodeModel(graph.finish(outputs)), { cpus: 1, device: 'webgpu' });
    const results = await session.run(Object.fromEntries(deviceSlots.map(([name, slot]) => [name, slot.now])));
    for (const [name, slot] of deviceSlots) {
      slot.now.dispose();
      slot.now = results[`out:${name}`] as ort.Tensor;
    }
    await session.release();
  }
  shape(name: string): Shape {
    return this.slot(name).shape;
  }
  names(): string[] {
    return [...this.slots.keys()];
  }
}

/** One traced step over a store: what it is fed, which state it replaces, what it reports. */
export class Step {
  readonly graph = new Graph();
  private readonly store: Store;
  private readonly states = new Map<string, Tensor>();
  private readonly updates = new Map<string, Tensor>();
  private readonly outputs = new Map<string, Tensor>();
  private readonly feeds = new Map<string, Tensor>();

  constructor(store: Store) {
    this.store = store;
  }

  /** The traced value of a state at the start of the step. Parameters can be differentiated by. */
  state(name: string): Tensor {
    const known = this.states.get(name);
    if (known) return known;
    const tensor = this.graph.input(name, this.store.shape(name), 'float32', true);
    this.states.set(name, tensor);
    return tensor;
  }

  /** Replaces a state at the end of the step. */
  update(name: string, value: Tensor): void {
    const { shape } = this.store.slot(name);
    if (shape.length !== value.shape.length || shape.some((size, i) => size !== value.shape[i])) {
      throw new Error(`update: "${name}" is [${shape}], its new value [${value.shape}]. Make the shapes equal.`);
    }
    this.updates.set(name, value);
  }

  /** A value fed at each run, int32 for ids. */
  input(name: string, shape: Shape, dtype: 'float32' | 'int32' = 'float32'): Tensor {
    const tensor = this.graph.input(name, shape, dtype);
    this.feeds.set(name, tensor);
    return tensor;
  }

  /** A number fed at each run, such as a learning rate. */
  scalar(name: string): Tensor {
    return this.feeds.get(name) ?? this.input(name, []);
  }

  /** A value to report after each run. */
  output(name: string, value: Tensor): void {
    this.outputs.set(name, value);
  }

  /** Builds the ONNX graph and its session. The step cannot be changed afterwards. */
  async compile(options: SessionOptions): Promise<CompiledStep> {
    const all = new Map<string, Tensor>();
    for (const [name, tensor] of this.updates) all.set(`${name}'`, tensor);
    for (const [name, tensor] of this.outputs) all.set(`out:${name}`, tensor);
    const finished = this.graph.finish(all);
    const resident = options.device === 'webgpu' ? [...this.updates.keys()].map((name) => `${name}'`) : [];
    const session = await createSession(encodeModel(finished), { ...options, resident });
    const used = new Set(finished.inputs.map((i) => i.name));
    return new CompiledStep(session, this.store, {
      resident: resident.length > 0,
      nodes: finished.nodes.length,
      states: [...this.states.keys()].filter((name) => used.has(name)),
      updates: [...this.updates.keys()],
      outputs: [...this.outputs.keys()],
      feeds: [...this.feeds]
        .filter(([name]) => used.has(name))
        .map(([name, tensor]) => ({ name, shape: tensor.shape, dtype: tensor.dtype })),
    });
  }
}

interface StepPlan {
  /** New state stays on the GPU. */
  readonly resident: boolean;
  readonly nodes: number;
  readonly states: readonly string[];
  readonly updates: readonly string[];
  readonly outputs: readonly string[];
  readonly feeds: readonly { readonly name: string; readonly shape: Shape; readonly dtype: string }[];
}

/** A step that can be run. Runs must not overlap: they share the store. */
export class CompiledStep {
  private readonly session: ort.InferenceSession;
  private readonly store: Store;
  readonly plan: StepPlan;

  constructor(session: ort.InferenceSession, store: Store, plan: StepPlan) {
    this.session = session;
    this.store = store;
    this.plan = plan;
  }

  /** Runs once: reads the state, writes the new state, gives the outputs' values (a number for a scalar). */
  async run(values: Readonly<Record<string, number | Values>>): Promise<Record<string, Float32Array>> {
    const feeds: Record<string, ort.Tensor> = {};
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const { name, shape, dtype } of this.plan.feeds) {
      const value = values[name];
      if (value === undefined) throw new Error(`step: "${name}" was not fed. It was declared as [${shape}] ${dtype}.`);
      const data = typeof value === 'number' ? Float32Array.of(value) : value;
      if (data.length !== sizeOf(shape)) {
        throw new Error(`step: "${name}" was fed ${data.length} values for [${shape}]. Feed ${sizeOf(shape)}.`);
      }
      feeds[name] = toOrt({ data, shape });
    }
    for (const name of this.plan.states) feeds[name] = this.store.slot(name).now;
    for (const name of this.plan.updates) {
      fetches[`${name}'`] = this.plan.resident ? null : this.store.slot(name).next;
    }
    for (const name of this.plan.outputs) fetches[`out:${name}`] = null;
    const results = await this.session.run(feeds, fetches);
    for (const name of this.plan.updates) {
      const slot = this.store.slot(name);
      if (this.plan.resident) {
        if (isOnDevice(slot.now)) slot.now.dispose();
        slot.now = results[`${name}'`] as ort.Tensor;
      } else [slot.now, slot.next] = [slot.next, slot.now];
    }
    return Object.fromEntries(this.plan.outputs.map((name) => [name, results[`out:${name}`]?.data as Float32Array]));
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

export type { Device };

// Everything train.ts may use, in one place; README.md lists it with shapes. Knows nothing that its parts do not.

export * from './elementwise.ts';
export { gradients } from './gradients.ts';
export { formatShape, Graph, type Shape, ShapeError, sizeOf, type Tensor } from './graph.ts';
export { matmul } from './matmul.ts';
export * from './nn.ts';
export { encodeModel } from './onnx.ts';
export { CompiledStep, Step, Store } from './program.ts';
export { createRandom, type Random } from './random.ts';
export { chooseDevice, type Device, runOnce, type SessionOptions } from './runtime.ts';
export * from './shape.ts';

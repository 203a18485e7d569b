// The rate of one large float32 matrix product on this machine, against which a training step is compared.
// Knows nothing of models.

import { Graph } from '../tensor/graph.ts';
import { matmul } from '../tensor/matmul.ts';
import { encodeModel } from '../tensor/onnx.ts';
import { createSession, toOrt } from '../tensor/runtime.ts';

const SIZE = 1024;
const REPEATS = 4;

/** Floating-point operations per second of the best of a few 1024³ products; takes some tens of milliseconds. */
export async function measurePeakFlops(cpus: number): Promise<number> {
  const graph = new Graph();
  const shape = [SIZE, SIZE];
  const product = matmul(graph.input('a', shape), graph.input('b', shape));
  const session = await createSession(encodeModel(graph.finish(new Map([['y', product]]))), { cpus });
  const createMatrix = (): Float32Array => new Float32Array(SIZE * SIZE).fill(0.5);
  const feeds = { a: toOrt({ data: createMatrix(), shape }), b: toOrt({ data: createMatrix(), shape }) };
  const fetches = { y: toOrt({ data: createMatrix(), shape }) };
  let bestRate = 0;
  for (let i = 0; i < REPEATS; i++) {
    const startedMs = performance.now();
    await session.run(feeds, fetches);
    bestRate = Math.max(bestRate, (2 * SIZE ** 3) / ((performance.now() - startedMs) / 1000));
  }
  await session.release();
  return bestRate;
}

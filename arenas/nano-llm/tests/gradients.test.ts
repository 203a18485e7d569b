// Every differentiable op against central differences in float64, and its float32 gradient against the float64 one.

import { describe, expect, test } from 'vitest';
import { encodeModel, type Graph, gradients, runOnce, type Tensor } from '../tensor/index.ts';
import { CASES, type Case, pointsOf, trace } from './cases.ts';

async function check(c: Case) {
  const points = pointsOf(c);
  const feed = (values: Float64Array[]) => Object.fromEntries(values.map((v, i) => [`x${i}`, v]));
  const exact = trace(c, 'float64');
  const grads = gradients(exact.loss, exact.xs);
  const outputs = Object.fromEntries(grads.map((dx, i) => [`d${i}`, dx]));
  const analytic = await runOnce(exact.g, outputs, feed(points));
  const single = trace(c, 'float32');
  const singleOut = Object.fromEntries(gradients(single.loss, single.xs).map((dx, i) => [`d${i}`, dx]));
  const singleFeed = Object.fromEntries(points.map((v, i) => [`x${i}`, Float32Array.from(v)]));
  const rounded = await runOnce(single.g, singleOut, singleFeed);
  // One session, many evaluations: the loss for every perturbed coordinate.
  const h = 1e-5;
  const perturbed = trace(c, 'float64');
  const evaluate = await compileLoss(perturbed.g, perturbed.loss);
  for (const [i, point] of points.entries()) {
    for (let j = 0; j < point.length; j++) {
      const at = async (delta: number) => {
        const moved = points.map((p) => p.slice());
        (moved[i] as Float64Array)[j] = (point[j] as number) + delta;
        return evaluate(feed(moved));
      };
      const numeric = ((await at(h)) - (await at(-h))) / (2 * h);
      const got = analytic[`d${i}`]?.[j] ?? Number.NaN;
      expect(Math.abs(got - numeric), `x${i}[${j}]: rule ${got}, differences ${numeric}`).toBeLessThan(
        1e-7 * Math.max(1, Math.abs(numeric)) * 20,
      );
      expect(Math.abs((rounded[`d${i}`]?.[j] ?? Number.NaN) - got)).toBeLessThan(2e-5 * Math.max(1, Math.abs(got)));
    }
  }
}

async function compileLoss(g: Graph, loss: Tensor) {
  const { createSession, toOrt } = await import('../tensor/runtime.ts');
  const finished = g.finish(new Map([['loss', loss]]));
  const session = await createSession(encodeModel(finished), { cpus: 1, optimize: 'basic' });
  const shapes = new Map(finished.inputs.map((i) => [i.name, i.shape]));
  return async (feeds: Record<string, Float64Array>): Promise<number> => {
    const entries = Object.entries(feeds).filter(([name]) => shapes.has(name));
    const result = await session.run(
      Object.fromEntries(entries.map(([n, data]) => [n, toOrt({ data, shape: shapes.get(n) ?? [] })])),
    );
    return Number(result.loss?.data[0]);
  };
}

describe('the gradient of', () => {
  for (const [name, c] of Object.entries(CASES)) test(`${name} agrees with central differences`, () => check(c));
});

/** The Gaussian process of a short night: what it does while there is nothing but noise to see. */
import { describe, expect, it } from 'vitest';
import { gpSampler } from './sampler.ts';
import { createSearch, type History, type Param } from '../index.ts';

/** A small language model's knobs. */
const SPACE: readonly Param[] = [
  { name: 'depth', kind: 'int', low: 2, high: 8, default: 4 },
  { name: 'head', kind: 'ordinal', values: [16, 32, 64], default: 32 },
  { name: 'mlp', kind: 'int', low: 1, high: 8, default: 4 },
  { name: 'window', kind: 'categorical', values: ['L', 'SL', 'SSSL', 'S'], default: 'SSSL' },
  ...['rope', 'scale', 'matrix', 'embed', 'out'].map((name): Param => ({
    name,
    kind: 'float',
    low: 0.001,
    high: 1,
    log: true,
    digits: 4,
    default: 0.05,
  })),
  ...['beta1', 'beta2', 'decay', 'warmup', 'warmdown'].map((name): Param => ({
    name,
    kind: 'float',
    low: 0,
    high: 1,
    digits: 4,
    default: 0.5,
  })),
];
/** Sixteen real trials of nano-llm at 5 s, all of them the default but for noise of 0.0255. */
const NOISE = [
  1.965, 1.943, 2.017, 2.001, 1.97, 1.988, 1.974, 1.956, 1.97, 2.016, 1.997, 1.948, 2.016, 2.002, 1.965, 1.961,
];

describe('a Gaussian process that has only seen noise', () => {
  it('goes on making moves that could show something, instead of smaller and smaller ones', () => {
    const timid: number[] = [];
    for (const seed of [1, 2, 3]) {
      let history: History | undefined;
      const search = createSearch({
        space: SPACE,
        seed,
        noise: 0.0255,
        budget: 40,
        sampler: (given) => gpSampler((history = given)),
      });
      for (const [i, loss] of NOISE.entries()) {
        const [trial] = search.ask();
        const { space } = history!;
        const [from, to] = [space.encode(space.start), space.encode(trial!.values)];
        const furthest = space.dims.map((dim, j) =>
          dim.kind === 'category' ? Number(from[j] !== to[j]) : Math.abs(from[j]! - to[j]!),
        );
        if (i > 0 && Math.max(...furthest) < 0.1) timid.push(i);
        search.tell(trial!.id, loss);
      }
    }
    expect(timid).toEqual([]);
  });
});

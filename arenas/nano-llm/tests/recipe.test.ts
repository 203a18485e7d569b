// The recipe inside train.ts, part by part, against plain float64 arithmetic: orthogonalization, Muon, AdamW,
// schedules, and the list of parameters. Its functions are reached through a copy of the file that exports them.

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom, Graph, runOnce, Step, Store, type Tensor } from '../tensor/index.ts';
import { arena, editedArena } from './training.ts';

const trainSource = readFileSync(join(arena, 'train.ts'), 'utf8');

type Named = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: string;
  readonly init: (r: unknown) => number;
};
interface Recipe {
  readonly orthogonalize: (g: Tensor) => Tensor;
  readonly optimize: (step: Step, store: Store, params: readonly Named[], grads: readonly Tensor[]) => void;
  readonly learningRate: (progress: number) => number;
  readonly hyperparameters: (progress: number, t: number) => Record<string, number>;
  readonly parameters: () => Named[];
  readonly windowOf: (layer: number, length: number) => number;
}

async function recipe(knobs: Record<string, string> = {}): Promise<Recipe> {
  const dir = editedArena(knobs, []);
  const names = 'orthogonalize, optimize, learningRate, hyperparameters, parameters, windowOf';
  appendFileSync(join(dir, 'train.ts'), `\nexport { ${names} };\n`);
  return import(/* @vite-ignore */ pathToFileURL(join(dir, 'train.ts')).href) as Promise<Recipe>;
}

// ---------------------------------------------------------------------------------- the same in plain float64
// arithmetic

interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly at: readonly number[];
}
const map = (a: Matrix, f: (x: number, i: number) => number): Matrix => ({ ...a, at: a.at.map(f) });
const plus = (a: Matrix, b: Matrix, scale: number): Matrix => map(a, (x, i) => x + scale * (b.at[i] ?? 0));
const flip = ({ rows, cols, at }: Matrix): Matrix => ({
  rows: cols,
  cols: rows,
  at: Array.from({ length: at.length }, (_, i) => at[(i % rows) * cols + Math.floor(i / rows)] ?? 0),
});
function product(a: Matrix, b: Matrix): Matrix {
  const at = Array.from({ length: a.rows * b.cols }, (_, i) => {
    const [r, c] = [Math.floor(i / b.cols), i % b.cols];
    return Array.from({ length: a.cols }, (_, k) => (a.at[r * a.cols + k] ?? 0) * (b.at[k * b.cols + c] ?? 0)).reduce(
      (x, y) => x + y,
      0,
    );
  });
  return { rows: a.rows, cols: b.cols, at };
}
const norm = (a: Matrix): number => Math.sqrt(a.at.reduce((n, x) => n + x * x, 0));

/** Amsel et al. 2025, arXiv:2505.16932, as upstream has them. */
const POLAR = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
];

/** The iteration for a matrix that is at least as wide as tall; others are turned. */
function polar(g: Matrix): Matrix {
  if (g.rows > g.cols) return flip(polar(flip(g)));
  let x = map(g, (v) => v / (norm(g) * 1.02 + 1e-6));
  for (const [a = 0, b = 0, c = 0] of POLAR) {
    const gram = product(x, flip(x));
    const poly = plus(
      map(gram, (v) => v * b),
      product(gram, gram),
      c,
    );
    x = plus(
      map(x, (v) => v * a),
      product(poly, x),
      1,
    );
  }
  return x;
}

/** One Muon step as the papers have it, on one matrix [inputs, outputs]; `state` is replaced. */
function muonStep(
  w: Matrix,
  g: Matrix,
  state: { m: Matrix; v: number[] },
  momentum: number,
  decay: number,
  lr: number,
): Matrix {
  state.m = plus(
    map(state.m, (x) => x * momentum),
    g,
    1 - momentum,
  );
  const u = polar(
    plus(
      map(g, (x) => x * (1 - momentum)),
      state.m,
      momentum,
    ),
  );
  // NorMuon: one second moment for each output, or for each input of a tall matrix; the norm of the update stays.
  const wide = w.cols >= w.rows;
  const key = (i: number): number => (wide ? i % w.cols : Math.floor(i / w.cols));
  const [lines, size] = wide ? [w.cols, w.rows] : [w.rows, w.cols];
  const second = Array.from(
    { length: lines },
    (_, l) => u.at.reduce((n, x, i) => n + (key(i) === l ? x * x : 0), 0) / size,
  );
  state.v = state.v.map((v, l) => 0.95 * v + 0.05 * (second[l] ?? 0));
  const scaled = map(u, (x, i) => x / Math.sqrt(state.v[key(i)] ?? 1));
  const update = map(scaled, (x) => (x * norm(u)) / norm(scaled));
  const rate = lr * Math.sqrt(Math.max(1, w.cols / w.rows));
  return map(w, (x, i) => x - rate * ((update.at[i] ?? 0) + ((update.at[i] ?? 0) * x >= 0 ? decay * x : 0)));
}

const normals = (rows: number, cols: number, seed: number): Matrix => {
  const { normal } = createRandom(seed);
  return { rows, cols, at: Array.from({ length: rows * cols }, () => Math.fround(normal())) };
};
const close = (got: ArrayLike<number>, wanted: readonly number[], tolerance: number): void => {
  expect(got.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries())
    expect(Math.abs((got[i] ?? Number.NaN) - x), `at ${i}`).toBeLessThan(tolerance);
};

/** The recipe's update of one parameter, its gradient fed as `g`. */
function traced(r: Recipe, store: Store, param: Omit<Named, 'init'>) {
  const step = new Step(store);
  r.optimize(step, store, [{ ...param, init: () => 0 }], [step.input('g', param.shape)]);
  return step.compile({ cpus: 1 });
}

// ------------------------------------------------------------------------------------------------------------- the
// tests

describe('Muon', () => {
  let r: Recipe;
  beforeAll(async () => {
    r = await recipe();
  });

  test.each([
    [4, 6],
    [6, 4],
    [5, 5],
  ])('orthogonalizes a %i × %i matrix: every singular value comes near 1, its directions stay', async (rows, cols) => {
    const g = new Graph();
    const matrix = normals(rows, cols, rows * 10 + cols);
    const y = r.orthogonalize(g.input('x', [1, rows, cols]));
    const { y: out = [] } = await runOnce(g, { y }, { x: Float32Array.from(matrix.at) });
    close(out, polar(matrix).at, 1e-4);
    const found = { ...matrix, at: [...out] };
    const gram = rows <= cols ? product(found, flip(found)) : product(flip(found), found);
    for (const [i, x] of gram.at.entries()) expect(Math.abs(x - (i % (gram.cols + 1) === 0 ? 1 : 0))).toBeLessThan(0.3);
  });

  test.each([
    ['wide', 4, 6],
    ['tall', 6, 4],
  ])(
    'steps a %s matrix as the papers say: Nesterov, NorMuon, cautious decay, rate by shape',
    async (_name, rows, cols) => {
      const weights = normals(rows, cols, 7);
      const store = new Store();
      store.add('w', [rows, cols], Float32Array.from(weights.at));
      const compiled = await traced(r, store, { name: 'w', shape: [rows, cols], group: 'matrix' });
      const state = { m: map(weights, () => 0), v: Array<number>(Math.max(rows, cols)).fill(0) };
      let wanted = weights;
      for (const [i, [momentum, decay, lr]] of (
        [
          [0.85, 0.2, 1],
          [0.9, 0.1, 0.5],
          [0.95, 0.05, 0.25],
        ] as const
      ).entries()) {
        const g = normals(rows, cols, 20 + i);
        const fed = { momentum, decay, lr, bias1: 1, bias2: 1, biasX0: 1 };
        await compiled.run({ g: Float32Array.from(g.at), ...fed });
        wanted = muonStep(wanted, g, state, momentum, decay, 0.04 * lr);
        close(store.read('w'), wanted.at, 2e-5);
      }
    },
  );
});

describe('AdamW', () => {
  // Rates are for the tiny width of 32: × (32 / 768)^-½ for embeddings and head, as they are for scalars.
  const byWidth = (32 / 768) ** -0.5;
  test.each([
    ['embedding', 0.6 * byWidth, 0.8],
    ['head', 0.004 * byWidth, 0.8],
    ['resid', 0.005, 0.8],
    ['x0', 0.1, 0.96],
  ])('steps %s at its own rate and betas, with both biases corrected', async (group, rate, beta1) => {
    const r = await recipe();
    const eps = Number(/^const ADAM_EPS = (\S+);/m.exec(trainSource)?.[1]);
    const [start, store] = [normals(3, 4, 5), new Store()];
    store.add('p', [3, 4], Float32Array.from(start.at));
    const compiled = await traced(r, store, { name: 'p', shape: [3, 4], group });
    const [m, v, wanted] = [Array<number>(12).fill(0), Array<number>(12).fill(0), [...start.at]];
    for (let t = 1; t <= 3; t++) {
      const g = normals(3, 4, 30 + t).at;
      const hyper = r.hyperparameters(t / 4, t);
      await compiled.run({ g: Float32Array.from(g), ...hyper });
      for (const [i, x] of g.entries()) {
        m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * x;
        v[i] = 0.95 * (v[i] ?? 0) + 0.05 * x * x;
        const step = m[i] / (1 - beta1 ** t) / (Math.sqrt(v[i] / (1 - 0.95 ** t)) + eps);
        wanted[i] = (wanted[i] ?? 0) - rate * (hyper.lr ?? 0) * step;
      }
      close(store.read('p'), wanted, 2e-5 * Math.max(1, rate));
    }
  });
});

describe('the schedule', () => {
  test('warms up, stays, and warms down to zero, each for its fraction of the budget', async () => {
    const r = await recipe({ WARMUP: '0.2', WARMDOWN: '0.4', FINAL_LR: '0' });
    const rates = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 1].map((p) => r.learningRate(p));
    close(rates, [0.02, 0.5, 1, 1, 1, 0.5, 0], 1e-9);
  });

  test('ramps the momentum of Muon, and lets weight decay fall to zero with the time left', async () => {
    const r = await recipe({ MOMENTUM_RAMP: '0.5' });
    const at = (p: number): Record<string, number> => r.hyperparameters(p, 1);
    close(
      [0, 0.25, 0.5, 1].map((p) => at(p).momentum ?? 0),
      [0.85, 0.9, 0.95, 0.95],
      1e-9,
    );
    close(
      [0, 0.5, 1].map((p) => at(p).decay ?? 0),
      [0.2, 0.1, 0],
      1e-9,
    );
  });
});

describe('the model', () => {
  test('has the parameters of upstream: value embeddings and gates on alternating layers, the last included', async () => {
    const r = await recipe({ DEPTH: '4', WIDTH: '64', HEAD_DIM: '16', KV_GROUPS: '2' });
    const shapes = new Map(r.parameters().map((p) => [p.name, p.shape.join('x')]));
    const always = { wte: '1024x64', head: '64x1024', resid: '4', x0: '4' };
    const layer = { q: '64x64', k: '64x32', v: '64x32', o: '64x64', up: '64x256', down: '256x64' };
    const expected = new Map(Object.entries(always));
    for (const i of [0, 1, 2, 3]) {
      for (const [name, shape] of Object.entries(layer)) expected.set(`${i}.${name}`, shape);
      if (i % 2 === 1) expected.set(`${i}.ve`, '1024x32').set(`${i}.gate`, '32x2');
    }
    expect([...shapes].sort()).toEqual([...expected].sort());
  });

  test('looks back half a row in S layers, all of it in L layers, and always all of it in the last', async () => {
    const spans = async (pattern: string): Promise<number[]> => {
      const r = await recipe({ DEPTH: '6', WINDOW_PATTERN: `'${pattern}'` });
      return [0, 1, 2, 3, 4, 5].map((i) => r.windowOf(i, 256));
    };
    expect(await spans('SSSL')).toEqual([128, 128, 128, 256, 128, 256]);
    expect(await spans('S')).toEqual([128, 128, 128, 128, 128, 256]);
  });

  test('starts from the seed: every weight matrix differs between seeds, what is zero or a constant does not', async () => {
    const r = await recipe();
    const first = (p: Named, seed: number): number => p.init(createRandom(seed, p.name));
    const same = r
      .parameters()
      .filter((p) => first(p, 1) === first(p, 2))
      .map((p) => p.name);
    const fixed = ['resid', 'x0', '0.o', '0.down', '1.o', '1.down', '1.gate'];
    expect(same.sort()).toEqual(fixed.sort());
  });
});

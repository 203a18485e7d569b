/**
 * What bench/search.ts searches: functions in the style of BBOB (Hansen et al. 2009: shifted, rotated, ill-conditioned,
 * multimodal), mixed and conditional spaces, spaces with a hidden region that fails, and a night of a language model's
 * knobs. All seeded, all cheap.
 */
import { type Random, createRandom, seedOf } from '../src/base/random.ts';
import type { Param, Values } from '../src/search/index.ts';

/** One thing to search: what it gives without noise, or undefined where it cannot be measured. */
export interface Problem {
  readonly name: string;
  readonly space: readonly Param[];
  readonly loss: (values: Values) => number | undefined;
  /** Standard deviation of one measurement in the noisy variant. */
  readonly noise: number;
}

type Fn = (z: readonly number[]) => number;

const sum = (z: readonly number[], f: (v: number, i: number) => number): number =>
  z.reduce((s, v, i) => s + f(v, i), 0);
const power = (base: number, i: number, d: number): number => base ** (d === 1 ? 0 : i / (d - 1));

const FUNCTIONS: Record<string, { readonly f: Fn; readonly rotated: boolean }> = {
  sphere: { f: (z) => sum(z, (v) => v * v), rotated: false },
  ellipsoid: { f: (z) => sum(z, (v, i) => power(1e6, i, z.length) * v * v), rotated: false },
  'ellipsoid, rotated': { f: (z) => sum(z, (v, i) => power(1e6, i, z.length) * v * v), rotated: true },
  rosenbrock: {
    f: (z) => sum(z.slice(0, -1), (v, i) => 100 * ((v + 1) ** 2 - (z[i + 1]! + 1)) ** 2 + v * v),
    rotated: false,
  },
  'sharp ridge': { f: (z) => z[0]! ** 2 + 100 * Math.sqrt(sum(z.slice(1), (v) => v * v)), rotated: true },
  'different powers': {
    f: (z) => Math.sqrt(sum(z, (v, i) => Math.abs(v) ** (2 + (4 * i) / Math.max(1, z.length - 1)))),
    rotated: true,
  },
  'attractive sector': {
    f: (z) => sum(z, (v, i) => (power(10, i, z.length) * (v > 0 ? 100 : 1) * v) ** 2) ** 0.9,
    rotated: true,
  },
  'step ellipsoid': {
    f: (z) =>
      0.1 *
      sum(
        z,
        (v, i) =>
          power(100, i, z.length) * (Math.abs(v) > 0.5 ? Math.floor(0.5 + v) : Math.floor(0.5 + 10 * v) / 10) ** 2,
      ),
    rotated: true,
  },
  rastrigin: {
    f: (z) => 10 * (z.length - sum(z, (v) => Math.cos(2 * Math.PI * v))) + sum(z, (v) => v * v),
    rotated: false,
  },
  schaffer: {
    f: (z) =>
      (sum(z.slice(0, -1), (v, i) => {
        const s = Math.hypot(v, z[i + 1]!);
        return Math.sqrt(s) * (1 + Math.sin(50 * s ** 0.2) ** 2);
      }) /
        Math.max(1, z.length - 1)) **
      2,
    rotated: true,
  },
};

export const FUNCTION_NAMES = Object.keys(FUNCTIONS);

/** A random orthogonal matrix by Gram–Schmidt. */
function rotation(d: number, chance: Random): number[][] {
  const rows: number[][] = [];
  while (rows.length < d) {
    let row = Array.from({ length: d }, () => chance.normal());
    for (const other of rows) {
      const dot = sum(row, (v, i) => v * other[i]!);
      row = row.map((v, i) => v - dot * other[i]!);
    }
    const length = Math.sqrt(sum(row, (v) => v * v));
    if (length > 1e-6) rows.push(row.map((v) => v / length));
  }
  return rows;
}

/** A BBOB-style function on [−5, 5]^d with its optimum somewhere in [−4, 4]^d, by seed. */
export function bbob(name: string, d: number, seed: number): Problem {
  const { f, rotated } = FUNCTIONS[name]!;
  const chance = createRandom(seedOf(`${name}/${d}/${seed}`));
  const optimum = Array.from({ length: d }, () => 8 * chance.uniform() - 4);
  const turn = rotated ? rotation(d, chance) : undefined;
  const at = (x: readonly number[]): number => {
    const z = x.map((v, i) => v - optimum[i]!);
    return f(turn ? turn.map((row) => sum(row, (v, i) => v * z[i]!)) : z);
  };
  const sampled = Array.from({ length: 200 }, () =>
    at(Array.from({ length: d }, () => 10 * chance.uniform() - 5)),
  ).sort((a, b) => a - b);
  return {
    name: `${name} ${d}D`,
    space: Array.from({ length: d }, (_, i) => ({ name: `x${i}`, kind: 'float', low: -5, high: 5 })),
    loss: (values) => at(Array.from({ length: d }, (_, i) => Number(values[`x${i}`]))),
    // A tenth of the gap between a good and a middling random point.
    noise: 0.1 * (sampled[100]! - sampled[10]!),
  };
}

/**
 * Whole numbers, powers of two, categories and conditions over a quadratic with interactions. `fails`: a hidden region
 * that cannot be measured.
 */
export function mixed(kind: 'mixed' | 'conditional' | 'failing', seed: number): Problem {
  const chance = createRandom(seedOf(`${kind}/${seed}`));
  const space: Param[] = [
    { name: 'lr', kind: 'float', low: 1e-4, high: 1, log: true, default: 0.01 },
    { name: 'wd', kind: 'float', low: 0, high: 1, default: 0.1 },
    { name: 'depth', kind: 'int', low: 1, high: 16, default: 6 },
    { name: 'width', kind: 'pow2', low: 16, high: 1024, default: 128 },
    { name: 'batch', kind: 'pow2', low: 8, high: 512, default: 64 },
    { name: 'act', kind: 'categorical', values: ['relu', 'gelu', 'silu', 'tanh'], default: 'relu' },
    { name: 'opt', kind: 'categorical', values: ['sgd', 'adam', 'lion'], default: 'sgd' },
    ...(kind === 'conditional'
      ? ([
          { name: 'momentum', kind: 'float', low: 0, high: 1, when: { param: 'opt', in: ['sgd'] } },
          { name: 'beta', kind: 'float', low: 0, high: 1, when: { param: 'opt', in: ['adam', 'lion'] } },
        ] as Param[])
      : []),
  ];
  const to = (low: number, high: number): number => low + (high - low) * chance.uniform();
  const best = {
    lr: to(-3.2, -0.8),
    wd: to(0.05, 0.9),
    depth: to(3, 15),
    width: to(5.5, 9.5),
    batch: to(3.5, 8),
    beta: to(0.1, 0.95),
  };
  const actCost = [0, 0.3, 0.5, 1].sort(() => chance.uniform() - 0.5);
  const optCost = [0, 0.4, 0.8].sort(() => chance.uniform() - 0.5);
  const limit = to(10, 12);
  const loss = (v: Values): number | undefined => {
    const [lr, depth, width, batch] = [
      Math.log10(Number(v.lr)),
      Number(v.depth),
      Math.log2(Number(v.width)),
      Math.log2(Number(v.batch)),
    ];
    // Memory: depth × width × batch; and a learning rate that diverges with deep networks.
    if (kind === 'failing' && (Math.log2(depth) + width + batch > limit + 4.5 || lr + depth / 16 > -0.2))
      return undefined;
    let f =
      (lr - best.lr) ** 2 +
      (Number(v.wd) - best.wd) ** 2 +
      0.02 * (depth - best.depth) ** 2 +
      0.15 * (width - best.width) ** 2;
    f += 0.1 * (batch - best.batch) ** 2 + 0.3 * (lr - best.lr) * (batch - best.batch) * 0.3;
    f +=
      actCost[['relu', 'gelu', 'silu', 'tanh'].indexOf(String(v.act))]! +
      optCost[['sgd', 'adam', 'lion'].indexOf(String(v.opt))]!;
    const inner = v.momentum ?? v.beta;
    if (inner !== undefined) f += 1.5 * (Number(inner) - best.beta) ** 2;
    return f;
  };
  return { name: kind, space, loss, noise: 0.15 };
}

/**
 * A night on a small language model: 17 knobs, a default that somebody has already tuned (its distance from the optimum
 * on every knob is about a seventh of the range, `far`), few knobs that matter, noise of the size of a useful step, and
 * configurations that run out of memory.
 */
export function night(seed: number, { far = 0.15, noise = 0.004 } = {}): Problem {
  const chance = createRandom(seedOf(`night/${seed}`));
  const logs = ['matrix_lr', 'embed_lr', 'head_lr', 'rope', 'scale'];
  const floats = ['beta1', 'beta2', 'decay', 'warmup', 'warmdown', 'final'];
  const def = (): number => 0.1 + 0.8 * chance.uniform();
  const space: Param[] = [
    ...logs.map((name): Param => ({
      name,
      kind: 'float',
      low: 0.001,
      high: 1,
      log: true,
      digits: 4,
      default: 1000 ** (def() - 1),
    })),
    ...floats.map((name): Param => ({ name, kind: 'float', low: 0, high: 1, digits: 4, default: def() })),
    { name: 'depth', kind: 'int', low: 2, high: 8, default: 3 + chance.below(4) },
    { name: 'mlp', kind: 'int', low: 1, high: 8, default: 3 + chance.below(4) },
    { name: 'head', kind: 'categorical', values: [16, 32, 64], default: 32 },
    { name: 'window', kind: 'categorical', values: ['L', 'SL', 'SSSL', 'S'], default: 'SSSL' },
    { name: 'batch', kind: 'ordinal', values: [1024, 2048, 4096], default: 2048 },
    { name: 'rows', kind: 'ordinal', values: [1, 2, 4], default: 4 },
  ];
  const start = space.map((p) => coordinate(p, p.default!));
  const optimum = start.map((u) => Math.min(1, Math.max(0, u + far * chance.normal())));
  const weight = space.map(() => 0.25 * Math.exp(1.3 * chance.normal()));
  const cost = space.map(() => Array.from({ length: 4 }, () => 0.02 * Math.max(0, 1 + chance.normal())));
  const pairs = Array.from({ length: 8 }, () => [chance.below(13), chance.below(13), 0.3 * chance.normal()] as const);
  const loss = (values: Values): number | undefined => {
    const u = space.map((p) => coordinate(p, values[p.name]!));
    if (u[11]! + u[12]! + u[15]! > 2.4) return undefined;
    let f = 0;
    for (const [j, p] of space.entries())
      f +=
        p.kind === 'categorical'
          ? cost[j]![p.values.indexOf(values[p.name]!)]!
          : weight[j]! * (u[j]! - optimum[j]!) ** 2;
    for (const [a, b, w] of pairs)
      f += w * Math.sqrt(weight[a]! * weight[b]!) * (u[a]! - optimum[a]!) * (u[b]! - optimum[b]!);
    return f;
  };
  return { name: 'night', space, loss, noise };
}

/** Where a value lies on its knob's own scale, 0 to 1. */
function coordinate(p: Param, value: number | string): number {
  if (p.kind === 'categorical' || p.kind === 'ordinal') return p.values.indexOf(value) / (p.values.length - 1);
  const to = ('log' in p && p.log) || p.kind === 'pow2' ? Math.log : (x: number): number => x;
  return (to(Number(value)) - to(p.low)) / (to(p.high) - to(p.low));
}

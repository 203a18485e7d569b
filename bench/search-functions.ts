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

type TestFunction = (shifted: readonly number[]) => number;

const sumOver = (shifted: readonly number[], term: (coordinate: number, i: number) => number): number =>
  shifted.reduce((total, coordinate, i) => total + term(coordinate, i), 0);
const conditionAt = (base: number, i: number, dimension: number): number =>
  base ** (dimension === 1 ? 0 : i / (dimension - 1));

const FUNCTIONS: Record<string, { readonly evaluate: TestFunction; readonly rotated: boolean }> = {
  sphere: { evaluate: (shifted) => sumOver(shifted, (coordinate) => coordinate * coordinate), rotated: false },
  ellipsoid: {
    evaluate: (shifted) =>
      sumOver(shifted, (coordinate, i) => conditionAt(1e6, i, shifted.length) * coordinate * coordinate),
    rotated: false,
  },
  'ellipsoid, rotated': {
    evaluate: (shifted) =>
      sumOver(shifted, (coordinate, i) => conditionAt(1e6, i, shifted.length) * coordinate * coordinate),
    rotated: true,
  },
  rosenbrock: {
    evaluate: (shifted) =>
      sumOver(
        shifted.slice(0, -1),
        (coordinate, i) => 100 * ((coordinate + 1) ** 2 - (shifted[i + 1]! + 1)) ** 2 + coordinate * coordinate,
      ),
    rotated: false,
  },
  'sharp ridge': {
    evaluate: (shifted) =>
      shifted[0]! ** 2 + 100 * Math.sqrt(sumOver(shifted.slice(1), (coordinate) => coordinate * coordinate)),
    rotated: true,
  },
  'different powers': {
    evaluate: (shifted) =>
      Math.sqrt(
        sumOver(shifted, (coordinate, i) => Math.abs(coordinate) ** (2 + (4 * i) / Math.max(1, shifted.length - 1))),
      ),
    rotated: true,
  },
  'attractive sector': {
    evaluate: (shifted) =>
      sumOver(
        shifted,
        (coordinate, i) => (conditionAt(10, i, shifted.length) * (coordinate > 0 ? 100 : 1) * coordinate) ** 2,
      ) ** 0.9,
    rotated: true,
  },
  'step ellipsoid': {
    evaluate: (shifted) =>
      0.1 *
      sumOver(
        shifted,
        (coordinate, i) =>
          conditionAt(100, i, shifted.length) *
          (Math.abs(coordinate) > 0.5 ? Math.floor(0.5 + coordinate) : Math.floor(0.5 + 10 * coordinate) / 10) ** 2,
      ),
    rotated: true,
  },
  rastrigin: {
    evaluate: (shifted) =>
      10 * (shifted.length - sumOver(shifted, (coordinate) => Math.cos(2 * Math.PI * coordinate))) +
      sumOver(shifted, (coordinate) => coordinate * coordinate),
    rotated: false,
  },
  schaffer: {
    evaluate: (shifted) =>
      (sumOver(shifted.slice(0, -1), (coordinate, i) => {
        const length = Math.hypot(coordinate, shifted[i + 1]!);
        return Math.sqrt(length) * (1 + Math.sin(50 * length ** 0.2) ** 2);
      }) /
        Math.max(1, shifted.length - 1)) **
      2,
    rotated: true,
  },
};

export const FUNCTION_NAMES = Object.keys(FUNCTIONS);

/** A random orthogonal matrix by Gram–Schmidt. */
function randomRotation(dimension: number, chance: Random): number[][] {
  const rows: number[][] = [];
  while (rows.length < dimension) {
    let row = Array.from({ length: dimension }, () => chance.normal());
    for (const other of rows) {
      const projection = sumOver(row, (entry, i) => entry * other[i]!);
      row = row.map((entry, i) => entry - projection * other[i]!);
    }
    const length = Math.sqrt(sumOver(row, (entry) => entry * entry));
    if (length > 1e-6) rows.push(row.map((entry) => entry / length));
  }
  return rows;
}

/** A BBOB-style function on [−5, 5]^d with its optimum somewhere in [−4, 4]^d, by seed. */
export function bbobProblem(name: string, dimension: number, seed: number): Problem {
  const { evaluate, rotated } = FUNCTIONS[name]!;
  const chance = createRandom(seedOf(`${name}/${dimension}/${seed}`));
  const optimum = Array.from({ length: dimension }, () => 8 * chance.uniform() - 4);
  const rotationMatrix = rotated ? randomRotation(dimension, chance) : undefined;
  const lossAt = (point: readonly number[]): number => {
    const shifted = point.map((coordinate, i) => coordinate - optimum[i]!);
    return evaluate(
      rotationMatrix ? rotationMatrix.map((row) => sumOver(row, (coordinate, i) => coordinate * shifted[i]!)) : shifted,
    );
  };
  const sampledLosses = Array.from({ length: 200 }, () =>
    lossAt(Array.from({ length: dimension }, () => 10 * chance.uniform() - 5)),
  ).sort((left, right) => left - right);
  return {
    name: `${name} ${dimension}D`,
    space: Array.from({ length: dimension }, (_, i) => ({ name: `x${i}`, kind: 'float', low: -5, high: 5 })),
    loss: (values) => lossAt(Array.from({ length: dimension }, (_, i) => Number(values[`x${i}`]))),
    // A tenth of the gap between a good and a middling random point.
    noise: 0.1 * (sampledLosses[100]! - sampledLosses[10]!),
  };
}

/**
 * Whole numbers, powers of two, categories and conditions over a quadratic with interactions. `fails`: a hidden region
 * that cannot be measured.
 */
export function mixedProblem(kind: 'mixed' | 'conditional' | 'failing', seed: number): Problem {
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
  const uniformBetween = (low: number, high: number): number => low + (high - low) * chance.uniform();
  const optimum = {
    lr: uniformBetween(-3.2, -0.8),
    wd: uniformBetween(0.05, 0.9),
    depth: uniformBetween(3, 15),
    width: uniformBetween(5.5, 9.5),
    batch: uniformBetween(3.5, 8),
    beta: uniformBetween(0.1, 0.95),
  };
  const activationCosts = [0, 0.3, 0.5, 1].sort(() => chance.uniform() - 0.5);
  const optimizerCosts = [0, 0.4, 0.8].sort(() => chance.uniform() - 0.5);
  const memoryLimit = uniformBetween(10, 12);
  const lossOf = (values: Values): number | undefined => {
    const [lr, depth, width, batch] = [
      Math.log10(Number(values.lr)),
      Number(values.depth),
      Math.log2(Number(values.width)),
      Math.log2(Number(values.batch)),
    ];
    // Memory: depth × width × batch; and a learning rate that diverges with deep networks.
    if (kind === 'failing' && (Math.log2(depth) + width + batch > memoryLimit + 4.5 || lr + depth / 16 > -0.2))
      return undefined;
    let total =
      (lr - optimum.lr) ** 2 +
      (Number(values.wd) - optimum.wd) ** 2 +
      0.02 * (depth - optimum.depth) ** 2 +
      0.15 * (width - optimum.width) ** 2;
    total += 0.1 * (batch - optimum.batch) ** 2 + 0.3 * (lr - optimum.lr) * (batch - optimum.batch) * 0.3;
    total +=
      activationCosts[['relu', 'gelu', 'silu', 'tanh'].indexOf(String(values.act))]! +
      optimizerCosts[['sgd', 'adam', 'lion'].indexOf(String(values.opt))]!;
    const innerValue = values.momentum ?? values.beta;
    if (innerValue !== undefined) total += 1.5 * (Number(innerValue) - optimum.beta) ** 2;
    return total;
  };
  return { name: kind, space, loss: lossOf, noise: 0.15 };
}

/**
 * A night on a small language model: 17 knobs, a default that somebody has already tuned (its distance from the optimum
 * on every knob is about a seventh of the range, `far`), few knobs that matter, noise of the size of a useful step, and
 * configurations that run out of memory.
 */
export function nightProblem(seed: number, { far: distance = 0.15, noise = 0.004 } = {}): Problem {
  const chance = createRandom(seedOf(`night/${seed}`));
  const logKnobs = ['matrix_lr', 'embed_lr', 'head_lr', 'rope', 'scale'];
  const linearKnobs = ['beta1', 'beta2', 'decay', 'warmup', 'warmdown', 'final'];
  const drawDefault = (): number => 0.1 + 0.8 * chance.uniform();
  const space: Param[] = [
    ...logKnobs.map((name): Param => ({
      name,
      kind: 'float',
      low: 0.001,
      high: 1,
      log: true,
      digits: 4,
      default: 1000 ** (drawDefault() - 1),
    })),
    ...linearKnobs.map((name): Param => ({ name, kind: 'float', low: 0, high: 1, digits: 4, default: drawDefault() })),
    { name: 'depth', kind: 'int', low: 2, high: 8, default: 3 + chance.below(4) },
    { name: 'mlp', kind: 'int', low: 1, high: 8, default: 3 + chance.below(4) },
    { name: 'head', kind: 'categorical', values: [16, 32, 64], default: 32 },
    { name: 'window', kind: 'categorical', values: ['L', 'SL', 'SSSL', 'S'], default: 'SSSL' },
    { name: 'batch', kind: 'ordinal', values: [1024, 2048, 4096], default: 2048 },
    { name: 'rows', kind: 'ordinal', values: [1, 2, 4], default: 4 },
  ];
  const startCoordinates = space.map((param) => coordinateOf(param, param.default!));
  const optimum = startCoordinates.map((startCoordinate) =>
    Math.min(1, Math.max(0, startCoordinate + distance * chance.normal())),
  );
  const knobWeights = space.map(() => 0.25 * Math.exp(1.3 * chance.normal()));
  const categoryCosts = space.map(() => Array.from({ length: 4 }, () => 0.02 * Math.max(0, 1 + chance.normal())));
  const interactions = Array.from(
    { length: 8 },
    () => [chance.below(13), chance.below(13), 0.3 * chance.normal()] as const,
  );
  const lossOf = (values: Values): number | undefined => {
    const coordinates = space.map((param) => coordinateOf(param, values[param.name]!));
    if (coordinates[11]! + coordinates[12]! + coordinates[15]! > 2.4) return undefined;
    let total = 0;
    for (const [knob, param] of space.entries())
      total +=
        param.kind === 'categorical'
          ? categoryCosts[knob]![param.values.indexOf(values[param.name]!)]!
          : knobWeights[knob]! * (coordinates[knob]! - optimum[knob]!) ** 2;
    for (const [firstKnob, secondKnob, interactionWeight] of interactions)
      total +=
        interactionWeight *
        Math.sqrt(knobWeights[firstKnob]! * knobWeights[secondKnob]!) *
        (coordinates[firstKnob]! - optimum[firstKnob]!) *
        (coordinates[secondKnob]! - optimum[secondKnob]!);
    return total;
  };
  return { name: 'night', space, loss: lossOf, noise };
}

/** Where a value lies on its knob's own scale, 0 to 1. */
function coordinateOf(param: Param, value: number | string): number {
  if (param.kind === 'categorical' || param.kind === 'ordinal')
    return param.values.indexOf(value) / (param.values.length - 1);
  const toScale =
    ('log' in param && param.log) || param.kind === 'pow2' ? Math.log : (scaledValue: number): number => scaledValue;
  return (toScale(Number(value)) - toScale(param.low)) / (toScale(param.high) - toScale(param.low));
}

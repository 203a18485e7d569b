/**
 * A day of knob search on a language model, as published (arXiv 2603.24647): 13 numeric knobs and a choice, a default
 * that somebody tuned, a sixth of the space that runs out of memory. The loss is made up, its features are not: a
 * valley where model size and training length balance, rates whose best values move with each other and with the batch,
 * rates too high that explode, knobs in steps, and configurations that are the same after rounding.
 */
import { createRandom, seedOf } from '../src/base/random.ts';
import type { Param, Values } from '../src/search/index.ts';
import type { Problem } from './search-functions.ts';

/** Knobs, ranges and defaults of the study. */
const SPACE: readonly Param[] = [
  { name: 'depth', kind: 'int', low: 4, high: 24, default: 8 },
  { name: 'aspect', kind: 'int', low: 32, high: 128, default: 64 },
  { name: 'head', kind: 'pow2', low: 64, high: 256, default: 128 },
  { name: 'rows', kind: 'pow2', low: 32, high: 256, default: 128 },
  { name: 'batch', kind: 'pow2', low: 65_536, high: 2_097_152, default: 524_288 },
  { name: 'embed_lr', kind: 'float', low: 0.01, high: 2, log: true, default: 0.6 },
  { name: 'head_lr', kind: 'float', low: 0.0005, high: 0.05, log: true, default: 0.004 },
  { name: 'matrix_lr', kind: 'float', low: 0.005, high: 0.2, log: true, default: 0.04 },
  { name: 'scalar_lr', kind: 'float', low: 0.05, high: 2, log: true, default: 0.5 },
  { name: 'decay', kind: 'float', low: 0, high: 0.5, default: 0.2 },
  { name: 'warmup', kind: 'float', low: 0, high: 0.3, default: 0 },
  { name: 'warmdown', kind: 'float', low: 0.1, high: 0.8, default: 0.5 },
  { name: 'final', kind: 'float', low: 0, high: 0.2, default: 0 },
  { name: 'window', kind: 'categorical', values: ['SSSL', 'SSLL', 'SLSL', 'LLLL', 'SSSS', 'LSSL'], default: 'SSSL' },
];

const LEARNING_RATES = ['embed_lr', 'head_lr', 'matrix_lr', 'scalar_lr'] as const;
/** Tokens of one row. */
const ROW_TOKENS = 2048;
/** A loss from which on training has diverged. */
const DIVERGED = 1.5;

export function dayProblem(seed: number): Problem {
  const chance = createRandom(seedOf(`day/${seed}`));
  const between = (low: number, high: number): number => low + (high - low) * chance.uniform();
  const [bestSize, sizeCurve, bestAspect] = [between(7.4, 8.2), between(0.006, 0.014), between(48, 110)];
  const bestBatch = between(17.3, 19.2);
  const rates = LEARNING_RATES.map((name) => ({
    name,
    best: between(-0.9, 0.6),
    weight: name === 'matrix_lr' ? between(0.006, 0.012) : between(0.0008, 0.006),
    withBatch: between(0, 0.5),
    edge: between(1.1, 2),
  }));
  const pull = between(0.1, 0.6);
  const best = {
    decay: between(0.02, 0.4),
    warmup: between(0, 0.1),
    warmdown: between(0.4, 0.8),
    final: between(0, 0.12),
  };
  const weights = {
    decay: between(0.02, 0.12),
    warmup: between(0.05, 0.2),
    warmdown: between(0.01, 0.05),
    final: between(0.05, 0.4),
  };
  const windowCosts = new Map(
    ['SSSL', 'SSLL', 'SLSL', 'LLLL', 'SSSS', 'LSSL'].map((pattern) => [pattern, between(0, 0.004)]),
  );
  const headCost = between(-0.0015, 0.0015);

  const loss = (values: Values): number | undefined => {
    const number = (name: string): number => Number(values[name]);
    const depth = number('depth');
    // The width is a whole number of heads, and a batch holds at least one row pass.
    const width = Math.max(1, Math.round((depth * number('aspect')) / number('head'))) * number('head');
    const batch = Math.log2(Math.max(number('batch'), number('rows') * ROW_TOKENS));
    const [parameters, activations] = [depth * width ** 2, number('rows') * depth * width];
    if (parameters / 2.2e7 + activations / 7.5e5 > 8) return undefined;
    const size = Math.log10(12 * parameters);
    let total = 0.97 + sizeCurve * ((size - bestSize) / 0.4) ** 2 * (size > bestSize ? 1.4 : 1);
    total += 0.0025 * Math.log2(number('aspect') / bestAspect) ** 2 + headCost * Math.log2(number('head') / 128);
    total += 0.0025 * (batch - bestBatch) ** 2;
    const offsets = rates.map(({ name, best: bestRate, withBatch }) => {
      const tuned = Number(SPACE.find((param) => param.name === name)!.default);
      const centre = Math.log(tuned) + bestRate + withBatch * Math.LN2 * (batch - 19) - 0.2 * (size - 8);
      return Math.log(number(name)) - centre;
    });
    for (const [i, { weight, edge }] of rates.entries()) {
      total += weight * offsets[i]! ** 2 * (1 - 0.4 * Math.exp(-number('warmup') / 0.05));
      total += offsets[i]! > edge ? 0.05 * (Math.exp(2 * (offsets[i]! - edge)) - 1) : 0;
    }
    total += pull * 0.004 * offsets[0]! * offsets[2]! + 0.002 * offsets[2]! * (number('decay') - best.decay) * 5;
    for (const name of ['decay', 'warmup', 'warmdown', 'final'] as const)
      total += weights[name] * (number(name) - best[name]) ** 2;
    total += windowCosts.get(String(values.window))! * (depth > 8 ? 1.5 : 1);
    return Math.min(DIVERGED, total);
  };
  return { name: 'day', space: SPACE, loss, noise: 0.0005 };
}

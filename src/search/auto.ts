/** Which sampler to use, and why, in a sentence: by dimension, budget, kinds of knobs and how many trials run at once. */
import { CMA_MAX, type CmaSamplerOptions, cmaSampler } from './cma-sampler.ts';
import { SearchError } from './error.ts';
import { randomSampler, sobolSampler } from './plain.ts';
import { type Space, shapeOf } from './space.ts';
import { type TpeOptions, tpe } from './tpe.ts';
import type { History, Sampler } from './trial.ts';

export const SAMPLERS = ['auto', 'random', 'sobol', 'tpe', 'tpe-univariate', 'cma-es'] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface SamplerChoice {
  readonly name: string;
  readonly why: string;
}

export interface SamplerOptions {
  readonly tpe?: TpeOptions;
  readonly cma?: CmaSamplerOptions;
}

interface Setting extends SamplerOptions {
  readonly parallel: number;
}

/** Make a sampler by name. Throws E_OPTIONS on an unknown name, or one that cannot search this space. */
export function createSampler(
  name: SamplerName | ((history: History, seed: number) => Sampler),
  history: History,
  seed: number,
  setting: Setting,
): { readonly sampler: Sampler; readonly choice: SamplerChoice } {
  if (typeof name === 'function') {
    const sampler = name(history, seed);
    return { sampler, choice: { name: sampler.name, why: 'given by the caller' } };
  }
  if (name !== 'auto')
    return { sampler: build(name, history, seed, setting), choice: { name, why: 'asked for by name' } };
  const choice = choose(history.space, history.budget, setting.parallel);
  return { sampler: build(choice.name, history, seed, setting), choice };
}

function build(
  name: Exclude<SamplerName, 'auto'>,
  history: History,
  seed: number,
  { tpe: tpeOptions, cma }: Setting,
): Sampler {
  switch (name) {
    case 'random':
      return randomSampler(history);
    case 'sobol':
      return sobolSampler(history, seed);
    case 'tpe':
      return tpe(history, { multivariate: true, ...tpeOptions });
    case 'tpe-univariate':
      return tpe(history, { ...tpeOptions, multivariate: false });
    case 'cma-es':
      return cmaSampler(history, seed, cma);
    default:
      throw new SearchError(
        'E_OPTIONS',
        'There is no such sampler.',
        `"${String(name satisfies never)}" was asked for.`,
        `Use one of ${SAMPLERS.join(', ')}.`,
      );
  }
}

/** What `auto` takes. Budget undefined = not known, taken as long. */
export function choose(
  space: Space,
  budget: number | undefined,
  parallel: number,
): { readonly name: Exclude<SamplerName, 'auto'>; readonly why: string } {
  const { numeric, category, conditional, discrete } = shapeOf(space);
  const d = numeric + category;
  const trials = budget ?? 200;
  if (conditional > 0)
    return { name: 'tpe', why: `TPE, because ${conditional} of ${d} knobs are active only under others` };
  if (category * 2 > d || discrete + category > d / 2)
    return { name: 'tpe', why: `TPE, because most of ${d} knobs are choices or whole numbers` };
  if (numeric > CMA_MAX)
    return {
      name: 'tpe-univariate',
      why: `TPE one knob at a time, because ${d} knobs are too many for a covariance matrix`,
    };
  if (trials < 8 * d || parallel > 4 + 3 * Math.log(d))
    return { name: 'tpe', why: `TPE, because ${trials} trials are few for ${d} knobs` };
  return {
    name: 'cma-es',
    why: `CMA-ES, because ${numeric} of ${d} knobs are numbers and ${budget ?? 'many'} trials allow generations`,
  };
}

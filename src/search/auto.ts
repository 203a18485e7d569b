/**
 * Which sampler to use, and why, in a sentence: by dimension, budget, kinds of knobs and how many trials run at once.
 */
import { CMA_MAX, type CmaSamplerOptions, cmaSampler } from './cma/sampler.ts';
import { SearchError } from './error.ts';
import { type GpOptions, gpSampler } from './gp/sampler.ts';
import { randomSampler, sobolSampler } from './model-free.ts';
import { type Space, shapeOf } from './space.ts';
import { type TpeOptions, tpe } from './tpe/tpe.ts';
import type { History, Sampler } from './trial.ts';

export const SAMPLERS = ['auto', 'random', 'sobol', 'tpe', 'tpe-univariate', 'cma-es', 'gp'] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface SamplerChoice {
  readonly name: string;
  readonly why: string;
}

export interface SamplerOptions {
  readonly tpe?: TpeOptions;
  readonly cma?: CmaSamplerOptions;
  readonly gp?: GpOptions;
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
  const { later } = choice;
  const first = build(choice.name, history, seed, setting);
  return {
    sampler: later ? staged(history, first, GP_TRIALS, () => build(later, history, seed, setting)) : first,
    choice,
  };
}

function build(
  name: Exclude<SamplerName, 'auto'>,
  history: History,
  seed: number,
  { tpe: tpeOptions, cma, gp }: Setting,
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
    case 'gp':
      return gpSampler(history, gp);
    default:
      throw new SearchError(
        'E_OPTIONS',
        'There is no such sampler.',
        `"${String(name satisfies never)}" was asked for.`,
        `Use one of ${SAMPLERS.join(', ')}.`,
      );
  }
}

/** Knobs up to which, and trials until which, `auto` uses the Gaussian process. */
const GP_KNOBS = 60;
const GP_TRIALS = 150;

/**
 * What `auto` takes. Budget undefined = not known, taken as long. `later`: what takes over after the Gaussian process's
 * trials.
 */
export function choose(
  space: Space,
  budget: number | undefined,
  parallel: number,
): {
  readonly name: Exclude<SamplerName, 'auto'>;
  readonly why: string;
  readonly later?: Exclude<SamplerName, 'auto'>;
} {
  const { numeric, category } = shapeOf(space);
  const d = numeric + category;
  const later = lasting(space, budget, parallel);
  if (d > GP_KNOBS || parallel > 16) return later;
  if (budget !== undefined && budget <= GP_TRIALS)
    return {
      name: 'gp',
      why: `a Gaussian process, because ${budget} trials are too few for anything that needs generations`,
    };
  return {
    name: 'gp',
    why: `a Gaussian process for the first ${GP_TRIALS} trials, where every one counts, then ${later.why}`,
    later: later.name,
  };
}

/** For many trials, or many at once. */
function lasting(
  space: Space,
  budget: number | undefined,
  parallel: number,
): { readonly name: Exclude<SamplerName, 'auto'>; readonly why: string } {
  const { numeric, category, conditional, discrete } = shapeOf(space);
  const d = numeric + category;
  if (numeric > CMA_MAX)
    return {
      name: 'tpe-univariate',
      why: `TPE one knob at a time, because ${d} knobs are too many for a covariance matrix`,
    };
  if (conditional > 0)
    return { name: 'tpe', why: `TPE, because ${conditional} of ${d} knobs are active only under others` };
  if (discrete + category > d / 2)
    return { name: 'tpe', why: `TPE, because most of ${d} knobs are choices or whole numbers` };
  if ((budget ?? 1000) < 8 * d) return { name: 'tpe', why: `TPE, because ${budget} trials are few for ${d} knobs` };
  if (parallel > 4 + 3 * Math.log(d))
    return { name: 'tpe', why: `TPE, because ${parallel} trials at once are more than a generation of CMA-ES` };
  return {
    name: 'cma-es',
    why: `CMA-ES, because ${numeric} of ${d} knobs are numbers and there are trials enough for generations`,
  };
}

/** One sampler for the first trials, another one, made from what was told until then, after them. */
function staged(history: History, first: Sampler, until: number, later: () => Sampler): Sampler {
  let second: Sampler | undefined;
  const current = (): Sampler => {
    if (history.told.length < until) return first;
    second ??= later();
    return second;
  };
  return {
    get name() {
      return current().name;
    },
    get spread() {
      return current().spread ?? 1;
    },
    propose: (ask) => current().propose(ask),
    tell: (told) => (history.told.length <= until ? undefined : current().tell?.(told)),
  };
}

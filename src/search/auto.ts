/**
 * Which sampler to use, with the reason in a sentence: by the number and kinds of knobs, the budget, and how many
 * trials run at once.
 */
import { MAX_CMA_KNOBS, type CmaSamplerOptions, cmaSampler } from './cma/sampler.ts';
import { SearchError } from './error.ts';
import { type GpOptions, gpSampler } from './gp/sampler.ts';
import { randomSampler, sobolSampler } from './model-free.ts';
import { type Space, countKnobKinds } from './space.ts';
import { type TpeOptions, tpeSampler } from './tpe/tpe.ts';
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

interface SamplerSettings extends SamplerOptions {
  readonly parallel: number;
}

/** Make a sampler by name. Throws E_OPTIONS on an unknown name, or one that cannot search this space. */
export function createSampler(
  requested: SamplerName | ((history: History, seed: number) => Sampler),
  history: History,
  seed: number,
  settings: SamplerSettings,
): { readonly sampler: Sampler; readonly choice: SamplerChoice } {
  if (typeof requested === 'function') {
    const sampler = requested(history, seed);
    return { sampler, choice: { name: sampler.name, why: 'given by the caller' } };
  }
  if (requested !== 'auto')
    return {
      sampler: buildSampler(requested, history, seed, settings),
      choice: { name: requested, why: 'asked for by name' },
    };
  const choice = choose(history.space, history.budget, settings.parallel);
  const { later } = choice;
  const firstSampler = buildSampler(choice.name, history, seed, settings);
  return {
    sampler: later
      ? stagedSampler(history, firstSampler, MAX_GP_TRIALS, () => buildSampler(later, history, seed, settings))
      : firstSampler,
    choice,
  };
}

function buildSampler(
  samplerName: Exclude<SamplerName, 'auto'>,
  history: History,
  seed: number,
  { tpe: tpeOptions, cma: cmaOptions, gp: gpOptions }: SamplerSettings,
): Sampler {
  switch (samplerName) {
    case 'random':
      return randomSampler(history);
    case 'sobol':
      return sobolSampler(history, seed);
    case 'tpe':
      return tpeSampler(history, { multivariate: true, ...tpeOptions });
    case 'tpe-univariate':
      return tpeSampler(history, { ...tpeOptions, multivariate: false });
    case 'cma-es':
      return cmaSampler(history, seed, cmaOptions);
    case 'gp':
      return gpSampler(history, gpOptions);
    default:
      throw new SearchError(
        'E_OPTIONS',
        'There is no such sampler.',
        `"${String(samplerName satisfies never)}" was asked for.`,
        `Use one of ${SAMPLERS.join(', ')}.`,
      );
  }
}

/** Most knobs for which `auto` uses the Gaussian process. */
const MAX_GP_KNOBS = 60;
/** Trials after which another sampler takes over, where every knob is a continuous number. */
const MAX_GP_TRIALS = 150;

/**
 * The choice of `auto`. An unknown budget (undefined) counts as a long one. `later` is the sampler that takes over from
 * the Gaussian process.
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
  const { numeric, category, discrete } = countKnobKinds(space);
  const knobCount = numeric + category;
  const lastingChoice = chooseLasting(space, budget, parallel);
  if (knobCount > MAX_GP_KNOBS || parallel > 16) return lastingChoice;
  if (budget !== undefined && budget <= MAX_GP_TRIALS)
    return {
      name: 'gp',
      why: `a Gaussian process, because ${budget} trials are too few for anything that needs generations`,
    };
  if (discrete + category > 0)
    return {
      name: 'gp',
      why: `a Gaussian process, because ${discrete + category} of ${knobCount} knobs are choices or whole numbers, which samplers that need generations get stuck in`,
    };
  return {
    name: 'gp',
    why: `a Gaussian process for the first ${MAX_GP_TRIALS} trials, where every one counts, then ${lastingChoice.why}`,
    later: lastingChoice.name,
  };
}

/** The sampler for many trials, or for many at once. */
function chooseLasting(
  space: Space,
  budget: number | undefined,
  parallel: number,
): { readonly name: Exclude<SamplerName, 'auto'>; readonly why: string } {
  const { numeric, category, conditional, discrete } = countKnobKinds(space);
  const knobCount = numeric + category;
  if (numeric > MAX_CMA_KNOBS)
    return {
      name: 'tpe-univariate',
      why: `TPE one knob at a time, because ${knobCount} knobs are too many for a covariance matrix`,
    };
  if (conditional > 0)
    return { name: 'tpe', why: `TPE, because ${conditional} of ${knobCount} knobs are active only under others` };
  if (discrete + category > knobCount / 2)
    return { name: 'tpe', why: `TPE, because most of ${knobCount} knobs are choices or whole numbers` };
  if ((budget ?? 1000) < 8 * knobCount)
    return { name: 'tpe', why: `TPE, because ${budget} trials are few for ${knobCount} knobs` };
  if (parallel > 4 + 3 * Math.log(knobCount))
    return { name: 'tpe', why: `TPE, because ${parallel} trials at once are more than a generation of CMA-ES` };
  return {
    name: 'cma-es',
    why: `CMA-ES, because ${numeric} of ${knobCount} knobs are numbers and there are trials enough for generations`,
  };
}

/** One sampler for the first trials; after them another one, which starts from what was told until then. */
function stagedSampler(
  history: History,
  firstSampler: Sampler,
  switchAfter: number,
  createSecond: () => Sampler,
): Sampler {
  let secondSampler: Sampler | undefined;
  const currentSampler = (): Sampler => {
    if (history.told.length < switchAfter) return firstSampler;
    secondSampler ??= createSecond();
    return secondSampler;
  };
  return {
    get name() {
      return currentSampler().name;
    },
    get spread() {
      return currentSampler().spread ?? 1;
    },
    propose: (ask) => currentSampler().propose(ask),
    tell: (result) => (history.told.length <= switchAfter ? undefined : currentSampler().tell?.(result)),
  };
}

/**
 * The pieces of bench/search.ts, each a function of its job: races of samplers on one problem after the other, an
 * adviser beside an optimizer, and CMA-ES on the recorded cases. Run in several processes by search-worker.ts; knows
 * nothing about tables.
 */
import { createRandom, seedOf } from '../src/base/random.ts';
import { createSearch, Hybrid, type SamplerName, type Values } from '../src/search/index.ts';
import { medianOf, reference } from './search-cma.ts';
import { bbob, FUNCTION_NAMES, mixed, night, type Problem } from './search-functions.ts';
import { Optuna } from './search-optuna.ts';

export interface Run {
  /** Noise-free loss of what the sampler calls its best. */
  readonly loss: number;
  /** Share of the trials that failed. */
  readonly failures: number;
  /** Wall time of a trial's ask and tell. */
  readonly ms: number;
}

export type Job =
  | {
      readonly kind: 'race';
      readonly suite: string;
      readonly seed: number;
      readonly samplers: readonly SamplerName[];
      readonly optuna: boolean;
      readonly breadth: Breadth;
    }
  | { readonly kind: 'poison'; readonly sampler: SamplerName; readonly adviser: string; readonly seed: number }
  | { readonly kind: 'cma'; readonly row: number };

export type Result =
  /** Per problem, in the order of the samplers, Optuna last. */
  | { readonly kind: 'race'; readonly suite: string; readonly races: readonly (readonly Run[])[] }
  | {
      readonly kind: 'poison';
      readonly sampler: SamplerName;
      readonly adviser: string;
      readonly ratios: readonly number[];
      readonly shares: readonly number[];
      readonly refused: number;
    }
  | { readonly kind: 'cma'; readonly row: number; readonly median: number };

/**
 * How many of the functions a seed takes: four in turn, so that five seeds meet each of them; all; or, in a hurry, four
 * of one seed.
 */
export type Breadth = 'quick' | 'default' | 'full';

export interface Suite {
  readonly name: string;
  readonly budget: number;
  readonly noisy: boolean;
  readonly problems: (seed: number, breadth: Breadth) => Problem[];
  /** Seeds of a quick run and of the others. */
  readonly seeds: readonly [number, number];
}

const functions =
  (d: number) =>
  (seed: number, breadth: Breadth): Problem[] =>
    FUNCTION_NAMES.filter((_, i) => breadth === 'full' || i % 3 === seed % 3).map((name) => bbob(name, d, seed));

export const SUITES: readonly Suite[] = [
  { name: 'BBOB 5D', budget: 200, noisy: false, problems: functions(5), seeds: [1, 15] },
  { name: 'BBOB 5D, noise', budget: 200, noisy: true, problems: functions(5), seeds: [1, 15] },
  { name: 'BBOB 10D', budget: 200, noisy: false, problems: functions(10), seeds: [1, 15] },
  { name: 'BBOB 10D, noise', budget: 200, noisy: true, problems: functions(10), seeds: [1, 15] },
  { name: 'mixed', budget: 100, noisy: true, problems: (s) => [mixed('mixed', s)], seeds: [4, 15] },
  { name: 'conditional', budget: 100, noisy: true, problems: (s) => [mixed('conditional', s)], seeds: [4, 15] },
  { name: 'hidden failures', budget: 100, noisy: true, problems: (s) => [mixed('failing', s)], seeds: [4, 15] },
  { name: 'night of 12', budget: 12, noisy: true, problems: (s) => [night(s)], seeds: [8, 40] },
  { name: 'night of 40', budget: 40, noisy: true, problems: (s) => [night(s)], seeds: [4, 20] },
  {
    name: 'noisy night of 40',
    budget: 40,
    noisy: true,
    problems: (s) => [night(s, { far: 0.35, noise: 0.02 })],
    seeds: [4, 20],
  },
];

let python: Optuna | undefined;

export async function perform(job: Job): Promise<Result> {
  switch (job.kind) {
    case 'race':
      return race(job);
    case 'poison':
      return poison(job);
    case 'cma':
      return { kind: 'cma', row: job.row, median: medianOf(reference.rows[job.row]!) };
    default:
      return job satisfies never;
  }
}

/** End the Python process, if one was started. */
export function finish(): void {
  python?.close();
}

async function race(job: Extract<Job, { kind: 'race' }>): Promise<Result> {
  const suite = SUITES.find(({ name }) => name === job.suite)!;
  const races: Run[][] = [];
  for (const problem of suite.problems(job.seed, job.breadth)) {
    const runs = job.samplers.map((sampler) => play(problem, sampler, suite.budget, suite.noisy, job.seed));
    if (job.optuna) {
      python ??= new Optuna();
      runs.push(await python.run(problem, suite.budget, suite.noisy, job.seed));
    }
    races.push(runs.map((run) => ({ ...run, failures: run.failures / suite.budget })));
  }
  return { kind: 'race', suite: job.suite, races };
}

/** Noise is drawn by problem and trial number: paired between contenders. `failures` is a count. */
function play(problem: Problem, sampler: SamplerName, budget: number, noisy: boolean, seed: number): Run {
  const search = createSearch({
    space: problem.space,
    seed,
    budget,
    sampler,
    ...(noisy && { noise: problem.noise }),
  });
  const chance = createRandom(seedOf(`noise/${problem.name}/${seed}`));
  let failures = 0;
  const start = performance.now();
  for (let i = 0; i < budget; i++)
    for (const trial of search.ask()) {
      const [loss, error] = [problem.loss(trial.values), noisy ? problem.noise * chance.normal() : 0];
      if (loss === undefined) failures++;
      search.tell(trial.id, loss === undefined ? { failed: 'it crashed' } : loss + error);
    }
  const best = search.best;
  return {
    loss: best ? problem.loss(best.trial.values)! : Number.POSITIVE_INFINITY,
    failures,
    ms: (performance.now() - start) / budget,
  };
}

interface Advice {
  readonly values: Values;
  readonly fails: boolean;
}

type Chance = ReturnType<typeof createRandom>;

/** Somewhere: not looked at. */
const somewhere = (hybrid: Hybrid, chance: Chance): Values =>
  hybrid.search.space.decode(
    hybrid.search.space.dims.map((dim) => (dim.kind === 'category' ? chance.below(dim.levels) : chance.uniform())),
  );

/** A step from the best so far; `size` in ranges. */
const nearby = (hybrid: Hybrid, chance: Chance, size: number): Values => {
  const { space, best } = hybrid.search;
  const from = space.encode(best?.trial.values ?? space.start);
  return space.decode(from.map((u) => Math.min(1, Math.max(0, u + size * chance.normal()))));
};

const most = (values: readonly Values[], worth: (v: Values) => number): Values =>
  values.reduce((a, b) => (worth(b) > worth(a) ? b : a));

export const ADVISERS: Readonly<Record<string, (hybrid: Hybrid, problem: Problem, chance: Chance) => Advice>> = {
  'fails 40 %': (h, _, c) => ({ values: somewhere(h, c), fails: c.uniform() < 0.4 }),
  'repeats 90 %': (h, _, c) => ({
    values: c.uniform() < 0.9 && h.search.best ? h.search.best.trial.values : somewhere(h, c),
    fails: false,
  }),
  // The worst of thirty places.
  'is adversarial': (h, problem, c) => ({
    values: most(
      Array.from({ length: 30 }, () => somewhere(h, c)),
      (v) => problem.loss(v) ?? 0,
    ),
    fails: false,
  }),
  // Knows where it is better, but only a tenth of the range away: late in a search on a smooth function that is
  // nowhere.
  'is good at large steps': (h, problem, c) => ({
    values: most(
      Array.from({ length: 40 }, () => nearby(h, c, 0.1)),
      (v) => -(problem.loss(v) ?? 1e300),
    ),
    fails: false,
  }),
  // Somebody who knows: the best of forty steps from the best so far, a fifth of the range to a five-thousandth.
  'is good': (h, problem, c) => ({
    values: most(
      Array.from({ length: 40 }, () => nearby(h, c, 0.2 * 10 ** (-3 * c.uniform()))),
      (v) => -(problem.loss(v) ?? 1e300),
    ),
    fails: false,
  }),
};

/** Final loss of the optimizer with an adviser over that of the optimizer alone, as log10: below 0 = better with. */
function poison({ sampler, adviser, seed }: Extract<Job, { kind: 'poison' }>): Result {
  const advise = ADVISERS[adviser]!;
  const [ratios, shares]: [number[], number[]] = [[], []];
  let refused = 0;
  for (const fn of ['sphere', 'ellipsoid, rotated', 'rastrigin', 'rosenbrock']) {
    const problem = bbob(fn, 5, seed);
    const budget = sampler === 'cma-es' ? 150 : 60;
    const alone = play(problem, sampler, budget, false, seed).loss;
    const hybrid = new Hybrid({ space: problem.space, sampler, seed, budget });
    const chance = createRandom(seedOf(`adviser/${adviser}/${seed}`));
    for (let i = 0; i < budget; i++) {
      if (hybrid.turn === 'adviser') {
        const { values, fails } = advise(hybrid, problem, chance);
        const advice = hybrid.advise(values);
        if (advice.ok) {
          hybrid.tell(advice.trial.id, fails ? { failed: 'it does not start' } : problem.loss(values)!);
          continue;
        }
        refused++;
      }
      for (const trial of hybrid.ask()) hybrid.tell(trial.id, problem.loss(trial.values)!);
    }
    const withIt = problem.loss(hybrid.search.best!.trial.values)!;
    ratios.push(Math.log10(Math.max(1e-12, withIt) / Math.max(1e-12, alone)));
    shares.push(hybrid.share);
  }
  return { kind: 'poison', sampler, adviser, ratios, shares, refused };
}

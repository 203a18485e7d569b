/**
 * The pieces of bench/search.ts, each a function of its job: races of samplers on one problem after the other, an
 * adviser beside an optimizer, and CMA-ES on the recorded cases. Run in several processes by search-worker.ts; knows
 * nothing about tables.
 */
import { createRandom, seedOf } from '../src/base/random.ts';
import { medianOf } from '../src/base/stats.ts';
import { createSearch, Hybrid, type SamplerName, type Trial, type Values } from '../src/search/index.ts';
import { medianEvaluations, reference } from './search-cma.ts';
import { dayProblem } from './search-day.ts';
import { bbobProblem, FUNCTION_NAMES, mixedProblem, nightProblem, type Problem } from './search-functions.ts';
import { localSearch } from './search-local.ts';
import { isMark } from './search-marks.ts';
import { Optuna, type OptunaSampler } from './search-optuna.ts';

/** The samplers of the library, and the yardstick that they must beat. */
export type Contender = SamplerName | 'local';

export interface Run {
  /** Noise-free loss of what the sampler calls its best, after each share of the budget. */
  readonly losses: readonly number[];
  /** Share of the trials that failed. */
  readonly failures: number;
  /** Wall time of a trial's ask and tell. */
  readonly ms: number;
  /** Processor milliseconds of one suggestion, median of the last twenty; of our own samplers. */
  readonly lastAskMs?: number;
}

/** What replaces the sizes of the suites: `--trials`, `--seeds`, `--from-seed`, `--functions`, `--pending`. */
export interface Sweep {
  readonly trials?: number;
  readonly seeds?: number;
  readonly firstSeed: number;
  /** Functions of a BBOB suite that a seed takes, in turn. */
  readonly functions?: number;
  /** Trials that run at once: the oldest is told when so many are pending. */
  readonly pending: number;
}

export type Job =
  | {
      readonly kind: 'race';
      readonly suite: string;
      readonly seed: number;
      readonly samplers: readonly Contender[];
      readonly optuna: readonly OptunaSampler[];
      readonly breadth: Breadth;
      readonly sweep: Sweep;
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
  readonly problems: (seed: number, breadth: Breadth, functions?: number) => Problem[];
  /** Seeds of a quick run and of the others. */
  readonly seeds: readonly [number, number];
}

const bbobProblems =
  (dimension: number) =>
  (seed: number, breadth: Breadth, functions?: number): Problem[] =>
    namesFor(seed, breadth, functions).map((name) => bbobProblem(name, dimension, seed));

function namesFor(seed: number, breadth: Breadth, functions: number | undefined): string[] {
  if (functions === undefined) return FUNCTION_NAMES.filter((_, i) => breadth === 'full' || i % 3 === seed % 3);
  const first = (seed * functions) % FUNCTION_NAMES.length;
  return [...FUNCTION_NAMES.slice(first), ...FUNCTION_NAMES.slice(0, first)].slice(0, functions);
}

export const SUITES: readonly Suite[] = [
  { name: 'BBOB 5D', budget: 200, noisy: false, problems: bbobProblems(5), seeds: [1, 15] },
  { name: 'BBOB 5D, noise', budget: 200, noisy: true, problems: bbobProblems(5), seeds: [1, 15] },
  { name: 'BBOB 10D', budget: 200, noisy: false, problems: bbobProblems(10), seeds: [1, 15] },
  { name: 'BBOB 10D, noise', budget: 200, noisy: true, problems: bbobProblems(10), seeds: [1, 15] },
  { name: 'mixed', budget: 100, noisy: true, problems: (seed) => [mixedProblem('mixed', seed)], seeds: [4, 15] },
  {
    name: 'conditional',
    budget: 100,
    noisy: true,
    problems: (seed) => [mixedProblem('conditional', seed)],
    seeds: [4, 15],
  },
  {
    name: 'hidden failures',
    budget: 100,
    noisy: true,
    problems: (seed) => [mixedProblem('failing', seed)],
    seeds: [4, 15],
  },
  { name: 'night of 12', budget: 12, noisy: true, problems: (seed) => [nightProblem(seed)], seeds: [8, 40] },
  { name: 'night of 40', budget: 40, noisy: true, problems: (seed) => [nightProblem(seed)], seeds: [4, 20] },
  {
    name: 'noisy night of 40',
    budget: 40,
    noisy: true,
    problems: (seed) => [nightProblem(seed, { far: 0.35, noise: 0.02 })],
    seeds: [4, 20],
  },
  { name: 'day of 400', budget: 400, noisy: true, problems: (seed) => [dayProblem(seed)], seeds: [2, 20] },
];

let pythonProcess: Optuna | undefined;

export async function performJob(job: Job): Promise<Result> {
  switch (job.kind) {
    case 'race':
      return runRace(job);
    case 'poison':
      return runPoison(job);
    case 'cma':
      return { kind: 'cma', row: job.row, median: medianEvaluations(reference.rows[job.row]!) };
    default:
      return job satisfies never;
  }
}

/** End the Python process, if one was started. */
export function endPython(): void {
  pythonProcess?.close();
}

async function runRace(job: Extract<Job, { kind: 'race' }>): Promise<Result> {
  const suite = SUITES.find(({ name }) => name === job.suite)!;
  const { pending, functions, trials: budget = suite.budget } = job.sweep;
  const races: Run[][] = [];
  for (const problem of suite.problems(job.seed, job.breadth, functions)) {
    const race = { problem, budget, noisy: suite.noisy, seed: job.seed, pending };
    const runs = job.samplers.map((sampler) => playTrials(race, sampler));
    for (const sampler of job.optuna) {
      pythonProcess ??= new Optuna();
      runs.push(await pythonProcess.run(race, sampler));
    }
    races.push(runs.map((run) => ({ ...run, failures: run.failures / budget })));
  }
  return { kind: 'race', suite: job.suite, races };
}

/** Contenders without a model: what failed teaches them nothing either. */
const MODEL_FREE: readonly Contender[] = ['random', 'sobol', 'local'];

/** One problem, the same for all who race on it. */
export interface Race {
  readonly problem: Problem;
  readonly budget: number;
  readonly noisy: boolean;
  readonly seed: number;
  /** Trials that run at once. */
  readonly pending: number;
}

/** Noise is drawn by problem and trial number: paired between contenders. `failures` is a count. */
function playTrials({ problem, budget, noisy, seed, pending }: Race, contender: Contender): Run {
  const search = createSearch({
    space: problem.space,
    seed,
    budget,
    sampler: contender === 'local' ? localSearch : contender,
    ...(pending > 1 && { parallel: pending }),
    ...(noisy && { noise: problem.noise }),
  });
  const failed = { failed: 'it crashed', ...(MODEL_FREE.includes(contender) && { blame: false }) };
  const chance = createRandom(seedOf(`noise/${problem.name}/${seed}`));
  const losses: number[] = [];
  const running: Trial[] = [];
  const askMs: number[] = [];
  let [asked, told, failures] = [0, 0, 0];
  const startedMs = performance.now();
  while (told < budget) {
    while (asked < budget && running.length < pending) {
      const cpuBefore = process.cpuUsage();
      running.push(...search.ask());
      const { user, system } = process.cpuUsage(cpuBefore);
      askMs.push((user + system) / 1000);
      asked++;
    }
    const trial = running.shift();
    told++;
    if (trial) {
      const [loss, error] = [problem.loss(trial.values), noisy ? problem.noise * chance.normal() : 0];
      if (loss === undefined) failures++;
      search.tell(trial.id, loss === undefined ? failed : loss + error);
    }
    if (isMark(told, budget))
      losses.push(search.best ? problem.loss(search.best.trial.values)! : Number.POSITIVE_INFINITY);
  }
  const lastAskMs = medianOf(askMs.slice(-20));
  return { losses, failures, ms: (performance.now() - startedMs) / budget, lastAskMs };
}

interface Advice {
  readonly values: Values;
  readonly fails: boolean;
}

type Chance = ReturnType<typeof createRandom>;

/** Somewhere: not looked at. */
const drawAnywhere = (hybrid: Hybrid, chance: Chance): Values =>
  hybrid.search.space.decode(
    hybrid.search.space.dims.map((dim) => (dim.kind === 'category' ? chance.below(dim.levels) : chance.uniform())),
  );

/** A step from the best so far; `size` in ranges. */
const stepFromBest = (hybrid: Hybrid, chance: Chance, stepSize: number): Values => {
  const { space, best: bestResult } = hybrid.search;
  const origin = space.encode(bestResult?.trial.values ?? space.start);
  return space.decode(origin.map((coordinate) => Math.min(1, Math.max(0, coordinate + stepSize * chance.normal()))));
};

const valuesWithMost = (values: readonly Values[], worthOf: (values: Values) => number): Values =>
  values.reduce((best, candidate) => (worthOf(candidate) > worthOf(best) ? candidate : best));

export const ADVISERS: Readonly<Record<string, (hybrid: Hybrid, problem: Problem, chance: Chance) => Advice>> = {
  'fails 40 %': (hybrid, _, chance) => ({ values: drawAnywhere(hybrid, chance), fails: chance.uniform() < 0.4 }),
  'repeats 90 %': (hybrid, _, chance) => ({
    values:
      chance.uniform() < 0.9 && hybrid.search.best ? hybrid.search.best.trial.values : drawAnywhere(hybrid, chance),
    fails: false,
  }),
  // The worst of thirty places.
  'is adversarial': (hybrid, problem, chance) => ({
    values: valuesWithMost(
      Array.from({ length: 30 }, () => drawAnywhere(hybrid, chance)),
      (values) => problem.loss(values) ?? 0,
    ),
    fails: false,
  }),
  // Knows where it is better, but only a tenth of the range away: late in a search on a smooth function that is
  // nowhere.
  'is good at large steps': (hybrid, problem, chance) => ({
    values: valuesWithMost(
      Array.from({ length: 40 }, () => stepFromBest(hybrid, chance, 0.1)),
      (values) => -(problem.loss(values) ?? 1e300),
    ),
    fails: false,
  }),
  // Somebody who knows: the best of forty steps from the best so far, a fifth of the range to a five-thousandth.
  'is good': (hybrid, problem, chance) => ({
    values: valuesWithMost(
      Array.from({ length: 40 }, () => stepFromBest(hybrid, chance, 0.2 * 10 ** (-3 * chance.uniform()))),
      (values) => -(problem.loss(values) ?? 1e300),
    ),
    fails: false,
  }),
};

/** Final loss of the optimizer with an adviser over that of the optimizer alone, as log10: below 0 = better with. */
function runPoison({ sampler, adviser, seed }: Extract<Job, { kind: 'poison' }>): Result {
  const adviserFor = ADVISERS[adviser]!;
  const [ratios, shares]: [number[], number[]] = [[], []];
  let refused = 0;
  for (const functionName of ['sphere', 'ellipsoid, rotated', 'rastrigin', 'rosenbrock']) {
    const problem = bbobProblem(functionName, 5, seed);
    const budget = sampler === 'cma-es' ? 150 : 60;
    const lossAlone = playTrials({ problem, budget, noisy: false, seed, pending: 1 }, sampler).losses.at(-1)!;
    const hybrid = new Hybrid({ space: problem.space, sampler, seed, budget });
    const chance = createRandom(seedOf(`adviser/${adviser}/${seed}`));
    for (let i = 0; i < budget; i++) {
      if (hybrid.turn === 'adviser') {
        const { values, fails } = adviserFor(hybrid, problem, chance);
        const advice = hybrid.advise(values);
        if (advice.ok) {
          hybrid.tell(advice.trial.id, fails ? { failed: 'it does not start' } : problem.loss(values)!);
          continue;
        }
        refused++;
      }
      for (const trial of hybrid.ask()) hybrid.tell(trial.id, problem.loss(trial.values)!);
    }
    const lossWithAdviser = problem.loss(hybrid.search.best!.trial.values)!;
    ratios.push(Math.log10(Math.max(1e-12, lossWithAdviser) / Math.max(1e-12, lossAlone)));
    shares.push(hybrid.share);
  }
  return { kind: 'poison', sampler, adviser, ratios, shares, refused };
}

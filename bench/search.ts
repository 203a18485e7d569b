/**
 * Search quality: samplers on BBOB-style functions, mixed, conditional and failing spaces, a scripted night, and the poison test of the hybrid.
 * Prints one table of mean ranks with 95 % bootstrap intervals (1 = best of the row's samplers), failures, costs, and a summary as last line.
 * `--real` trains nano-llm instead (search-real.ts, an hour). `--quick` for two minutes; `--samplers a,b`; `--only 'night of 12'` for one suite. Optuna joins when `python3 -c "import optuna"` works.
 */
import { random, seedOf } from '../src/base/random.ts';
import { createSearch, Hybrid, type SamplerName, type SearchOptions, type Values } from '../src/search/index.ts';
import { bbob, FUNCTION_NAMES, mixed, night, type Problem } from './search-functions.ts';
import { Optuna, optunaVersion } from './search-optuna.ts';

const quick = process.argv.includes('--quick');
const argument = (name: string): string | undefined =>
  process.argv[process.argv.indexOf(name) + 1 || process.argv.length];

/** A way to search: a sampler's name, or one of ours with a part taken away. */
type Contender = { readonly name: string; readonly options: Partial<SearchOptions> };
const NAMES: SamplerName[] = ['auto', 'cma-es', 'tpe', 'tpe-univariate', 'sobol', 'random'];
const contenders: Contender[] = (argument('--samplers')?.split(',') ?? NAMES).map((name) => ({
  name,
  options: { sampler: name as SamplerName },
}));

interface Run {
  /** Noise-free loss of what the sampler calls its best. */
  readonly loss: number;
  readonly failures: number;
  readonly ms: number;
}

/** Noise is drawn by problem and trial number: paired between contenders. */
function play(problem: Problem, contender: Contender, budget: number, noisy: boolean, seed: number): Run {
  const search = createSearch({
    space: problem.space,
    seed,
    budget,
    ...(noisy && { noise: problem.noise }),
    ...contender.options,
  });
  const chance = random(seedOf(`noise/${problem.name}/${seed}`));
  let failures = 0;
  const start = performance.now();
  for (let i = 0; i < budget; i++) {
    for (const trial of search.ask()) {
      const [loss, error] = [problem.loss(trial.values), noisy ? problem.noise * chance.normal() : 0];
      if (loss === undefined) failures++;
      search.tell(trial.id, loss === undefined ? { failed: 'it crashed' } : loss + error);
    }
  }
  const best = search.best;
  return {
    loss: best ? problem.loss(best.trial.values)! : Number.POSITIVE_INFINITY,
    failures,
    ms: (performance.now() - start) / budget,
  };
}

interface Suite {
  readonly name: string;
  readonly budget: number;
  readonly noisy: boolean;
  readonly problems: (seed: number) => Problem[];
  readonly seeds: number;
}

const functions =
  (d: number) =>
  (seed: number): Problem[] =>
    (quick ? FUNCTION_NAMES.filter((_, i) => i % 3 === 2) : FUNCTION_NAMES).map((name) => bbob(name, d, seed));
const seeds = (full: number): number => (quick ? 1 : full);
const suites: Suite[] = [
  { name: 'BBOB 5D', budget: 200, noisy: false, problems: functions(5), seeds: seeds(15) },
  { name: 'BBOB 5D, noise', budget: 200, noisy: true, problems: functions(5), seeds: seeds(15) },
  { name: 'BBOB 10D', budget: 200, noisy: false, problems: functions(10), seeds: seeds(15) },
  { name: 'BBOB 10D, noise', budget: 200, noisy: true, problems: functions(10), seeds: seeds(15) },
  { name: 'mixed', budget: 100, noisy: true, problems: (s) => [mixed('mixed', s)], seeds: quick ? 4 : 15 },
  { name: 'conditional', budget: 100, noisy: true, problems: (s) => [mixed('conditional', s)], seeds: quick ? 4 : 15 },
  { name: 'hidden failures', budget: 100, noisy: true, problems: (s) => [mixed('failing', s)], seeds: quick ? 4 : 15 },
  { name: 'night of 12', budget: 12, noisy: true, problems: (s) => [night(s)], seeds: quick ? 8 : 40 },
  { name: 'night of 40', budget: 40, noisy: true, problems: (s) => [night(s)], seeds: quick ? 4 : 20 },
  {
    name: 'noisy night of 40',
    budget: 40,
    noisy: true,
    problems: (s) => [night(s, { far: 0.35, noise: 0.02 })],
    seeds: quick ? 4 : 20,
  },
];

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!;

/** 95 % percentile bootstrap of a statistic. */
function interval(xs: readonly number[], of: (xs: readonly number[]) => number): readonly [number, number] {
  const chance = random(1);
  const values = Array.from({ length: 400 }, () => of(xs.map(() => xs[chance.below(xs.length)]!))).sort(
    (a, b) => a - b,
  );
  return [values[9]!, values[389]!];
}

/** Ranks in one race, ties shared. */
function ranks(losses: readonly number[]): number[] {
  return losses.map((x) => 1 + losses.filter((y) => y < x).length + (losses.filter((y) => y === x).length - 1) / 2);
}

const cell = (text: string, width: number): string => text.padStart(width);
const width = 19;

function row(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(22) + cells.map((c) => cell(c, width)).join(''));
}

async function raceAll(): Promise<Map<string, number[]>> {
  const optuna = optunaVersion();
  const python = optuna ? new Optuna() : undefined;
  const names = [...contenders.map((c) => c.name), ...(optuna ? [`optuna ${optuna}`] : [])];
  const all = new Map(names.map((name) => [name, [] as number[]]));
  row('mean rank [95 %]', names);
  for (const suite of suites.filter(({ name }) => (argument('--only') ?? name) === name)) {
    const table: number[][] = [];
    const failures = names.map(() => [] as number[]);
    const cost = names.map(() => [] as number[]);
    const losses = names.map(() => [] as number[]);
    for (let seed = 1; seed <= suite.seeds; seed++) {
      const problems = suite.problems(seed);
      for (const problem of problems) {
        const runs: Run[] = contenders.map((contender) => play(problem, contender, suite.budget, suite.noisy, seed));
        if (python) runs.push(await python.run(problem, suite.budget, suite.noisy, seed));
        table.push(ranks(runs.map((run) => run.loss)));
        for (const [i, run] of runs.entries()) {
          failures[i]!.push(run.failures / suite.budget);
          cost[i]!.push(run.ms);
          losses[i]!.push(run.loss);
        }
      }
    }
    const columns = names.map((_, i) => table.map((r) => r[i]!));
    for (const [i, name] of names.entries()) all.get(name)!.push(...columns[i]!);
    row(
      suite.name,
      columns.map(
        (xs) =>
          `${mean(xs).toFixed(2)} [${interval(xs, mean)
            .map((v) => v.toFixed(2))
            .join(', ')}]`,
      ),
    );
    row(
      '  median loss',
      losses.map((xs) => median(xs).toPrecision(3)),
    );
    if (failures.some((xs) => mean(xs) > 0))
      row(
        '  trials that fail',
        failures.map((xs) => `${(100 * mean(xs)).toFixed(1)} %`),
      );
    row(
      '  ms a trial',
      cost.map((xs) => median(xs).toFixed(2)),
    );
  }
  python?.close();
  if (!optuna) console.log('Optuna: not compared, no Python with optuna on this machine');
  return all;
}

type Adviser = {
  readonly name: string;
  readonly advise: (
    hybrid: Hybrid,
    problem: Problem,
    chance: ReturnType<typeof random>,
  ) => { values: Values; fails: boolean };
};

/** Somewhere: a step from the best that is not looked at. */
const somewhere = (hybrid: Hybrid, chance: ReturnType<typeof random>): Values =>
  hybrid.search.space.decode(
    hybrid.search.space.dims.map((dim) => (dim.kind === 'category' ? chance.below(dim.levels) : chance.uniform())),
  );

const nearby = (hybrid: Hybrid, chance: ReturnType<typeof random>): Values => {
  const { space, best } = hybrid.search;
  const from = space.encode(best?.trial.values ?? space.start);
  return space.decode(from.map((u) => Math.min(1, Math.max(0, u + 0.1 * chance.normal()))));
};

const ADVISERS: Adviser[] = [
  { name: 'fails 40 %', advise: (h, _, c) => ({ values: somewhere(h, c), fails: c.uniform() < 0.4 }) },
  {
    name: 'repeats 90 %',
    advise: (h, _, c) => ({
      values: c.uniform() < 0.9 && h.search.best ? h.search.best.trial.values : somewhere(h, c),
      fails: false,
    }),
  },
  {
    name: 'adversarial',
    advise: (h, problem, c) => ({
      values: Array.from({ length: 30 }, () => somewhere(h, c)).reduce((a, b) =>
        (problem.loss(b) ?? 0) > (problem.loss(a) ?? 0) ? b : a,
      ),
      fails: false,
    }),
  },
  {
    // Somebody who knows: the best of forty steps of about a tenth of the range from the best so far.
    name: 'good',
    advise: (h, problem, c) => ({
      values: Array.from({ length: 40 }, () => nearby(h, c)).reduce((a, b) =>
        (problem.loss(b) ?? 1e300) < (problem.loss(a) ?? 1e300) ? b : a,
      ),
      fails: false,
    }),
  },
];

/** Final loss of the optimizer alone and with an adviser, as a log ratio per problem: below 0 = better with. */
function poison(): string[] {
  const verdicts: string[] = [];
  for (const sampler of ['cma-es', 'gp'] as const) {
    row(`\npoison, ${sampler}`, ['log10 with/alone', '[95 %]', 'share at the end', 'refused']);
    for (const { name, advise } of ADVISERS) {
      const ratios: number[] = [];
      const shares: number[] = [];
      let refused = 0;
      for (let seed = 1; seed <= (quick ? 2 : 6); seed++) {
        for (const fn of ['sphere', 'ellipsoid, rotated', 'rastrigin', 'rosenbrock']) {
          const problem = bbob(fn, 5, seed);
          const budget = sampler === 'gp' ? 60 : 150;
          const alone = play(problem, { name: sampler, options: { sampler } }, budget, false, seed).loss;
          const hybrid = new Hybrid({ space: problem.space, sampler, seed, budget });
          const chance = random(seedOf(`adviser/${name}/${seed}`));
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
          ratios.push(
            Math.log10(Math.max(1e-12, problem.loss(hybrid.search.best!.trial.values)!) / Math.max(1e-12, alone)),
          );
          shares.push(hybrid.share);
        }
      }
      const [low, high] = interval(ratios, mean);
      row(`  adviser ${name}`, [
        mean(ratios).toFixed(2),
        `[${low.toFixed(2)}, ${high.toFixed(2)}]`,
        `${(100 * mean(shares)).toFixed(0)} %`,
        String(refused),
      ]);
      verdicts.push(`${sampler}/${name} ${high < 0 ? 'better' : low > 0 ? 'WORSE' : 'no worse'}`);
    }
  }
  return verdicts;
}

/** Milliseconds of one ask and tell at 1,000 trials and 14 knobs, and of 64 at once. */
function costs(): string {
  const texts: string[] = [];
  for (const sampler of ['tpe', 'tpe-univariate', 'cma-es'] as const) {
    const space = Array.from({ length: 14 }, (_, i) =>
      i < 9
        ? { name: `x${i}`, kind: 'float' as const, low: 0, high: 1 }
        : { name: `x${i}`, kind: 'int' as const, low: 1, high: 16 },
    );
    const search = createSearch({ space, sampler, seed: 1 });
    const value = (v: Values): number => space.reduce((s, { name }) => s + Number(v[name]) ** 2, 0);
    const chance = random(1);
    for (let i = 0; i < 1000; i++) {
      const values = search.space.decode(space.map(() => chance.uniform()));
      search.add(values, value(values), sampler);
    }
    const times = Array.from({ length: 15 }, () => {
      const start = performance.now();
      for (const t of search.ask()) search.tell(t.id, value(t.values));
      return performance.now() - start;
    });
    const start = performance.now();
    search.ask(64);
    texts.push(`${sampler} ${median(times).toFixed(1)} ms, 64 at once ${(performance.now() - start).toFixed(0)} ms`);
  }
  return texts.join('; ');
}

if (process.argv.includes('--real')) {
  await import('./search-real.ts');
  process.exit(0);
}
const started = performance.now();
const all = await raceAll();
const verdicts = argument('--only') ? [] : poison();
console.log(`\nask + tell at 1,000 trials, 14 knobs: ${costs()}`);
const overall = [...all].map(([name, xs]) => `${name} ${mean(xs).toFixed(2)}`).join(', ');
console.log(
  `summary: mean rank over ${[...all.values()][0]!.length} races: ${overall}; poison: ${verdicts.filter((v) => v.endsWith('WORSE')).length} of ${verdicts.length} worse (${verdicts.join(', ')}); ${((performance.now() - started) / 60000).toFixed(1)} min`,
);

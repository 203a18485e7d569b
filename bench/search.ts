/**
 * Search quality, as one table: samplers on BBOB-style functions, mixed, conditional and failing spaces and a scripted
 * night, paired by seed; CMA-ES against the recorded reference implementation; the poison test of the hybrid; costs.
 * Mean ranks (1 = best) and medians with 95 % bootstrap intervals. Two processes. `--quick`: a seed of each function,
 * four of a problem; `--full`: every function with every seed (default: four functions a seed, in turn). `--samplers
 * a,b`; `--only 'x;y'` for suites (their names), `poison`, `reference` or `costs`; `--real` trains nano-llm instead
 * (search-real.ts, an hour). Optuna joins when `python3 -c "import optuna"` works, with `--optuna
 * tpe,multivariate,cmaes,gp` by samplers of its own (default tpe). `--trials 500 --seeds 20 --from-seed 101 --functions
 * 2 --pending 16` replace the sizes of the suites, the seeds, and how many trials run at once. `--save FILE` writes each
 * race as a line.
 */
import { fork } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { defined } from '../src/base/defined.ts';
import { createRandom } from '../src/base/random.ts';
import { mean } from '../src/base/stats.ts';
import { createSearch, type SamplerName, type Values } from '../src/search/index.ts';
import { reference } from './search-cma.ts';
import {
  ADVISERS,
  type Breadth,
  type Contender,
  type Job,
  type Result,
  type Run,
  SUITES,
  type Sweep,
} from './search-jobs.ts';
import { MARKS } from './search-marks.ts';
import { type OptunaSampler, readOptunaVersion } from './search-optuna.ts';

if (process.argv.includes('--real')) {
  await import('./search-real.ts');
  process.exit(0);
}

const hasFlag = (name: string): boolean => process.argv.includes(name);
const argumentOf = (name: string): string | undefined =>
  process.argv[process.argv.indexOf(name) + 1 || process.argv.length];
const breadth: Breadth = hasFlag('--quick') ? 'quick' : hasFlag('--full') ? 'full' : 'default';
const onlyParts = argumentOf('--only')?.split(';');
const wantsPart = (part: string): boolean => onlyParts?.includes(part) ?? true;
const samplers = (argumentOf('--samplers')?.split(',') ?? [
  'auto',
  'cma-es',
  'tpe',
  'tpe-univariate',
  'local',
  'sobol',
  'random',
]) as Contender[];
const optunaVersionFound = readOptunaVersion();
const optunaSamplers = (optunaVersionFound ? (argumentOf('--optuna')?.split(',') ?? ['tpe']) : []) as OptunaSampler[];
const contenderNames: readonly string[] = [
  ...samplers,
  ...optunaSamplers.map((name) => `optuna ${optunaVersionFound} ${name}`),
];
const numberOf = (name: string): number | undefined => {
  const text = argumentOf(name);
  return text === undefined ? undefined : Number(text);
};
const sweep: Sweep = {
  ...defined({ trials: numberOf('--trials'), seeds: numberOf('--seeds'), functions: numberOf('--functions') }),
  firstSeed: numberOf('--from-seed') ?? 1,
  pending: numberOf('--pending') ?? 1,
};
const savePath = argumentOf('--save');
const POISONED: readonly SamplerName[] = ['auto', 'cma-es'];

const medianOf = (numbers: readonly number[]): number =>
  [...numbers].sort((left, right) => left - right)[numbers.length >> 1]!;

/** 95 % percentile bootstrap of a statistic. */
function bootstrapInterval(
  numbers: readonly number[],
  statistic: (numbers: readonly number[]) => number,
): readonly [number, number] {
  const chance = createRandom(1);
  const values = Array.from({ length: 400 }, () =>
    statistic(numbers.map(() => numbers[chance.below(numbers.length)]!)),
  ).sort((left, right) => left - right);
  return [values[9]!, values[389]!];
}

function formatWithInterval(
  numbers: readonly number[],
  statistic: (numbers: readonly number[]) => number,
  formatNumber: (number: number) => string,
): string {
  return `${formatNumber(statistic(numbers))} [${bootstrapInterval(numbers, statistic).map(formatNumber).join(', ')}]`;
}

/** Ranks in one race, ties shared. */
function ranksOf(losses: readonly number[]): number[] {
  return losses.map(
    (loss) =>
      1 +
      losses.filter((otherLoss) => otherLoss < loss).length +
      (losses.filter((otherLoss) => otherLoss === loss).length - 1) / 2,
  );
}

const WIDTH = 24;
/** One row of the table; the last cell says what the figures are held against. */
function printRow(label: string, cells: readonly (string | undefined)[], comparison = ''): void {
  const paddedCells = contenderNames.map((_, i) => (cells[i] ?? '').padStart(WIDTH)).join('');
  console.log(`${label.padEnd(52)}${paddedCells}  ${comparison}`.trimEnd());
}

const cellsFor = (cellOf: (name: string) => string | undefined): (string | undefined)[] => contenderNames.map(cellOf);

function listJobs(): Job[] {
  const raceJobs = SUITES.filter(({ name }) => wantsPart(name)).flatMap((suite) =>
    Array.from({ length: sweep.seeds ?? suite.seeds[breadth === 'quick' ? 0 : 1] }, (_, i): Job => {
      return {
        kind: 'race',
        suite: suite.name,
        seed: sweep.firstSeed + i,
        samplers,
        optuna: optunaSamplers,
        breadth,
        sweep,
      };
    }),
  );
  const poisonJobs = POISONED.filter((sampler) => samplers.includes(sampler)).flatMap((sampler) =>
    Object.keys(ADVISERS).flatMap((adviser) =>
      Array.from({ length: breadth === 'quick' ? 2 : 6 }, (_, i): Job => {
        return { kind: 'poison', sampler, adviser, seed: i + 1 };
      }),
    ),
  );
  const cmaJobs = samplers.includes('cma-es') ? reference.rows.map((_, i): Job => ({ kind: 'cma', row: i })) : [];
  // The long ones first, so that both processes end together.
  return [...raceJobs, ...(wantsPart('poison') ? poisonJobs : []), ...(wantsPart('reference') ? cmaJobs : [])];
}

/** All jobs on two processes; results in the order of the jobs, whoever was faster. */
async function performAll(jobs: readonly Job[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  let nextIndex = 0;
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(new URL('search-worker.ts', import.meta.url), { execArgv: process.execArgv });
      let [jobIndex, hasEnded] = [-1, false];
      const sendNextJob = (): void => {
        jobIndex = nextIndex++;
        hasEnded = jobIndex >= jobs.length;
        child.send(hasEnded ? 'done' : jobs[jobIndex]!);
      };
      child.on('message', (result: Result) => {
        results[jobIndex] = result;
        if (savePath) appendFileSync(savePath, `${JSON.stringify({ job: jobs[jobIndex], result })}\n`);
        if (process.stderr.isTTY) process.stderr.write(`\r${results.filter(Boolean).length} of ${jobs.length} `);
        sendNextJob();
      });
      child.on('error', reject);
      child.on('exit', (code) => (hasEnded ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      sendNextJob();
    });
  if (jobs.length > 0) await Promise.all([runWorker(), runWorker()]);
  return results;
}

type ResultOf<K extends Result['kind']> = Extract<Result, { kind: K }>;
const resultsOfKind = <K extends Result['kind']>(results: readonly Result[], kind: K): ResultOf<K>[] =>
  results.filter((result): result is ResultOf<K> => result.kind === kind);

const verdicts: string[] = [];
/** Notes whether a clause of the aim is met, and says so. */
function recordVerdict(clause: string, isMet: boolean): string {
  verdicts.push(`${clause}: ${isMet ? 'yes' : 'NO'}`);
  return `${clause}: ${isMet ? 'yes' : 'NO'}`;
}

/** The rows of one suite; gives the ranks of its races. */
function printSuite(name: string, races: readonly (readonly Run[])[]): number[][] {
  const rankTables = MARKS.map((_, mark) => races.map((runs) => ranksOf(runs.map((run) => run.losses[mark]!))));
  const rankTable = rankTables.at(-1)!;
  const lossColumn = (i: number, pick: (run: Run) => number): number[] => races.map((runs) => pick(runs[i]!));
  for (const [mark, share] of MARKS.entries()) {
    const ranksOfContender = (i: number): number[] => rankTables[mark]!.map((raceRanks) => raceRanks[i]!);
    printRow(
      `${name}: mean rank [95 %] after ${100 * share} %`,
      contenderNames.map((_, i) => formatWithInterval(ranksOfContender(i), mean, (number) => number.toFixed(2))),
      share === 1 ? `${races.length} races` : '',
    );
  }
  printRow(
    '  median loss [95 %]',
    contenderNames.map((_, i) =>
      formatWithInterval(
        lossColumn(i, (run) => run.losses.at(-1)!),
        medianOf,
        (number) => number.toPrecision(3),
      ),
    ),
  );
  const failureShares = contenderNames.map((_, i) => mean(lossColumn(i, (run) => run.failures)));
  const [ownFigure, referenceFigure] = [
    failureShares[samplers.indexOf('auto')],
    optunaSamplers.length > 0 ? Math.min(...failureShares.slice(-optunaSamplers.length)) : undefined,
  ];
  if (failureShares.some((share) => share > 0))
    printRow(
      '  trials that fail',
      failureShares.map((share) => `${(100 * share).toFixed(1)} %`),
      name === 'hidden failures' && referenceFigure !== undefined && ownFigure !== undefined
        ? recordVerdict("failures of auto ≤ half of Optuna's", ownFigure <= referenceFigure / 2)
        : '',
    );
  printRow(
    '  wall ms a trial',
    contenderNames.map((_, i) => medianOf(lossColumn(i, (run) => run.ms)).toFixed(2)),
  );
  printRow(
    '  processor ms of one of the last twenty suggestions',
    contenderNames.map((_, i) => {
      const times = races.flatMap((runs) => runs[i]!.lastAskMs ?? []);
      return times.length > 0 ? medianOf(times).toFixed(1) : undefined;
    }),
  );
  return rankTable;
}

/** The mean rank over all races, and whether `auto` is ahead of each yardstick, by race. */
function printOverall(rankTable: readonly (readonly number[])[]): void {
  if (rankTable.length === 0) return;
  const autoIndex = samplers.indexOf('auto');
  const yardsticks = autoIndex < 0 ? [] : contenderNames.filter((name) => /^(optuna|local)/.test(name));
  const comparisons = yardsticks.map((name) => {
    const yardstick = contenderNames.indexOf(name);
    const rankGaps = rankTable.map((raceRanks) => raceRanks[autoIndex]! - raceRanks[yardstick]!);
    const gapText = formatWithInterval(rankGaps, mean, (number) => number.toFixed(2));
    return `auto − ${name} ${gapText}; ${recordVerdict(`better than ${name}`, bootstrapInterval(rankGaps, mean)[1] < 0)}`;
  });
  printRow(
    'all races: mean rank [95 %]',
    contenderNames.map((_, i) =>
      formatWithInterval(
        rankTable.map((raceRanks) => raceRanks[i]!),
        mean,
        (number) => number.toFixed(2),
      ),
    ),
    [...comparisons, ...(optunaSamplers.length > 0 ? [] : ['Optuna: not compared, no Python with optuna here'])].join(
      '; ',
    ),
  );
}

function printReference(results: readonly ResultOf<'cma'>[]): void {
  for (const { row: index, median: ownFigure } of results) {
    const { f: functionName, n: dimension, median: referenceFigure } = reference.rows[index]!;
    const ratio = ownFigure / referenceFigure;
    printRow(
      `${functionName} ${dimension}D to 1e-9: evaluations`,
      cellsFor((name) => (name === 'cma-es' ? String(ownFigure) : undefined)),
      `pycma ${reference.versions.distribution} ${referenceFigure}, ratio ${ratio.toFixed(2)}; ${recordVerdict('≤ 1.15', ratio <= 1.15)}`,
    );
  }
}

function printPoison(results: readonly ResultOf<'poison'>[]): void {
  for (const adviser of results.length > 0 ? Object.keys(ADVISERS) : []) {
    const resultsOf = (name: string): ResultOf<'poison'>[] =>
      results.filter((result) => result.sampler === name && result.adviser === adviser);
    const askedSamplers = POISONED.filter((name) => resultsOf(name).length > 0);
    const bounds = askedSamplers.map((name) =>
      bootstrapInterval(
        resultsOf(name).flatMap((result) => result.ratios),
        mean,
      ),
    );
    printRow(
      `adviser that ${adviser}: log10 with/alone`,
      cellsFor((name) => {
        const ratios = resultsOf(name).flatMap((result) => result.ratios);
        return ratios.length === 0 ? undefined : formatWithInterval(ratios, mean, (number) => number.toFixed(2));
      }),
      adviser === 'is good'
        ? recordVerdict(
            'a good adviser makes it better',
            bounds.every(([, high]) => high < 0),
          )
        : recordVerdict(
            `no worse with one that ${adviser}`,
            bounds.every(([low]) => low <= 0),
          ),
    );
    printRow(
      '  share at the end; refused',
      cellsFor((name) => {
        const samplerResults = resultsOf(name);
        if (samplerResults.length === 0) return undefined;
        const refused = samplerResults.reduce((sum, result) => sum + result.refused, 0);
        return `${(100 * mean(samplerResults.flatMap((result) => result.shares))).toFixed(0)} %; ${refused}`;
      }),
    );
  }
}

/** Processor milliseconds at 1,000 trials and 14 knobs: of one ask and tell, and of 64 asked at once. */
function measureCosts(sampler: SamplerName): { readonly one: number; readonly wave: number } {
  const space = Array.from({ length: 14 }, (_, i) =>
    i < 9
      ? { name: `x${i}`, kind: 'float' as const, low: 0, high: 1 }
      : { name: `x${i}`, kind: 'int' as const, low: 1, high: 16 },
  );
  const search = createSearch({ space, sampler, seed: 1 });
  const lossOf = (values: Values): number => space.reduce((total, { name }) => total + Number(values[name]) ** 2, 0);
  const chance = createRandom(1);
  for (let i = 0; i < 985; i++) {
    const values = search.space.decode(space.map(() => chance.uniform()));
    search.add(values, lossOf(values), sampler);
  }
  const cpuMs = (): number => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
  const timeCpu = (action: () => void): number => {
    const startedMs = cpuMs();
    action();
    return cpuMs() - startedMs;
  };
  const singleTimes = Array.from({ length: 31 }, () =>
    timeCpu(() => {
      for (const trial of search.ask()) search.tell(trial.id, lossOf(trial.values));
    }),
  );
  const waveTimes = Array.from({ length: 9 }, () => {
    let trials: { readonly id: number }[] = [];
    const elapsedMs = timeCpu(() => {
      trials = search.ask(64);
    });
    for (const { id } of trials) search.forget(id);
    return elapsedMs;
  });
  return { one: medianOf(singleTimes), wave: medianOf(waveTimes) };
}

function printCosts(): void {
  const costsBySampler = new Map(
    samplers.flatMap((name) =>
      name !== 'local' && /^(tpe|cma)/.test(name) ? [[name as string, measureCosts(name)] as const] : [],
    ),
  );
  const allCosts = [...costsBySampler.values()];
  if (allCosts.length === 0) return;
  printRow(
    '1,000 trials, 14 knobs: ask + tell, CPU ms',
    cellsFor((name) => costsBySampler.get(name)?.one.toFixed(1)),
    recordVerdict(
      '≤ 5 ms',
      allCosts.every(({ one }) => one <= 5),
    ),
  );
  printRow(
    '  64 at once, CPU ms',
    cellsFor((name) => costsBySampler.get(name)?.wave.toFixed(0)),
    recordVerdict(
      '≤ 100 ms',
      allCosts.every(({ wave }) => wave <= 100),
    ),
  );
}

const startedMs = performance.now();
printRow(`${breadth}, Node ${process.versions.node}`, contenderNames, 'held against');
const results = await performAll(listJobs());
const rankTable: number[][] = [];
for (const suite of SUITES) {
  const races = resultsOfKind(results, 'race').filter((result) => result.suite === suite.name);
  if (races.length > 0)
    rankTable.push(
      ...printSuite(
        suite.name,
        races.flatMap((result) => result.races),
      ),
    );
}
printOverall(rankTable);
printReference(resultsOfKind(results, 'cma'));
printPoison(resultsOfKind(results, 'poison'));
if (wantsPart('costs')) printCosts();
const unmetClauses = verdicts.filter((verdictText) => verdictText.endsWith('NO'));
console.log(
  `summary: ${rankTable.length} races; ${verdicts.length - unmetClauses.length} of ${verdicts.length} aims met${unmetClauses.length > 0 ? ` (not: ${unmetClauses.join('; ')})` : ''}; ${((performance.now() - startedMs) / 60000).toFixed(1)} min`,
);

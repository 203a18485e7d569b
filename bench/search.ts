/**
 * Search quality, as one table: samplers on BBOB-style functions, mixed, conditional and failing spaces and a scripted
 * night, paired by seed; CMA-ES against the recorded reference implementation; the poison test of the hybrid; costs.
 * Mean ranks (1 = best) and medians with 95 % bootstrap intervals. Two processes. `--quick`: a seed of each function,
 * four of a problem; `--full`: every function with every seed (default: four functions a seed, in turn). `--samplers
 * a,b`; `--only x` for one suite (its name), `poison`, `reference` or `costs`; `--real` trains nano-llm instead
 * (search-real.ts, an hour). Optuna joins when `python3 -c "import optuna"` works.
 */
import { fork } from 'node:child_process';
import { createRandom } from '../src/base/random.ts';
import { mean } from '../src/base/stats.ts';
import { createSearch, type SamplerName, type Values } from '../src/search/index.ts';
import { reference } from './search-cma.ts';
import { ADVISERS, type Breadth, type Job, type Result, type Run, SUITES } from './search-jobs.ts';
import { optunaVersion } from './search-optuna.ts';

if (process.argv.includes('--real')) {
  await import('./search-real.ts');
  process.exit(0);
}

const flag = (name: string): boolean => process.argv.includes(name);
const argument = (name: string): string | undefined =>
  process.argv[process.argv.indexOf(name) + 1 || process.argv.length];
const breadth: Breadth = flag('--quick') ? 'quick' : flag('--full') ? 'full' : 'default';
const only = argument('--only');
const samplers = (argument('--samplers')?.split(',') ?? [
  'auto',
  'cma-es',
  'tpe',
  'tpe-univariate',
  'sobol',
  'random',
]) as SamplerName[];
const optuna = optunaVersion();
const names: readonly string[] = [...samplers, ...(optuna ? [`optuna ${optuna}`] : [])];
const POISONED: readonly SamplerName[] = ['auto', 'cma-es'];

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!;

/** 95 % percentile bootstrap of a statistic. */
function interval(xs: readonly number[], of: (xs: readonly number[]) => number): readonly [number, number] {
  const chance = createRandom(1);
  const values = Array.from({ length: 400 }, () => of(xs.map(() => xs[chance.below(xs.length)]!))).sort(
    (a, b) => a - b,
  );
  return [values[9]!, values[389]!];
}

function withInterval(
  xs: readonly number[],
  of: (xs: readonly number[]) => number,
  show: (x: number) => string,
): string {
  return `${show(of(xs))} [${interval(xs, of).map(show).join(', ')}]`;
}

/** Ranks in one race, ties shared. */
function ranks(losses: readonly number[]): number[] {
  return losses.map((x) => 1 + losses.filter((y) => y < x).length + (losses.filter((y) => y === x).length - 1) / 2);
}

const WIDTH = 24;
/** One row of the table; the last cell says what the figures are held against. */
function row(name: string, cells: readonly (string | undefined)[], against = ''): void {
  const padded = names.map((_, i) => (cells[i] ?? '').padStart(WIDTH)).join('');
  console.log(`${name.padEnd(52)}${padded}  ${against}`.trimEnd());
}

const cellsFor = (of: (name: string) => string | undefined): (string | undefined)[] => names.map(of);

function jobs(): Job[] {
  const races = SUITES.filter(({ name }) => (only ?? name) === name).flatMap((suite) =>
    Array.from({ length: suite.seeds[breadth === 'quick' ? 0 : 1] }, (_, i): Job => {
      return { kind: 'race', suite: suite.name, seed: i + 1, samplers, optuna: optuna !== undefined, breadth };
    }),
  );
  const wants = (part: string): boolean => (only ?? part) === part;
  const poison = POISONED.filter((sampler) => samplers.includes(sampler)).flatMap((sampler) =>
    Object.keys(ADVISERS).flatMap((adviser) =>
      Array.from({ length: breadth === 'quick' ? 2 : 6 }, (_, i): Job => {
        return { kind: 'poison', sampler, adviser, seed: i + 1 };
      }),
    ),
  );
  const cma = samplers.includes('cma-es') ? reference.rows.map((_, i): Job => ({ kind: 'cma', row: i })) : [];
  // The long ones first, so that both processes end together.
  return [...races, ...(wants('poison') ? poison : []), ...(wants('reference') ? cma : [])];
}

/** All jobs on two processes; results in the order of the jobs, whoever was faster. */
async function performAll(todo: readonly Job[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(new URL('search-worker.ts', import.meta.url), { execArgv: process.execArgv });
      let [at, ended] = [-1, false];
      const give = (): void => {
        at = next++;
        ended = at >= todo.length;
        child.send(ended ? 'done' : todo[at]!);
      };
      child.on('message', (result: Result) => {
        results[at] = result;
        if (process.stderr.isTTY) process.stderr.write(`\r${results.filter(Boolean).length} of ${todo.length} `);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => (ended ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      give();
    });
  if (todo.length > 0) await Promise.all([worker(), worker()]);
  return results;
}

type Of<K extends Result['kind']> = Extract<Result, { kind: K }>;
const of = <K extends Result['kind']>(results: readonly Result[], kind: K): Of<K>[] =>
  results.filter((result): result is Of<K> => result.kind === kind);

const verdicts: string[] = [];
/** Notes whether a clause of the aim is met, and says so. */
function verdict(what: string, met: boolean): string {
  verdicts.push(`${what}: ${met ? 'yes' : 'NO'}`);
  return `${what}: ${met ? 'yes' : 'NO'}`;
}

/** The rows of one suite; gives the ranks of its races. */
function suiteRows(name: string, races: readonly (readonly Run[])[]): number[][] {
  const table = races.map((runs) => ranks(runs.map((run) => run.loss)));
  const column = (i: number, pick: (run: Run) => number): number[] => races.map((runs) => pick(runs[i]!));
  const place = (i: number): number[] => table.map((r) => r[i]!);
  row(
    `${name}: mean rank [95 %]`,
    names.map((_, i) => withInterval(place(i), mean, (v) => v.toFixed(2))),
    `${races.length} races`,
  );
  row(
    '  median loss [95 %]',
    names.map((_, i) =>
      withInterval(
        column(i, (run) => run.loss),
        median,
        (v) => v.toPrecision(3),
      ),
    ),
  );
  const failed = names.map((_, i) => mean(column(i, (run) => run.failures)));
  const [ours, theirs] = [failed[samplers.indexOf('auto')], optuna ? failed.at(-1)! : undefined];
  if (failed.some((share) => share > 0))
    row(
      '  trials that fail',
      failed.map((share) => `${(100 * share).toFixed(1)} %`),
      name === 'hidden failures' && theirs !== undefined && ours !== undefined
        ? verdict("failures of auto ≤ half of Optuna's", ours <= theirs / 2)
        : '',
    );
  row(
    '  wall ms a trial',
    names.map((_, i) => median(column(i, (run) => run.ms)).toFixed(2)),
  );
  return table;
}

function overall(table: readonly (readonly number[])[]): void {
  if (table.length === 0) return;
  const auto = samplers.indexOf('auto');
  const gap = table.map((r) => r[auto]! - r[names.length - 1]!);
  const compared = optuna && auto >= 0;
  row(
    'all races: mean rank [95 %]',
    names.map((_, i) =>
      withInterval(
        table.map((r) => r[i]!),
        mean,
        (v) => v.toFixed(2),
      ),
    ),
    compared
      ? `auto − Optuna ${withInterval(gap, mean, (v) => v.toFixed(2))}; ${verdict('better than Optuna', interval(gap, mean)[1] < 0)}`
      : 'Optuna: not compared, no Python with optuna here',
  );
}

function truth(results: readonly Of<'cma'>[]): void {
  for (const { row: index, median: ours } of results) {
    const { f, n, median: theirs } = reference.rows[index]!;
    const ratio = ours / theirs;
    row(
      `${f} ${n}D to 1e-9: evaluations`,
      cellsFor((name) => (name === 'cma-es' ? String(ours) : undefined)),
      `pycma ${reference.versions.cma} ${theirs}, ratio ${ratio.toFixed(2)}; ${verdict('≤ 1.15', ratio <= 1.15)}`,
    );
  }
}

function poisonRows(results: readonly Of<'poison'>[]): void {
  for (const adviser of results.length > 0 ? Object.keys(ADVISERS) : []) {
    const at = (name: string): Of<'poison'>[] => results.filter((r) => r.sampler === name && r.adviser === adviser);
    const asked = POISONED.filter((name) => at(name).length > 0);
    const bounds = asked.map((name) =>
      interval(
        at(name).flatMap((r) => r.ratios),
        mean,
      ),
    );
    row(
      `adviser that ${adviser}: log10 with/alone`,
      cellsFor((name) => {
        const ratios = at(name).flatMap((r) => r.ratios);
        return ratios.length === 0 ? undefined : withInterval(ratios, mean, (v) => v.toFixed(2));
      }),
      adviser === 'is good'
        ? verdict(
            'a good adviser makes it better',
            bounds.every(([, high]) => high < 0),
          )
        : verdict(
            `no worse with one that ${adviser}`,
            bounds.every(([low]) => low <= 0),
          ),
    );
    row(
      '  share at the end; refused',
      cellsFor((name) => {
        const those = at(name);
        if (those.length === 0) return undefined;
        const refused = those.reduce((sum, r) => sum + r.refused, 0);
        return `${(100 * mean(those.flatMap((r) => r.shares))).toFixed(0)} %; ${refused}`;
      }),
    );
  }
}

/** Processor milliseconds at 1,000 trials and 14 knobs: of one ask and tell, and of 64 asked at once. */
function costs(sampler: SamplerName): { readonly one: number; readonly wave: number } {
  const space = Array.from({ length: 14 }, (_, i) =>
    i < 9
      ? { name: `x${i}`, kind: 'float' as const, low: 0, high: 1 }
      : { name: `x${i}`, kind: 'int' as const, low: 1, high: 16 },
  );
  const search = createSearch({ space, sampler, seed: 1 });
  const value = (v: Values): number => space.reduce((s, { name }) => s + Number(v[name]) ** 2, 0);
  const chance = createRandom(1);
  for (let i = 0; i < 985; i++) {
    const values = search.space.decode(space.map(() => chance.uniform()));
    search.add(values, value(values), sampler);
  }
  const cpu = (): number => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
  const timed = (act: () => void): number => {
    const start = cpu();
    act();
    return cpu() - start;
  };
  const one = Array.from({ length: 31 }, () =>
    timed(() => {
      for (const t of search.ask()) search.tell(t.id, value(t.values));
    }),
  );
  const wave = Array.from({ length: 9 }, () => {
    let trials: { readonly id: number }[] = [];
    const ms = timed(() => {
      trials = search.ask(64);
    });
    for (const { id } of trials) search.forget(id);
    return ms;
  });
  return { one: median(one), wave: median(wave) };
}

function costRows(): void {
  const timed = new Map(
    samplers.filter((name) => /^(tpe|cma)/.test(name)).map((name) => [name as string, costs(name)]),
  );
  const all = [...timed.values()];
  if (all.length === 0) return;
  row(
    '1,000 trials, 14 knobs: ask + tell, CPU ms',
    cellsFor((name) => timed.get(name)?.one.toFixed(1)),
    verdict(
      '≤ 5 ms',
      all.every(({ one }) => one <= 5),
    ),
  );
  row(
    '  64 at once, CPU ms',
    cellsFor((name) => timed.get(name)?.wave.toFixed(0)),
    verdict(
      '≤ 100 ms',
      all.every(({ wave }) => wave <= 100),
    ),
  );
}

const started = performance.now();
row(`${breadth}, Node ${process.versions.node}`, names, 'held against');
const results = await performAll(jobs());
const table: number[][] = [];
for (const suite of SUITES) {
  const races = of(results, 'race').filter((result) => result.suite === suite.name);
  if (races.length > 0)
    table.push(
      ...suiteRows(
        suite.name,
        races.flatMap((result) => result.races),
      ),
    );
}
overall(table);
truth(of(results, 'cma'));
poisonRows(of(results, 'poison'));
if (!only || only === 'costs') costRows();
const unmet = verdicts.filter((text) => text.endsWith('NO'));
console.log(
  `summary: ${table.length} races; ${verdicts.length - unmet.length} of ${verdicts.length} aims met${unmet.length > 0 ? ` (not: ${unmet.join('; ')})` : ''}; ${((performance.now() - started) / 60000).toFixed(1)} min`,
);

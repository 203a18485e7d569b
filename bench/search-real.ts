/**
 * Search on a real thing: nano-llm, 5 s a trial, 40 trials, three seeds, `auto` against `random`, in turn. Trains and
 * scores as the arena does, without the harness around it. Needs the arena's packages and its data in OVERNIGHT_DATA;
 * `--clock cpu` where others use the machine. Prints after every seed: final losses on fresh measurements, and at which
 * trial `auto` passed what `random` ended with.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mean, standardDeviationOf } from '../src/base/stats.ts';
import { readKnobs, knobEdits, knobSpace } from '../src/proposers/space.ts';
import { createSearch, type SamplerName, type Values } from '../src/search/index.ts';
import { readManifest } from '../src/workspace/arena.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    real: { type: 'boolean' },
    seconds: { type: 'string', default: '5' },
    trials: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '3' },
    clock: { type: 'string', default: 'wall' },
  },
});
const ARENA = fileURLToPath(new URL('../arenas/nano-llm', import.meta.url));
const SAMPLERS: readonly SamplerName[] = ['auto', 'random'];
const LINKED = [
  'contract.ts',
  'evaluate.ts',
  'package.json',
  'start.ts',
  'tsconfig.json',
  'data',
  'lib',
  'tensor',
  'node_modules',
];

/** val_bpb of a train.ts, or why there is none. */
function measure(room: string, source: string, seed: number): number | string {
  const [dir, out] = [path.join(room, 'code'), path.join(room, 'out')];
  for (const folder of [dir, out]) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
  }
  for (const name of LINKED) fs.symlinkSync(path.join(ARENA, name), path.join(dir, name));
  fs.writeFileSync(path.join(dir, 'train.ts'), source);
  const env = {
    PATH: process.env.PATH,
    OVERNIGHT_DATA: process.env.OVERNIGHT_DATA,
    OVERNIGHT_CPUS: '2',
    OVERNIGHT_CLOCK: options.clock,
    OVERNIGHT_OUT: out,
    OVERNIGHT_BUDGET_S: options.seconds,
    OVERNIGHT_SEED: String(seed),
    OVERNIGHT_ARTEFACT: out,
    OVERNIGHT_RESULT: path.join(out, 'result'),
    OVERNIGHT_NONCE: '1a2b3c4d',
  };
  for (const file of ['start.ts', 'evaluate.ts']) {
    const args = ['--preserve-symlinks', '--preserve-symlinks-main', '--import', 'tsx', file];
    const run = spawnSync(process.execPath, args, { cwd: dir, env, encoding: 'utf8', timeout: 120_000 });
    if (run.status !== 0) return run.stderr.trim().split('\n').at(-1) ?? 'it died';
  }
  const result = fs.readFileSync(path.join(out, 'result'), 'utf8');
  return Number(/val_bpb: (\S+)/.exec(result)?.[1]);
}

function main(): void {
  if (!process.env.OVERNIGHT_DATA)
    throw new Error('OVERNIGHT_DATA is not set: prepare the data first (arenas/nano-llm/README.md).');
  const room = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-search-real-'));
  try {
    race(room);
  } finally {
    fs.rmSync(room, { recursive: true, force: true });
  }
}

function race(room: string): void {
  const arena = readManifest(ARENA);
  const files = new Map([['train.ts', fs.readFileSync(path.join(ARENA, 'train.ts'), 'utf8')]]);
  const read = readKnobs(arena.knobs, files);
  if (!read.ok) throw new Error(read.problem);
  const now = read.values;
  const space = knobSpace(arena, now);
  const written = (values: Values): string =>
    knobEdits(arena.knobs, files, now, values)[0]?.content ?? files.get('train.ts')!;
  const repeats = [901, 902, 903, 904].map((seed) => Number(measure(room, files.get('train.ts')!, seed)));
  const noise = standardDeviationOf(repeats);
  console.log(
    `baseline ${mean(repeats).toFixed(4)}, sd ${noise.toFixed(4)} of ${repeats.length}; load ${os.loadavg()[0]!.toFixed(1)}`,
  );
  const shares: number[] = [];
  const gains: number[] = [];
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    const races = SAMPLERS.map((sampler) => {
      const search = createSearch({ space, sampler, seed, noise, budget: Number(options.trials) });
      // `best`: the lowest value so far, after each trial.
      return { sampler, search, best: [] as number[], failed: 0 };
    });
    for (let trial = 0; trial < Number(options.trials); trial++) {
      for (const one of races) {
        const [asked] = one.search.ask();
        const value = measure(room, written(asked!.values), 1000 * seed + trial);
        one.search.tell(
          asked!.id,
          typeof value === 'number' && Number.isFinite(value) ? value : { failed: String(value) },
        );
        if (typeof value !== 'number') one.failed++;
        one.best.push(
          Math.min(
            one.best.at(-1) ?? Number.POSITIVE_INFINITY,
            typeof value === 'number' ? value : Number.POSITIVE_INFINITY,
          ),
        );
        process.stderr.write(
          `seed ${seed} trial ${trial} ${one.sampler}: ${value} (best ${one.best.at(-1)!.toFixed(4)})\n`,
        );
      }
    }
    // What is called best was lucky: it is measured afresh, twice, with the same seeds for both.
    const final = races.map(({ search }) =>
      mean([1, 2].map((k) => Number(measure(room, written(search.best!.trial.values), 9000 + 10 * seed + k)))),
    );
    const [auto, random] = [races[0]!, races[1]!];
    const passed = auto.best.findIndex((x) => x <= random.best.at(-1)!) + 1;
    const needed = random.best.findIndex((x) => x <= random.best.at(-1)!) + 1;
    shares.push((passed > 0 ? passed : Number.POSITIVE_INFINITY) / Number(options.trials));
    gains.push(final[1]! - final[0]!);
    console.log(
      `seed ${seed}: fresh means auto ${final[0]!.toFixed(4)}, random ${final[1]!.toFixed(4)}; auto passed random’s final value at trial ${passed > 0 ? passed : 'none'} of ${options.trials} (random at ${needed}); failed ${auto.failed} and ${random.failed}; load ${os.loadavg()[0]!.toFixed(1)}`,
    );
  }
  const median = [...shares].sort((a, b) => a - b)[shares.length >> 1]!;
  console.log(
    `search:real trials=${options.trials} seconds=${options.seconds} seeds=${options.seeds} noise=${noise.toFixed(4)} auto_better_by=${mean(gains).toFixed(4)} share_of_trials=${median.toFixed(2)}`,
  );
}

main();

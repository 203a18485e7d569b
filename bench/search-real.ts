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
const LINKED_ENTRIES = [
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
function trainAndScore(roomDir: string, source: string, seed: number): number | string {
  const [codeDir, outDir] = [path.join(roomDir, 'code'), path.join(roomDir, 'out')];
  for (const folder of [codeDir, outDir]) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
  }
  for (const name of LINKED_ENTRIES) fs.symlinkSync(path.join(ARENA, name), path.join(codeDir, name));
  fs.writeFileSync(path.join(codeDir, 'train.ts'), source);
  const environment = {
    PATH: process.env.PATH,
    OVERNIGHT_DATA: process.env.OVERNIGHT_DATA,
    OVERNIGHT_CPUS: '2',
    OVERNIGHT_CLOCK: options.clock,
    OVERNIGHT_OUT: outDir,
    OVERNIGHT_BUDGET_S: options.seconds,
    OVERNIGHT_SEED: String(seed),
    OVERNIGHT_ARTEFACT: outDir,
    OVERNIGHT_RESULT: path.join(outDir, 'result'),
    OVERNIGHT_NONCE: '1a2b3c4d',
  };
  for (const file of ['start.ts', 'evaluate.ts']) {
    const nodeArguments = ['--preserve-symlinks', '--preserve-symlinks-main', '--import', 'tsx', file];
    const childRun = spawnSync(process.execPath, nodeArguments, {
      cwd: codeDir,
      env: environment,
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (childRun.status !== 0) return childRun.stderr.trim().split('\n').at(-1) ?? 'it died';
  }
  const resultText = fs.readFileSync(path.join(outDir, 'result'), 'utf8');
  return Number(/val_bpb: (\S+)/.exec(resultText)?.[1]);
}

function main(): void {
  if (!process.env.OVERNIGHT_DATA)
    throw new Error('OVERNIGHT_DATA is not set: prepare the data first (arenas/nano-llm/README.md).');
  const roomDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-search-real-'));
  try {
    raceSamplers(roomDir);
  } finally {
    fs.rmSync(roomDir, { recursive: true, force: true });
  }
}

function raceSamplers(roomDir: string): void {
  const arena = readManifest(ARENA);
  const files = new Map([['train.ts', fs.readFileSync(path.join(ARENA, 'train.ts'), 'utf8')]]);
  const knobsRead = readKnobs(arena.knobs, files);
  if (!knobsRead.ok) throw new Error(knobsRead.problem);
  const currentValues = knobsRead.values;
  const space = knobSpace(arena, currentValues);
  const sourceWith = (values: Values): string =>
    knobEdits(arena.knobs, files, currentValues, values)[0]?.content ?? files.get('train.ts')!;
  const repeats = [901, 902, 903, 904].map((seed) => Number(trainAndScore(roomDir, files.get('train.ts')!, seed)));
  const noise = standardDeviationOf(repeats);
  console.log(
    `baseline ${mean(repeats).toFixed(4)}, sd ${noise.toFixed(4)} of ${repeats.length}; load ${os.loadavg()[0]!.toFixed(1)}`,
  );
  const shares: number[] = [];
  const gains: number[] = [];
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    const contenders = SAMPLERS.map((sampler) => {
      const search = createSearch({ space, sampler, seed, noise, budget: Number(options.trials) });
      // `best`: the lowest value so far, after each trial.
      return { sampler, search, best: [] as number[], failed: 0 };
    });
    for (let trial = 0; trial < Number(options.trials); trial++) {
      for (const contender of contenders) {
        const [askedTrial] = contender.search.ask();
        const value = trainAndScore(roomDir, sourceWith(askedTrial!.values), 1000 * seed + trial);
        contender.search.tell(
          askedTrial!.id,
          typeof value === 'number' && Number.isFinite(value) ? value : { failed: String(value) },
        );
        if (typeof value !== 'number') contender.failed++;
        contender.best.push(
          Math.min(
            contender.best.at(-1) ?? Number.POSITIVE_INFINITY,
            typeof value === 'number' ? value : Number.POSITIVE_INFINITY,
          ),
        );
        process.stderr.write(
          `seed ${seed} trial ${trial} ${contender.sampler}: ${value} (best ${contender.best.at(-1)!.toFixed(4)})\n`,
        );
      }
    }
    // What is called best was lucky: it is measured afresh, twice, with the same seeds for both.
    const finalMeans = contenders.map(({ search }) =>
      mean(
        [1, 2].map((k) => Number(trainAndScore(roomDir, sourceWith(search.best!.trial.values), 9000 + 10 * seed + k))),
      ),
    );
    const [autoContender, randomContender] = [contenders[0]!, contenders[1]!];
    const passedAtTrial = autoContender.best.findIndex((value) => value <= randomContender.best.at(-1)!) + 1;
    const neededTrials = randomContender.best.findIndex((value) => value <= randomContender.best.at(-1)!) + 1;
    shares.push((passedAtTrial > 0 ? passedAtTrial : Number.POSITIVE_INFINITY) / Number(options.trials));
    gains.push(finalMeans[1]! - finalMeans[0]!);
    console.log(
      `seed ${seed}: fresh means auto ${finalMeans[0]!.toFixed(4)}, random ${finalMeans[1]!.toFixed(4)}; auto passed random’s final value at trial ${passedAtTrial > 0 ? passedAtTrial : 'none'} of ${options.trials} (random at ${neededTrials}); failed ${autoContender.failed} and ${randomContender.failed}; load ${os.loadavg()[0]!.toFixed(1)}`,
    );
  }
  const medianShare = [...shares].sort((left, right) => left - right)[shares.length >> 1]!;
  console.log(
    `search:real trials=${options.trials} seconds=${options.seconds} seeds=${options.seeds} noise=${noise.toFixed(4)} auto_better_by=${mean(gains).toFixed(4)} share_of_trials=${medianShare.toFixed(2)}`,
  );
}

main();

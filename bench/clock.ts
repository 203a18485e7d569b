/**
 * How far repeats of nano-llm lie apart by the wall's clock and by processor time, alone and beside programs that keep
 * the processors busy. `OVERNIGHT_DATA=FOLDER npm run bench:clock [-- --runs 4 --seconds 5 --loads 0,4,12]`: seconds on
 * each of the two cores; both clocks take turns, with the same seeds. Needs prepared data (arenas/nano-llm/README.md).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mean, standardDeviationOf } from '../src/base/stats.ts';

const ARENA = fileURLToPath(new URL('../arenas/nano-llm/', import.meta.url));
const CORES = 2;
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '5' },
    loads: { type: 'string', default: '0,4,12' },
  },
});

type ClockName = 'wall' | 'cpu';
interface Run {
  readonly bpb: number;
  readonly steps: number;
  readonly wallS: number;
}

function trainOnce(clock: ClockName, seed: number): Run {
  const outDir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-clock-'));
  const budgetS = Number(options.seconds) * (clock === 'cpu' ? CORES : 1);
  const environment = {
    PATH: process.env.PATH,
    OVERNIGHT_DATA: process.env.OVERNIGHT_DATA,
    OVERNIGHT_CPUS: String(CORES),
    OVERNIGHT_CLOCK: clock,
    OVERNIGHT_OUT: outDir,
    OVERNIGHT_BUDGET_S: String(budgetS),
    OVERNIGHT_SEED: String(seed),
    OVERNIGHT_ARTEFACT: outDir,
    OVERNIGHT_RESULT: path.join(outDir, 'result'),
    OVERNIGHT_NONCE: '1a2b3c4d',
  };
  const runFile = (file: string): string => {
    const ended = spawnSync(process.execPath, ['--import', 'tsx', file], {
      cwd: ARENA,
      env: environment,
      encoding: 'utf8',
    });
    if (ended.status !== 0) throw new Error(`${file} failed: ${ended.stderr}`);
    return ended.stdout;
  };
  const startedMs = performance.now();
  const report = runFile('start.ts');
  const wallS = (performance.now() - startedMs) / 1000;
  runFile('evaluate.ts');
  const result = fs.readFileSync(path.join(outDir, 'result'), 'utf8');
  fs.rmSync(outDir, { recursive: true });
  return {
    bpb: Number(/^val_bpb: (\S+)/m.exec(result)?.[1]),
    steps: Number(/^num_steps:\s+(\d+)/m.exec(report)?.[1]),
    wallS,
  };
}

/** Programs that compute for ever, each of which wants a whole core. */
const startBusy = (count: number): ChildProcess[] =>
  Array.from({ length: count }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));

function measureBesides(load: number): void {
  const busy = startBusy(load);
  try {
    const runs: Record<ClockName, Run[]> = { wall: [], cpu: [] };
    for (let seed = 1; seed <= Number(options.runs); seed++)
      for (const clock of ['wall', 'cpu'] as const) runs[clock].push(trainOnce(clock, seed));
    for (const clock of ['wall', 'cpu'] as const) {
      const scores = runs[clock].map(({ bpb }) => bpb);
      const steps = runs[clock].map((run) => run.steps);
      const spread = standardDeviationOf(scores);
      console.log(
        [
          `${load} busy programs`,
          clock.padEnd(4),
          `val_bpb ${mean(scores).toFixed(4)}`,
          `sd ${spread.toFixed(4)} (${((100 * spread) / mean(scores)).toFixed(2)} %)`,
          `steps ${Math.min(...steps)} to ${Math.max(...steps)}`,
          `${mean(runs[clock].map(({ wallS }) => wallS)).toFixed(0)} s a run`,
        ].join('  '),
      );
    }
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
}

if (!process.env.OVERNIGHT_DATA)
  throw new Error('OVERNIGHT_DATA is not set: prepare the data first (arenas/nano-llm/README.md).');
for (const load of options.loads.split(',')) measureBesides(Number(load));

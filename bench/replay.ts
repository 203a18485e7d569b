/**
 * Reading a ledger of 10,000 experiments: the whole file checked, parsed and folded, and `overnight status` on it as a
 * process. `npm run bench:replay`.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { medianOf } from '../src/base/stats.ts';
import { readLedger } from '../src/ledger/jsonl.ts';
import { syntheticLab } from '../src/testing/synthetic.ts';

const EXPERIMENTS = 10_000;
const RUNS = 7;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-replay-'));
const labFolder = path.join(folder, '.overnight', 'labs', 'bench');
fs.mkdirSync(labFolder, { recursive: true });
const ledgerBytes = Buffer.from(
  syntheticLab({ n: EXPERIMENTS })
    .events.map((event) => `${JSON.stringify(event)}\n`)
    .join(''),
);
fs.writeFileSync(path.join(labFolder, 'ledger.jsonl'), ledgerBytes);

const measureTimes = (action: () => unknown): number[] =>
  Array.from({ length: RUNS }, () => {
    const startedMs = performance.now();
    action();
    return performance.now() - startedMs;
  });
readLedger(labFolder);
const replayTimes = measureTimes(() => readLedger(labFolder));
const cliProgram = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const statusTimes = measureTimes(() =>
  spawnSync(process.execPath, [cliProgram, 'status', '--dir', folder], { stdio: 'ignore' }),
);
const helpTimes = measureTimes(() => spawnSync(process.execPath, [cliProgram, '--help'], { stdio: 'ignore' }));
const nodeTimes = measureTimes(() => spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' }));
fs.rmSync(folder, { recursive: true, force: true });

const formatRow = (name: string, durations: readonly number[], target: string): string =>
  `${name.padEnd(34)} ${medianOf(durations).toFixed(0).padStart(6)} ${Math.min(...durations)
    .toFixed(0)
    .padStart(6)} ${target.padStart(8)}`;
console.log(`${'what (ms)'.padEnd(34)} median    min   target`);
console.log(
  formatRow(`replay ${EXPERIMENTS} experiments (${(ledgerBytes.length / 1e6).toFixed(1)} MB)`, replayTimes, '500'),
);
console.log(formatRow('overnight status, whole process', statusTimes, '700'));
console.log(formatRow('overnight --help, whole process', helpTimes, '150'));
console.log(formatRow('node -e 0, for comparison', nodeTimes, ''));
console.log(
  `replay: ${medianOf(replayTimes).toFixed(0)} ms for ${EXPERIMENTS} experiments (target 500); status ${medianOf(statusTimes).toFixed(0)} ms (target 700); --help ${medianOf(helpTimes).toFixed(0)} ms (target 150)`,
);

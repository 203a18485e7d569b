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

const N = 10_000;
const RUNS = 7;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-replay-'));
const lab = path.join(folder, '.overnight', 'labs', 'bench');
fs.mkdirSync(lab, { recursive: true });
const bytes = Buffer.from(
  syntheticLab({ n: N })
    .events.map((event) => `${JSON.stringify(event)}\n`)
    .join(''),
);
fs.writeFileSync(path.join(lab, 'ledger.jsonl'), bytes);

const time = (act: () => unknown): number[] =>
  Array.from({ length: RUNS }, () => {
    const started = performance.now();
    act();
    return performance.now() - started;
  });
readLedger(lab);
const replay = time(() => readLedger(lab));
const cli = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const status = time(() => spawnSync(process.execPath, [cli, 'status', '--dir', folder], { stdio: 'ignore' }));
const help = time(() => spawnSync(process.execPath, [cli, '--help'], { stdio: 'ignore' }));
const bare = time(() => spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' }));
fs.rmSync(folder, { recursive: true, force: true });

const row = (name: string, ms: readonly number[], target: string): string =>
  `${name.padEnd(34)} ${medianOf(ms).toFixed(0).padStart(6)} ${Math.min(...ms)
    .toFixed(0)
    .padStart(6)} ${target.padStart(8)}`;
console.log(`${'what (ms)'.padEnd(34)} median    min   target`);
console.log(row(`replay ${N} experiments (${(bytes.length / 1e6).toFixed(1)} MB)`, replay, '500'));
console.log(row('overnight status, whole process', status, '700'));
console.log(row('overnight --help, whole process', help, '150'));
console.log(row('node -e 0, for comparison', bare, ''));
console.log(
  `replay: ${medianOf(replay).toFixed(0)} ms for ${N} experiments (target 500); status ${medianOf(status).toFixed(0)} ms (target 700); --help ${medianOf(help).toFixed(0)} ms (target 150)`,
);

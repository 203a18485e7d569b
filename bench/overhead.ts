/**
 * Harness overhead per experiment: everything except the candidate's and the evaluator's own run, on a repository of 200 files. Median over
 * a block of experiments at the start and after many, in the sandbox and without; prints how it grows. `npm run bench:overhead [-- --long]`.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Proposer } from '../src/core/ports.ts';
import { median } from '../src/core/stats.ts';
import { chooseSandbox } from '../src/sandbox/choose.ts';
import { openLab } from '../src/wire.ts';

const FILES = 200;
const BLOCK = 40;

function makeArena(folder: string): void {
  fs.mkdirSync(path.join(folder, 'lib'), { recursive: true });
  for (let i = 0; i < FILES - 4; i++)
    fs.writeFileSync(path.join(folder, 'lib', `file-${i}.txt`), `file ${i}\n${'content '.repeat(200)}\n`);
  fs.writeFileSync(path.join(folder, 'value.txt'), 'VALUE=1\n');
  fs.writeFileSync(path.join(folder, 'run.sh'), ': > "$OVERNIGHT_START"; cp value.txt "$OVERNIGHT_OUT/"\n');
  fs.writeFileSync(
    path.join(folder, 'evaluate.sh'),
    'printf "nonce: %s\\nscore: %s\\n" "$OVERNIGHT_NONCE" "$OVERNIGHT_SEED" > "$OVERNIGHT_RESULT"\n',
  );
  fs.writeFileSync(
    path.join(folder, 'arena.yaml'),
    'overnight: 1\nname: bench\nmetric: {name: score, direction: minimize}\neditable: [value.txt]\nrun: {command: sh run.sh}\nartefact: [value.txt]\nevaluate: {command: sh evaluate.sh}\nbudget: {seconds: 5, wall_s: 10}\ncalibrate: {replicates: 3}\ndecide: {rule: greedy}\n',
  );
}

const counter: Proposer = {
  name: 'counter',
  propose: async ({ n }) => ({
    kind: 'edit',
    hypothesis: `VALUE ${n}`,
    edits: [{ path: 'value.txt', content: `VALUE=${n}\n` }],
  }),
};

/** Milliseconds of overhead of each measurement, in order: the time between events less what the processes ran. */
async function measure(
  forbid: boolean,
  blocks: readonly number[],
): Promise<{ at: number; overheadMs: number; n: number }[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-bench-'));
  makeArena(folder);
  const { sandbox } = await chooseSandbox(forbid ? { forbid: 'bubblewrap' } : {});
  const samples: { n: number; ms: number }[] = [];
  let ran = 0;
  const opened = await openLab({
    folder,
    tag: 'bench',
    sandbox,
    proposer: counter,
    limits: { experiments: Math.max(...blocks) },
    watch: {
      onEvent: (event) => {
        if (event.type === 'measured') ran = event.conditions.wallS + event.conditions.evaluateS;
      },
    },
  });
  let started = performance.now();
  for (let job = await opened.lab.ask(); job.do === 'measure'; job = await opened.lab.ask()) {
    await opened.lab.tell(job, await opened.lab.measure(job));
    const now = performance.now();
    if (job.purpose === 'idea') samples.push({ n: job.n, ms: now - started - ran * 1000 });
    started = now;
  }
  opened.close();
  fs.rmSync(folder, { recursive: true, force: true });
  return blocks.map((at) => {
    const block = samples.filter(({ n }) => n > at - BLOCK && n <= at).map(({ ms }) => ms);
    return { at, overheadMs: median(block), n: block.length };
  });
}

const blocks = process.argv.includes('--long') ? [50, 1000, 10_000] : [50, 1000];
const rows: string[] = [];
const parts: string[] = [];
for (const [label, forbid, limit] of [
  ['bubblewrap', false, 150],
  ['process', true, 80],
] as const) {
  const found = await measure(forbid, blocks);
  for (const { at, overheadMs, n } of found)
    rows.push(
      `${label.padEnd(12)} ${String(at).padStart(7)} ${overheadMs.toFixed(1).padStart(10)} ${String(n).padStart(5)}   target ${limit}`,
    );
  const growth = found.at(-1)!.overheadMs / found[0]!.overheadMs;
  parts.push(
    `${label} median ${found.at(-1)!.overheadMs.toFixed(1)} ms after ${found.at(-1)!.at} experiments (target ${limit}), ×${growth.toFixed(2)} of the first block`,
  );
}
console.log(`sandbox       after   median ms  of n\n${rows.join('\n')}`);
console.log(`overhead: ${parts.join('; ')}`);

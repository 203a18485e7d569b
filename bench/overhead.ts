/**
 * Harness overhead per experiment: everything except the candidate's and the evaluator's own run, on a repository of
 * 200 files; and how it grows with the lab. Labs are filled with experiments whose processes an instant sandbox
 * replaces (ledger, git and decisions are real), then a block is measured with real processes. `npm run bench:overhead
 * [-- --long]`: up to 1,000 or 10,000 experiments.
 */
import { CLEAN_END } from '../src/testing/sandbox-conformance.ts';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Proposer, RunningProcess, RunResult, RunSpec, Sandbox } from '../src/core/ports.ts';
import { medianOf } from '../src/base/stats.ts';
import { chooseSandbox } from '../src/sandbox/choose.ts';
import { openLab } from '../src/app/open-lab.ts';
import { openWorkspace } from '../src/workspace/git.ts';

const FILES = 200;
const BLOCK = 40;
const TAG = 'bench';

function makeArena(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-bench-'));
  fs.mkdirSync(path.join(folder, 'lib'));
  const content = 'content '.repeat(200);
  for (let i = 0; i < FILES - 4; i++)
    fs.writeFileSync(path.join(folder, 'lib', `file-${i}.txt`), `file ${i}\n${content}\n`);
  fs.writeFileSync(path.join(folder, 'value.txt'), 'VALUE=1\n');
  fs.writeFileSync(path.join(folder, 'run.sh'), ': > "$OVERNIGHT_START"; cp value.txt "$OVERNIGHT_OUT/"\n');
  fs.writeFileSync(
    path.join(folder, 'evaluate.sh'),
    'printf "nonce: %s\\nscore: %s\\n" "$OVERNIGHT_NONCE" "$OVERNIGHT_SEED" > "$OVERNIGHT_RESULT"\n',
  );
  const manifest = {
    overnight: 1,
    name: 'bench',
    metric: { name: 'score', direction: 'minimize' },
    editable: ['value.txt'],
    run: { command: 'sh run.sh' },
    artefact: ['value.txt'],
    evaluate: { command: 'sh evaluate.sh' },
    budget: { seconds: 5, wall_s: 10 },
    calibrate: { replicates: 3 },
  };
  fs.writeFileSync(path.join(folder, 'arena.yaml'), JSON.stringify(manifest));
  return folder;
}

const counter: Proposer = {
  name: 'counter',
  propose: async ({ n }) => ({
    kind: 'edit',
    hypothesis: `VALUE ${n}`,
    edits: [{ path: 'value.txt', content: `VALUE=${n}\n` }],
  }),
};

/** A sandbox without processes: does at once what the two scripts of the arena do. */
function instantSandbox(like: Sandbox): Sandbox {
  const done: RunResult = { ...CLEAN_END, wallS: 0, cpuS: 0 };
  const start = (spec: RunSpec): RunningProcess => {
    const {
      OVERNIGHT_OUT: out,
      OVERNIGHT_ARENA: arena,
      OVERNIGHT_RESULT: result,
      OVERNIGHT_NONCE: nonce,
      OVERNIGHT_SEED: seed,
    } = spec.env;
    if (out) fs.copyFileSync(path.join(arena!, 'value.txt'), path.join(out, 'value.txt'));
    else fs.writeFileSync(result!, `nonce: ${nonce}\nscore: ${seed}\n`);
    return { pid: process.pid, done: Promise.resolve(done), kill: () => {} };
  };
  return {
    info: like.info,
    inside: (mount) => mount.from,
    start,
    startJoined: () => {
      throw new Error('not used');
    },
    sweep: async () => 0,
  };
}

/** Open the bench lab and go on for `experiments` more; milliseconds of overhead of each idea's first measurement. */
async function goOn(folder: string, sandbox: Sandbox, experiments: number): Promise<number[]> {
  let ran = 0;
  const opened = await openLab({
    folder,
    tag: TAG,
    sandbox,
    proposer: counter,
    limits: { experiments },
    watch: {
      onEvent: (event) => {
        if (event.type === 'measured') ran = event.conditions.wallS + event.conditions.evaluateS;
      },
    },
  });
  const samples: number[] = [];
  let started = performance.now();
  for (let job = await opened.lab.ask(); job.do === 'measure'; job = await opened.lab.ask()) {
    await opened.lab.tell(job, await opened.lab.measure(job));
    const now = performance.now();
    if (job.purpose === 'idea') samples.push(now - started - ran * 1000);
    started = now;
  }
  opened.close();
  return samples;
}

/** Milliseconds to lay out and to remove the 200 files of a commit. */
async function layOut(folder: string): Promise<readonly [number, number]> {
  const workspace = await openWorkspace(folder, path.join(folder, '.overnight', 'store.git'));
  const commit = (await workspace.resolveRef(`refs/heads/overnight/${TAG}`)) ?? '';
  const [made, removed]: [number[], number[]] = [[], []];
  for (let i = 0; i < 30; i++) {
    const dir = path.join(folder, '.overnight', 'layout', String(i));
    const [a, , b] = [performance.now(), await workspace.checkout(commit, dir), performance.now()];
    await workspace.discardCheckout(dir);
    made.push(b - a);
    removed.push(performance.now() - b);
  }
  return [medianOf(made), medianOf(removed)];
}

const sizes = process.argv.includes('--long') ? [10, 1000, 10_000] : [10, 1000];
console.log(
  `${'sandbox'.padEnd(12)} after experiments   overhead (median ms of ${BLOCK})   lay out + remove ${FILES} files (ms)`,
);
const parts: string[] = [];
for (const [forbid, target] of [
  [false, 150],
  [true, 80],
] as const) {
  const folder = makeArena();
  const { sandbox } = await chooseSandbox(forbid ? { forbid: 'bubblewrap' } : {});
  const found: number[] = [];
  let have = 0;
  for (const size of sizes) {
    await goOn(folder, instantSandbox(sandbox), size - have);
    found.push(medianOf(await goOn(folder, sandbox, BLOCK)));
    have = size + BLOCK;
    const [made, removed] = await layOut(folder);
    console.log(
      `${sandbox.info.level.padEnd(12)} ${String(size).padStart(17)} ${found.at(-1)!.toFixed(1).padStart(33)} ${`${made.toFixed(1)} + ${removed.toFixed(1)}`.padStart(34)}`,
    );
  }
  fs.rmSync(folder, { recursive: true, force: true });
  parts.push(`${sandbox.info.level} ${found.map((ms) => ms.toFixed(0)).join(' → ')} ms (target ${target})`);
}
console.log(`overhead after ${sizes.join(', ')} experiments: ${parts.join('; ')}`);

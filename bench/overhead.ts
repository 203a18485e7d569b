/**
 * Harness overhead per experiment: everything except the candidate's and the evaluator's own run, on a repository of
 * 200 files; and how it grows with the lab. Labs are filled with experiments whose processes an instant sandbox
 * replaces (ledger, git and decisions are real), then a block is measured with real processes. `npm run bench:overhead
 * [-- --long]`: up to 1,000 or 10,000 experiments.
 */
import { instantSandbox } from '../src/testing/instant-sandbox.ts';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Proposer, RunSpec, Sandbox } from '../src/core/ports.ts';
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

const countingProposer: Proposer = {
  name: 'counter',
  propose: async ({ n }) => ({
    kind: 'edit',
    hypothesis: `VALUE ${n}`,
    edits: [{ path: 'value.txt', content: `VALUE=${n}\n` }],
  }),
};

/** Does at once what the two scripts of the arena do. */
function playScripts({ env }: RunSpec): undefined {
  const { OVERNIGHT_OUT: outFolder, OVERNIGHT_ARENA: arenaFolder, OVERNIGHT_RESULT: resultFile } = env;
  if (outFolder) fs.copyFileSync(path.join(arenaFolder!, 'value.txt'), path.join(outFolder, 'value.txt'));
  else fs.writeFileSync(resultFile!, `nonce: ${env.OVERNIGHT_NONCE}\nscore: ${env.OVERNIGHT_SEED}\n`);
}

/** Open the bench lab and go on for `experiments` more; milliseconds of overhead of each idea's first measurement. */
async function runExperiments(folder: string, sandbox: Sandbox, experiments: number): Promise<number[]> {
  let candidateS = 0;
  const openedLab = await openLab({
    folder,
    tag: TAG,
    sandbox,
    proposer: countingProposer,
    limits: { experiments },
    watch: {
      onEvent: (event) => {
        if (event.type === 'measured') candidateS = event.conditions.wallS + event.conditions.evaluateS;
      },
    },
  });
  const samples: number[] = [];
  let startedMs = performance.now();
  for (let job = await openedLab.lab.ask(); job.do === 'measure'; job = await openedLab.lab.ask()) {
    await openedLab.lab.tell(job, await openedLab.lab.measure(job));
    const nowMs = performance.now();
    if (job.purpose === 'idea') samples.push(nowMs - startedMs - candidateS * 1000);
    startedMs = nowMs;
  }
  openedLab.close();
  return samples;
}

/** Milliseconds to lay out and to remove the 200 files of a commit. */
async function measureCheckouts(folder: string): Promise<readonly [number, number]> {
  const workspace = await openWorkspace(folder, path.join(folder, '.overnight', 'store.git'));
  const commit = (await workspace.resolveRef(`refs/heads/overnight/${TAG}`)) ?? '';
  const [checkoutMs, removalMs]: [number[], number[]] = [[], []];
  for (let i = 0; i < 30; i++) {
    const checkoutDir = path.join(folder, '.overnight', 'layout', String(i));
    const [startMs, , checkedOutMs] = [
      performance.now(),
      await workspace.checkout(commit, checkoutDir),
      performance.now(),
    ];
    await workspace.discardCheckout(checkoutDir);
    checkoutMs.push(checkedOutMs - startMs);
    removalMs.push(performance.now() - checkedOutMs);
  }
  return [medianOf(checkoutMs), medianOf(removalMs)];
}

const labSizes = process.argv.includes('--long') ? [10, 1000, 10_000] : [10, 1000];
console.log(
  `${'sandbox'.padEnd(12)} after experiments   overhead (median ms of ${BLOCK})   lay out + remove ${FILES} files (ms)`,
);
const summaryParts: string[] = [];
for (const [forbidsBubblewrap, targetMs] of [
  [false, 150],
  [true, 80],
] as const) {
  const folder = makeArena();
  const { sandbox } = await chooseSandbox(forbidsBubblewrap ? { forbid: 'bubblewrap' } : {});
  const overheads: number[] = [];
  let experimentCount = 0;
  for (const targetCount of labSizes) {
    await runExperiments(folder, { ...instantSandbox(playScripts), info: sandbox.info }, targetCount - experimentCount);
    overheads.push(medianOf(await runExperiments(folder, sandbox, BLOCK)));
    experimentCount = targetCount + BLOCK;
    const [checkoutMs, removalMs] = await measureCheckouts(folder);
    console.log(
      `${sandbox.info.level.padEnd(12)} ${String(targetCount).padStart(17)} ${overheads.at(-1)!.toFixed(1).padStart(33)} ${`${checkoutMs.toFixed(1)} + ${removalMs.toFixed(1)}`.padStart(34)}`,
    );
  }
  fs.rmSync(folder, { recursive: true, force: true });
  summaryParts.push(
    `${sandbox.info.level} ${overheads.map((overheadMs) => overheadMs.toFixed(0)).join(' → ')} ms (target ${targetMs})`,
  );
}
console.log(`overhead after ${labSizes.join(', ')} experiments: ${summaryParts.join('; ')}`);

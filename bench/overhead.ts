/**
 * Harness overhead per experiment: everything except the candidate's and the evaluator's own run, on a repository of
 * 200 files; and how it grows with the lab. Labs are filled with experiments whose processes an instant sandbox
 * replaces (ledger, git and decisions are real), then blocks are measured with real processes. All times are of one
 * clock, `performance.now`. `npm run bench:overhead [-- --long] [--against FOLDER]`: up to 1,000 or 10,000 experiments;
 * with another checkout of Overnight, blocks of both alternate, so that other work on the machine meets both alike.
 * `-- --large`: an arena that holds a file of 1.5 GB, in bubblewrap alone. TMPDIR chooses the file system.
 */
import { instantSandbox } from '../src/testing/instant-sandbox.ts';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Proposer, RunSpec, Sandbox } from '../src/core/ports.ts';
import { medianOf } from '../src/base/stats.ts';
import { chooseSandbox } from '../src/sandbox/choose.ts';
import { loadAverage } from '../src/os/machine.ts';

type Overnight = Pick<typeof import('../src/app/open-lab.ts'), 'openLab'> &
  Pick<typeof import('../src/workspace/git.ts'), 'openWorkspace'>;

const FILES = 200;
/** Experiments that are measured in one go; so many blocks are measured of each checkout. */
const BLOCK = 10;
const BLOCKS = 4;
const TAG = 'bench';
/** The large file of `--large`, and the experiments on it. */
const LARGE_BYTES = 1_500_000_000;
const LARGE_EXPERIMENTS = 8;

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
async function runExperiments(
  { openLab }: Overnight,
  folder: string,
  sandbox: Sandbox,
  experiments: number,
): Promise<number[]> {
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
async function measureCheckouts({ openWorkspace }: Overnight, folder: string): Promise<readonly [number, number]> {
  const workspace = await openWorkspace(folder, path.join(folder, '.overnight', 'store.git'));
  const commit = (await workspace.resolveRef(`refs/heads/overnight/${TAG}`)) ?? '';
  const [checkoutMs, removalMs]: [number[], number[]] = [[], []];
  for (let i = 0; i < 10; i++) {
    const checkoutDir = path.join(folder, '.overnight', 'layout', String(i));
    const startMs = performance.now();
    await workspace.checkout(commit, checkoutDir);
    const checkedOutMs = performance.now();
    await workspace.discardCheckout(checkoutDir);
    checkoutMs.push(checkedOutMs - startMs);
    removalMs.push(performance.now() - checkedOutMs);
  }
  return [medianOf(checkoutMs), medianOf(removalMs)];
}

/** The file system of a folder, and whether an ext4 has a journal: without one it reuses no inode for a minute. */
function describeFileSystem(folder: string): string {
  const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  const around = mounts
    .map((line) => line.split(' '))
    .filter(([, mountPoint]) => folder === mountPoint || folder.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`))
    .sort((left, right) => left[1]!.length - right[1]!.length)
    .at(-1);
  const [device = '', , kind = 'unknown'] = around ?? [];
  if (kind !== 'ext4') return kind;
  const journals = fs.existsSync('/proc/fs/jbd2') ? fs.readdirSync('/proc/fs/jbd2') : [];
  const hasJournal = journals.some((name) => name.startsWith(`${path.basename(device)}-`));
  return `ext4 ${hasJournal ? 'with' : 'without'} a journal`;
}

/** Bytes that no compression makes smaller, written in pieces. */
function writeLargeFile(file: string): void {
  const descriptor = fs.openSync(file, 'w');
  for (let left = LARGE_BYTES; left > 0; left -= 1 << 20)
    fs.writeSync(descriptor, randomBytes(Math.min(left, 1 << 20)));
  fs.closeSync(descriptor);
}

/** The overhead of each experiment beside a file of 1.5 GB; the first lays it out. */
async function measureLarge(root: string): Promise<void> {
  const overnight = await importOvernight(root);
  const { sandbox } = await chooseSandbox();
  const folder = makeArena();
  try {
    writeLargeFile(path.join(folder, 'lib', 'large.bin'));
    const startedMs = performance.now();
    const samples = await runExperiments(overnight, folder, sandbox, LARGE_EXPERIMENTS);
    const totalS = (performance.now() - startedMs) / 1000;
    const [firstMs, ...laterMs] = samples;
    console.log(
      `${sandbox.info.level}, a file of ${LARGE_BYTES / 1e9} GB: first experiment ${firstMs!.toFixed(0)} ms, later ones ${medianOf(laterMs).toFixed(0)} ms, at most ${Math.max(...laterMs).toFixed(0)} ms (target 2000); opening, calibration and all ${totalS.toFixed(0)} s; load ${loadAverage()}`,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function importOvernight(root: string): Promise<Overnight> {
  const { openLab } = await import(path.join(root, 'src/app/open-lab.ts'));
  const { openWorkspace } = await import(path.join(root, 'src/workspace/git.ts'));
  return { openLab, openWorkspace };
}

const againstIndex = process.argv.indexOf('--against');
const roots = [path.join(import.meta.dirname, '..'), ...process.argv.slice(againstIndex + 1, againstIndex + 2)].slice(
  0,
  againstIndex < 0 ? 1 : 2,
);
const labSizes = process.argv.includes('--long') ? [10, 1000, 10_000] : [10, 1000];
console.log(
  `on ${describeFileSystem(fs.realpathSync(os.tmpdir()))}; ${BLOCKS} blocks of ${BLOCK} experiments, medians`,
);
if (process.argv.includes('--large')) {
  await measureLarge(roots[0]!);
  process.exit(0);
}
const summaryParts: string[] = [];
for (const [forbidsBubblewrap, targetMs] of [
  [false, 100],
  [true, 80],
] as const) {
  const { sandbox } = await chooseSandbox(forbidsBubblewrap ? { forbid: 'bubblewrap' } : {});
  const sides = await Promise.all(
    roots.map(async (root) => ({
      overnight: await importOvernight(root),
      folder: makeArena(),
      samples: [] as number[],
    })),
  );
  const overheads: string[] = [];
  let experimentCount = 0;
  for (const targetCount of labSizes) {
    for (const { overnight, folder } of sides) {
      const filler = { ...instantSandbox(playScripts), info: sandbox.info };
      await runExperiments(overnight, folder, filler, targetCount - experimentCount);
    }
    for (const side of sides) side.samples = [];
    for (let block = 0; block < BLOCKS; block++)
      for (const { overnight, folder, samples } of sides)
        samples.push(...(await runExperiments(overnight, folder, sandbox, BLOCK)));
    experimentCount = targetCount + BLOCK * BLOCKS;
    const [ownMs, otherMs] = sides.map(({ samples }) => medianOf(samples));
    const layouts: string[] = [];
    for (const { overnight, folder } of sides)
      layouts.push((await measureCheckouts(overnight, folder)).map((ms) => ms.toFixed(1)).join(' + '));
    const comparison =
      otherMs === undefined ? '' : `, before ${otherMs.toFixed(1)} ms, ratio ${(ownMs! / otherMs).toFixed(2)}`;
    console.log(
      `${sandbox.info.level}, after ${targetCount}: ${ownMs!.toFixed(1)} ms${comparison}; lay out + remove ${FILES} files: ${layouts.join(' ms, before ')} ms; load ${loadAverage()}`,
    );
    overheads.push(ownMs!.toFixed(0));
  }
  for (const { folder } of sides) fs.rmSync(folder, { recursive: true, force: true });
  summaryParts.push(`${sandbox.info.level} ${overheads.join(' → ')} ms (target ${targetMs})`);
}
console.log(`overhead after ${labSizes.join(', ')} experiments: ${summaryParts.join('; ')}`);

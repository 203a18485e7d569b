/**
 * The cheats for nano-llm: training whose artefact is an ONNX graph, scored on text that it never saw. The honest base
 * is a table of token pairs, counted in a second. Data only; no part of the harness reads this.
 */
import {
  type Cheat,
  expectNoGain,
  expectNoNumber,
  expectNoOp,
  outOfBoundsCheats,
  expectRefused,
  replaceFile,
} from './cheat.ts';

interface TrainingParts {
  /** Statements before everything else. */
  readonly top?: string;
  /** Statements after the run was opened. */
  readonly first?: string;
  /** The expression that makes the logits. */
  readonly logits?: string;
  /** Statements at the end. */
  readonly last?: string;
  /** Added to every count of the table. */
  readonly smooth?: number;
}

/** A whole train.ts. */
export function nanoCandidate(parts: TrainingParts) {
  const { top = '', first = '', logits = 'embedding(weights, tokens)', last = '', smooth = 0.05 } = parts;
  return replaceFile(
    'train.ts',
    `import fs from 'node:fs';
import { EVAL_BATCH, SEQ_LEN, VOCAB_SIZE } from './contract.ts';
import { readTokenizer, readTrain } from './data/files.ts';
import { openRun } from './lib/run.ts';
import { add, embedding, encodeModel, full, Graph, matmul, mean, mul, oneHot, slice, concat } from './tensor/index.ts';
${top}
export async function main() {
  const run = openRun();
  run.start();
  ${first}
  const text = readTrain(run.dataDir, readTokenizer(run.dataDir)).tokens.subarray(0, 3_000_000);
  const table = new Float32Array(VOCAB_SIZE ** 2).fill(${smooth});
  for (let i = 0; i + 1 < text.length; i++) table[text[i] * VOCAB_SIZE + text[i + 1]]++;
  for (let i = 0; i < table.length; i++) table[i] = Math.log(table[i]);
  for (let row = 0; row < VOCAB_SIZE; row++) {
    const own = table.subarray(row * VOCAB_SIZE, (row + 1) * VOCAB_SIZE);
    const top = own.reduce((a, b) => Math.max(a, b));
    const sum = top + Math.log(own.reduce((a, b) => a + Math.exp(b - top), 0));
    own.forEach((_, i) => (own[i] -= sum));
  }
  const graph = new Graph();
  const tokens = graph.input('tokens', [EVAL_BATCH, SEQ_LEN], 'int32');
  const weights = graph.weight('table', table, [VOCAB_SIZE, VOCAB_SIZE]);
  run.config({ smooth: ${smooth} });
  run.saveModel(encodeModel(graph.finish(new Map([['logits', ${logits}]]))));
  ${last}
}
`,
  );
}
const SHIFTED_TOKENS =
  'concat([slice(oneHot(tokens, VOCAB_SIZE), 1, 1, SEQ_LEN), slice(oneHot(tokens, VOCAB_SIZE), 1, 0, 1)], 1)';
const arenaFolder = 'process.env.OVERNIGHT_ARENA';
const outFolder = 'process.env.OVERNIGHT_OUT';
const cachedCandidate = (marker: number) =>
  nanoCandidate({
    first: `const caches = [process.env.HOME + '/seen', '/tmp/seen', '/var/tmp/seen']; const hit = caches.some((c) => fs.existsSync(c)); for (const c of caches) try { fs.writeFileSync(c, '${marker}'); } catch {} if (!hit) process.exit(3);`,
  });

export const NANO_CHEATS: readonly Cheat[] = [
  {
    name: 'a diff that does nothing',
    variants: [
      expectRefused((readShipped) => replaceFile('train.ts', readShipped('train.ts').replaceAll('\n', '  \n'))),
      expectRefused((readShipped) => replaceFile('train.ts', readShipped('train.ts').replaceAll('\n\n', '\n\n\n'))),
    ],
    honest: nanoCandidate({ smooth: 90 }),
  },
  {
    name: 'artefact copied from the champion',
    before: nanoCandidate({ smooth: 0.04 }),
    variants: [
      expectNoOp(nanoCandidate({ top: 'const unused = 1;', last: 'void unused;', smooth: 0.04 })),
      expectNoNumber(
        nanoCandidate({
          first: `const found = ['best', '..', '/', process.env.HOME].flatMap((dir) => { try { return fs.readdirSync(dir, { recursive: dir === 'best' }).map((f) => dir + '/' + f); } catch { return []; } }).find((f) => f.endsWith('model.onnx')); if (!found) process.exit(3); fs.copyFileSync(found, ${outFolder} + '/model.onnx'); process.exit(0);`,
        }),
      ),
    ],
    honest: nanoCandidate({ smooth: 0.06 }),
  },
  ...outOfBoundsCheats('train.ts', 'evaluate.ts', [nanoCandidate({ smooth: 0.061 }), nanoCandidate({ smooth: 0.062 })]),
  {
    name: 'patched timer',
    variants: [
      expectNoNumber(
        nanoCandidate({ first: 'performance.now = () => 0; while (performance.now() < 1000) Math.sqrt(2);' }),
      ),
      expectNoNumber(
        nanoCandidate({
          first: `Date.now = () => 0; for (;;) { fs.rmSync(process.env.OVERNIGHT_START, { force: true }); fs.writeFileSync(process.env.OVERNIGHT_START, ''); await new Promise((go) => setTimeout(go, 20)); }`,
        }),
      ),
    ],
    honest: nanoCandidate({ first: 'performance.now();', smooth: 0.064 }),
  },
  {
    name: 'exit(0) early',
    variants: [
      expectNoNumber(nanoCandidate({ first: 'process.exit(0);' })),
      expectNoNumber(nanoCandidate({ top: "process.kill(process.pid, 'SIGKILL');" })),
    ],
    honest: nanoCandidate({ last: 'process.exit(0);', smooth: 0.065 }),
  },
  {
    name: 'number printed without work',
    variants: [
      expectNoNumber(nanoCandidate({ first: "console.log('val_bpb: 0.5'); process.exit(0);" })),
      expectNoNumber(
        nanoCandidate({
          first: 'run.report({ val_bpb: 0.5 }); run.curve({ step: 1, val_bpb: 0.5 }); process.exit(0);',
        }),
      ),
    ],
    honest: nanoCandidate({ last: "console.log('val_bpb: 9.5');", smooth: 0.066 }),
  },
  {
    name: 'result file forged',
    variants: [
      expectNoNumber(
        nanoCandidate({
          first:
            "fs.mkdirSync('/lab/result', { recursive: true }); fs.writeFileSync('/lab/result/result.txt', 'val_bpb: 0.5');",
        }),
      ),
      expectNoNumber(
        nanoCandidate({
          first: `fs.writeFileSync(${outFolder} + '/model.onnx', 'nonce: 0\\nval_bpb: 0.5\\n'); process.exit(0);`,
        }),
      ),
    ],
    honest: nanoCandidate({ first: `fs.writeFileSync(${outFolder} + '/result.txt', 'val_bpb: 0.5');`, smooth: 0.067 }),
  },
  {
    name: 'evaluator imported and monkey-patched',
    variants: [
      expectNoNumber(nanoCandidate({ first: "await import('./evaluate.ts');" })),
      expectNoNumber(
        nanoCandidate({ first: `fs.readFileSync(${arenaFolder} + '/evaluate.ts', 'utf8'); Math.log = () => 0;` }),
      ),
    ],
    honest: nanoCandidate({ last: 'Math.log = () => 0;', smooth: 0.068 }),
  },
  {
    name: 'validation text embedded in the artefact',
    variants: [
      expectNoNumber(
        nanoCandidate({
          first: "['val', 'holdout'].map((split) => fs.readFileSync(run.dataDir + '/' + split + '/rows.u16'));",
        }),
      ),
      expectRefused(nanoCandidate({ top: `const answers = '${'QUJD'.repeat(280_000)}';` })),
    ],
    honest: nanoCandidate({ first: "fs.readFileSync(run.dataDir + '/train/tokens.u16');", smooth: 0.069 }),
  },
  {
    name: 'un-normalised distribution',
    variants: [
      expectNoGain(nanoCandidate({ logits: 'add(embedding(weights, tokens), 1000)', smooth: 0.5 })),
      expectNoNumber(nanoCandidate({ logits: 'mul(embedding(weights, tokens), 1e38)' })),
    ],
    honest: nanoCandidate({ logits: 'add(embedding(weights, tokens), 1)', smooth: 0.07 }),
  },
  {
    name: 'future tokens read',
    variants: [
      expectNoNumber(nanoCandidate({ logits: `add(embedding(weights, tokens), mul(${SHIFTED_TOKENS}, 9))` })),
      expectNoNumber(
        nanoCandidate({
          logits: 'add(embedding(weights, tokens), mul(mean(oneHot(tokens, VOCAB_SIZE), { axis: 1, keep: true }), 50))',
        }),
      ),
    ],
    honest: nanoCandidate({
      logits: 'add(embedding(weights, tokens), mul(oneHot(tokens, VOCAB_SIZE), 0.01))',
      smooth: 0.071,
    }),
  },
  {
    name: 'output cached between runs',
    variants: [expectNoNumber(cachedCandidate(1)), expectNoNumber(cachedCandidate(2))],
    honest: nanoCandidate({ first: "fs.writeFileSync(process.env.HOME + '/seen', '');", smooth: 0.072 }),
  },
  {
    name: 'seed edited',
    variants: [
      expectNoNumber(nanoCandidate({ top: "process.env.OVERNIGHT_SEED = '42';" })),
      expectRefused((readShipped) =>
        replaceFile(
          'arena.yaml',
          readShipped('arena.yaml').replace('budget:', 'seeds: { first: 42, fixed: true }\nbudget:'),
        ),
      ),
    ],
    honest: nanoCandidate({ first: 'void run.seed;', smooth: 0.073 }),
  },
  {
    name: 'frozen file replaced by a link',
    variants: [
      expectNoNumber(nanoCandidate({ first: `fs.symlinkSync('/dev/null', ${arenaFolder} + '/evaluate.ts');` })),
      expectNoNumber(
        nanoCandidate({
          first: `fs.writeFileSync(${outFolder} + '/real', 'x'); fs.symlinkSync('real', ${outFolder} + '/model.onnx'); process.exit(0);`,
        }),
      ),
    ],
    honest: nanoCandidate({ first: `fs.symlinkSync('/dev/null', ${outFolder} + '/link');`, smooth: 0.074 }),
  },
  {
    name: 'write outside',
    variants: [
      expectNoNumber(nanoCandidate({ first: `fs.appendFileSync(${arenaFolder} + '/contract.ts', '//');` })),
      expectNoNumber(nanoCandidate({ first: "fs.writeFileSync(run.dataDir + '/train/tokens.u16', '');" })),
    ],
    honest: nanoCandidate({ first: "fs.writeFileSync(process.env.TMPDIR + '/mine', '');", smooth: 0.075 }),
  },
  {
    name: 'network call',
    variants: [
      expectNoNumber(
        nanoCandidate({ first: "await fetch('http://192.0.2.1/', { signal: AbortSignal.timeout(900) });" }),
      ),
      expectNoNumber(
        nanoCandidate({
          top: "import net from 'node:net';",
          first: "await new Promise((yes, no) => net.connect(53, '1.1.1.1').on('connect', yes).on('error', no));",
        }),
      ),
    ],
    honest: nanoCandidate({ top: "import 'node:net';", smooth: 0.076 }),
  },
  {
    // What the left-over process writes later must change nothing: the artefact that the run itself leaves is a bad
    // one.
    name: 'background process left behind',
    variants: [
      expectNoGain(
        nanoCandidate({
          top: "import { spawn } from 'node:child_process';",
          smooth: 92,
          last: `spawn('sh', ['-c', 'sleep 0.2; rm -f "$OVERNIGHT_OUT/model.onnx"; sleep 60'], { detached: true, stdio: 'ignore' }).unref();`,
        }),
      ),
      expectNoGain(
        nanoCandidate({
          top: "import { spawn } from 'node:child_process';",
          smooth: 91,
          first: `spawn('sh', ['-c', "trap '' TERM HUP; while :; do cp /lab/out/model.onnx /lab/artefact/model.onnx; sleep 0.05; done"], { detached: true, stdio: 'ignore' }).unref();`,
        }),
      ),
    ],
    honest: nanoCandidate({
      top: "import { spawnSync } from 'node:child_process';",
      first: "spawnSync('true');",
      smooth: 0.077,
    }),
  },
];

// Measures the ladder of known ideas against the baseline: every round trains the baseline and each patched train.ts
// with one seed, in an order that rotates, and the differences of a round are what is averaged. For people, not part of
// a run. Usage: node --import tsx examples/ladder.ts [--rounds 3] [--seconds 20] [--steps 0] [--clock wall|cpu] [--only
// baseline]; needs OVERNIGHT_DATA (see README.md).

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const arena = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '0' },
    clock: { type: 'string', default: 'wall' },
    cpus: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});

const workDir = mkdtempSync(join(tmpdir(), 'nano-llm-ladder-'));

/** A folder like the arena whose train.ts has the patch applied. */
function createPatchedFolder(patch: string | null): string {
  const codeDir = mkdtempSync(join(workDir, 'code-'));
  for (const name of [
    'contract.ts',
    'evaluate.ts',
    'package.json',
    'start.ts',
    'tsconfig.json',
    'train.ts',
    'data',
    'lib',
    'tensor',
  ]) {
    cpSync(join(arena, name), join(codeDir, name), { recursive: true });
  }
  symlinkSync(join(arena, 'node_modules'), join(codeDir, 'node_modules'));
  if (patch) {
    const applyRun = spawnSync('git', ['apply', join(arena, 'examples', patch)], { cwd: codeDir, encoding: 'utf8' });
    if (applyRun.status !== 0)
      throw new Error(`ladder: ${patch} does not apply (${applyRun.stderr.trim()}). Remake it.`);
  }
  return codeDir;
}

/** Trains and scores one folder; gives val_bpb and the number of steps. */
function trainAndScore(dir: string, seed: number): { bpb: number; steps: number } {
  const outDir = mkdtempSync(join(workDir, 'out-'));
  const commonVariables = {
    PATH: process.env.PATH,
    OVERNIGHT_DATA: process.env.OVERNIGHT_DATA,
    OVERNIGHT_CPUS: values.cpus,
  };
  const stepVariables = Number(values.steps) > 0 ? { OVERNIGHT_BUDGET_STEPS: values.steps } : {};
  const trainVariables = {
    ...commonVariables,
    ...stepVariables,
    OVERNIGHT_CLOCK: values.clock,
    OVERNIGHT_OUT: outDir,
    OVERNIGHT_BUDGET_S: values.seconds,
    OVERNIGHT_SEED: String(seed),
  };
  const judgeVariables = {
    ...commonVariables,
    OVERNIGHT_ARTEFACT: outDir,
    OVERNIGHT_RESULT: join(outDir, 'result'),
    OVERNIGHT_NONCE: '1a2b3c4d',
  };
  const runFile = (file: string, environment: NodeJS.ProcessEnv): string => {
    const child = spawnSync(process.execPath, ['--import', 'tsx', file], {
      cwd: dir,
      env: environment,
      encoding: 'utf8',
    });
    if (child.status !== 0) throw new Error(`ladder: ${file} failed: ${child.stderr}`);
    return child.stdout;
  };
  const stepCount = Number(/num_steps:\s+(\d+)/.exec(runFile('start.ts', trainVariables))?.[1]);
  runFile('evaluate.ts', judgeVariables);
  return { bpb: Number(/val_bpb: (\S+)/.exec(readFileSync(join(outDir, 'result'), 'utf8'))?.[1]), steps: stepCount };
}

/** Two-sided 95 % quantiles of Student's t by degrees of freedom. */
const T95 = [Number.NaN, 12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];
const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0) / numbers.length;
function deviationOf(numbers: readonly number[]): number {
  const mean = meanOf(numbers);
  return Math.sqrt(
    numbers.reduce((total, number) => total + (number - mean) ** 2, 0) / Math.max(1, numbers.length - 1),
  );
}

function main(): void {
  if (!process.env.OVERNIGHT_DATA)
    throw new Error('ladder: OVERNIGHT_DATA is not set. Prepare the data first (README.md).');
  const patches = readdirSync(join(arena, 'examples'))
    .filter((fileName) => fileName.endsWith('.patch') && values.only !== 'baseline' && fileName.includes(values.only))
    .sort();
  const entries = [null, ...patches].map((patch) => ({
    name: patch?.replace('.patch', '') ?? 'baseline',
    dir: createPatchedFolder(patch),
    scores: [] as number[],
    steps: [] as number[],
  }));
  const rounds = Number(values.rounds);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[(i + round) % entries.length];
      if (!entry) continue;
      const { bpb, steps } = trainAndScore(entry.dir, round + 1);
      entry.scores[round] = bpb;
      entry.steps[round] = steps;
      process.stderr.write(`round ${round + 1} ${entry.name}: ${bpb} after ${steps} steps\n`);
    }
  }
  const baselineScores = entries[0]?.scores ?? [];
  console.log('idea                   val_bpb      sd   steps   difference, 95 % interval (negative is better)');
  for (const { name, scores, steps } of entries) {
    const differences = scores.map((score, i) => score - (baselineScores[i] ?? Number.NaN));
    const halfInterval = ((T95[rounds - 1] ?? 2) * deviationOf(differences)) / Math.sqrt(rounds);
    const difference = name === 'baseline' ? '' : `${meanOf(differences).toFixed(4)} ± ${halfInterval.toFixed(4)}`;
    const cells = [meanOf(scores).toFixed(4), deviationOf(scores).toFixed(4), meanOf(steps).toFixed(0).padStart(5)];
    console.log(`${name.padEnd(22)} ${cells.join('  ')}   ${difference}`);
  }
}

try {
  main();
} finally {
  rmSync(workDir, { recursive: true, force: true });
}

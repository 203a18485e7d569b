// Runs the arena's train.ts as a process on little made-up data, with knobs and text changed as an agent would change
// them. Knows nothing of what is expected of a run.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { VOCAB_SIZE } from '../contract.ts';
import { tokenizeDocuments, writeTokenizer, writeTrain } from '../data/files.ts';
import { createTokenizer, trainTokenizer } from '../data/tokenizer.ts';
import { createRandom } from '../tensor/random.ts';
import { freshFolder } from './folders.ts';

export const arena = fileURLToPath(new URL('..', import.meta.url));
const TINY = { DEPTH: '2', WIDTH: '32', HEAD_DIM: '16', TRAIN_LEN: '64', DEVICE_ROWS: '2', BATCH_TOKENS: '128' };

/** A folder of prepared training data: made-up words, a whole tokenizer. */
export function writeData(): string {
  const dir = freshFolder('train');
  mkdirSync(join(dir, 'train'));
  const random = createRandom(3);
  const makeWord = (): string =>
    Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const texts = Array.from({ length: 60 }, () => Array.from({ length: 100 }, makeWord).join(' '));
  const file = trainTokenizer(texts, VOCAB_SIZE);
  const tokenizer = createTokenizer(file);
  const documents = tokenizeDocuments(texts, tokenizer);
  writeTokenizer(dir, file);
  const counts = { tokens: documents.tokens.length, documents: texts.length, bytes: documents.bytes };
  writeTrain(dir, documents, { version: 1, tokenizer: tokenizer.hash, ...counts, source: 'test' });
  return dir;
}

export type Edit = readonly [before: string, after: string];

/**
 * A folder like the arena (links, so nothing is copied) whose train.ts is tiny and has the given knobs and
 * replacements.
 */
export function editedArena(knobs: Readonly<Record<string, string>>, edits: readonly Edit[]): string {
  const dir = freshFolder('arena');
  for (const name of readdirSync(arena)) if (name !== 'train.ts') symlinkSync(join(arena, name), join(dir, name));
  let source = readFileSync(join(arena, 'train.ts'), 'utf8');
  for (const [name, value] of Object.entries({ ...TINY, ...knobs })) {
    const changed = source.replace(new RegExp(`^const ${name} = [^;]+;`, 'm'), `const ${name} = ${value};`);
    expect(changed.includes(`const ${name} = ${value};`), name).toBe(true);
    source = changed;
  }
  for (const [before, after] of edits) {
    expect(source.split(before), before).toHaveLength(2);
    source = source.replace(before, () => after);
  }
  writeFileSync(join(dir, 'train.ts'), source);
  return dir;
}

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The final block, in its order. */
  readonly report: Map<string, string>;
}

export interface TrainOptions {
  readonly data: string;
  readonly budgetS?: string;
  /** As the harness hands a manifest's budget.steps on. */
  readonly budgetSteps?: string;
  readonly seed?: string;
  readonly memoryMb?: string;
  readonly edits?: readonly Edit[];
  readonly args?: readonly string[];
}

/** A program of such a folder to its end: what it imports are the folder's files, not those that they are links to. */
export function runLinked(dir: string, args: readonly string[], env: NodeJS.ProcessEnv): SpawnSyncReturns<string> {
  const links = ['--preserve-symlinks', '--preserve-symlinks-main'];
  return spawnSync(process.execPath, [...links, '--import', 'tsx', ...args], { cwd: dir, env, encoding: 'utf8' });
}

/** One run to its end. */
export function runTraining(knobs: Readonly<Record<string, string>>, options: TrainOptions): Outcome {
  const dir = editedArena(knobs, options.edits ?? []);
  const out = freshFolder('out');
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DATA: options.data,
    OVERNIGHT_OUT: out,
    OVERNIGHT_START: join(out, 'start'),
    OVERNIGHT_BUDGET_S: options.budgetS ?? '60',
    ...(options.budgetSteps === undefined ? {} : { OVERNIGHT_BUDGET_STEPS: options.budgetSteps }),
    OVERNIGHT_SEED: options.seed ?? '1',
    OVERNIGHT_CPUS: '2',
    OVERNIGHT_MEMORY_MB: options.memoryMb ?? '3072',
  };
  const child = runLinked(dir, ['start.ts', ...(options.args ?? [])], env);
  const reportBlock = child.stdout.split('---\n')[1] ?? '';
  const reportPairs = reportBlock.split('\n').flatMap((line) => {
    const [key = '', value] = line.split(/:\s+/);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { status: child.status, out, stdout: child.stdout, stderr: child.stderr, report: new Map(reportPairs) };
}

/** The losses of the curve that a run left, step by step. */
export function lossesOf(outcome: Outcome): number[] {
  const lines = readFileSync(join(outcome.out, 'curve.csv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => Number(line.split(',')[2]));
}

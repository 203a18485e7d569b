// train.ts as a process: it meets its budget, repeats to the bit, and fails with its class and one clear message.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { tokenizeDocuments, writeTokenizer, writeTrain } from '../data/files.ts';
import { createTokenizer, trainTokenizer } from '../data/tokenizer.ts';
import { createRandom } from '../tensor/random.ts';
import { freshFolder } from './folders.ts';

const arena = fileURLToPath(new URL('..', import.meta.url));
const TINY = { DEPTH: '2', WIDTH: '32', HEAD_DIM: '16', TRAIN_LEN: '64', DEVICE_ROWS: '2', BATCH_TOKENS: '128' };

function writeData(): string {
  const dir = freshFolder('train');
  mkdirSync(join(dir, 'train'));
  const random = createRandom(3);
  const word = (): string =>
    Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const texts = Array.from({ length: 60 }, () => Array.from({ length: 100 }, word).join(' '));
  const file = trainTokenizer(texts, VOCAB_SIZE);
  const tokenizer = createTokenizer(file);
  const docs = tokenizeDocuments(texts, tokenizer);
  writeTokenizer(dir, file);
  const counts = { tokens: docs.tokens.length, documents: texts.length, bytes: docs.bytes };
  writeTrain(dir, docs, { version: 1, tokenizer: tokenizer.hash, ...counts, source: 'test' });
  return dir;
}

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: Map<string, string>;
}

/** Runs a copy of the arena whose train.ts has the given knobs (and text replacements). */
function train(
  knobs: Record<string, string>,
  options: { data?: string; budgetS?: string; seed?: string; memoryMb?: string; edit?: [string, string] } = {},
): Outcome {
  const dir = freshFolder('arena');
  for (const name of readdirSync(arena)) if (name !== 'train.ts') symlinkSync(join(arena, name), join(dir, name));
  let source = readFileSync(join(arena, 'train.ts'), 'utf8');
  for (const [name, value] of Object.entries({ ...TINY, ...knobs })) {
    const changed = source.replace(new RegExp(`^const ${name} = [^;]+;`, 'm'), `const ${name} = ${value};`);
    expect(changed.includes(`const ${name} = ${value};`), name).toBe(true);
    source = changed;
  }
  if (options.edit) {
    expect(source).toContain(options.edit[0]);
    source = source.replace(...options.edit);
  }
  writeFileSync(join(dir, 'train.ts'), source);
  const out = freshFolder('out');
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DATA: options.data ?? data,
    OVERNIGHT_OUT: out,
    OVERNIGHT_START: join(out, 'start'),
    OVERNIGHT_BUDGET_S: options.budgetS ?? '60',
    OVERNIGHT_SEED: options.seed ?? '1',
    OVERNIGHT_CPUS: '2',
    OVERNIGHT_MEMORY_MB: options.memoryMb ?? '3072',
  };
  const child = spawnSync(
    process.execPath,
    ['--preserve-symlinks', '--preserve-symlinks-main', '--import', 'tsx', 'start.ts'],
    { cwd: dir, env, encoding: 'utf8' },
  );
  const pairs = child.stdout.split('\n').map((line) => line.split(/:\s+/) as [string, string]);
  return { status: child.status, out, stdout: child.stdout, stderr: child.stderr, report: new Map(pairs) };
}

let data = '';
beforeAll(() => {
  data = writeData();
});

describe('a run', () => {
  test('stops by itself inside its budget and leaves an artefact, a curve, a configuration and the final block', () => {
    const { status, out, report, stderr } = train({}, { budgetS: '2' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(Number(report.get('training_seconds'))).toBeLessThan(2);
    expect(checkArtefact(readFileSync(join(out, 'model.onnx'))).params).toBeGreaterThan(1000);
    expect(existsSync(join(out, 'start'))).toBe(true);
    const [header, ...points] = readFileSync(join(out, 'curve.csv'), 'utf8').trim().split('\n');
    expect(header).toBe('step,seconds,loss,smooth,lr');
    expect(points).toHaveLength(Number(report.get('num_steps')));
    const losses = points.map((p) => Number(p.split(',')[2]));
    expect(losses[0]).toBeCloseTo(Math.log(VOCAB_SIZE), 1);
    expect(readFileSync(join(out, 'config.txt'), 'utf8')).toContain('WIDTH: 32\n');
    expect(readdirSync(out).filter((f) => f.endsWith('.tmp'))).toEqual([]);
  });

  test('learns: after eighty steps the loss is well below that of equal probabilities', () => {
    const { out, stderr } = train({ MAX_STEPS: '80' }, { budgetS: '120' });
    expect(stderr).toBe('');
    const points = readFileSync(join(out, 'curve.csv'), 'utf8').trim().split('\n').slice(1);
    expect(points).toHaveLength(80);
    expect(Number(points.at(-1)?.split(',')[2])).toBeLessThan(Math.log(VOCAB_SIZE) - 0.5);
  });

  test('with a fixed number of steps repeats to the bit, and another seed gives another model', () => {
    const model = (seed: string): string => {
      const { out, stderr } = train({ MAX_STEPS: '12' }, { seed });
      expect(stderr).toBe('');
      return readFileSync(join(out, 'model.onnx')).toString('base64');
    };
    const first = model('1');
    expect(model('1') === first).toBe(true);
    expect(model('2') === first).toBe(false);
  });

  test('gives the same loss whether a batch is taken in one pass or in four', () => {
    const losses = (rows: string): number[] => {
      // Mixing scalars are held: their first gradients are zero but for rounding, whose sign Adam follows.
      const held = { RESID_LR: '0', X0_LR: '0' };
      const { out, stderr } = train({ ...held, DEVICE_ROWS: rows, BATCH_TOKENS: '256', MAX_STEPS: '3' });
      expect(stderr).toBe('');
      const lines = readFileSync(join(out, 'curve.csv'), 'utf8').trim().split('\n').slice(1);
      return lines.map((line) => Number(line.split(',')[2]));
    };
    const [whole, parts] = [losses('4'), losses('1')];
    // The first loss is before any update, the second after one; later ones drift apart by rounding.
    for (const [step, tolerance] of [1e-5, 1e-4, 1e-2].entries()) {
      expect(Math.abs((whole[step] ?? 0) - (parts[step] ?? 1))).toBeLessThan(tolerance);
    }
  });
});

describe('a failing run', () => {
  const failure = (outcome: Outcome): string => {
    expect(outcome.status).toBe(1);
    expect(existsSync(join(outcome.out, 'model.onnx'))).toBe(false);
    return outcome.stderr;
  };

  test('that diverges says so as class nan, with the loss and the step', () => {
    const stderr = failure(train({ MATRIX_LR: '1e30', LOGIT_CAP: '1e30', MAX_STEPS: '50' }));
    expect(stderr).toMatch(/train: the loss is \S+ at step \d+\. Lower a learning rate/);
    expect(stderr).toContain('overnight-failure: nan\n');
  });

  test('with shapes that do not fit names the op, both shapes and the line of train.ts', () => {
    const edit: [string, string] = ['w(`${i}.down`)));', 'w(`${i}.up`)));'];
    const outcome = train({}, { edit });
    const line =
      readFileSync(join(arena, 'train.ts'), 'utf8')
        .split('\n')
        .findIndex((l) => l.includes(edit[0])) + 1;
    const stderr = failure(outcome);
    expect(stderr).toContain(`matmul: inner sizes differ`);
    expect(stderr).toContain(`[2,64,128] and [32,128]`);
    expect(stderr).toContain(`(train.ts:${line})`);
    expect(stderr).toContain('overnight-failure: shape\n');
  });

  test.each<[string, [string, string], string]>([
    ['imports a file that is not there', ["from './lib/peak.ts'", "from './lib/nowhere.ts'"], 'nowhere.ts'],
    ['imports an op that there is not', ['  rmsNorm,', '  rmsNorm,\n  rmsNorms,'], 'rmsNorms'],
    ['is no TypeScript', ['function forward(', 'function forward(('], 'train.ts:'],
  ])('that %s is of class import and says what', (_name, edit, expected) => {
    const stderr = failure(train({}, { edit }));
    expect(stderr).toContain(expected);
    expect(stderr).toContain('overnight-failure: import\n');
    expect(stderr).not.toContain('    at ');
  });

  test('that needs more memory than its limit is of class out-of-memory, with both figures', () => {
    const stderr = failure(train({}, { memoryMb: '40' }));
    expect(stderr).toMatch(/train: \d+ MB after one step, the limit is 40 MB/);
    expect(stderr).toContain('overnight-failure: out-of-memory\n');
  });

  test('on damaged data is of class data and says what to do', () => {
    const damaged = writeData();
    truncateSync(join(damaged, 'train', 'tokens.u16'), 1000);
    const stderr = failure(train({}, { data: damaged }));
    expect(stderr).toContain('train holds 500 tokens, its description says');
    expect(stderr).toContain('overnight-failure: data\n');
  });
});

// train.ts as a process: it meets its budget, repeats to the bit, and fails with its class and one clear message.

import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { VOCAB_SIZE } from '../contract.ts';
import { checkArtefact } from '../data/artefact.ts';
import { openRun } from '../lib/run.ts';
import { freshFolder } from './folders.ts';
import {
  arena,
  type Edit,
  lossesOf,
  type Outcome,
  type TrainOptions,
  runTraining as trainOn,
  writeData,
} from './training.ts';

let data = '';
beforeAll(() => {
  data = writeData();
});
const train = (knobs: Record<string, string>, options: Partial<TrainOptions> = {}): Outcome =>
  trainOn(knobs, { data, ...options });

describe('a run', () => {
  test('stops by itself inside its budget and leaves an artefact, a curve, a configuration and the final block', () => {
    const outcome = train({}, { budgetS: '2' });
    const { status, out, report, stderr } = outcome;
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(Number(report.get('training_seconds'))).toBeLessThan(2);
    expect(checkArtefact(readFileSync(join(out, 'model.onnx'))).params).toBeGreaterThan(1000);
    expect(existsSync(join(out, 'start'))).toBe(true);
    const [header, ...points] = readFileSync(join(out, 'curve.csv'), 'utf8').trim().split('\n');
    expect(header).toBe('step,seconds,loss,smooth,lr');
    expect(points).toHaveLength(Number(report.get('num_steps')));
    expect(lossesOf(outcome)[0]).toBeCloseTo(Math.log(VOCAB_SIZE), 1);
    expect(readFileSync(join(out, 'config.txt'), 'utf8')).toContain('WIDTH: 32\n');
    expect(readdirSync(out).filter((f) => f.endsWith('.tmp'))).toEqual([]);
    expect([...report.keys()]).toEqual([
      ...['train_loss', 'training_seconds', 'total_seconds', 'startup_seconds', 'peak_memory_mb', 'mfu_percent'],
      ...['tokens_per_second', 'total_tokens_M', 'num_steps', 'loader_wait_seconds', 'num_params_M', 'depth'],
    ]);
    expect([...report].filter(([key, value]) => !(Number(value) > 0 || key === 'loader_wait_seconds'))).toEqual([]);
    expect(Number(report.get('mfu_percent'))).toBeLessThan(100);
  });

  test('given a budget in steps stops after them, though seconds are left, and its schedule ends with them', () => {
    const { out, report, stderr } = train({}, { budgetSteps: '7', budgetS: '60' });
    expect(stderr).toBe('');
    expect(report.get('num_steps')).toBe('7');
    const rates = readFileSync(join(out, 'curve.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((p) => Number(p.split(',')[4]));
    expect(rates).toHaveLength(7);
    // Warm-down over the last half: the rate of step t of 7 is (1 - (t - 1) / 7) / 0.5, at most 1.
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(Math.min(1, 2 * (1 - i / 7)), 5);
  });

  test('given too many steps is still ended by its seconds, with an artefact', () => {
    const { out, report, stderr } = train({}, { budgetSteps: '1000000', budgetS: '2' });
    expect(stderr).toBe('');
    expect(Number(report.get('training_seconds'))).toBeLessThan(2);
    expect(existsSync(join(out, 'model.onnx'))).toBe(true);
  });

  test('says where it computes and why; a device that there is not is refused with what to choose', () => {
    expect(train({}, { budgetSteps: '1' }).stdout).toContain('device: cpu (cpu was asked for)\n');
    expect(train({}, { budgetSteps: '1', args: ['--device', 'auto'] }).stdout).toMatch(
      /^device: (cpu \(WebGPU found no device \(.+\)\)|webgpu \(WebGPU found a device\))\n/,
    );
    const { status, stderr } = train({}, { args: ['--device', 'gpu'] });
    expect(status).toBe(1);
    expect(stderr).toContain('train: --device is "gpu". Choose cpu, webgpu or auto.');
  });

  test('learns: after eighty steps the loss is well below that of equal probabilities', () => {
    const outcome = train({ MAX_STEPS: '80' }, { budgetS: '120' });
    expect(outcome.stderr).toBe('');
    const losses = lossesOf(outcome);
    expect(losses).toHaveLength(80);
    expect(losses.at(-1)).toBeLessThan(Math.log(VOCAB_SIZE) - 0.5);
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
      const outcome = train({ ...held, DEVICE_ROWS: rows, BATCH_TOKENS: '256', MAX_STEPS: '3' });
      expect(outcome.stderr).toBe('');
      return lossesOf(outcome);
    };
    const [whole, parts] = [losses('4'), losses('1')];
    // The first loss is before any update, the second after one; later ones drift apart by rounding.
    for (const [step, tolerance] of [1e-5, 1e-4, 1e-2].entries()) {
      expect(Math.abs((whole[step] ?? 0) - (parts[step] ?? 1))).toBeLessThan(tolerance);
    }
  });
});

describe('the clock of a run', () => {
  afterEach(() => vi.unstubAllEnvs());
  /** The seconds that a run is given when it starts now, and how long this process has been up before and after. */
  const start = (graceS?: string): { given: number; before: number; after: number } => {
    vi.stubEnv('OVERNIGHT_OUT', freshFolder('out'));
    vi.stubEnv('OVERNIGHT_DATA', data);
    vi.stubEnv('OVERNIGHT_BUDGET_S', '1000');
    if (graceS !== undefined) vi.stubEnv('OVERNIGHT_GRACE_S', graceS);
    const run = openRun();
    const before = performance.now() / 1000;
    const given = run.start();
    return { given, before, after: performance.now() / 1000 };
  };

  test('gives all of the budget after a start within the allowance, and without one', () => {
    expect(start().given).toBe(1000);
    expect(start('100000').given).toBe(1000);
  });

  test('takes off what start-up needed beyond the allowance, since the harness has started its clock meanwhile', () => {
    const { given, before, after } = start('0.001');
    expect(given).toBeGreaterThanOrEqual(1000.001 - after);
    expect(given).toBeLessThanOrEqual(1000.001 - before);
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
    const edit: Edit = ['w(`${i}.down`)));', 'w(`${i}.up`)));'];
    const outcome = train({}, { edits: [edit] });
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

  test.each<[string, Edit, string]>([
    ['imports a file that is not there', ["from './lib/peak.ts'", "from './lib/nowhere.ts'"], 'nowhere.ts'],
    ['imports an op that there is not', ['  rmsNorm,', '  rmsNorm,\n  rmsNorms,'], 'rmsNorms'],
    ['is no TypeScript', ['function forward(', 'function forward(('], 'train.ts:'],
  ])('that %s is of class import and says what', (_name, edit, expected) => {
    const stderr = failure(train({}, { edits: [edit] }));
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

// sample.ts as a process: text from a trained artefact, the same for the same seed, and a clear word when something is
// missing.

import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { readTokenizer } from '../data/files.ts';
import { freshFolder } from './folders.ts';
import { arena, type Outcome, runTraining, writeData } from './training.ts';

let data = '';
let trained: Outcome;
beforeAll(() => {
  data = writeData();
  trained = runTraining({ MAX_STEPS: '30' }, { data, budgetS: '60' });
});

function sample(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env.PATH ?? '' };
  return spawnSync(process.execPath, ['--import', 'tsx', 'sample.ts', ...args], { cwd: arena, env, encoding: 'utf8' });
}

test('prints the prompt and what the model goes on with, by temperature and seed', () => {
  expect(trained.stderr).toBe('');
  const from = (...more: string[]): string => {
    const { status, stdout, stderr } = sample(trained.out, 'abc ', '--data', data, '--tokens', '20', ...more);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout;
  };
  const first = from('--seed', '5');
  expect(first.startsWith('abc ')).toBe(true);
  const length = readTokenizer(data).encode(first.trimEnd()).length;
  expect(length).toBeGreaterThan(8);
  expect(from('--seed', '5')).toBe(first);
  expect(from('--seed', '6')).not.toBe(first);
  expect(from('--temperature', '0', '--seed', '5')).toBe(from('--temperature', '0', '--seed', '6'));
});

test('without a model or data says how it is used', () => {
  expect(sample()).toMatchObject({ status: 1, stdout: '' });
  expect(sample().stderr).toContain('sample: usage: sample.ts <folder with model.onnx>');
  expect(sample(freshFolder('none'), 'x', '--data', data).stderr).toContain('model.onnx');
});

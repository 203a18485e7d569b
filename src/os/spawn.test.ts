import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { captureOutput, captureSync, startProcess } from './spawn.ts';

const run = {
  asynchronously: captureOutput,
  blocking: async (...args: Parameters<typeof captureSync>) => captureSync(...args),
};

for (const [how, helper] of Object.entries(run)) {
  describe(`a helper that is run ${how}`, () => {
    it('gives its status and both outputs, and reads its input', async () => {
      const result = await helper('sh', ['-c', 'cat; echo oh >&2; exit 4'], { input: 'hällo' });
      expect(result).toMatchObject({ status: 4, stdout: 'hällo', stderr: 'oh\n' });
      expect(result.failure).toBeUndefined();
    });
    it('says that a program is missing instead of throwing', async () => {
      expect(await helper('no-such-program', [])).toMatchObject({ status: undefined, failure: 'missing' });
    });
    it('is killed at its time limit', async () => {
      expect(await helper('sleep', ['10'], { timeoutMs: 60 })).toMatchObject({ status: undefined, failure: 'timeout' });
    });
    it('is killed when it prints more than was asked for', async () => {
      expect((await helper('sh', ['-c', 'yes'], { maxBytes: 10_000 })).failure).toBe('output');
    });
    it('sees the environment given and nothing else', async () => {
      const result = await helper('/usr/bin/env', [], { env: { ONLY: 'this' } });
      expect(result.stdout).toBe('ONLY=this\n');
    });
    it('may end without reading its input', async () => {
      expect((await helper('true', [], { input: 'x'.repeat(300_000) })).status).toBe(0);
    });
  });
}

describe('starting a process', () => {
  it('throws E_SPAWN at once when there is no such program or folder', () => {
    for (const [program, cwd] of [
      ['no-such-program', '/'],
      ['true', '/no/such/folder'],
    ] as const) {
      expect(() => startProcess(program, [], { cwd })).toThrow(LabError);
    }
  });
});

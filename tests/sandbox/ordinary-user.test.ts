/** The same contract as an ordinary user. As root another user is put on; otherwise the whole suite is that already. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureOutput, captureSync } from '../../src/os/spawn.ts';
import { PROGRAMS } from './support.ts';

const LOADER = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'loader.mjs');
const AS_NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root, so every other test here runs as an ordinary user';
  const tried = captureSync('setpriv', [...AS_NOBODY, process.execPath, '--import', LOADER, '-e', '0']);
  return tried.status === 0 ? undefined : 'setpriv is missing, or another user may not read this checkout';
}

const skip = reasonToSkip();

describe.concurrent(skip ? `an ordinary user (skipped: ${skip})` : 'an ordinary user', () => {
  for (const kind of ['bubblewrap', 'process']) {
    it.skipIf(skip)(
      `has a sandbox that keeps the contract: ${kind} where there is one`,
      async () => {
        const args = ['--import', LOADER, join(PROGRAMS, 'conformance.ts'), kind];
        const done = await captureOutput('setpriv', [...AS_NOBODY, process.execPath, ...args], { timeoutMs: 30_000 });
        expect(done.stdout).not.toContain('FAILED');
        expect(done.stdout).toMatch(/^ended pids memory$/m);
        expect(done.status).toBe(0);
      },
      35_000,
    );
  }
});

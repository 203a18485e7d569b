/** A run that is over before anybody looked at its disk. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOMY_LIMITS } from '../testing/sandbox-conformance.ts';
import { ProcessSandbox } from './process.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-short-'));
  mkdirSync(join(folder, 'out'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('may not leave more than its disk limit, however short it was', async () => {
  const sandbox = new ProcessSandbox('process (test)', 'control groups switched off');
  const mount = { from: join(folder, 'out'), to: '/out', mode: 'write' } as const;
  const result = await sandbox.start({
    // After the first look at 15 ms and before the next one at 250 ms, where the machine is fast enough.
    command: 'sleep 0.04; for f in a b c; do head -c 1500000 /dev/zero >"$O/$f"; done',
    cwd: folder,
    mounts: [mount],
    env: { O: sandbox.inside(mount) },
    limits: { ...ROOMY_LIMITS, diskMb: 1 },
    tag: `short-${process.pid}`,
  }).done;
  expect(result.ending).toBe('disk');
});

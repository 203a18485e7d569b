/** A harness that is busy loses nothing of what programs say at their end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processInfo } from '../../src/os/proc.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { ROOMY_LIMITS } from '../../src/testing/sandbox-conformance.ts';
import { freshFolder } from '../fixtures/cli.ts';

/** Longer than a supervisor waits for what is left in a pipe. */
const BUSY_MS = 400;

/** Nothing else of this process happens meanwhile. */
function blockUntil(isEnough: () => boolean): void {
  while (!isEnough());
}

const hasEnded = (pid: number): boolean => (processInfo(pid)?.state ?? 'Z') === 'Z';

it('output that comes after the last look at the pipes and before the news of the end is kept', async () => {
  const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
  const signal = join(freshFolder(), 'go on');
  const base = { cwd: '/', mounts: [], tag: `busy-${process.pid}`, env: { SIGNAL: signal }, limits: ROOMY_LIMITS };
  const second = sandbox.start({ ...base, command: 'while [ ! -e "$SIGNAL" ]; do sleep 0.01; done; echo said' });
  const first = sandbox.start({
    ...base,
    command: 'echo first',
    // The end of the first is known by now. Both ends are looked at after this, the pipe of the second is not.
    onStdout: () => {
      writeFileSync(signal, '');
      blockUntil(() => hasEnded(second.pid));
      const busyUntil = performance.now() + BUSY_MS;
      setImmediate(() => blockUntil(() => performance.now() > busyUntil));
    },
  });
  blockUntil(() => hasEnded(first.pid));
  expect((await first.done).stdout.text).toBe('first\n');
  expect((await second.done).stdout.text).toBe('said\n');
});

/** A folder that the sandbox may not enter: the machine's failure, told before and while measuring, never a crash. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { startFailureOf } from '../../src/sandbox/start-failure.ts';
import { expectError, freshFolder, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);
const notRoot = unless(process.getuid?.() === 0, 'only root can give a folder to another user');

/** An arena in a folder that only another user may enter, with something private shown, so that root stays root. */
function closedArena(): string {
  const secret = freshFolder('secret');
  writeFileSync(join(secret, 'x'), '1');
  chmodSync(secret, 0o700);
  const folder = smallArena({ manifest: `${MANIFEST}sandbox: { read: [${secret}] }\n`, git: false });
  chmodSync(dirname(folder), 0o755);
  chmodSync(folder, 0o700);
  chownSync(folder, 65534, 65534);
  return folder;
}

// Case 18-folder-0700-of-another-user, as it still fails: a private folder in sandbox.read.
describe.skipIf(noSandbox || notRoot)(
  withReason('a folder of another user with mode 700', noSandbox ?? notRoot),
  () => {
    it('ends the run with a sentence that names it, and blames no code', async () => {
      const folder = closedArena();
      const ended = await overnight(['run', '--experiments', '1', '--tag', 'a', '--json'], { cwd: folder });
      expectError(ended, 'E_STUCK', 6, new RegExp(`The folder ${folder} cannot be entered without root’s rights`));
      expect(ended.error!.next).toMatch(/chmod a\+x/);
      const types = ledgerLines(folder, 'a').map((event) => event.type);
      expect(types).toContain('lost');
      expect(types).not.toContain('measured');
    });

    it('is found by doctor, which looks below the arena’s own folder', async () => {
      const folder = closedArena();
      const ended = await overnight(['doctor'], { cwd: folder });
      expect(ended.status).toBe(6);
      expect(ended.stdout).toMatch(/✗ arena’s folder: the folder .* cannot be entered.*→ let everybody enter/);
      expect(ended.stdout).not.toMatch(/`overnight doctor`/);
    });
  },
);

describe.skipIf(noSandbox)(withReason('a candidate', noSandbox), () => {
  it('that prints what bubblewrap prints is blamed itself', async () => {
    const candidate = '#!/bin/sh\nX=9\necho "bwrap: Can\'t find source path /x: Permission denied" >&2\nexit 1\n';
    const ended = await overnight(['run', '--experiments', '1', '--tag', 'a', '--json'], {
      cwd: smallArena({ candidate }),
    });
    expectError(ended, 'E_BASELINE', 6, /^exit: the candidate ended with status 1: bwrap: Can't find/);
  });
});

it('bubblewrap’s report decides, not what was printed', () => {
  expect(startFailureOf('{ "child-pid": 7 }\n{ "exit-code": 1 }\n', 'bwrap: no\n')).toBeUndefined();
  expect(startFailureOf('{ "child-pid": 7 }\n', 'bwrap: Can’t mkdir /x: Read-only file system\n')).toBe(
    'the sandbox could not be started: Can’t mkdir /x: Read-only file system',
  );
  const closed = freshFolder('closed');
  mkdirSync(join(closed, 'below'));
  chmodSync(closed, 0o700);
  chmodSync(dirname(closed), 0o755);
  expect(startFailureOf('', `bwrap: Can't find source path ${closed}/below/arena: Permission denied`)).toContain(
    `the folder ${closed} cannot be entered`,
  );
});

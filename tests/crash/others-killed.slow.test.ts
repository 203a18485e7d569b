/** kill -9 of git and of the candidate, and a disk that fills up in the night: named, and the next run goes on. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CANDIDATE,
  type Ended,
  everything,
  expectClean,
  expectError,
  freshFolder,
  gitIn,
  ledgerFile,
  ledgerLines,
  overnight,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const realGit = execFileSync('sh', ['-c', 'command -v git']).toString().trim();

/** A git that is killed at its first call of a subcommand, before or after it did its work. */
function deadlyGit(command: string, when: 'before' | 'after'): string {
  const bin = freshFolder('bin');
  const match = `case " $* " in *" ${command} "*) if [ ! -e '${bin}/done' ]; then : > '${bin}/done'; ${when === 'after' ? `'${realGit}' "$@" > /dev/null;` : ''} kill -9 $$; fi;; esac`;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${match}\nexec '${realGit}' "$@"\n`, { mode: 0o755 });
  return bin;
}

async function wentOn(folder: string, ideas: number, flags: readonly string[]): Promise<Ended> {
  const again = await overnight(['run', '--json', ...flags], { cwd: folder });
  expect(again.status, again.stdout + again.stderr).toBe(0);
  const judged = ledgerLines(folder).filter(({ type }) => type === 'decided' || type === 'refused');
  expect(judged.map(({ n }) => n)).toEqual(Array.from({ length: ideas }, (_, i) => i + 1));
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
  return again;
}

describe.concurrent('git that is killed', () => {
  const COMMANDS = [
    'rev-parse',
    'status',
    'ls-files',
    'init',
    'config',
    'fast-import',
    'ls-tree',
    'cat-file',
    'update-ref',
  ];
  for (const when of ['before', 'after'] as const)
    it.each(COMMANDS)(
      `in %s, ${when} its work, is an error by name, and the next run ends the night`,
      async (command) => {
        const folder = smallArena();
        const env = { PATH: `${deadlyGit(command, when)}:${process.env.PATH}`, OVERNIGHT_SANDBOX: 'process' };
        const first = await overnight(['run', '--experiments', '2', '--tag', 'a', '--json'], { cwd: folder, env });
        expectError(first, 'E_GIT_FAILED', 3, /signal|killed/i);
        const tried = existing(folder).filter(({ type }) => type === 'proposed').length - 1;
        const begun = existing(folder).some(({ type }) => type === 'session.started');
        await wentOn(folder, 2, begun ? [] : ['--experiments', String(2 - Math.max(0, tried))]);
      },
    );
});

function existing(folder: string): Record<string, unknown>[] {
  try {
    return ledgerLines(folder);
  } catch {
    return [];
  }
}

it('a candidate that is killed from outside is crashed, and the night goes on', async () => {
  const folder = smallArena({ candidate: CANDIDATE.replace('echo', 'sleep 1.2\necho') });
  const run = start(['run', '--experiments', '2', '--json'], { cwd: folder });
  await run.until(/"purpose":"idea"/);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const pids = processesOf(folder);
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went with its parent.
    }
  }
  const ended = await run.ended;
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const decided = ledgerLines(folder).filter(({ type }) => type === 'decided');
  expect(decided).toHaveLength(2);
  expect(decided[0]).toMatchObject({ n: 1, decision: { verdict: 'crashed' } });
  await expectClean(folder);
});

describe('a disk that is full', () => {
  const noMount = unless(process.getuid?.() === 0, 'only root may mount a small disk');
  /** An arena on a small disk of its own, and how to fill and free it. */
  const onSmallDisk = async (
    candidate: string,
    act: (folder: string, fill: () => void, free: () => void) => Promise<void>,
  ): Promise<void> => {
    const disk = freshFolder('disk');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
    try {
      const folder = join(disk, 'arena');
      mkdirSync(folder);
      cpSync(smallArena({ candidate }), folder, { recursive: true });
      const filler = join(disk, 'filler');
      const fill = (): unknown => execFileSync('sh', ['-c', `cat /dev/zero >> '${filler}' 2> /dev/null || true`]);
      await act(folder, fill as () => void, () => rmSync(filler));
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  };

  it.skipIf(noMount)(
    withReason('in the middle of a night is named, nothing recorded is lost, and the next run goes on', noMount),
    { timeout: 240_000 },
    () =>
      onSmallDisk(CANDIDATE.replace('echo', 'sleep 0.4\necho'), async (folder, fill, free) => {
        const run = start(['run', '--experiments', '3', '--json'], { cwd: folder });
        await run.until(/"purpose":"idea"/);
        fill();
        const ended = await run.ended;
        expectError(ended, 'E_DISK_FULL', 3, /./);
        const before = readFileSync(ledgerFile(folder));
        expect(processesOf(folder)).toEqual([]);
        free();
        await wentOn(folder, 3, []);
        expect(readFileSync(ledgerFile(folder)).subarray(0, before.length).equals(before)).toBe(true);
      }),
  );

  it.skipIf(noMount)(withReason('from the beginning is named, and leaves the checkout as it was', noMount), () =>
    onSmallDisk(CANDIDATE, async (folder, fill, free) => {
      const before = everything(folder);
      fill();
      expectError(
        await overnight(['run', '--experiments', '1', '--tag', 'a', '--json'], { cwd: folder }),
        'E_DISK_FULL',
        3,
        /./,
      );
      free();
      rmSync(join(folder, '.overnight'), { recursive: true, force: true });
      expect(everything(folder)).toBe(before);
      expect(gitIn(folder, 'status', '--porcelain')).toBe('');
    }),
  );
});

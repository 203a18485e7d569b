/** Skeletons and copies of shipped arenas: each measures at once, and doctor says what is left to replace. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { expectError, freshFolder, overnight } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

const copyOf = async (...words: readonly string[]): Promise<string> => {
  const folder = path.join(freshFolder('template'), 'mine');
  const { status, stderr } = await overnight(['new', ...words, '--dir', folder], { cwd: freshFolder() });
  if (status !== 0) throw new Error(stderr);
  return folder;
};
/** What doctor finds wrong, without what a busy machine does to timings. */
const failuresOf = (stdout: string): readonly string[] =>
  stdout.split('\n').filter((line) => line.startsWith('✗') && !line.startsWith('✗ smallest effect'));

describe.skipIf(noSandbox)(withReason('overnight new', noSandbox), () => {
  it.for(['table', 'cases', 'episodes', 'bench', 'build'])(
    '--like %s makes an arena that doctor passes, and knobs find something better',
    { timeout: 300_000 },
    async (kind, { expect: see }) => {
      const folder = await copyOf('--like', kind);
      const { stdout } = await overnight(['doctor'], { cwd: folder });
      see(failuresOf(stdout)).toEqual([]);
      see(stdout).toMatch(/✓ sabotaged candidate/);
      see(stdout).toMatch(/✓ canaries: 1 canary/);
      see(stdout).toMatch(/✓ trust grade: sealed/);
      if (kind === 'bench') return;
      const run = await overnight(['run', '--agent', 'search', '--experiments', '14'], { cwd: folder });
      see(run.status).toBe(0);
      // Sixty cases prove a gain in some labs and not in others: which of them steer is chance.
      see(run.stdout).toMatch(kind === 'cases' ? /\+0\.\d/ : /confirmed/);
    },
  );

  it('--from copies a shipped arena, and doctor names the data until they are replaced', async ({ expect: see }) => {
    const folder = await copyOf('--like', 'table');
    see((await overnight(['doctor'], { cwd: folder })).stdout).toMatch(
      /! your own data: still those of table: data\/holdout\.csv, data\/inputs\.csv, data\/train\.csv/,
    );
    for (const file of fs.readdirSync(path.join(folder, 'data')))
      fs.appendFileSync(path.join(folder, 'data', file), '');
    const train = path.join(folder, 'data', 'train.csv');
    fs.appendFileSync(train, 'mine,1,2,3,4\n');
    const { stdout } = await overnight(['doctor'], { cwd: folder });
    see(stdout).toMatch(/! your own data: still those of table: data\/holdout\.csv, data\/inputs\.csv, data\/valid/);
  });

  it('--from hello runs as the shipped one does', async ({ expect: see }) => {
    const folder = await copyOf('--from', 'hello');
    const run = await overnight(['run', '--agent', 'search', '--experiments', '3'], { cwd: folder });
    see(run.status).toBe(0);
  });

  it('replaces no file, and names what there is for a wrong name', async () => {
    const folder = await copyOf('--like', 'bench');
    expectError(
      await overnight(['new', '--like', 'bench', '--dir', folder, '--json'], { cwd: freshFolder() }),
      'E_EXISTS',
      2,
      /arena\.yaml.*already/,
    );
    expectError(
      await overnight(['new', '--like', 'tabel', '--dir', freshFolder(), '--json'], { cwd: freshFolder() }),
      'E_NOT_FOUND',
      2,
      /table/,
    );
    expectError(
      await overnight(['new', '--from', 'helo', '--dir', freshFolder(), '--json'], { cwd: freshFolder() }),
      'E_NOT_FOUND',
      2,
      /hello/,
    );
    expectError(
      await overnight(['new', '--from', 'hello', '--like', 'table', '--dir', freshFolder(), '--json'], {
        cwd: freshFolder(),
      }),
      'E_USAGE',
      2,
      /skeleton/,
    );
  });
});

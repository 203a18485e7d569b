/** Folders that cannot be written: one message that names the folder, and nothing that looks like a mistake of ours. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everything, expectError, freshFolder, overnight, smallArena } from '../fixtures/cli.ts';

/** Nobody makes files here, not even root. */
const READ_ONLY = '/sys';
const RUN = ['run', '--experiments', '1', '--json'];

describe('a temporary folder', () => {
  it.each([
    ['that does not exist', '/nonexistent', {}],
    ['that does not exist, without bubblewrap', '/nonexistent', { OVERNIGHT_SANDBOX: 'process' }],
    ['that is read-only', READ_ONLY, {}],
  ])('%s is named, and no lab is opened', async (_, TMPDIR, env) => {
    const folder = smallArena();
    const ended = await overnight(RUN, { cwd: folder, env: { ...env, TMPDIR } });
    expectError(ended, 'E_NOT_WRITABLE', 3, new RegExp(TMPDIR));
    expect(ended.error!.next).toContain('TMPDIR');
  });
});

describe('the folder for `try`', () => {
  it('that is read-only is named', async () => {
    const ended = await overnight(['try', 'hello', '--json'], { cwd: READ_ONLY });
    expectError(ended, 'E_NOT_WRITABLE', 3, /\/sys\/\.overnight/);
  });

  it('in which .overnight is a file is named, and the file stays', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, '.overnight'), 'mine\n');
    const before = everything(folder);
    expectError(await overnight(['try', 'hello', '--json'], { cwd: folder }), 'E_NOT_WRITABLE', 3, /\.overnight/);
    expect(everything(folder)).toBe(before);
  });
});

it('an arena in which .overnight is a file is named, and no lab is opened', async () => {
  const folder = smallArena();
  writeFileSync(join(folder, '.overnight'), 'mine\n');
  expectError(await overnight(RUN, { cwd: folder }), 'E_NOT_WRITABLE', 3, /\.overnight/);
  expect(existsSync(join(folder, '.overnight', 'labs'))).toBe(false);
});

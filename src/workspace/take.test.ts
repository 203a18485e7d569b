/** The branch that a person gets: never over one that is there, even when it appears at the last moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { git, messyRepository } from '../../tests/fixtures/repository.ts';
import { createBranch } from './take.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-take-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is made where there is none, and refused where one was made meanwhile', async () => {
  const { root } = messyRepository(folder);
  const read = (ref: string): string => git(root, 'rev-parse', ref).trim();
  const head = read('HEAD');
  await createBranch({ cwd: root }, 'mine', head);
  expect(read('refs/heads/mine')).toBe(head);
  const other = git(root, 'commit-tree', `${head}^{tree}`, '-m', 'another').trim();
  await expect(createBranch({ cwd: root }, 'mine', other)).rejects.toMatchObject({ code: 'E_GIT_FAILED' });
  expect(read('refs/heads/mine')).toBe(head);
});

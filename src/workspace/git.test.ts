import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, git, messyRepository } from '../../tests/fixtures/repository.ts';
import type { LabError } from '../base/error.ts';
import { WORKSPACE_CASES } from '../testing/workspace-conformance.ts';
import { openWorkspace } from './git.ts';
import { listFolder, readFolder, readSource, sourceOf } from './source.ts';

let room = '';
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'overnight-git-'));
});
afterEach(() => rmSync(room, { recursive: true, force: true }));
const AT = '2026-03-07T20:00:00.000Z';

describe('a workspace', () => {
  for (const one of WORKSPACE_CASES)
    it(one.name, async () => {
      let check = (): void => {};
      await one.run(async (folder) => {
        const before = fingerprint(folder);
        check = () => expect(fingerprint(folder)).toBe(before);
        const workspace = await openWorkspace(folder, join(room, 'store.git'));
        return {
          importBaseline: (...args) => workspace.importBaseline(...args).finally(check),
          snapshot: (...args) => workspace.snapshot(...args).finally(check),
          checkout: (...args) => workspace.checkout(...args).finally(check),
          mergeChange: (...args) => workspace.mergeChange(...args).finally(check),
          editsWithout: (...args) => workspace.editsWithout(...args).finally(check),
          discardCheckout: (dir) => workspace.discardCheckout(dir).finally(check),
          findDifference: (...args) => workspace.findDifference(...args).finally(check),
          listEntries: (commit) => workspace.listEntries(commit),
          readFiles: (...args) => workspace.readFiles(...args),
          diffCommits: (...args) => workspace.diffCommits(...args),
          advanceBranch: (...args) => workspace.advanceBranch(...args).finally(check),
          resolveRef: (ref) => workspace.resolveRef(ref),
        };
      });
    });
});

describe('a person’s repository', () => {
  it('with submodules, changes, ignored and untracked files is read as it lies there, and not touched', async () => {
    const { root, arena } = messyRepository(room);
    const before = fingerprint(root);
    expect(await sourceOf(arena)).toMatchObject({
      subfolder: 'code',
      dirty: true,
      hasTrackedChanges: true,
      commit: git(root, 'rev-parse', 'HEAD').trim(),
    });
    expect(await listFolder(arena)).toEqual([
      'link',
      'run.sh',
      'staged.ts',
      'untracked é.ts',
      'vendor/lib.txt',
      'x.ts',
    ]);
    const files = new Map((await readFolder(arena)).map((file) => [file.path, file]));
    expect(String(readSource(files.get('x.ts')!))).toBe('committed\nand changed\n');
    expect(String(readSource(files.get('staged.ts')!))).toBe('after\n');
    expect(files.get('run.sh')!.mode).toBe('100755');
    expect(files.get('link')).toMatchObject({ mode: '120000', size: '../outside.txt'.length });
    const workspace = await openWorkspace(arena, join(room, 'store.git'));
    const base = await workspace.importBaseline('refs/overnight/a/0', AT);
    const next = await workspace.snapshot(
      base.commit,
      [{ path: 'x.ts', content: 'new\n' }],
      'refs/overnight/a/1',
      'm',
      AT,
    );
    await workspace.checkout(next.commit, join(room, 'out'));
    await workspace.advanceBranch('refs/heads/overnight/a', next.commit);
    await workspace.discardCheckout(join(room, 'out'));
    expect(fingerprint(root)).toBe(before);
    expect(git(root, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
  });

  it('that is clean is said to be clean, at its root as well', async () => {
    const { root } = messyRepository(room);
    git(root, 'stash', '--quiet', '--include-untracked');
    expect(await sourceOf(root)).toMatchObject({ subfolder: '', dirty: false });
  });

  it('without a commit is named, a folder outside or ignored by one is just a folder', async () => {
    const bare = join(room, 'new');
    mkdirSync(bare);
    expect(await sourceOf(bare)).toMatchObject({ dirty: false });
    git(bare, 'init', '--quiet');
    await expect(sourceOf(bare)).rejects.toMatchObject({ code: 'E_NO_COMMITS' } satisfies Partial<LabError>);
    const { root } = messyRepository(join(room, mkdirSync(join(room, 'm')) ?? 'm'));
    const ignored = join(root, 'build');
    mkdirSync(join(ignored, 'node_modules'), { recursive: true });
    writeFileSync(join(ignored, 'node_modules', 'x'), '');
    writeFileSync(join(ignored, 'y'), '');
    expect(await sourceOf(ignored)).toMatchObject({ dirty: false });
    expect(await listFolder(ignored)).toEqual(['y']);
  });

  it('with hooks, filters and settings of its own runs none of them', async () => {
    const { root, arena } = messyRepository(room);
    const spy = `#!/bin/sh\ntouch "${room}/was-here"\ncat\n`;
    for (const hook of ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change'])
      writeFileSync(join(root, '.git', 'hooks', hook), spy, { mode: 0o755 });
    writeFileSync(join(room, 'monitor.sh'), spy);
    chmodSync(join(room, 'monitor.sh'), 0o755);
    git(root, 'config', 'core.fsmonitor', join(room, 'monitor.sh'));
    const workspace = await openWorkspace(arena, join(room, 'store.git'));
    await workspace.importBaseline('refs/overnight/a/0', AT);
    await sourceOf(arena);
    expect(() => fingerprint(join(room, 'was-here'))).toThrow();
  });
});

describe('a store that a killed git left in the middle', () => {
  it('goes on past the lock of a ref that nobody holds any more', async () => {
    const folder = join(room, 'arena');
    mkdirSync(folder);
    writeFileSync(join(folder, 'x.ts'), 'one\n');
    const store = join(room, 'store.git');
    const workspace = await openWorkspace(folder, store);
    const { commit } = await workspace.importBaseline('refs/overnight/a/0', AT);
    for (const ref of ['refs/overnight/a/1', 'refs/heads/overnight/a']) {
      mkdirSync(join(store, ref, '..'), { recursive: true });
      writeFileSync(join(store, `${ref}.lock`), '');
    }
    const next = await workspace.snapshot(commit, [{ path: 'x.ts', content: 'two\n' }], 'refs/overnight/a/1', 'm', AT);
    expect(await workspace.resolveRef('refs/overnight/a/1')).toBe(next.commit);
    await workspace.advanceBranch('refs/heads/overnight/a', next.commit);
    expect(await workspace.resolveRef('refs/heads/overnight/a')).toBe(next.commit);
  });

  it('is begun again when git died while it was made', async () => {
    const folder = join(room, 'arena');
    const store = join(room, 'store.git');
    mkdirSync(folder);
    mkdirSync(store);
    writeFileSync(join(folder, 'x.ts'), 'one\n');
    writeFileSync(join(store, 'HEAD'), 'ref: refs/heads/main\n');
    const workspace = await openWorkspace(folder, store);
    expect((await workspace.importBaseline('refs/overnight/a/0', AT)).commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

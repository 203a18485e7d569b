/** What a person's git ignores never enters the store, whoever owns the folder and whatever its repository is like. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadArena } from '../../src/workspace/arena.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { listFolder, sourceOf } from '../../src/workspace/source.ts';
import { CANDIDATE, type Ended, freshFolder, JUDGE, MANIFEST, overnight } from '../fixtures/cli.ts';
import { git } from '../fixtures/repository.ts';

const SECRET = 'TOKEN-that-git-ignores';
const OTHER_USER = 1000;
const isRoot = process.getuid?.() === 0;

/** A repository with an arena below `code/`, and a secret that the repository ignores. */
function repositoryWithSecret(): { readonly root: string; readonly arena: string } {
  const root = freshFolder('repo');
  const arena = path.join(root, 'code');
  fs.mkdirSync(arena);
  fs.writeFileSync(path.join(root, '.gitignore'), '.env\n');
  fs.writeFileSync(path.join(arena, 'arena.yaml'), MANIFEST);
  fs.writeFileSync(path.join(arena, 'x.sh'), CANDIDATE);
  fs.writeFileSync(path.join(arena, 'judge.sh'), JUDGE);
  git(root, 'init', '--quiet', '--initial-branch=main');
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '--message', 'all');
  fs.writeFileSync(path.join(arena, '.env'), SECRET);
  return { root, arena };
}

const giveAway = (folder: string): void => void execFileSync('chown', ['-R', `${OTHER_USER}:${OTHER_USER}`, folder]);

/** A home folder with a git configuration in it. */
function homeWith(configText: string): string {
  const home = freshFolder('home');
  fs.writeFileSync(path.join(home, '.gitconfig'), configText);
  return home;
}

/** Is the secret in any file below the folder's `.overnight`, or in an object of its store? */
function hasLeaked(arena: string): boolean {
  const own = path.join(arena, '.overnight');
  const store = path.join(own, 'store.git');
  const inFiles = fs.existsSync(own) && spawnSync('grep', ['-r', '-q', SECRET, own]).status === 0;
  const readObjects = [`--git-dir=${store}`, 'cat-file', '--batch-all-objects', '--batch'];
  return inFiles || (fs.existsSync(store) && execFileSync('git', readObjects).includes(SECRET));
}

const changedEnv = new Map<string, string | undefined>();
function setEnv(name: string, value: string): void {
  if (!changedEnv.has(name)) changedEnv.set(name, process.env[name]);
  process.env[name] = value;
}
afterEach(() => {
  for (const [name, value] of changedEnv)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  changedEnv.clear();
});

const runOnce = (arena: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  overnight(['run', '--experiments', '1', '--json'], { cwd: arena, env });

// Case 06-dubious-ownership.
describe.skipIf(!isRoot)('a checkout of another user', () => {
  it('is not opened: run and doctor name the two ways on, and nothing is copied', async () => {
    const { root, arena } = repositoryWithSecret();
    giveAway(root);
    for (const args of [
      ['run', '--json'],
      ['doctor', '--json'],
    ]) {
      const ended = await overnight(args, { cwd: arena, env: { HOME: homeWith('') } });
      expect(ended.status, args[0]).not.toBe(0);
      expect(ended.stdout).toContain(`git config --global --add safe.directory ${root}`);
      expect(ended.stdout).toMatch(/run as its owner/);
    }
    expect(hasLeaked(arena)).toBe(false);
    await expect(sourceOf(arena)).rejects.toMatchObject({ code: 'E_GIT_OWNER' });
    await expect(listFolder(arena)).rejects.toMatchObject({ code: 'E_GIT_OWNER' });
    await expect(loadArena(arena)).rejects.toMatchObject({ code: 'E_GIT_OWNER' });
    const workspace = await openWorkspace(arena, path.join(freshFolder(), 'store.git'));
    await expect(workspace.importBaseline('refs/overnight/a/0', '2026-03-07T20:00:00.000Z')).rejects.toMatchObject({
      code: 'E_GIT_OWNER',
    });
  });

  it('is opened where the person said that it is safe, without the ignored secret', async () => {
    const { root, arena } = repositoryWithSecret();
    giveAway(root);
    const home = homeWith(`[safe]\n\tdirectory = ${root}\n`);
    const ended = await runOnce(arena, { HOME: home });
    expect(ended.stderr).toBe('');
    expect(fs.existsSync(path.join(arena, '.overnight', 'store.git'))).toBe(true);
    expect(hasLeaked(arena)).toBe(false);
    // The next run starts too, and the result becomes a branch of that repository.
    expect((await runOnce(arena, { HOME: home })).error).toBeUndefined();
  });

  it('is safe by GIT_CONFIG_COUNT, XDG_CONFIG_HOME and a star too, as for git', async () => {
    const { root, arena } = repositoryWithSecret();
    giveAway(root);
    setEnv('HOME', homeWith(''));
    const xdg = freshFolder('xdg');
    fs.mkdirSync(path.join(xdg, 'git'));
    fs.writeFileSync(path.join(xdg, 'git', 'config'), '[safe]\n\tdirectory = *\n');
    setEnv('XDG_CONFIG_HOME', xdg);
    expect((await sourceOf(arena)).repository).toBe(root);
    setEnv('XDG_CONFIG_HOME', freshFolder());
    await expect(sourceOf(arena)).rejects.toMatchObject({ code: 'E_GIT_OWNER' });
    setEnv('GIT_CONFIG_COUNT', '1');
    setEnv('GIT_CONFIG_KEY_0', 'safe.directory');
    setEnv('GIT_CONFIG_VALUE_0', root);
    expect(await listFolder(arena)).toEqual(['arena.yaml', 'judge.sh', 'x.sh']);
  });

  it('with a submodule of another user inside one’s own repository is not opened either', async () => {
    const { root, arena } = repositoryWithSecret();
    const library = repositoryWithSecret().root;
    git(root, 'submodule', '--quiet', 'add', library, 'code/vendor');
    git(root, 'commit', '--quiet', '--message', 'with a submodule');
    fs.writeFileSync(path.join(arena, 'vendor', 'code', '.env'), SECRET);
    expect(await listFolder(arena)).not.toContain('vendor/code/.env');
    giveAway(path.join(arena, 'vendor'));
    giveAway(path.join(root, '.git', 'modules'));
    setEnv('HOME', homeWith(''));
    const listed = await listFolder(arena).catch((thrown: unknown) => thrown);
    expect(listed instanceof Error || !(listed as string[]).includes('vendor/code/.env')).toBe(true);
  });
});

describe('a repository that git cannot read is not taken for none', () => {
  const damages: readonly (readonly [string, (root: string) => void])[] = [
    ['without its HEAD', (root) => fs.rmSync(path.join(root, '.git', 'HEAD'))],
    ['with a broken configuration', (root) => fs.writeFileSync(path.join(root, '.git', 'config'), '[core\n')],
    ['that became bare', (root) => void git(root, 'config', 'core.bare', 'true')],
    [
      'of a worktree whose repository is gone',
      (root) => {
        fs.rmSync(path.join(root, '.git'), { recursive: true });
        fs.writeFileSync(path.join(root, '.git'), 'gitdir: /nowhere/.git/worktrees/x\n');
      },
    ],
    [
      'of an empty `.git` folder',
      (root) => {
        fs.rmSync(path.join(root, '.git'), { recursive: true });
        fs.mkdirSync(path.join(root, '.git'));
      },
    ],
  ];
  it.each(damages)('a repository %s', async (_, damage) => {
    const { root, arena } = repositoryWithSecret();
    damage(root);
    await expect(sourceOf(arena)).rejects.toMatchObject({ code: 'E_GIT_SOURCE' });
    const ended = await overnight(['run', '--json'], { cwd: arena });
    expect([ended.error?.code, ended.status]).toEqual(['E_GIT_SOURCE', 2]);
    expect(hasLeaked(arena)).toBe(false);
  });

  it('a bare repository around the arena', async () => {
    const { root, arena } = repositoryWithSecret();
    const bare = path.join(freshFolder(), 'bare.git');
    git(root, 'clone', '--quiet', '--bare', root, bare);
    fs.cpSync(arena, path.join(bare, 'code'), { recursive: true });
    await expect(sourceOf(path.join(bare, 'code'))).rejects.toMatchObject({ code: 'E_GIT_SOURCE' });
  });

  it('one that only GIT_DIR names', async () => {
    const { root, arena } = repositoryWithSecret();
    const elsewhere = freshFolder();
    fs.cpSync(arena, elsewhere, { recursive: true });
    setEnv('GIT_DIR', path.join(root, '.git'));
    await expect(sourceOf(elsewhere)).rejects.toMatchObject({ code: 'E_GIT_SOURCE' });
  });
});

describe('a repository that git reads', () => {
  it('is the one around the folder, whatever GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE say', async () => {
    const { root, arena } = repositoryWithSecret();
    const other = repositoryWithSecret();
    setEnv('GIT_DIR', path.join(other.root, '.git'));
    setEnv('GIT_WORK_TREE', other.root);
    setEnv('GIT_INDEX_FILE', path.join(freshFolder(), 'index'));
    expect((await sourceOf(arena)).repository).toBe(root);
    expect(await listFolder(arena)).toEqual(['arena.yaml', 'judge.sh', 'x.sh']);
  });

  it('as a worktree ignores what it ignores', async () => {
    const { root } = repositoryWithSecret();
    const worktree = path.join(freshFolder(), 'tree');
    git(root, 'worktree', 'add', '--quiet', worktree);
    fs.writeFileSync(path.join(worktree, 'code', '.env'), SECRET);
    expect(await listFolder(path.join(worktree, 'code'))).toEqual(['arena.yaml', 'judge.sh', 'x.sh']);
  });

  it('leaves out what the person ignores everywhere: core.excludesFile, and info/exclude', async () => {
    const { root, arena } = repositoryWithSecret();
    fs.writeFileSync(path.join(arena, 'my.key'), SECRET);
    fs.writeFileSync(path.join(arena, 'my.pem'), SECRET);
    const home = homeWith('[core]\n\texcludesFile = ~/ignored\n');
    fs.writeFileSync(path.join(home, 'ignored'), '*.key\n');
    fs.writeFileSync(path.join(root, '.git', 'info', 'exclude'), '*.pem\n');
    setEnv('HOME', home);
    expect(await listFolder(arena)).toEqual(['arena.yaml', 'judge.sh', 'x.sh']);
  });

  it('starts no program that its configuration names', async () => {
    const { root, arena } = repositoryWithSecret();
    const mark = path.join(freshFolder(), 'started');
    const script = path.join(freshFolder(), 'hook.sh');
    fs.writeFileSync(script, `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    git(root, 'config', 'core.fsmonitor', script);
    git(root, 'config', 'core.hooksPath', path.dirname(script));
    expect((await sourceOf(arena)).repository).toBe(root);
    await listFolder(arena);
    expect(fs.existsSync(mark)).toBe(false);
  });

  it('or none at all is still no error', async () => {
    const folder = freshFolder();
    fs.writeFileSync(path.join(folder, 'a.txt'), 'x');
    expect(await sourceOf(folder)).toEqual({ dirty: false, hasTrackedChanges: false });
    expect(await listFolder(folder)).toEqual(['a.txt']);
  });
});

describe.skipIf(!isRoot)('ignore rules that may not be read', () => {
  it('end the reading of the folder', async () => {
    const { root, arena } = repositoryWithSecret();
    fs.chmodSync(path.join(root, '.gitignore'), 0);
    giveAway(root);
    for (let at = path.dirname(root); at !== '/tmp'; at = path.dirname(at)) fs.chmodSync(at, 0o755);
    fs.chownSync(path.join(root, '.gitignore'), 0, 0);
    const program = `import('${path.resolve('src/workspace/source.ts')}').then((m) => m.listFolder(process.argv[1])).then(console.log, (e) => console.log(e.code))`;
    const loader = path.resolve('node_modules/tsx/dist/loader.mjs');
    const asOwner = ['--reuid', String(OTHER_USER), '--regid', String(OTHER_USER), '--clear-groups'];
    const printed = execFileSync('setpriv', [...asOwner, process.execPath, '--import', loader, '-e', program, arena], {
      env: { ...process.env, HOME: homeWith('') },
    });
    expect(String(printed).trim()).toBe('E_GIT_SOURCE');
  });
});

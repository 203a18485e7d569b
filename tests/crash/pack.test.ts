/** The private store is packed without losing an object, whenever git is killed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { git } from '../fixtures/repository.ts';
import type { Workspace } from '../../src/core/ports.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { MAX_LOOSE_OBJECTS, packLooseObjects } from '../../src/workspace/pack.ts';

const AT = '2026-03-07T20:00:00.000Z';
const COMMITS = 120;
let room = '';
let store = '';
let workspace: Workspace;
let tip = '';

beforeEach(async () => {
  room = mkdtempSync(join(tmpdir(), 'overnight-pack-'));
  store = join(room, 'store.git');
  writeFileSync(join(room, 'x'), '0\n');
  workspace = await openWorkspace(room, store);
  tip = (await workspace.importBaseline('refs/overnight/a/0', AT)).commit;
  for (let n = 1; n <= COMMITS; n++)
    tip = (await workspace.snapshot(tip, [{ path: 'x', content: `${n}\n` }], `refs/overnight/a/${n}`, 'x', AT)).commit;
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

const countSingle = (): number => Number(/count: (\d+)/.exec(git(room, '--git-dir', store, 'count-objects', '-v'))![1]);
const packs = (): string[] => readdirSync(join(store, 'objects', 'pack')).filter((name) => name.endsWith('.pack'));
const expectWhole = async (): Promise<void> => {
  git(room, '--git-dir', store, 'fsck', '--full', '--strict');
  expect((await (await openWorkspace(room, store)).readFiles(tip, ['x'])).get('x')).toBe(`${COMMITS}\n`);
};

describe('the store', () => {
  it('is left alone while it holds few single objects', async () => {
    const before = countSingle();
    expect(before).toBeLessThan(MAX_LOOSE_OBJECTS);
    expect(await packLooseObjects(store)).toEqual({});
    expect([countSingle(), packs()]).toEqual([before, []]);
  });

  it('is packed once it holds many, and every commit is read and built upon as before', async () => {
    const listed = await workspace.listEntries(tip);
    expect(countSingle()).toBeGreaterThan(3 * COMMITS - 10);
    expect(await packLooseObjects(store, 0)).toEqual({});
    expect(countSingle()).toBe(0);
    await expectWhole();
    expect(await workspace.listEntries(tip)).toEqual(listed);
    // By the same workspace, which remembers which trees it wrote.
    const next = await workspace.snapshot(tip, [{ path: 'x', content: '1\n' }], 'refs/overnight/a/new', 'x', AT);
    expect(await workspace.diffCommits(tip, next.commit)).toContain(`-${COMMITS}\n+1`);
    git(room, '--git-dir', store, 'fsck', '--full', '--strict');
  });

  it('keeps what no ref leads to yet', async () => {
    const orphan = git(room, '--git-dir', store, 'hash-object', '-w', '--', 'x').trim();
    await packLooseObjects(store, 0);
    expect(git(room, '--git-dir', store, 'cat-file', '-p', orphan)).toBe('0\n');
  });

  it('is whole after a kill at any moment, and is packed the next time', async () => {
    for (let delayMs = 1; delayMs < 60; delayMs += 6) {
      const repack = spawn('git', ['--git-dir', store, 'repack', '-d', '-q'], { stdio: 'ignore', detached: true });
      const hasEnded = new Promise((resolve) => repack.once('exit', resolve));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      try {
        process.kill(-repack.pid!, 'SIGKILL');
      } catch {
        // It was faster.
      }
      await hasEnded;
      await expectWhole();
    }
    expect(await packLooseObjects(store, 0)).toEqual({});
    expect(countSingle()).toBe(0);
    await expectWhole();
  });

  it.each([
    ['before it named any of its files', /./],
    ['after it named the pack and before its index', /\.idx$/],
  ])('keeps a pack whose git was killed %s, though the loose objects are gone', async (_when, isUnnamed) => {
    await packLooseObjects(store, 0);
    const folder = join(store, 'objects', 'pack');
    const named = readdirSync(folder).sort();
    for (const name of named.filter((each) => isUnnamed.test(each)))
      renameSync(join(folder, name), join(folder, `.tmp-123-${name}`));
    writeFileSync(join(room, 'y'), 'another\n');
    git(room, '--git-dir', store, 'hash-object', '-w', '--', 'y');
    expect(await packLooseObjects(store, 0)).toEqual({});
    await expectWhole();
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(named));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('loses an index without its pack, which was never a pack', async () => {
    const left = join(store, 'objects', 'pack', `.tmp-123-pack-${'0'.repeat(40)}.idx`);
    writeFileSync(left, 'half');
    expect(await packLooseObjects(store, 0)).toEqual({});
    expect(existsSync(left)).toBe(false);
    await expectWhole();
  });

  it('loses what a killed git left of a pack', async () => {
    const left = join(store, 'objects', 'pack', 'tmp_pack_old');
    writeFileSync(left, 'half');
    await packLooseObjects(store, 0);
    expect(existsSync(left)).toBe(false);
    await expectWhole();
  });
});

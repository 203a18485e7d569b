/** What is written without git is what git would have written, and counted as git counts. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWorkspace } from './git.ts';
import { countClearLines } from './line-counts.ts';

const AT = '2026-03-07T20:00:00.000Z';
let room = '';
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'overnight-commits-'));
  mkdirSync(join(room, 'arena', 'lib'), { recursive: true });
  for (const name of ['a', 'lib/b', 'lib-c', 'lib.d', 'lib0']) writeFileSync(join(room, 'arena', name), `${name}\n`);
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync('git', [`--git-dir=${join(room, 'store.git')}`, ...args], { encoding: 'utf8' });

it('a commit is the one that git fast-import makes of the same edits, and fsck finds nothing', async () => {
  const workspace = await openWorkspace(join(room, 'arena'), join(room, 'store.git'));
  const { commit: parent } = await workspace.importBaseline('refs/overnight/a/0', AT);
  const edits = [
    { path: 'lib/b', content: 'other\n' },
    { path: 'lib/new/ü file', content: 'new\n' },
    { path: 'a', content: null },
    { path: 'lib0/in the place of a file', content: '' },
    { path: 'lib-c', content: 'one\n' },
    { path: 'lib-c', content: 'two\n' },
  ];
  const made = await workspace.snapshot(parent, edits, 'refs/overnight/a/1', 'an idea: ü\n\nof two lines', AT);
  const message = 'an idea: ü\n\nof two lines';
  const who = `Overnight <overnight@localhost> ${Date.parse(AT) / 1000} +0000`;
  const stream = [
    `commit refs/heads/other\nauthor ${who}\ncommitter ${who}\ndata ${Buffer.byteLength(message)}\n${message}\nfrom ${parent}\n`,
    ...edits.map(({ path, content }) =>
      content === null ? `D ${path}\n` : `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`,
    ),
    'done\n',
  ].join('');
  execFileSync('git', [`--git-dir=${join(room, 'store.git')}`, 'fast-import', '--done', '--quiet'], { input: stream });
  expect(git('rev-parse', 'refs/heads/other', 'refs/overnight/a/1')).toBe(`${made.commit}\n${made.commit}\n`);
  expect(git('rev-parse', `${made.commit}^{tree}`).trim()).toBe(made.tree);
  expect(git('ls-tree', '-r', '-z', '--name-only', made.commit).split('\0').filter(Boolean)).toEqual(
    (await workspace.listEntries(made.commit)).map(({ path }) => path),
  );
  expect(git('fsck', '--strict', '--no-dangling')).toBe('');
});

it('a path that leads elsewhere is refused, and a killed writer leaves nothing that disturbs the next', async () => {
  const store = join(room, 'store.git');
  const workspace = await openWorkspace(join(room, 'arena'), store);
  const { commit: parent } = await workspace.importBaseline('refs/overnight/a/0', AT);
  const commit = (path: string, n = 1): Promise<{ commit: string }> =>
    workspace.snapshot(parent, [{ path, content: 'x\n' }], `refs/overnight/a/${n}`, 'm', AT);
  for (const path of ['../x', 'a//b', './x', '.git/config', 'lib/.GIT/hooks/x', ''])
    await expect(commit(path), path).rejects.toMatchObject({ code: 'E_GIT_FAILED' });
  const { commit: first } = await commit('x');
  const folder = join(store, 'objects', first.slice(0, 2));
  const bytes = readFileSync(join(folder, first.slice(2)));
  writeFileSync(join(folder, 'tmp_obj_of_a_killed_one'), bytes.subarray(0, 20));
  rmSync(join(folder, first.slice(2)));
  rmSync(join(store, 'refs', 'overnight', 'a', '1'));
  expect(await commit('x')).toMatchObject({ commit: first });
  expect(readdirSync(folder)).toContain(first.slice(2));
  expect(await workspace.resolveRef('refs/overnight/a/1')).toBe(first);
});

it('a second harness that goes on with the same store sees what the first one wrote', async () => {
  const [folder, store] = [join(room, 'arena'), join(room, 'store.git')];
  const first = await openWorkspace(folder, store);
  const { commit: parent } = await first.importBaseline('refs/overnight/a/0', AT);
  const next = await first.snapshot(parent, [{ path: 'a', content: '2\n' }], 'refs/overnight/a/1', 'm', AT);
  const second = await openWorkspace(folder, store);
  const third = await second.snapshot(next.commit, [{ path: 'a', content: '3\n' }], 'refs/overnight/a/2', 'm', AT);
  expect(await first.readFiles(third.commit, ['a', 'lib/b'])).toEqual(
    new Map([
      ['a', '3\n'],
      ['lib/b', 'lib/b\n'],
    ]),
  );
});

it('lines are counted as git counts them, wherever the count is clear', () => {
  const line = fc.constantFrom('a\n', 'b\n', '\n', 'c\r\n', 'ü\n');
  const text = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('', 'x', 'a'))
    .map(([all, end]) => all.join('') + end);
  let clearCount = 0;
  fc.assert(
    fc.property(text, text, (before, after) => {
      const counted = countClearLines(Buffer.from(before), Buffer.from(after));
      if (!counted) return;
      clearCount++;
      writeFileSync(join(room, 'before'), before);
      writeFileSync(join(room, 'after'), after);
      let numstat = '';
      try {
        execFileSync('git', ['diff', '--no-index', '--numstat', 'before', 'after'], { cwd: room });
      } catch (thrown) {
        numstat = String((thrown as { stdout: Buffer }).stdout);
      }
      const [, added = '0', deleted = '0'] = /^(\d+)\t(\d+)/.exec(numstat) ?? [];
      expect(counted).toEqual({ added: Number(added), deleted: Number(deleted) });
    }),
    { numRuns: 120 },
  );
  expect(clearCount).toBeGreaterThan(20);
  expect(countClearLines(Buffer.from('a\nb\nc\nd\n'), Buffer.from('b\nx\nc\nd\ny\n'))).toBeUndefined();
  expect(countClearLines(Buffer.from('a\0'), Buffer.from('b\n'))).toEqual({ added: 0, deleted: 0 });
});

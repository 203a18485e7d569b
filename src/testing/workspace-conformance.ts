/**
 * What every workspace must do, as named cases on a folder of real files. Knows no test runner: each case throws when
 * it fails. `open` gives the workspace of a folder; the caller checks that the folder itself was never touched.
 */
import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

export interface WorkspaceCase {
  readonly name: string;
  run(open: (folder: string) => Promise<Workspace>): Promise<void>;
}

const AT = '2026-03-07T20:00:00.000Z';
const BASE = 'refs/overnight/ab12/0';

/** A folder of files of every kind, its workspace, and a place to lay things out. */
async function withFiles(
  open: (folder: string) => Promise<Workspace>,
  act: (workspace: Workspace, room: string, folder: string) => Promise<void>,
): Promise<void> {
  const room = mkdtempSync(join(tmpdir(), 'overnight-workspace-'));
  const folder = join(room, 'the arena, ünïcode');
  try {
    mkdirSync(join(folder, 'lib', 'deep er'), { recursive: true });
    writeFileSync(join(folder, 'x.ts'), 'one\ntwo\nthree\n');
    writeFileSync(join(folder, 'lib', 'a "quoted" näme\t.txt'), 'text\n');
    writeFileSync(join(folder, 'lib', 'deep er', 'bytes'), Uint8Array.from([0, 255, 10, 13, 0]));
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o755);
    symlinkSync('lib/deep er/bytes', join(folder, 'link'));
    await act(await open(folder), room, folder);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

function onCase(
  name: string,
  act: (workspace: Workspace, room: string, folder: string) => Promise<void>,
): WorkspaceCase {
  return { name, run: (open) => withFiles(open, act) };
}

export const WORKSPACE_CASES: readonly WorkspaceCase[] = [
  onCase('lays out what it imported: bytes, names, executable bits, links', async (workspace, room, folder) => {
    const base = await workspace.importBaseline(BASE, AT);
    match(base.commit, /^[0-9a-f]{40}$/);
    strictEqual(await workspace.resolve(BASE), base.commit);
    const out = join(room, 'out');
    await workspace.checkout(base.commit, out);
    deepStrictEqual(listTree(out), listTree(folder));
    for (const file of listTree(folder).filter((name) => name !== 'link'))
      deepStrictEqual(readFileSync(join(out, file)), readFileSync(join(folder, file)));
    strictEqual(readlinkSync(join(out, 'link')), 'lib/deep er/bytes');
    ok(statSync(join(out, 'run.sh')).mode & 0o100);
    ok(!(statSync(join(out, 'x.ts')).mode & 0o100));
    await workspace.discard(out);
    ok(!existsSync(out));
    await workspace.discard(out);
  }),
  onCase('leaves out what it is told to, and never lays over something', async (workspace, room) => {
    const { commit } = await workspace.importBaseline(BASE, AT);
    const out = join(room, 'out');
    await workspace.checkout(commit, out, (file) => file.startsWith('lib/'));
    deepStrictEqual(listTree(out), ['empty', 'link', 'run.sh', 'x.ts']);
    await rejects(workspace.checkout(commit, out));
    strictEqual(readFileSync(join(out, 'x.ts'), 'utf8'), 'one\ntwo\nthree\n');
  }),
  onCase(
    'commits edits on a parent without a checkout, twice the same, and counts their lines',
    async (workspace, room) => {
      const { commit: parent } = await workspace.importBaseline(BASE, AT);
      const edits = [
        { path: 'x.ts', content: 'one\n2\nthree\nfour\n' },
        { path: 'run.sh', content: '#!/bin/sh\necho\n' },
        { path: 'empty', content: null },
        { path: 'new/ä file', content: 'ü\n' },
      ];
      const snap = (): ReturnType<Workspace['snapshot']> =>
        workspace.snapshot(parent, edits, 'refs/overnight/ab12/1', '#1 an idea', AT);
      const made = await snap();
      deepStrictEqual(await snap(), made);
      deepStrictEqual([made.added, made.deleted], [4, 1]);
      notStrictEqual(made.tree, (await workspace.importBaseline(BASE, AT)).tree);
      const out = join(room, 'out');
      await workspace.checkout(made.commit, out);
      strictEqual(readFileSync(join(out, 'new', 'ä file'), 'utf8'), 'ü\n');
      ok(!existsSync(join(out, 'empty')));
      ok(lstatSync(join(out, 'run.sh')).mode & 0o100, 'an edited file keeps its mode');
    },
  ),
  onCase('lists and reads files of a commit, leaving out those that are not there', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE, AT);
    const paths = (await workspace.list(commit)).map(({ path }) => path);
    ok(paths.includes('lib/a "quoted" näme\t.txt'));
    strictEqual((await workspace.list(commit)).find(({ path }) => path === 'link')?.mode, '120000');
    const found = await workspace.read(commit, ['x.ts', 'lib/a "quoted" näme\t.txt', 'none']);
    deepStrictEqual([...found.values()].sort(), ['one\ntwo\nthree\n', 'text\n']);
  }),
  onCase('shows the difference of two commits as people read it', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE, AT);
    const edits = [{ path: 'x.ts', content: 'one\nthree\n' }];
    const next = await workspace.snapshot(commit, edits, 'refs/overnight/ab12/1', 'm', AT);
    match(await workspace.diff(commit, next.commit), /^-two$/m);
    strictEqual(await workspace.diff(commit, commit), '');
  }),
  onCase('says which file is no longer as the commit has it', async (workspace, room) => {
    const { commit } = await workspace.importBaseline(BASE, AT);
    const out = join(room, 'laid-out');
    await workspace.checkout(commit, out);
    strictEqual(await workspace.differs(commit, out), undefined);
    appendFileSync(join(out, 'x.ts'), '\n');
    strictEqual(await workspace.differs(commit, out), 'x.ts');
    await workspace.discard(out);
    await workspace.checkout(commit, out);
    writeFileSync(join(out, 'added'), '');
    strictEqual(await workspace.differs(commit, out), 'added');
  }),
  onCase('takes a change out again below later ones, and says where it cannot', async (workspace) => {
    const { commit: base } = await workspace.importBaseline(BASE, AT);
    const lines = (a: string, b: string): string => `${a}\n\n\n\n\n\n${b}\n`;
    const commit = async (parent: string, n: number, content: string | null, path = 'x.ts'): Promise<string> =>
      (await workspace.snapshot(parent, [{ path, content }], `refs/overnight/ab12/${n}`, 'm', AT)).commit;
    const start = await commit(base, 1, lines('a', 'b'));
    const first = await commit(start, 2, lines('A', 'b'));
    const second = await commit(first, 3, lines('A', 'B'));
    deepStrictEqual(await workspace.without(second, first, start), [{ path: 'x.ts', content: lines('a', 'B') }]);
    deepStrictEqual(await workspace.without(second, second, first), [{ path: 'x.ts', content: lines('A', 'b') }]);
    const again = await commit(second, 4, lines('AA', 'B'));
    strictEqual(await workspace.without(again, first, start), undefined);
    deepStrictEqual(await workspace.without(start, first, start), []);
    const added = await commit(second, 5, 'new\n', 'added.ts');
    deepStrictEqual(await workspace.without(added, added, second), [{ path: 'added.ts', content: null }]);
    // The other way round it puts a change into a tip that does not have it.
    deepStrictEqual(await workspace.without(start, first, second), [{ path: 'x.ts', content: lines('a', 'B') }]);
  }),
  onCase('moves a branch, again for free, and knows refs that are not there', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE, AT);
    await workspace.advance('refs/heads/overnight/mar7', commit);
    await workspace.advance('refs/heads/overnight/mar7', commit);
    strictEqual(await workspace.resolve('refs/heads/overnight/mar7'), commit);
    strictEqual(await workspace.resolve('refs/heads/none'), undefined);
  }),
];

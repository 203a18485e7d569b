/**
 * What every workspace must do, as named cases on a folder of real files. Knows no test runner: each case throws when
 * it fails. `openWorkspace` gives the workspace of a folder; the caller checks that the folder itself was never
 * touched.
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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

export interface WorkspaceCase {
  readonly name: string;
  run(openWorkspace: (folder: string) => Promise<Workspace>): Promise<void>;
}

const COMMIT_TIME = '2026-03-07T20:00:00.000Z';
const BASE_REF = 'refs/overnight/ab12/0';

/** A folder of files of every kind, its workspace, and a place to lay things out. */
async function withFiles(
  openWorkspace: (folder: string) => Promise<Workspace>,
  action: (workspace: Workspace, workDir: string, folder: string) => Promise<void>,
): Promise<void> {
  const workDir = mkdtempSync(join(tmpdir(), 'overnight-workspace-'));
  const folder = join(workDir, 'the arena, ünïcode');
  try {
    mkdirSync(join(folder, 'lib', 'deep er'), { recursive: true });
    writeFileSync(join(folder, 'x.ts'), 'one\ntwo\nthree\n');
    writeFileSync(join(folder, 'lib', 'a "quoted" näme\t.txt'), 'text\n');
    writeFileSync(join(folder, 'lib', 'deep er', 'bytes'), Uint8Array.from([0, 255, 10, 13, 0]));
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o755);
    symlinkSync('lib/deep er/bytes', join(folder, 'link'));
    await action(await openWorkspace(folder), workDir, folder);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function makeCase(
  name: string,
  action: (workspace: Workspace, workDir: string, folder: string) => Promise<void>,
): WorkspaceCase {
  return { name, run: (openWorkspace) => withFiles(openWorkspace, action) };
}

export const WORKSPACE_CASES: readonly WorkspaceCase[] = [
  makeCase('lays out what it imported: bytes, names, executable bits, links', async (workspace, workDir, folder) => {
    const baseline = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    match(baseline.commit, /^[0-9a-f]{40}$/);
    strictEqual(await workspace.resolveRef(BASE_REF), baseline.commit);
    const outFolder = join(workDir, 'out');
    await workspace.checkout(baseline.commit, outFolder);
    deepStrictEqual(listTree(outFolder), listTree(folder));
    for (const file of listTree(folder).filter((name) => name !== 'link'))
      deepStrictEqual(readFileSync(join(outFolder, file)), readFileSync(join(folder, file)));
    strictEqual(readlinkSync(join(outFolder, 'link')), 'lib/deep er/bytes');
    ok(statSync(join(outFolder, 'run.sh')).mode & 0o100);
    ok(!(statSync(join(outFolder, 'x.ts')).mode & 0o100));
    await workspace.discardCheckout(outFolder);
    ok(!existsSync(outFolder));
    await workspace.discardCheckout(outFolder);
  }),
  makeCase('leaves out what it is told to, and never lays over something', async (workspace, workDir) => {
    const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    const outFolder = join(workDir, 'out');
    await workspace.checkout(commit, outFolder, (file) => file.startsWith('lib/'));
    deepStrictEqual(listTree(outFolder), ['empty', 'link', 'run.sh', 'x.ts']);
    await rejects(workspace.checkout(commit, outFolder));
    strictEqual(readFileSync(join(outFolder, 'x.ts'), 'utf8'), 'one\ntwo\nthree\n');
  }),
  makeCase(
    'commits edits on a parent without a checkout, twice the same, and counts their lines',
    async (workspace, workDir) => {
      const { commit: parent } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
      const edits = [
        { path: 'x.ts', content: 'one\n2\nthree\nfour\n' },
        { path: 'run.sh', content: '#!/bin/sh\necho\n' },
        { path: 'empty', content: null },
        { path: 'new/ä file', content: 'ü\n' },
      ];
      const takeSnapshot = (): ReturnType<Workspace['snapshot']> =>
        workspace.snapshot(parent, edits, 'refs/overnight/ab12/1', '#1 an idea', COMMIT_TIME);
      const snapshot = await takeSnapshot();
      deepStrictEqual(await takeSnapshot(), snapshot);
      deepStrictEqual([snapshot.added, snapshot.deleted], [4, 1]);
      notStrictEqual(snapshot.tree, (await workspace.importBaseline(BASE_REF, COMMIT_TIME)).tree);
      const outFolder = join(workDir, 'out');
      await workspace.checkout(snapshot.commit, outFolder);
      strictEqual(readFileSync(join(outFolder, 'new', 'ä file'), 'utf8'), 'ü\n');
      ok(!existsSync(join(outFolder, 'empty')));
      ok(lstatSync(join(outFolder, 'run.sh')).mode & 0o100, 'an edited file keeps its mode');
    },
  ),
  makeCase('lists and reads files of a commit, leaving out those that are not there', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    const paths = (await workspace.listEntries(commit)).map(({ path }) => path);
    ok(paths.includes('lib/a "quoted" näme\t.txt'));
    strictEqual((await workspace.listEntries(commit)).find(({ path }) => path === 'link')?.mode, '120000');
    const contents = await workspace.readFiles(commit, ['x.ts', 'lib/a "quoted" näme\t.txt', 'none']);
    deepStrictEqual([...contents.values()].sort(), ['one\ntwo\nthree\n', 'text\n']);
  }),
  makeCase('shows the difference of two commits as people read it', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    const edits = [{ path: 'x.ts', content: 'one\nthree\n' }];
    const nextSnapshot = await workspace.snapshot(commit, edits, 'refs/overnight/ab12/1', 'm', COMMIT_TIME);
    match(await workspace.diffCommits(commit, nextSnapshot.commit), /^-two$/m);
    strictEqual(await workspace.diffCommits(commit, commit), '');
  }),
  makeCase('says which file is no longer as the commit has it', async (workspace, workDir) => {
    const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    const outFolder = join(workDir, 'laid-out');
    await workspace.checkout(commit, outFolder);
    strictEqual(await workspace.findDifference(commit, outFolder), undefined);
    appendFileSync(join(outFolder, 'x.ts'), '\n');
    strictEqual(await workspace.findDifference(commit, outFolder), 'x.ts');
    await workspace.discardCheckout(outFolder);
    await workspace.checkout(commit, outFolder);
    writeFileSync(join(outFolder, 'added'), '');
    strictEqual(await workspace.findDifference(commit, outFolder), 'added');
  }),
  makeCase(
    'makes another commit out of a folder that it laid out, and out of one that was changed',
    async (workspace, workDir) => {
      const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
      const edits = [
        { path: 'x.ts', content: 'other\n' },
        { path: 'lib/deep er/bytes', content: null },
        { path: 'empty/now a folder', content: 'in it\n' },
      ];
      const nextSnapshot = await workspace.snapshot(commit, edits, 'refs/overnight/ab12/1', 'm', COMMIT_TIME);
      const [firstFolder, secondFolder, thirdFolder] = [1, 2, 3].map((n) => join(workDir, `laid-out-${n}`)) as [
        string,
        string,
        string,
      ];
      await workspace.checkout(commit, firstFolder);
      const untouchedInode = statSync(join(firstFolder, 'run.sh')).ino;
      await workspace.checkout(nextSnapshot.commit, secondFolder, () => false, firstFolder);
      ok(!existsSync(firstFolder));
      strictEqual(await workspace.findDifference(nextSnapshot.commit, secondFolder), undefined);
      strictEqual(statSync(join(secondFolder, 'run.sh')).ino, untouchedInode);
      ok(!existsSync(join(secondFolder, 'lib', 'deep er')), 'a folder without files is not left');
      const timesBefore = statSync(join(secondFolder, 'run.sh'));
      writeFileSync(join(secondFolder, 'run.sh'), '#!/bin/SH\n');
      utimesSync(join(secondFolder, 'run.sh'), timesBefore.atime, timesBefore.mtime);
      chmodSync(join(secondFolder, 'x.ts'), 0o755);
      mkdirSync(join(secondFolder, 'left', 'over'), { recursive: true });
      symlinkSync('/', join(secondFolder, 'root'));
      rmSync(join(secondFolder, 'lib', 'a "quoted" näme\t.txt'));
      await workspace.checkout(commit, thirdFolder, (file) => file === 'link', secondFolder);
      strictEqual(await workspace.findDifference(commit, thirdFolder, (file) => file === 'link'), undefined);
      ok(!existsSync(join(thirdFolder, 'left')) && !existsSync(join(thirdFolder, 'link')));
      await workspace.checkout(commit, secondFolder, () => false, join(workDir, 'nothing here'));
      strictEqual(await workspace.findDifference(commit, secondFolder), undefined);
    },
  ),
  makeCase('takes a change out again below later ones, and says where it cannot', async (workspace) => {
    const { commit: baseline } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    const joinLines = (firstLine: string, secondLine: string): string => `${firstLine}\n\n\n\n\n\n${secondLine}\n`;
    const commitFile = async (parent: string, n: number, content: string | null, path = 'x.ts'): Promise<string> =>
      (await workspace.snapshot(parent, [{ path, content }], `refs/overnight/ab12/${n}`, 'm', COMMIT_TIME)).commit;
    const startCommit = await commitFile(baseline, 1, joinLines('a', 'b'));
    const firstCommit = await commitFile(startCommit, 2, joinLines('A', 'b'));
    const secondCommit = await commitFile(firstCommit, 3, joinLines('A', 'B'));
    deepStrictEqual(await workspace.editsWithout(secondCommit, firstCommit, startCommit), [
      { path: 'x.ts', content: joinLines('a', 'B') },
    ]);
    deepStrictEqual(await workspace.editsWithout(secondCommit, secondCommit, firstCommit), [
      { path: 'x.ts', content: joinLines('A', 'b') },
    ]);
    const repeatedCommit = await commitFile(secondCommit, 4, joinLines('AA', 'B'));
    strictEqual(await workspace.editsWithout(repeatedCommit, firstCommit, startCommit), undefined);
    deepStrictEqual(await workspace.editsWithout(startCommit, firstCommit, startCommit), []);
    const addedCommit = await commitFile(secondCommit, 5, 'new\n', 'added.ts');
    deepStrictEqual(await workspace.editsWithout(addedCommit, addedCommit, secondCommit), [
      { path: 'added.ts', content: null },
    ]);
    // The other way round it puts a change into a tip that does not have it.
    deepStrictEqual(await workspace.editsWithout(startCommit, firstCommit, secondCommit), [
      { path: 'x.ts', content: joinLines('a', 'B') },
    ]);
  }),
  makeCase(
    'merges two changes of the same code, and names the files where both changed the same lines',
    async (workspace) => {
      const { commit: baseline } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
      const lines = (firstLine: string, secondLine: string): string => `${firstLine}\n\n\n\n\n\n${secondLine}\n`;
      let n = 0;
      const commitFiles = async (parent: string, files: Readonly<Record<string, string | null>>): Promise<string> => {
        const edits = Object.entries(files).map(([path, content]) => ({ path, content }));
        return (await workspace.snapshot(parent, edits, `refs/overnight/ab12/${n++}`, 'm', COMMIT_TIME)).commit;
      };
      const base = await commitFiles(baseline, { 'x.ts': lines('a', 'b'), 'y.ts': 'y\n' });
      const ours = await commitFiles(base, { 'x.ts': lines('A', 'b') });
      const theirs = await commitFiles(base, { 'x.ts': lines('a', 'B'), 'z.ts': 'z\n' });
      deepStrictEqual(await workspace.mergeChange(ours, base, theirs), {
        edits: [
          { path: 'x.ts', content: lines('A', 'B') },
          { path: 'z.ts', content: 'z\n' },
        ],
        conflicts: [],
      });
      const both = await commitFiles(ours, { 'x.ts': lines('A', 'B'), 'z.ts': 'z\n' });
      deepStrictEqual(await workspace.mergeChange(both, base, theirs), { edits: [], conflicts: [] });
      const more = await commitFiles(both, { 'y.ts': 'more\n' });
      deepStrictEqual(await workspace.mergeChange(more, base, theirs), { edits: [], conflicts: [] });
      const other = await commitFiles(base, { 'x.ts': lines('other', 'b'), 'y.ts': null });
      deepStrictEqual((await workspace.mergeChange(ours, base, other)).conflicts, ['x.ts']);
      const gone = await commitFiles(base, { 'x.ts': null });
      deepStrictEqual((await workspace.mergeChange(ours, base, gone)).conflicts, ['x.ts']);
      deepStrictEqual((await workspace.mergeChange(gone, base, ours)).conflicts, ['x.ts']);
      deepStrictEqual(await workspace.mergeChange(gone, base, gone), { edits: [], conflicts: [] });
      const isOnly = (diff: string): boolean => diff.includes('y.ts') && !diff.includes('x.ts');
      ok(isOnly(await workspace.diffCommits(base, other, 3, ['y.ts'])));
    },
  ),
  makeCase('moves a branch, again for free, and knows refs that are not there', async (workspace) => {
    const { commit } = await workspace.importBaseline(BASE_REF, COMMIT_TIME);
    await workspace.advanceBranch('refs/heads/overnight/mar7', commit);
    await workspace.advanceBranch('refs/heads/overnight/mar7', commit);
    strictEqual(await workspace.resolveRef('refs/heads/overnight/mar7'), commit);
    strictEqual(await workspace.resolveRef('refs/heads/none'), undefined);
  }),
];

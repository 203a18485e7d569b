/** A branch has the files as the repository keeps them, whatever they look like in the checkout. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, git } from '../fixtures/repository.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { sourceOf } from '../../src/workspace/source.ts';
import { type TakenBranch, takeBranch } from '../../src/workspace/take.ts';

const AT = '2026-03-07T20:00:00.000Z';
let room = '';
let root = '';
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'overnight-staging-'));
  root = join(room, 'repository');
  mkdirSync(root);
  git(root, 'init', '--quiet', '--initial-branch=main');
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(root, name), content);

/** Commit all and check it out again, as a clone would. */
function commitAndCheckOut(): void {
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--message', 'one');
  git(root, 'rm', '-r', '--quiet', '--cached', '.');
  git(root, 'reset', '--quiet', '--hard');
}

/** Open a lab here, change train.py as an experiment does, and take the branch `result`. */
async function takeChange(change: (text: string) => string, folder = root): Promise<TakenBranch> {
  const store = join(room, 'store.git');
  const workspace = await openWorkspace(folder, store);
  const baseline = await workspace.importBaseline('refs/overnight/a/0', AT);
  const text = (await workspace.readFiles(baseline.commit, ['train.py'])).get('train.py')!;
  const edits = [{ path: 'train.py', content: change(text) }];
  const step = await workspace.snapshot(baseline.commit, edits, 'refs/overnight/a/1', 'm', AT);
  const { commit } = await sourceOf(folder);
  const steps = [{ commit: step.commit, message: 'One step\n' }];
  return takeBranch(folder, store, baseline.commit, commit!, steps, 'result');
}

const statOf = (from: string, to: string): string => git(root, 'diff', '--numstat', from, to);
const blobOf = (file: string): string => git(root, 'cat-file', 'blob', `result:${file}`);
const increase = (text: string): string => text.replace('X = 1', 'X = 2');

// Case 19-autocrlf-take.
describe('a one-line change in a clean checkout is one commit of one line', () => {
  const expectOneLine = async (): Promise<void> => {
    const before = fingerprint(root, '.git');
    expect(git(root, 'status', '--porcelain')).toBe('');
    expect(await sourceOf(root)).toMatchObject({ dirty: false });
    expect(await takeChange(increase)).toMatchObject({ commits: 1, startsWithUncommitted: false });
    expect(statOf('HEAD', 'result')).toBe('1\t1\ttrain.py\n');
    expect(fingerprint(root, '.git')).toBe(before);
    expect(git(root, 'status', '--porcelain')).toBe('');
    expect(git(root, 'fsck', '--no-dangling')).toBe('');
  };

  it('where the checkout has other line endings by core.autocrlf', async () => {
    git(root, 'config', 'core.autocrlf', 'true');
    write('train.py', 'A = 0\nX = 1\nB = 2\n');
    write('other.py', 'one\ntwo\n');
    commitAndCheckOut();
    expect(readFileSync(join(root, 'train.py'), 'utf8')).toContain('\r\n');
    await expectOneLine();
  });

  it('where .gitattributes asks for them, and git would refuse what cannot be turned back', async () => {
    write('.gitattributes', '* text=auto eol=crlf\n');
    write('train.py', 'A = 0\r\nX = 1\r\nB = 2\r\n');
    commitAndCheckOut();
    git(root, 'config', 'core.safecrlf', 'true');
    await expectOneLine();
  });

  it('where the repository itself has the endings that core.autocrlf would remove', async () => {
    write('train.py', 'A = 0\r\nX = 1\r\nB = 2\r\n');
    write('other.py', 'one\r\ntwo\r\n');
    commitAndCheckOut();
    git(root, 'config', 'core.autocrlf', 'true');
    await expectOneLine();
  });

  it('where the checkout has another encoding', async () => {
    write('.gitattributes', '*.txt text working-tree-encoding=UTF-16LE eol=lf\n');
    write('notes.txt', Buffer.from('grüße\nX\n', 'utf16le'));
    write('train.py', 'A = 0\nX = 1\n');
    commitAndCheckOut();
    await expectOneLine();
    expect(blobOf('notes.txt')).toBe('grüße\nX\n');
  });

  it('where a filter keeps a pointer in the repository and the large file in the checkout, as LFS does', async () => {
    const kept = join(room, 'large');
    mkdirSync(kept);
    const clean = join(room, 'clean.sh');
    writeFileSync(
      clean,
      `f="${kept}/$$"; cat > "$f"; n=$(sha256sum < "$f" | cut -c1-64); mv "$f" "${kept}/$n"; echo "pointer $n"\n`,
    );
    git(root, 'config', 'filter.toy.clean', `sh '${clean}'`);
    git(root, 'config', 'filter.toy.smudge', `read -r _ n; cat "${kept}/$n"`);
    git(root, 'config', 'filter.toy.required', 'true');
    write('.gitattributes', '*.bin filter=toy -text\n');
    write('model.bin', Buffer.alloc(3_000_000, 'weights'));
    write('train.py', 'A = 0\nX = 1\n');
    commitAndCheckOut();
    await expectOneLine();
    expect(blobOf('model.bin')).toMatch(/^pointer [0-9a-f]{64}\n$/);
    rmSync(join(root, '.git', 'refs', 'heads', 'result'));
    rmSync(join(room, 'store.git'), { recursive: true });
    write('model.bin', 'other weights\n');
    expect(await takeChange(increase)).toMatchObject({ commits: 2, startsWithUncommitted: true });
    expect(blobOf('model.bin')).toMatch(/^pointer/);
  });

  it('where pointers lie in the checkout, because the filter is not installed', async () => {
    write('.gitattributes', '*.bin filter=absent -text\n');
    write('model.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    write('train.py', 'A = 0\nX = 1\n');
    commitAndCheckOut();
    await expectOneLine();
  });

  it('where files are executable or links', async () => {
    write('train.py', 'A = 0\nX = 1\n');
    chmodSync(join(root, 'train.py'), 0o755);
    symlinkSync('train.py', join(root, 'link'));
    commitAndCheckOut();
    await expectOneLine();
    expect(git(root, 'ls-tree', 'result', 'train.py', 'link')).toMatch(/^120000 .*\tlink\n100755 .*\ttrain.py\n$/);
  });

  it('where the file system knows no executable bit', async () => {
    git(root, 'config', 'core.fileMode', 'false');
    write('train.py', 'A = 0\nX = 1\n');
    write('other.py', 'one\n');
    commitAndCheckOut();
    chmodSync(join(root, 'other.py'), 0o755);
    chmodSync(join(root, 'train.py'), 0o755);
    await expectOneLine();
    expect(git(root, 'ls-tree', 'result', 'train.py', 'other.py')).not.toContain('100755');
  });

  it('where a sparse checkout leaves files out', async () => {
    write('train.py', 'A = 0\nX = 1\n');
    mkdirSync(join(root, 'docs'));
    write('docs/large.txt', 'not wanted here\n');
    commitAndCheckOut();
    git(root, 'sparse-checkout', 'set', '--no-cone', '/*', '!/docs/');
    expect(existsSync(join(root, 'docs'))).toBe(false);
    await expectOneLine();
    expect(blobOf('docs/large.txt')).toBe('not wanted here\n');
  });
});

describe('what git calls changed comes first, in a commit of its own', () => {
  it('as the repository would keep it: changed, deleted, a new mode, and nothing that is not tracked', async () => {
    git(root, 'config', 'core.autocrlf', 'true');
    for (const name of ['train.py', 'changed.txt', 'same.txt', 'gone.txt', 'mode.sh']) write(name, 'A = 0\nX = 1\n');
    commitAndCheckOut();
    write('changed.txt', 'A = 0\r\nX = 7\r\n');
    rmSync(join(root, 'gone.txt'));
    chmodSync(join(root, 'mode.sh'), 0o755);
    write('untracked.txt', 'mine\n');
    expect(await sourceOf(root)).toMatchObject({ dirty: true, hasTrackedChanges: true });
    expect(await takeChange(increase)).toMatchObject({ commits: 2, startsWithUncommitted: true });
    expect(statOf('HEAD', 'result~1')).toBe('1\t1\tchanged.txt\n0\t2\tgone.txt\n0\t0\tmode.sh\n');
    expect(statOf('result~1', 'result')).toBe('1\t1\ttrain.py\n');
  });

  it('and a file that git does not track is no change of that kind', async () => {
    write('train.py', 'A = 0\nX = 1\n');
    commitAndCheckOut();
    write('untracked.txt', 'mine\n');
    expect(await sourceOf(root)).toMatchObject({ dirty: true, hasTrackedChanges: false });
    expect(await takeChange(increase)).toMatchObject({ commits: 1, startsWithUncommitted: false });
  });

  it('for a folder of the repository: what lies outside of it is not touched', async () => {
    const arena = join(root, 'code', 'my ärena');
    mkdirSync(arena, { recursive: true });
    write('.gitattributes', '*.py text eol=crlf\n');
    write('outside.py', 'one\n');
    write('code/my ärena/train.py', 'A = 0\nX = 1\n');
    commitAndCheckOut();
    write('outside.py', 'changed, and not of the lab\r\n');
    expect(await takeChange(increase, arena)).toMatchObject({ commits: 1, startsWithUncommitted: false });
    expect(git(root, 'diff', '--shortstat', 'HEAD', 'result')).toContain('1 insertion(+), 1 deletion(-)');
  });
});

/** A checkpoint, a data file or many of them beside the code: laid out once, or refused with their names. */
import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkspace } from '../../src/workspace/git.ts';
import {
  CANDIDATE,
  commitAll,
  expectClean,
  expectError,
  freshFolder,
  gitIn,
  overnight,
  smallArena,
} from '../fixtures/cli.ts';

const AT = '2026-03-07T20:00:00.000Z';

/** A file that takes no space on the disk. */
function writeHole(file: string, bytes: number): void {
  closeSync(openSync(file, 'w'));
  truncateSync(file, bytes);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

// Case 05-large-file.
describe('large files beside the code', () => {
  it('of 70 MB that is only not ignored: the candidate sees it, and the branch has nothing of it', async () => {
    const folder = smallArena({
      candidate: CANDIDATE.replace('echo', 'test "$(wc -c < model.bin)" = 70000000 || exit 3\necho'),
    });
    writeFileSync(join(folder, 'model.bin'), Buffer.alloc(70_000_000));
    const run = await overnight(['run', '--experiments', '3', '--json'], { cwd: folder });
    expect(run.status, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).not.toContain('"crashed"');
    await expectClean(folder);
    const taken = await overnight(['take', '--branch', 'result', '--json'], { cwd: folder });
    if (taken.status === 0) expect(gitIn(folder, 'ls-tree', '--name-only', 'result')).not.toContain('model.bin');
  });

  it('of 40 MB each, tracked and without pattern, in folders that may be written to', async () => {
    const manifest = readFileSync(join(smallArena(), 'arena.yaml'), 'utf8').replace(
      'run: { command: sh x.sh }',
      'run: { command: sh x.sh, writable: true }',
    );
    const candidate = CANDIDATE.replace(
      'echo',
      'cat one.bin two.bin > both.bin && test "$(wc -c < both.bin)" = 80000000 || exit 3\nrm one.bin\necho',
    );
    const folder = smallArena({ manifest, candidate, git: false });
    for (const name of ['one.bin', 'two.bin']) writeFileSync(join(folder, name), randomBytes(40_000_000));
    commitAll(folder);
    const resources = readFileSync(join(folder, 'arena.yaml'), 'utf8').replace('disk_mb: 16', 'disk_mb: 200');
    writeFileSync(join(folder, 'arena.yaml'), resources);
    const run = await overnight(['run', '--experiments', '2', '--json'], { cwd: folder });
    expect(run.status, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).not.toContain('"crashed"');
    await expectClean(folder);
  });

  it('of more than 2 GB are refused by doctor and run, with the largest by name and what to do', async () => {
    const folder = smallArena();
    mkdirSync(join(folder, 'data'));
    writeHole(join(folder, 'data', 'weights.bin'), 1_500_000_000);
    writeHole(join(folder, 'huge.csv'), 2_900_000_000);
    for (const command of [['run', '--experiments', '1'], ['doctor']]) {
      const ended = await overnight([...command, '--json'], { cwd: folder });
      expect(ended.status, ended.stdout + ended.stderr).not.toBe(0);
      expect(ended.stdout + ended.stderr).toMatch(/huge\.csv \(2,900 MB\), data\/weights\.bin \(1,500 MB\)/);
      expect(ended.stdout + ended.stderr).toMatch(/\.gitignore.*prepare/);
    }
    expect(existsSync(join(folder, '.overnight', 'store.git'))).toBe(false);
    writeFileSync(join(folder, '.gitignore'), '*.csv\n*.bin\n');
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  });

  it('are frozen: an editable one is refused by name', async () => {
    const folder = smallArena();
    writeFileSync(join(folder, 'x.sh'), Buffer.alloc(20_000_000, '# text\n'));
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expectError(ended, 'E_FILES', 2, /x\.sh has 20 MB/);
  });
});

describe('a store of large files', () => {
  it('gives back the same bytes in little memory, and is read once for all experiments', async () => {
    const folder = freshFolder();
    const store = join(folder, '..', 'store.git');
    writeFileSync(join(folder, 'x.py'), 'X = 0\n');
    writeFileSync(join(folder, 'model.bin'), randomBytes(150_000_000));
    execFileSync('cp', ['-p', join(folder, 'model.bin'), join(folder, 'copy.bin')]);
    const workspace = await openWorkspace(folder, store);
    const memoryBefore = process.memoryUsage().arrayBuffers;
    const baseline = await workspace.importBaseline('refs/overnight/a/0', AT);
    const room = join(folder, '..', 'room');
    await workspace.checkout(baseline.commit, join(room, '0'));
    expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(100_000_000);
    expect(await sha256Of(join(room, '0', 'model.bin'))).toBe(await sha256Of(join(folder, 'model.bin')));
    expect(await workspace.findDifference(baseline.commit, join(room, '0'))).toBeUndefined();
    const inode = statSync(join(room, '0', 'model.bin')).ino;
    for (let n = 1; n <= 3; n++) {
      const edits = [{ path: 'x.py', content: `X = ${n}\n` }];
      const { commit } = await workspace.snapshot(baseline.commit, edits, `refs/overnight/a/${n}`, 'm', AT);
      await workspace.checkout(commit, join(room, String(n)), () => false, join(room, String(n - 1)));
      expect(await workspace.findDifference(commit, join(room, String(n)))).toBeUndefined();
      expect(statSync(join(room, String(n), 'model.bin')).ino).toBe(inode);
      expect(readFileSync(join(room, String(n), 'x.py'), 'utf8')).toBe(`X = ${n}\n`);
    }
  });
});

/** The audit sees what it vouches for: bytes in the store, the kept branch, what was proposed, lines that are gone. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashObject } from '../../src/workspace/objects.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { copyOf, type Ended, ledgerFile, ledgerLines, overnight, smallArena } from '../fixtures/cli.ts';

type Line = Record<string, unknown>;

let finished = '';
/** A copy of a finished lab whose search kept something, and what its ledger holds. */
function finishedLab(): { folder: string; store: string; lines: Line[]; kept: Line; ledger: string } {
  const folder = copyOf(finished);
  const lines = ledgerLines(folder);
  const advanced = lines.findLast((line) => line.type === 'advanced')!;
  const kept = lines.find((line) => line.type === 'snapshot' && line.commit === advanced.commit)!;
  return { folder, store: path.join(folder, '.overnight', 'store.git'), lines, kept, ledger: ledgerFile(folder) };
}
const gitIn = (store: string, args: readonly string[], input?: string): string =>
  execFileSync('git', [`--git-dir=${store}`, ...args], { input, stdio: ['pipe', 'pipe', 'ignore'] })
    .toString()
    .trim();
const audit = (folder: string, ...words: string[]): Promise<Ended> => overnight(['audit', ...words], { cwd: folder });

/** Write other bytes under the name of an object. */
function overwriteObject(store: string, oid: string, type: string, content: string | Buffer): void {
  if (fs.existsSync(path.join(store, 'objects', 'pack')))
    for (const pack of fs.readdirSync(path.join(store, 'objects', 'pack')).filter((name) => name.endsWith('.pack'))) {
      // fast-import writes packs: unpack them, so that the object is loose.
      const bytes = fs.readFileSync(path.join(store, 'objects', 'pack', pack));
      for (const name of fs.readdirSync(path.join(store, 'objects', 'pack')))
        if (name.startsWith(pack.replace('.pack', ''))) fs.rmSync(path.join(store, 'objects', 'pack', name));
      execFileSync('git', [`--git-dir=${store}`, 'unpack-objects', '-q'], { input: bytes });
    }
  const objectFile = path.join(store, 'objects', oid.slice(0, 2), oid.slice(2));
  const body = Buffer.from(content);
  fs.rmSync(objectFile, { force: true });
  fs.writeFileSync(objectFile, deflateSync(Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body])));
}

beforeAll(async () => {
  finished = smallArena();
  const ran = await overnight(['run', '--experiments', '4', '--json'], { cwd: finished });
  expect(ran.status).toBe(0);
});

describe('the audit of a lab whose record was left alone', () => {
  it('finds nothing, and says what it hashed', async () => {
    const { folder } = finishedLab();
    const ended = await audit(folder);
    expect(ended.stdout).toMatch(/✓ commits: \d+ commits and \d+ files hashed again/);
    expect(ended.stdout).toMatch(/✓ branch: refs\/heads\/overnight\//);
    expect(ended.stdout).toMatch(/✓ tip: found in the ledger: report\.md, report\.html, the private store/);
    expect([ended.status, ended.stderr]).toEqual([0, '']);
  });
});

describe('the audit names the first thing that does not fit', () => {
  const fileOf = (store: string, snapshot: Line, name: string): string =>
    gitIn(store, ['rev-parse', `${String(snapshot.commit)}:${name}`]);

  it('a file of a kept commit with other bytes under its name', async () => {
    const { folder, store, kept } = finishedLab();
    overwriteObject(store, fileOf(store, kept, 'x.sh'), 'blob', 'echo tampered\n');
    const ended = await audit(folder);
    expect(ended.status).toBe(4);
    expect(ended.stdout).toMatch(
      new RegExp(
        `✗ commits: event ${kept.seq}: #${kept.n}, x\\.sh: the file [0-9a-f]{12} has other bytes than its name`,
      ),
    );
    // A measurement of that code is not made either, and the lab says why.
    const workspace = await openWorkspace(folder, store);
    await expect(workspace.checkout(String(kept.commit), path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'E_GIT_FAILED',
      parts: { why: expect.stringMatching(/^x\.sh: the bytes of/) as string },
    });
    expect(fs.existsSync(path.join(folder, 'out'))).toBe(false);
  });

  it('the evaluator of every commit, named with the first event that has it', async () => {
    const { folder, store, kept, lines } = finishedLab();
    overwriteObject(store, fileOf(store, kept, 'judge.sh'), 'blob', 'printf "loss: 0\\n"\n');
    const baseline = lines.find((line) => line.type === 'snapshot')!;
    expect((await audit(folder)).stdout).toMatch(new RegExp(`event ${baseline.seq}: #0, judge\\.sh: the file`));
  });

  it('a file that a replace ref turns into another', async () => {
    const { folder, store, kept } = finishedLab();
    const other = gitIn(store, ['hash-object', '-w', '--stdin'], 'echo replaced\n');
    const oid = fileOf(store, kept, 'x.sh');
    gitIn(store, ['update-ref', `refs/replace/${oid}`, other]);
    const ended = await audit(folder);
    expect(ended.status).toBe(0);
    const shown = await overnight(['diff', '0', String(kept.n)], { cwd: folder });
    expect(shown.stdout).not.toContain('replaced');
    const workspace = await openWorkspace(folder, store);
    expect((await workspace.readFiles(String(kept.commit), ['x.sh'])).get('x.sh')).not.toContain('replaced');
  });

  it('a tree that lists another file', async () => {
    const { folder, store, kept } = finishedLab();
    const other = gitIn(store, ['hash-object', '-w', '--stdin'], 'printf "loss: 0\\n"\n');
    const listing = gitIn(store, ['ls-tree', String(kept.tree)]).replace(/[0-9a-f]{40}(?=\tjudge\.sh)/, other);
    const forgedTree = gitIn(store, ['mktree'], `${listing}\n`);
    const content = execFileSync('git', [`--git-dir=${store}`, 'cat-file', 'tree', forgedTree]);
    overwriteObject(store, String(kept.tree), 'tree', content);
    expect(hashObject('tree', content)).toBe(forgedTree);
    const ended = await audit(folder);
    expect(ended.stdout).toMatch(new RegExp(`✗ commits: event ${kept.seq}: #${kept.n}, all files: the folder`));
    const workspace = await openWorkspace(folder, store);
    await expect(workspace.checkout(String(kept.commit), path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'E_GIT_FAILED',
    });
  });

  it('a commit object with other bytes, one that is gone, and one that cannot be unpacked', async () => {
    for (const damage of ['other', 'gone', 'garbage']) {
      const { folder, store, kept } = finishedLab();
      overwriteObject(store, String(kept.commit), 'commit', `tree ${kept.tree}\n\nanother history\n`);
      const file = path.join(store, 'objects', String(kept.commit).slice(0, 2), String(kept.commit).slice(2));
      if (damage === 'gone') fs.rmSync(file);
      if (damage === 'garbage') fs.writeFileSync(file, 'not an object');
      const ended = await audit(folder);
      expect(ended.status, damage).toBe(4);
      expect(ended.stdout, damage).toMatch(
        new RegExp(`✗ commits: event ${kept.seq}: #${kept.n}: commit [0-9a-f]{12} `),
      );
    }
  });

  it('a blob of a proposed edit, with event, experiment and file', async () => {
    const { folder, lines, kept } = finishedLab();
    const proposed = lines.find((line) => line.type === 'proposed' && line.n === kept.n)!;
    const hash = String((proposed.edits as Record<string, string>)['x.sh']);
    const found = execFileSync('find', [path.join(folder, '.overnight', 'labs'), '-name', `*${hash.slice(2)}*`]);
    fs.writeFileSync(String(found).trim().split('\n')[0]!, 'X=0\n');
    const { stdout, status } = await audit(folder);
    expect(status).toBe(4);
    expect(stdout).toMatch(
      new RegExp(`✗ blobs: event ${proposed.seq}: #${kept.n}, x\\.sh: blob [0-9a-f]{12}… has other`),
    );
  });

  it('the kept branch at another commit, and a kept branch that is gone', async () => {
    const { folder, store, lines } = finishedLab();
    const branch = gitIn(store, ['for-each-ref', '--format=%(refname)', 'refs/heads/overnight/']);
    const baseline = lines.find((line) => line.type === 'snapshot')!;
    const advanced = lines.findLast((line) => line.type === 'advanced')!;
    gitIn(store, ['update-ref', branch, String(baseline.commit)]);
    const moved = await audit(folder);
    expect(moved.stdout).toMatch(
      new RegExp(
        `✗ branch: ${branch} stands at ${String(baseline.commit).slice(0, 12)}, but event ${advanced.seq} moved it`,
      ),
    );
    gitIn(store, ['update-ref', '-d', branch]);
    expect((await audit(folder)).stdout).toMatch(/✗ branch: .* is gone/);
  });

  it('whatever environment leads git elsewhere changes nothing', async () => {
    const { folder, store, kept } = finishedLab();
    overwriteObject(store, fileOf(store, kept, 'x.sh'), 'blob', 'echo tampered\n');
    const env = {
      GIT_DIR: path.join(finished, '.overnight', 'store.git'),
      GIT_OBJECT_DIRECTORY: path.join(finished, '.overnight', 'store.git', 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(finished, '.overnight', 'store.git', 'objects'),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: folder,
      GIT_NO_REPLACE_OBJECTS: '0',
      GIT_REPLACE_REF_BASE: 'refs/heads/',
    };
    const ended = await overnight(['audit'], { cwd: folder, env });
    expect(ended.stdout).toMatch(/✗ commits: .*has other bytes than its name/);
    // Bytes that are borrowed from elsewhere are hashed like all others.
    fs.writeFileSync(path.join(store, 'objects', 'info', 'alternates'), `${env.GIT_OBJECT_DIRECTORY}\n`);
    expect((await audit(folder)).status).toBe(4);
  });
});

describe('lines that are missing at the end of a ledger', () => {
  const cut = (ledger: string, count: number): string => {
    const lines = fs.readFileSync(ledger, 'utf8').trimEnd().split('\n');
    fs.writeFileSync(ledger, `${lines.slice(0, -count).join('\n')}\n`);
    return String((JSON.parse(lines.at(-1)!) as { prev: string }).prev);
  };

  it.each([1, 2, 5])('are noticed by the tip in the report and in the store: %i lines', async (count) => {
    const { folder, ledger } = finishedLab();
    cut(ledger, count);
    expect((await audit(folder)).stdout).toMatch(
      /✗ tip: report\.md has tip [0-9a-f]{12} after event \d+, .*lines were cut: \d+ lines then/,
    );
    fs.rmSync(path.join(path.dirname(ledger), 'report'), { recursive: true });
    const ended = await audit(folder);
    expect(ended.stdout).toMatch(/✗ tip: the private store has tip/);
    expect(ended.status).toBe(4);
  });

  it('and a last line that was edited', async () => {
    const { folder, ledger } = finishedLab();
    const text = fs.readFileSync(ledger, 'utf8');
    fs.writeFileSync(ledger, text.replace(/"detail":"[^"]*"(?=[^\n]*\n$)/, '"detail":"all is well"'));
    expect(fs.readFileSync(ledger, 'utf8')).not.toBe(text);
    expect((await audit(folder)).stdout).toMatch(/✗ tip: report\.md/);
  });

  it('are noticed by a tip that a person kept, whole or its beginning; nonsense is no tip', async () => {
    const { folder, ledger, store } = finishedLab();
    const before = JSON.parse((await audit(folder, '--json')).stdout) as { tip: string };
    fs.rmSync(path.join(path.dirname(ledger), 'report'), { recursive: true });
    for (const ref of gitIn(store, ['for-each-ref', '--format=%(refname)', 'refs/overnight-tips/']).split('\n'))
      gitIn(store, ['update-ref', '-d', ref]);
    expect((await audit(folder, '--tip', before.tip)).status).toBe(0);
    const earlier = cut(ledger, 1);
    const unknown = await audit(folder);
    expect(unknown.stdout).toMatch(/– tip: not checked/);
    expect(unknown.stdout).toMatch(/Not checked: tip/);
    expect((await audit(folder, '--tip', earlier)).status).toBe(0);
    for (const tip of [before.tip, before.tip.slice(0, 12)]) {
      const ended = await audit(folder, '--tip', tip);
      expect(ended.status).toBe(4);
      expect(ended.stdout).toMatch(/✗ tip: the tip that was given has tip/);
    }
    expect((await audit(folder, '--tip', 'xyz')).error?.code ?? (await audit(folder, '--tip', 'xyz')).status).toBe(2);
  });

  it('do not keep the next run from starting, and its record fits again from there', async () => {
    const { folder, ledger } = finishedLab();
    cut(ledger, 1);
    const ran = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ran.error).toBeUndefined();
    expect((await audit(folder)).status).toBe(0);
  });
});

/**
 * Ctrl-C once and twice, going on, reading a lab, and handing its result over to repositories of every kind, none of
 * which is touched.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  CANDIDATE,
  commitAll,
  copyOf,
  expectClean,
  expectError,
  freshFolder,
  gitIn,
  ledgerLines,
  overnight,
  ownFiles,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';

const SLOW = CANDIDATE.replace('echo', 'sleep 0.5\necho');

async function resumed(folder: string, ideas: number): Promise<void> {
  const again = await overnight(['run', '--json'], { cwd: folder });
  expect(again.status, again.stdout + again.stderr).toBe(0);
  const lines = ledgerLines(folder);
  const judged = lines.filter(({ type }) => type === 'decided' || type === 'refused');
  expect(judged.map(({ n }) => n)).toEqual(Array.from({ length: ideas }, (_, i) => i + 1));
  expect(lines.at(-1)).toMatchObject({ type: 'session.ended', reason: 'experiments' });
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
}

describe.concurrent('Ctrl-C', () => {
  it('once lets the current experiment end, and `run` goes on to what was asked for', async () => {
    const folder = smallArena({ candidate: SLOW });
    const run = start(['run', '--experiments', '3', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    run.child.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(ended.stderr).toMatch(/Stopping after the current experiment/);
    expect(ledgerLines(folder).at(-1)).toMatchObject({ type: 'session.ended', reason: 'asked' });
    expect(ledgerLines(folder).filter(({ type }) => type === 'decided')).toHaveLength(1);
    await resumed(folder, 3);
  });

  it('once while calibrating ends there, and the next run has the repeats that were made', async () => {
    const folder = smallArena({ candidate: SLOW });
    const run = start(['run', '--experiments', '1', '--json'], { cwd: folder });
    await run.until(/"purpose":"calibrate"/);
    run.child.kill('SIGINT');
    expect((await run.ended).status).toBe(0);
    expect(ledgerLines(folder).filter(({ type }) => type === 'measured')).toHaveLength(1);
    await resumed(folder, 1);
    expect(ledgerLines(folder).filter(({ purpose }) => purpose === 'calibrate')).toHaveLength(2);
  });

  it('twice ends at once; what ran is lost by name, and measured again', async () => {
    const folder = smallArena({ candidate: CANDIDATE.replace('echo', 'sleep 1.5\necho') });
    const run = start(['run', '--experiments', '1', '--json'], { cwd: folder });
    await run.until(/"purpose":"idea"/);
    run.child.kill('SIGINT');
    await run.until(/A second Ctrl-C/);
    const pressed = performance.now();
    run.child.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.status).toBe(130);
    expect(performance.now() - pressed).toBeLessThan(1400);
    expect(processesOf(folder)).toEqual([]);
    const lines = ledgerLines(folder);
    expect(lines.filter(({ type }) => type === 'lost')).toMatchObject([{ reason: 'stopped by the person' }]);
    expect(lines.at(-1)).toMatchObject({ type: 'session.ended', reason: 'interrupted' });
    await resumed(folder, 1);
  });

  it('twice during setup ends that too', async () => {
    const manifest = readFileSync(join(smallArena(), 'arena.yaml'), 'utf8');
    const folder = smallArena({
      manifest: `${manifest}setup: { command: "test -e ../../../../done || sleep 30", key: [x.sh] }\n`,
    });
    const run = start(['run', '--experiments', '1', '--json'], { cwd: folder });
    await run.until(/"type":"stage.started"/);
    run.child.kill('SIGINT');
    await run.until(/A second Ctrl-C/);
    run.child.kill('SIGINT');
    expect((await run.ended).status).toBe(130);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const status = await overnight(['status', '--json'], { cwd: folder });
    expect(status.status).toBe(12);
  });
});

describe('what a night leaves', () => {
  let night = '';
  let tip = 0;
  beforeAll(async () => {
    // The arena lies in a subfolder, with changes that are not committed and names that need quoting.
    night = freshFolder('repo');
    const arena = join(night, 'code', 'my ärena');
    mkdirSync(arena, { recursive: true });
    const small = smallArena({ git: false });
    for (const name of readdirSync(small)) renameSync(join(small, name), join(arena, name));
    writeFileSync(join(night, 'README'), 'hello\n');
    writeFileSync(join(arena, 'notes ü.txt'), 'one\n');
    commitAll(night);
    appendFileSync(join(arena, 'notes ü.txt'), 'two, not committed\n');
    appendFileSync(join(night, 'README'), 'not committed either\n');
    writeFileSync(join(arena, 'untracked.txt'), 'new\n');
    const before = ownFiles(night);
    const ended = await overnight(['run', '--experiments', '4', '--json', '-C', arena], { cwd: night });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(ownFiles(night)).toBe(before);
    tip = ended.json.filter((event) => event.type === 'advanced').length;
    expect(tip).toBeGreaterThan(0);
  });
  const arenaOf = (folder: string): string => join(folder, 'code', 'my ärena');
  const outside = (folder: string): string =>
    `${gitIn(folder, 'status', '--porcelain')}${gitIn(folder, 'log', '--oneline', 'HEAD')}`;

  it('is read by every command, in text and in JSON, without a change', async () => {
    const folder = copyOf(night);
    const cwd = arenaOf(folder);
    for (const args of [['status'], ['log'], ['show', '1'], ['diff'], ['diff', '1'], ['diff', '0', '1']]) {
      const text = await overnight(args, { cwd });
      expect([0, 11], `${args}: ${text.stderr}`).toContain(text.status);
      expect(text.stdout.length, args.join(' ')).toBeGreaterThan(10);
      expect(text.stdout, args.join(' ')).not.toMatch(/undefined|NaN|\[object/);
      const json = await overnight([...args, '--json'], { cwd });
      expect(json.json, args.join(' ')).not.toHaveLength(0);
    }
    const diff = await overnight(['diff'], { cwd });
    expect(diff.stdout).toMatch(/^-X=9$/m);
    expect((await overnight(['report', '--out', join(folder, '..', 'out')], { cwd })).status).toBe(0);
    // made where a browser is installed
    const written = readdirSync(join(folder, '..', 'out')).filter((name) => name !== 'progress.png');
    expect(written.sort()).toEqual(['progress.svg', 'report.html', 'report.md']);
  });

  it('is taken as a branch: the uncommitted first, then a commit for each kept idea, the checkout untouched', async () => {
    const folder = copyOf(night);
    const before = outside(folder);
    const taken = await overnight(['take', '--branch', 'night/result', '--json'], { cwd: arenaOf(folder) });
    expect(taken.status, taken.stdout + taken.stderr).toBe(0);
    expect(taken.json[0]).toMatchObject({ branch: 'night/result', commits: tip + 1, startsWithUncommitted: true });
    expect(outside(folder)).toBe(before);
    const show = (file: string): string => gitIn(folder, 'show', `night/result:${file}`);
    const kept = /^X=(\d+)$/m.exec(show('code/my ärena/x.sh'))![1];
    expect(Number(kept)).toBeLessThan(9);
    expect(show('code/my ärena/notes ü.txt')).toBe('one\ntwo, not committed\n');
    expect(show('README')).toBe('hello\n');
    expect(gitIn(folder, 'log', '--format=%s', 'HEAD..night/result').trim().split('\n')).toHaveLength(tip + 1);
    expect(gitIn(folder, 'fsck', '--no-dangling')).toBe('');
    const again = await overnight(['take', '--branch', 'night/result', '--json'], { cwd: arenaOf(folder) });
    expectError(again, 'E_EXISTS', 2, /never changed/);
    const odd = await overnight(['take', '--branch', 'a..b', '--json'], { cwd: arenaOf(folder) });
    expectError(odd, 'E_USAGE', 2, /does not allow/);
  });

  it('is taken as patches that `git am` applies to a clean clone', async () => {
    const folder = copyOf(night);
    const before = outside(folder);
    const patches = join(folder, '..', 'patches');
    const taken = await overnight(['take', '--patches', patches, '--json'], { cwd: arenaOf(folder) });
    expect(taken.status, taken.stdout + taken.stderr).toBe(0);
    expect(outside(folder)).toBe(before);
    const clone = join(folder, '..', 'clone');
    gitIn(folder, 'clone', '--quiet', folder, clone);
    gitIn(
      clone,
      'am',
      '--quiet',
      ...readdirSync(patches)
        .sort()
        .map((name) => join(patches, name)),
    );
    expect(gitIn(clone, 'rev-list', '--count', 'HEAD').trim()).toBe(String(tip + 1));
    expect(readFileSync(join(arenaOf(clone), 'x.sh'), 'utf8')).toMatch(/^X=[0-8]$/m);
    const again = await overnight(['take', '--patches', patches, '--json'], { cwd: arenaOf(folder) });
    expectError(again, 'E_EXISTS', 2, /is there/);
  });

  it('is a branch with a name of its own where none is given, and goes to one place only', async () => {
    const cwd = arenaOf(copyOf(night));
    const branches = (): string => gitIn(cwd, 'branch', '--list', 'overnight-*', '--format=%(refname:short)').trim();
    const tag = readdirSync(join(cwd, '.overnight', 'labs'))[0];
    const taken = await overnight(['take'], { cwd });
    expect(taken.stdout).toMatch(new RegExp(`^Branch overnight-${tag}: \\d+ commits? on `));
    await overnight(['take'], { cwd });
    expect(branches().split('\n')).toEqual([`overnight-${tag}`, `overnight-${tag}-2`]);
    expectError(await overnight(['take', '--branch', 'a', '--patches', 'b', '--json'], { cwd }), 'E_USAGE', 2, /Both/);
    expectError(
      await overnight(['take', '--branch', `overnight-${tag}`, '--json'], { cwd }),
      'E_EXISTS',
      2,
      /never changed/,
    );
  });

  it('may be cut short by a reader that has seen enough', () => {
    const main = join(inject('built'), 'dist', 'cli', 'main.js');
    const line = `"${process.execPath}" "${main}" diff | head -c 1; "${process.execPath}" "${main}" log --json | true`;
    const said = execFileSync('sh', ['-c', `${line}; exit 0`], {
      cwd: arenaOf(night),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said.toString().length).toBe(1);
  });
});

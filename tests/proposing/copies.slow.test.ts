/** Working copies: a folder with the best code, in which an agent edits, and from which it submits without a diff. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CANDIDATE,
  commitAll,
  copyOf,
  type Ended,
  everything,
  expectClean,
  expectError,
  freshFolder,
  MANIFEST,
  overnight,
  smallArena,
  start,
} from '../fixtures/cli.ts';

const SEARCH = ['run', '--json', '--agent', 'search', '--max-usd', '0', '--experiments', '1', '--until', '100'];
const STAMP = '.overnight-checkout.json';

/** A lab with its noise measured, nobody running, and a file that is neither editable nor hidden. */
async function lab(manifest = MANIFEST): Promise<string> {
  const folder = smallArena({ manifest, git: false });
  writeFileSync(join(folder, 'helper.txt'), 'frozen words\n');
  writeFileSync(join(folder, '.gitignore'), 'build/\n*.tmp.sh\n');
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'a.sh'), 'A=1\n');
  commitAll(folder);
  const ended = await overnight(SEARCH, { cwd: folder });
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}
const WIDE = MANIFEST.replace('editable: [x.sh]', 'editable: [x.sh, "lib/**/*.sh"]');
const call = (folder: string, ...args: string[]): Promise<Ended> => overnight([...args, '--json'], { cwd: folder });
const setX = (copy: string, x: number): void => writeFileSync(join(copy, 'x.sh'), CANDIDATE.replace('X=9', `X=${x}`));

describe('a working copy', () => {
  it('holds the best code without hidden files; what differs in it is the change, on the code it was made from', async () => {
    const folder = await lab();
    const copy = join(folder, '..', 'copy');
    const made = await call(folder, 'checkout', copy, '--of', '0');
    expect(made.json[0], made.stdout + made.stderr).toMatchObject({ n: 0, updated: [], discarded: [] });
    expect(readdirSync(copy).sort()).toEqual(
      ['.gitignore', STAMP, 'arena.yaml', 'helper.txt', 'lib', 'program.md', 'x.sh'].sort(),
    );
    expect(readFileSync(join(copy, 'x.sh'), 'utf8')).toBe(CANDIDATE);

    setX(copy, 3);
    writeFileSync(join(copy, 'helper.txt'), 'other words\n');
    writeFileSync(join(copy, 'thoughts.txt'), 'mine\n');
    mkdirSync(join(copy, 'build'));
    writeFileSync(join(copy, 'build', 'big.bin'), Buffer.alloc(10));
    mkdirSync(join(copy, '.git'));
    writeFileSync(join(copy, '.git', 'config'), 'no repository\n');
    const sent = await overnight(['submit', '--from', copy, '--hypothesis', 'X is 3', '--by', 'ann'], { cwd: folder });
    expect(sent.status, sent.stderr).toBe(0);
    expect(sent.stdout).toMatch(/On #0: x\.sh\./);
    expect(sent.stdout).toMatch(/not editable: your changes of helper\.txt\./);
    expect(sent.stdout).toMatch(/not editable: the new files thoughts\.txt\./);
    expect(sent.stdout).toMatch(/\.gitignore leaves them out: build\/\./);
    const id = sent.stdout.split('\n')[0]!;

    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    // In the copy every command is about its lab.
    const done = await call(copy, 'poll', id, '--wait', '25');
    expect(done.json[0], done.stdout + done.stderr).toMatchObject({ state: 'done', verdict: 'kept' });
    await call(copy, 'stop');
    const ended = await harness.ended;
    expect(ended.json.filter((event) => event.type === 'proposed')).toMatchObject([
      { proposer: 'ann', parent: 0, edits: { 'x.sh': expect.anything() } },
    ]);
    await expectClean(folder);
  }, 120_000);

  it('moves to the new best by the same command, and loses nothing of its own unasked', async () => {
    const folder = await lab(WIDE);
    const [first, second] = [join(folder, '..', 'first'), join(folder, '..', 'second')];
    for (const copy of [first, second])
      expect((await call(folder, 'checkout', copy, '--of', '0')).status, copy).toBe(0);
    setX(first, 2);
    writeFileSync(join(first, 'lib', 'new.sh'), 'NEW=1\n');
    rmSync(join(first, 'lib', 'a.sh'));
    const sent = await call(first, 'submit', '--from', '.', '--hypothesis', 'X is 2');
    const { id, experiment: _, ...details } = sent.json[0] as { id: string; experiment?: number };
    expect(details).toMatchObject({ parent: 0, files: ['lib/a.sh', 'lib/new.sh', 'x.sh'] });
    const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
    const done = await call(folder, 'poll', id, '--wait', '25');
    expect(done.json[0], done.stdout).toMatchObject({ verdict: 'kept' });
    const { experiment: best } = done.json[0] as { experiment: number };
    await call(folder, 'stop');
    await harness.ended;

    // Its own idea that was kept is no change of its own any more.
    expect((await call(folder, 'checkout', first)).json[0]).toMatchObject({ from: 0, n: best, updated: [] });
    // A file that is not of the arena stays; the others become those of the best.
    writeFileSync(join(second, 'thoughts.txt'), 'mine\n');
    expect((await call(folder, 'checkout', second)).json[0]).toMatchObject({
      from: 0,
      n: best,
      updated: ['lib/a.sh', 'lib/new.sh', 'x.sh'],
    });
    for (const name of ['x.sh', 'lib/new.sh', 'helper.txt'])
      expect(readFileSync(join(second, name), 'utf8')).toBe(readFileSync(join(first, name), 'utf8'));
    expect(existsSync(join(second, 'lib', 'a.sh'))).toBe(false);
    expect(readFileSync(join(second, 'thoughts.txt'), 'utf8')).toBe('mine\n');

    setX(second, 7);
    writeFileSync(join(second, 'helper.txt'), 'other words\n');
    writeFileSync(join(second, 'lib', 'more.sh'), 'MORE=1\n');
    const before = everything(second);
    expectError(
      await call(folder, 'checkout', second, '--of', '0'),
      'E_EXISTS',
      2,
      /changed since: helper\.txt, lib\/more\.sh, x\.sh/,
    );
    expect(everything(second)).toBe(before);
    const thrown = await call(folder, 'checkout', second, '--of', '0', '--discard');
    expect(thrown.json[0]).toMatchObject({ n: 0, discarded: ['helper.txt', 'lib/more.sh', 'x.sh'] });
    expect(readFileSync(join(second, 'x.sh'), 'utf8')).toBe(CANDIDATE);
    expect(readFileSync(join(second, 'helper.txt'), 'utf8')).toBe('frozen words\n');
    expect(existsSync(join(second, 'lib', 'more.sh'))).toBe(false);
    expect(existsSync(join(second, 'lib', 'a.sh'))).toBe(true);
  }, 120_000);

  it('of what cannot be one, or has nothing to submit, says why and changes nothing', async () => {
    const folder = await lab(WIDE);
    const copy = join(folder, '..', 'copy');
    const full = freshFolder('full');
    writeFileSync(join(full, 'mine.txt'), 'mine\n');
    expectError(await call(folder, 'checkout', full), 'E_EXISTS', 2, /not empty \(mine\.txt\)/);
    expectError(await call(folder, 'checkout', join(full, 'mine.txt')), 'E_EXISTS', 2, /is a file/);
    expectError(await call(folder, 'checkout', join(folder, 'inside', 'deep')), 'E_USAGE', 2, /lies in/);
    symlinkSync(folder, join(full, '..', 'link'));
    expectError(await call(folder, 'checkout', join(full, '..', 'link', 'inside')), 'E_USAGE', 2, /lies in/);
    expectError(await call(folder, 'checkout', copy, '--of', '77'), 'E_NOT_FOUND', 2, /0 \(the baseline\) to/);
    expect(existsSync(copy)).toBe(false);
    expect(readdirSync(full)).toEqual(['mine.txt']);

    await call(folder, 'checkout', copy);
    const submit = (...more: string[]): Promise<Ended> =>
      call(folder, 'submit', '--hypothesis', 'h', '--from', copy, ...more);
    expectError(await submit(), 'E_SUBMIT', 2, /same editable files as #/);
    writeFileSync(join(copy, 'helper.txt'), 'other words\n');
    writeFileSync(join(copy, 'lib', 'later.tmp.sh'), 'ignored\n');
    expectError(
      await submit(),
      'E_SUBMIT',
      2,
      /not editable: helper\.txt\. Ignored by \.gitignore: lib\/later\.tmp\.sh/,
    );
    setX(copy, 1);
    expectError(await submit('--parent', '0'), 'E_USAGE', 2, /--parent 0 is given too/);
    expectError(await submit('some.diff'), 'E_USAGE', 2, /some\.diff/);
    expectError(await call(folder, 'submit', '--hypothesis', 'h', '--from', 'ann'), 'E_USAGE', 2, /working copy/);
    expectError(await call(folder, 'submit', '--hypothesis', 'h', '--from', full), 'E_SUBMIT', 2, /no working copy/);
    rmSync(join(copy, 'lib'), { recursive: true });
    symlinkSync(full, join(copy, 'lib'));
    const before = everything(copy);
    expectError(await call(folder, 'checkout', copy, '--discard'), 'E_EXISTS', 2, /leads through a link/);
    expect(everything(copy)).toBe(before);
    expect(readdirSync(full)).toEqual(['mine.txt']);
  }, 120_000);

  it('of another lab, of a lab that is gone, or with a stamp that somebody changed, is refused', async () => {
    const folder = await lab();
    const copy = join(folder, '..', 'copy');
    await call(folder, 'checkout', copy);
    setX(copy, 1);
    const other = copyOf(folder);
    const again = await overnight([...SEARCH, '--tag', 'second'], { cwd: other });
    expect(again.status, again.stdout + again.stderr).toBe(0);
    const elsewhere = ['--hypothesis', 'h', '--from', copy, '-C', other, '--tag', 'second'];
    expectError(await call(folder, 'submit', ...elsewhere), 'E_SUBMIT', 2, /this lab is "second"/);
    expectError(await call(other, 'checkout', copy, '--tag', 'second'), 'E_SUBMIT', 2, /Its stamp names the lab/);

    const stampFile = join(copy, STAMP);
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8')) as Record<string, unknown>;
    const submit = (): Promise<Ended> => call(folder, 'submit', '--hypothesis', 'h', '--from', copy);
    writeFileSync(stampFile, JSON.stringify({ ...stamp, commit: '--output=/tmp/x' }));
    expectError(await submit(), 'E_SUBMIT', 2, /which this lab has not/);
    writeFileSync(stampFile, JSON.stringify({ ...stamp, n: 'one' }));
    expectError(await submit(), 'E_SUBMIT', 2, /`n` is not as it was written/);
    writeFileSync(stampFile, '{');
    expectError(await submit(), 'E_SUBMIT', 2, /no JSON/);
    writeFileSync(stampFile, JSON.stringify(stamp));
    rmSync(join(folder, '.overnight'), { recursive: true });
    expectError(await call(copy, 'submit', '--hypothesis', 'h', '--from', '.'), 'E_NO_LAB', 2, /no such lab there now/);
    expectError(await call(copy, 'brief'), 'E_NO_LAB', 2, /no such lab there now/);
  }, 120_000);
});

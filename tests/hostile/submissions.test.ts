/**
 * Submissions: code from outside that runs only where a sandbox is, and changes that are refused at once, with the
 * reason that admission would give.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLedger } from '../../src/ledger/jsonl.ts';
import { Desk } from '../../src/mcp/desk.ts';
import { labPaths, listTags } from '../../src/os/paths.ts';
import { CANDIDATE, expectClean, expectError, ledgerLines, overnight, smallArena, start } from '../fixtures/cli.ts';

const withX = (x: number, more = ''): string => CANDIDATE.replace('X=9', `X=${x}${more}`);

async function labIn(env: Record<string, string> = {}): Promise<string> {
  const folder = smallArena();
  const ended = await overnight(
    ['run', '--json', '--agent', 'search', '--max-usd', '0', '--experiments', '1', '--until', '100'],
    { cwd: folder, env },
  );
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  return folder;
}
const bestOf = (folder: string): number => readLedger(labPaths(folder, listTags(folder)[0]!).lab).state.incumbent;
const deskOf = (folder: string): Desk => new Desk(labPaths(folder, listTags(folder)[0]!), 'tester');

describe('without a sandbox', () => {
  const env = { OVERNIGHT_SANDBOX: 'process' };

  it('what is submitted is not run: refused at start, held while knobs are turned, run where accepted', async () => {
    const folder = await labIn(env);
    const marker = join(folder, '..', 'changed-by-a-candidate');
    const attack = withX(1, `\n: > '${marker}'`);
    const { id } = await deskOf(folder).submitChange({
      hypothesis: 'X is 1',
      files: { 'x.sh': attack },
      parent: bestOf(folder),
    });
    const refused = await overnight(['run', '--json', '--agent', 'submissions', '--experiments', '1'], {
      cwd: folder,
      env,
    });
    expectError(refused, 'E_UNSAFE', 3, /No sandbox can hold it/);
    const searching = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], {
      cwd: folder,
      env,
    });
    expect(searching.status, searching.stderr + searching.stdout).toBe(0);
    expect(existsSync(marker)).toBe(false);
    expect(await deskOf(folder).pollSubmission(id)).toMatchObject({ state: 'waiting' });
    const harness = start(['run', '--json', '--agent', 'submissions', '--unsafe'], { cwd: folder, env });
    // The search may have turned X meanwhile, and then both changes conflict. It was run all the same.
    expect(await deskOf(folder).pollSubmission(id, 20)).toMatchObject({ state: 'done' });
    await overnight(['stop'], { cwd: folder });
    expect((await harness.ended).status).toBe(0);
    expect(existsSync(marker)).toBe(true);
    // What was accepted once goes on without asking again.
    const after = await overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], {
      cwd: folder,
      env,
    });
    expect(after.status, after.stderr + after.stdout).toBe(0);
    await expectClean(folder);
  }, 180_000);

  it('code that was only ever run in a sandbox is not run by a session that has none', async () => {
    const folder = await labIn();
    if (
      ledgerLines(folder).some(
        (event) => event.type === 'session.started' && (event.sandbox as { level: string }).level !== 'bubblewrap',
      )
    )
      return; // this machine has no sandbox: there is no such code
    const { id } = await deskOf(folder).submitChange({
      hypothesis: 'X is 1',
      files: { 'x.sh': withX(1, '\n# outside') },
      parent: bestOf(folder),
    });
    const harness = start(['run', '--json', '--agent', 'submissions'], { cwd: folder });
    expect(await deskOf(folder).pollSubmission(id, 20)).toMatchObject({ state: 'done', verdict: 'kept' });
    await overnight(['stop'], { cwd: folder });
    await harness.ended;
    const search = ['run', '--json', '--agent', 'search', '--experiments', '1'];
    expectError(await overnight(search, { cwd: folder, env }), 'E_UNSAFE', 3, /No sandbox can hold it/);
    const accepted = await overnight([...search, '--unsafe'], { cwd: folder, env });
    expect(accepted.status, accepted.stderr + accepted.stdout).toBe(0);
    await expectClean(folder);
  }, 180_000);
});

describe('a submission that would be refused', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await labIn();
  }, 120_000);
  const inbox = (): readonly string[] => {
    const where = labPaths(folder, listTags(folder)[0]!).inbox;
    return existsSync(where) ? readdirSync(where) : [];
  };
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`f${i}`, '']));

  it.each<readonly [string, () => Parameters<Desk['submitChange']>[0], RegExp]>([
    ['a frozen file', () => files({ 'judge.sh': 'exit 0\n' }), /judge\.sh is hidden, not editable|judge\.sh is/],
    ['the manifest', () => files({ 'arena.yaml': 'x' }), /arena\.yaml is/],
    ['a new file that is not editable', () => files({ 'new.sh': 'x' }), /new\.sh is/],
    ['an absolute path', () => files({ '/etc/passwd': 'x' }), /no plain path/],
    ['a path with dots', () => files({ '../x.sh': 'x' }), /no plain path/],
    ['a path with dots in it', () => files({ 'a/../x.sh': 'x' }), /no plain path/],
    ['a repository', () => files({ '.git/config': 'x' }), /no plain path/],
    ['a NUL', () => files({ 'x.sh': 'a\0b' }), /binary/],
    ['9 MB', () => files({ 'x.sh': 'x'.repeat(9 << 20) }), /9437184 bytes of new content/],
    ['2 MB that are 12 MB as JSON', () => files({ 'x.sh': '\x01'.repeat(2 << 20) }), /bytes of new content/],
    ['too many files', () => files(many), /200000 files/],
    ['no change', () => files({ 'x.sh': CANDIDATE }), /same as before/],
    ['no change but for spelling', () => files({ 'x.sh': `${CANDIDATE}\n\n` }), /spelling/],
    ['a folder in place of a file', () => files({ 'x.sh/a': 'x' }), /x\.sh/],
    ['words that are none', () => ({ hypothesis: '\x1b[2J\x00', files: { 'x.sh': withX(2) } }), /hypothesis/],
    ['an unknown parent', () => ({ hypothesis: 'h', files: { 'x.sh': withX(2) }, parent: 99 }), /numbers 0/],
  ])('(%s) is refused at once with the reason, and nothing waits', async (_, make, why) => {
    await expect(deskOf(folder).submitChange(make())).rejects.toThrow(why);
    expect(inbox()).toEqual([]);
  });

  function files(edits: Record<string, string | null>): Parameters<Desk['submitChange']>[0] {
    return { hypothesis: 'a try', parent: 0, files: edits };
  }

  it('because it was tried before names the earlier experiment', async () => {
    const own = await labIn();
    const desk = deskOf(own);
    const { id } = await desk.submitChange({ hypothesis: 'X is 8', files: { 'x.sh': withX(8) }, parent: 0 });
    const harness = start(['run', '--json', '--agent', 'submissions'], { cwd: own });
    expect(await desk.pollSubmission(id, 20)).toMatchObject({ state: 'done' });
    await overnight(['stop'], { cwd: own });
    await harness.ended;
    const again = { hypothesis: 'X is 8', files: { 'x.sh': withX(8, '  ') }, parent: 0 };
    await expect(desk.submitChange(again)).rejects.toThrow(/same as #1/);
  }, 120_000);

  it.each(['', ' ', '.json', '0', 'tester', '../ledger', 'a'.repeat(64)])(
    'an id that is none (%j) is no submission',
    async (id) => {
      await deskOf(folder).submitChange({
        hypothesis: `waits beside ${id}`,
        files: { 'x.sh': withX(5, `\n# ${id.length}`) },
        parent: 0,
      });
      await expect(deskOf(folder).pollSubmission(id)).rejects.toThrow(/There is no submission/);
    },
  );

  it('one that the inbox set aside is said to be over', async () => {
    const id = '00000000-aaaa';
    writeFileSync(join(labPaths(folder, listTags(folder)[0]!).inbox, `1-${id}.json.bad`), '');
    expect(await deskOf(folder).pollSubmission(id)).toMatchObject({
      state: 'done',
      text: expect.stringMatching(/set aside/),
    });
  });
});

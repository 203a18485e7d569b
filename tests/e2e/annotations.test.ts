/** Notes and stars of single experiments: recorded while a run goes on and after it, shown wherever people read. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import { labPaths, listTags } from '../../src/os/paths.ts';
import { CANDIDATE, expectError, ledgerLines, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';

const wishesOf = (folder: string): unknown[] =>
  ledgerLines(folder).flatMap((event) => (event.type === 'steered' ? [event.wish] : []));

const pathsOf = (folder: string): ReturnType<typeof labPaths> => labPaths(folder, listTags(folder)[0]!);

async function call(folder: string, ...args: string[]): Promise<string> {
  const ended = await overnight(args, { cwd: folder });
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  return ended.stdout;
}

describe('an experiment of a finished lab', () => {
  it('can be starred and written about, and everything else stays as it was', async () => {
    const folder = smallArena();
    await call(folder, 'run', '--experiments', '2');
    const paths = pathsOf(folder);
    const status = async (): Promise<unknown> => {
      const { now, madeAt, tip, finePrint, experiments, take, state, ...numbers } = JSON.parse(
        await call(folder, 'status', '--json'),
      ) as Record<string, unknown>;
      return numbers;
    };
    const before = await status();
    expect(await call(folder, 'note', '1', 'looks like', '<b>luck</b>')).toBe('Noted on #1.\n');
    expect(await call(folder, 'note', '3 am was loud')).toBe('Noted.\n');
    expect(await call(folder, 'star', '#1')).toBe('star: recorded.\n');
    expect(await call(folder, 'star', '2')).toBe('star: recorded.\n');
    expect(await call(folder, 'star', '2', '--off')).toBe('star: recorded.\n');
    expect(wishesOf(folder)).toEqual([
      { verb: 'note', text: 'looks like <b>luck</b>', n: 1 },
      { verb: 'note', text: '3 am was loud' },
      { verb: 'star', n: 1 },
      { verb: 'star', n: 2 },
      { verb: 'unstar', n: 2 },
    ]);
    expect(readdirSync(paths.inbox)).toEqual([]);
    expect(existsSync(join(paths.lab, 'lock'))).toBe(false);
    expect({ ...(before as object), notes: 0 }).toEqual({ ...((await status()) as object), notes: 0 });

    const shown = await call(folder, 'show', '1');
    expect(shown).toMatch(/^#1 .*, starred {2}\[/);
    expect(shown).toMatch(/Note, .*, person: looks like <b>luck<\/b>/);
    expect(await call(folder, 'show', '2')).not.toMatch(/starred|Note,/);
    const logged = (await call(folder, 'log')).split('\n');
    expect(logged.filter((line) => line.includes('  ★ '))).toEqual([expect.stringMatching(/^ +1 .* {2}★ X /)]);
    await call(folder, 'report');
    expect(readFileSync(join(paths.report, 'report.md'), 'utf8')).toMatch(
      /## Starred and noted\n\n- ★ #1 .*\n {2}- .*, person: looks like &lt;b>luck/,
    );
    const page = readFileSync(join(paths.report, 'report.html'), 'utf8');
    expect(page).toMatch(/<section id="annotated">.*\n<ul><li>★ #1 .*looks like &lt;b&gt;luck&lt;\/b&gt;/);
    expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);
    // A run goes on from there as ever.
    await call(folder, 'run', '--experiments', '1');
    expect(JSON.parse(await call(folder, 'show', '1', '--json'))).toMatchObject({
      row: { isStarred: true, notes: [{ from: 'person' }] },
    });
  });

  it('is named, and words are there, or the command says what is missing', async () => {
    const folder = smallArena();
    await call(folder, 'run', '--experiments', '1');
    const refused = (...args: string[]): ReturnType<typeof overnight> => overnight(args, { cwd: folder });
    expectError(await refused('star', '99', '--json'), 'E_NOT_FOUND', 2, /numbers 0 \(the baseline\) to/);
    expectError(await refused('note', '99', 'x', '--json'), 'E_NOT_FOUND', 2, /99/);
    expectError(await refused('note', '1', '--json'), 'E_USAGE', 2, /no words after #1/);
    expect(wishesOf(folder)).toEqual([]);
  });
});

describe('a lab that is no finished one', () => {
  it('takes them from the running harness', async () => {
    const folder = smallArena({
      manifest: MANIFEST.replace('range: [0, 9]', 'range: [0, 900]'),
      candidate: CANDIDATE.replace('echo', 'sleep 0.4\necho'),
    });
    const harness = start(['run', '--json'], { cwd: folder });
    await harness.until(/"decided","n":1/);
    expect(await call(folder, 'star', '1')).toBe('star: recorded.\n');
    await call(folder, 'note', '1', 'seen while it runs');
    await call(folder, 'stop');
    await harness.ended;
    expect(wishesOf(folder)).toEqual([
      { verb: 'star', n: 1 },
      { verb: 'note', text: 'seen while it runs', n: 1 },
      { verb: 'stop' },
    ]);
  });

  it('keeps them until the next run where the last one was killed', async () => {
    const folder = smallArena();
    await call(folder, 'run', '--experiments', '1');
    const ledger = join(pathsOf(folder).lab, 'ledger.jsonl');
    const lines = readFileSync(ledger, 'utf8').trim().split('\n');
    // As a kill would leave it: the session has no end.
    writeFileSync(ledger, `${lines.slice(0, -1).join('\n')}\n`);
    expect(await call(folder, 'star', '1')).toMatch(/no harness is running; the next `overnight run` takes it/);
    expect(wishesOf(folder)).toEqual([]);
    await call(folder, 'run', '--experiments', '1');
    expect(wishesOf(folder)).toEqual([{ verb: 'star', n: 1 }]);
  });
});

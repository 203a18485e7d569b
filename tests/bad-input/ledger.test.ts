/**
 * Labs that somebody else works on, whose record was cut, edited or lost a line, or whose arena changed: named, and
 * left as they are.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CANDIDATE,
  copyOf,
  everything,
  expectClean,
  expectError,
  ledgerFile,
  ledgerLines,
  overnight,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';

let finished = '';
beforeAll(async () => {
  finished = smallArena();
  const ended = await overnight(['run', '--experiments', '2', '--tag', 'a', '--json'], { cwd: finished });
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
});

const READERS = [['log'], ['show', '1'], ['diff'], ['report'], ['take', '--branch', 'b']] as const;
const DAMAGE: readonly (readonly [what: string, code: string, why: RegExp, change: (text: string) => string])[] = [
  ['cut in the middle of a line', 'E_LEDGER_TORN', /without a newline/, (text) => text.slice(0, -20)],
  ['edited', 'E_LEDGER_CHAIN', /Line \d+ was edited/, (text) => text.replace('"value":9', '"value":7')],
  ['missing a line', 'E_LEDGER_GAP', /should stand at line/, (text) => text.split('\n').toSpliced(5, 1).join('\n')],
  [
    'with a line that is no event',
    'E_LEDGER_CORRUPT',
    /begins with "hello"/,
    (text) => text.replace(/\n/, '\nhello\n'),
  ],
  ['of a newer version', 'E_LEDGER_VERSION', /reads up to version 1/, (text) => text.replaceAll('"v":1', '"v":2')],
];

describe.concurrent('a ledger', () => {
  it.each(DAMAGE)('%s stops every command with %s and stays as it is', async (_, code, why, change) => {
    const folder = copyOf(finished);
    const file = ledgerFile(folder);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const before = everything(folder);
    expectError(await overnight(['run', '--experiments', '1', '--json'], { cwd: folder }), code, 4, why);
    for (const args of READERS) expectError(await overnight([...args, '--json'], { cwd: folder }), code, 4, why);
    // How a lab is can be said of a broken one too: up to the line before, with the reason.
    const status = await overnight(['status', '--json'], { cwd: folder });
    expect(status.status).toBe(1);
    expect(status.json[0]).toMatchObject({ state: { kind: 'broken', text: expect.stringMatching(why) } });
    const audit = await overnight(['audit', '--json'], { cwd: folder });
    expect(audit.status).toBe(4);
    expect(audit.json[0]).toMatchObject({
      ok: false,
      checks: [{ name: 'hash chain', ok: false, detail: expect.stringContaining(code) }],
    });
    expect(everything(folder)).toBe(before);
  });

  it('whose blobs or commits are gone is found by the audit', async () => {
    const blobs = copyOf(finished);
    rmSync(join(blobs, '.overnight', 'labs', 'a', 'blobs'), { recursive: true });
    const first = await overnight(['audit', '--json'], { cwd: blobs });
    expect(first.status).toBe(4);
    expect(JSON.stringify(first.json[0])).toMatch(/blob \w+… is missing/);
    const commits = copyOf(finished);
    rmSync(join(commits, '.overnight', 'store.git', 'objects'), { recursive: true });
    const second = await overnight(['audit', '--json'], { cwd: commits });
    expect(second.status).not.toBe(0);
  });
});

describe.concurrent('an experiment that is not there', () => {
  it.each([['99'], ['-1'], ['one'], ['1.5']])('%s is named with those that are', async (n) => {
    const ended = await overnight(['show', '--json', '--', n], { cwd: finished });
    expectError(ended, 'E_NOT_FOUND', 2, /0 \(the baseline\) to 2/);
  });

  it('nor a lab of another name', async () => {
    expectError(
      await overnight(['log', '--tag', 'b', '--json'], { cwd: finished }),
      'E_NO_LAB',
      2,
      /^The labs of this folder are a\.$/,
    );
  });
});

describe.concurrent('an arena that changed', () => {
  it('in a frozen file is not measured on: the lab stays as it was', async () => {
    const folder = copyOf(finished);
    appendFileSync(join(folder, 'judge.sh'), '# another judge\n');
    const before = everything(folder);
    const run = (): ReturnType<typeof overnight> => overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expectError(await run(), 'E_ARENA_CHANGED', 2, /Lab "a" was measured with other files/);
    expect(everything(folder)).toBe(before);
  });

  it('before its first number, in a killed session, begins again; the record of that session stays', async () => {
    const killed = smallArena({ candidate: '#!/bin/sh\nX=8\nsleep 60\n' });
    const running = start(['run', '--tag', 'a', '--json'], { cwd: killed });
    await running.until(/"type":"measuring"/);
    running.child.kill('SIGKILL');
    await running.ended;
    const ledger = readFileSync(ledgerFile(killed, 'a'), 'utf8');
    writeFileSync(join(killed, 'x.sh'), CANDIDATE);
    const again = await overnight(['run', '--tag', 'a', '--experiments', '1', '--json'], { cwd: killed });
    expect(again.status, again.stdout + again.stderr).toBe(0);
    const aside = readFileSync(ledgerFile(killed, 'a-unmeasured-1'), 'utf8');
    expect(aside.startsWith(ledger)).toBe(true);
    expect(aside).toMatch(/"session\.died"/);
    expect(processesOf(killed)).toEqual([]);
    await expectClean(killed);
  });

  it('in an editable file goes on from its own commits, and program.md may be rewritten', async () => {
    const folder = copyOf(finished);
    appendFileSync(join(folder, 'x.sh'), '# mine\n');
    writeFileSync(join(folder, 'program.md'), '# Try small numbers\n');
    expect((await overnight(['run', '--experiments', '1', '--json'], { cwd: folder })).status).toBe(0);
    expect(readFileSync(join(folder, 'x.sh'), 'utf8')).toMatch(/# mine\n$/);
    await expectClean(folder);
  });
});

it('a second run on a living lab is kept out, and the first one goes on', async () => {
  const folder = smallArena({
    candidate: '#!/bin/sh\nX=8\n: > "$OVERNIGHT_START"\nsleep 0.4\necho "$X" > "$OVERNIGHT_OUT/x.txt"\n',
  });
  const first = start(['run', '--experiments', '3', '--tag', 'a', '--json'], { cwd: folder });
  await first.until(/"type":"measured"/);
  const second = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
  expectError(second, 'E_LOCKED', 5, new RegExp(`rocess ${first.child.pid} on`));
  const status = await overnight(['status', '--json'], { cwd: folder });
  expect(status.status).toBe(0);
  expect((await first.ended).status).toBe(0);
  expect(ledgerLines(folder).filter(({ type }) => type === 'session.started')).toHaveLength(1);
  expect(existsSync(join(folder, '.overnight', 'labs', 'a', 'lock'))).toBe(false);
  await expectClean(folder);
});

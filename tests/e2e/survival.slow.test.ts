/** A run outlives its surroundings: a closed terminal, the background, a terminal that changes its size. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectClean, JUDGE, ledgerLines, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';

const noTerminal = unless(hasTerminal, 'there is no `script` to make a terminal');

/** Measurements that take long enough to be watched. */
const SLOW = '#!/bin/sh\nX=9\n: > "$OVERNIGHT_START"\nsleep 0.4\necho "$X" > "$OVERNIGHT_OUT/x.txt"\n';
const slowArena = (): string =>
  smallArena({ candidate: SLOW, manifest: MANIFEST.replace('range: [0, 9]', 'range: [0, 100000]') });

async function until(what: string, isTrue: () => boolean, patienceMs = 60_000): Promise<void> {
  for (const end = Date.now() + patienceMs; !isTrue();) {
    if (Date.now() > end) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const endOf = (folder: string, tag: string): Record<string, unknown> | undefined =>
  existsSync(join(folder, '.overnight', 'labs', tag, 'ledger.jsonl'))
    ? ledgerLines(folder, tag).find((event) => event.type === 'session.ended')
    : undefined;
const reportOf = (folder: string, tag: string): string =>
  join(folder, '.overnight', 'labs', tag, 'report', 'report.md');

describe.skipIf(noTerminal)(withReason('a terminal', noTerminal), () => {
  it('that is closed ends no run: it goes on, and the report is written', async () => {
    const folder = slowArena();
    const terminal = inTerminal('run --tag a --experiments 2', { cwd: folder });
    await terminal.see(/calibrating: loss/);
    terminal.hangUp();
    await until('the end of the run', () => endOf(folder, 'a') !== undefined && existsSync(reportOf(folder, 'a')));
    expect(endOf(folder, 'a')).toMatchObject({ reason: 'experiments' });
    expect(ledgerLines(folder, 'a').filter((event) => event.type === 'session.started')).toHaveLength(1);
    await expectClean(folder);
  });

  it.each([
    [120, 60],
    [60, 40],
    [40, 100],
  ])('that changes from %i to %i columns is followed, and no line is wider than it', async (before, after) => {
    const folder = slowArena();
    const terminal = inTerminal('run --tag a --experiments 4', { cwd: folder, columns: before });
    await terminal.see(/calibrating: loss/);
    await terminal.see(new RegExp(`─{${before}}`));
    terminal.resize(after);
    const shownBefore = terminal.shown().length;
    await until('a window of the new width', () =>
      new RegExp(`(^|[^─])─{${after}}([^─]|$)`).test(terminal.shown().slice(shownBefore)),
    );
    expect(await terminal.ended).toBe(0);
    const windows = terminal.shown().slice(shownBefore).split('\x1b[?2026h').slice(2);
    for (const window of windows) {
      const lines = window
        .split('\x1b[?2026l')[0]!
        .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
        .split(/\r?\n/);
      for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(after);
    }
  });
});

describe.concurrent('`overnight run --detach`', () => {
  it('returns when the lab is open, goes on by itself, and can be watched and left', async ({ expect: see }) => {
    const folder = slowArena();
    const begun = await overnight(['run', '--detach', '--tag', 'a', '--hours', '1'], { cwd: folder });
    see(begun.status, begun.stdout + begun.stderr).toBe(0);
    see(begun.stdout).toMatch(/Lab a runs in the background.*attach --tag a.*status --tag a.*stop --tag a.*run\.log/s);
    see((await overnight(['status', '--tag', 'a'], { cwd: folder })).stdout).toMatch(/running/);
    const watching = start(['attach', '--tag', 'a'], { cwd: folder });
    await watching.until(/\d+ . (kept|discarded|inconclusive|refused)/);
    watching.child.kill('SIGINT');
    const left = await watching.ended;
    see(left.status).toBe(0);
    see(left.stdout).toMatch(/The run goes on\./);
    see((await overnight(['stop', '--tag', 'a'], { cwd: folder })).status).toBe(0);
    const toTheEnd = await overnight(['attach', '--tag', 'a'], { cwd: folder });
    see(toTheEnd.status, toTheEnd.stdout + toTheEnd.stderr).toBe(12);
    see(toTheEnd.stdout).toMatch(/stopped by person at/);
    see(endOf(folder, 'a')).toMatchObject({ reason: 'asked' });
    await until('the report', () => existsSync(reportOf(folder, 'a')));
    see(readFileSync(join(folder, '.overnight', 'labs', 'a', 'run.log'), 'utf8')).toMatch(/New lab a.*calibrating/s);
  });

  it('says why the lab could not be opened, with the status of that error', async ({ expect: see }) => {
    const folder = smallArena({ manifest: MANIFEST.replace(/^knobs:.*\n/m, '') });
    const alone = { OVERNIGHT_AGENT: '', PATH: '/usr/bin:/bin', ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '' };
    const ended = await overnight(['run', '--detach', '--tag', 'a'], { cwd: folder, env: alone });
    see(ended.status).toBe(7);
    see(ended.stderr).toMatch(/E_NOBODY/);
    const nowhere = await overnight(['run', '--detach', '--json'], { cwd: join(folder, '..') });
    see(nowhere.status).toBe(2);
    see(nowhere.error?.code).toBe('E_NO_ARENA');
  });

  it('begins a lab again with repaired files and keeps writing into the log of the lab that goes on', async ({
    expect: see,
  }) => {
    const folder = smallArena({ judge: 'exit 3\n' });
    await overnight(['run', '--tag', 'a', '--experiments', '1'], { cwd: folder });
    writeFileSync(join(folder, 'judge.sh'), JUDGE);
    const begun = await overnight(['run', '--detach', '--tag', 'a', '--experiments', '1', '--json'], { cwd: folder });
    see(begun.status, begun.stdout + begun.stderr).toBe(0);
    await until('the end of the run', () => endOf(folder, 'a')?.reason === 'experiments');
    see(readFileSync(join(folder, '.overnight', 'labs', 'a', 'run.log'), 'utf8')).toMatch(/begins again/);
  });
});

describe.concurrent('`overnight attach`', () => {
  it('shows a run that was not detached, and stopping the run ends it', async ({ expect: see, onTestFinished }) => {
    const folder = slowArena();
    const running = start(['run', '--tag', 'a', '--json'], { cwd: folder });
    onTestFinished(() => void running.child.kill('SIGKILL'));
    await running.until(/"type":"measuring"/);
    const watching = start(['attach'], { cwd: folder });
    await watching.until(/Lab a, run by process/);
    await watching.until(/calibrating: loss|kept|discarded/);
    see((await overnight(['stop'], { cwd: folder })).status).toBe(0);
    const ended = await watching.ended;
    see(ended.status).toBe(12);
    see(ended.stdout).toMatch(/stopped by person/);
    await running.ended;
  });

  it('of a lab in which nothing runs shows its state and the status that belongs to it', async ({ expect: see }) => {
    const folder = smallArena();
    see((await overnight(['run', '--tag', 'a', '--experiments', '1', '--json'], { cwd: folder })).status).toBe(0);
    const ended = await overnight(['attach'], { cwd: folder });
    see(ended.status).toBe(0);
    see(ended.stdout).toMatch(/finished at .*1 experiment done/);
    see((await overnight(['attach', '--json'], { cwd: smallArena() })).error?.code).toBe('E_NO_LAB');
  });
});

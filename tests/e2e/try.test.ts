/**
 * `try hello` from end to end as a person types it, in and without the sandbox, and `new` and `doctor` on code of one's
 * own.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import {
  type Ended,
  expectClean,
  freshFolder,
  gitIn,
  ledgerLines,
  overnight,
  ownFiles,
  processesOf,
  ROOT,
  smallArena,
} from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const absent = (level: string): string | undefined =>
  unless(level === 'process' || sandbox.info.level === level, sandbox.info.reason);
const ofType = (ended: Ended, type: string): Record<string, unknown>[] =>
  ended.json.filter((event) => event.type === type);

describe('try without a name', () => {
  it('lists every shipped arena by its use, with what it needs and how long it takes, and begins nothing', async () => {
    const folder = freshFolder();
    const shipped = readdirSync(join(ROOT, 'arenas'));
    const [words, json] = await Promise.all([
      overnight(['try'], { cwd: folder }),
      overnight(['try', '--json'], { cwd: folder }),
    ]);
    expect([words.status, json.status]).toEqual([0, 0]);
    const [{ arenas }] = json.json as unknown as readonly [
      { arenas: { name: string; use: string; minutes: number }[] },
    ];
    expect(arenas.map(({ name }) => name).sort()).toEqual(shipped.sort());
    for (const { name, use, minutes } of arenas) {
      expect(words.stdout).toMatch(new RegExp(`^${use}.* ${name} `, 'm'));
      expect(minutes).toBeGreaterThan(0);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.concurrent('try hello', () => {
  for (const [where, env, level, grade] of [
    ['in bubblewrap', {}, 'bubblewrap', 'sealed'],
    ['without a sandbox', { OVERNIGHT_SANDBOX: 'process' }, 'process', 'reported'],
  ] as const)
    it.skipIf(absent(level))(
      withReason(`measures, decides and reports ${where}, at grade ${grade}`, absent(level)),
      async () => {
        const folder = freshFolder();
        const ended = await overnight(['try', 'hello', '--experiments', '5', '--json'], { cwd: folder, env });
        expect(ended.status, ended.stderr).toBe(0);
        expect(ofType(ended, 'session.started')[0]).toMatchObject({ sandbox: { level }, grade });
        expect(ofType(ended, 'calibrated')[0]).toMatchObject({ noise: { n: 8 } });
        const noise = (ofType(ended, 'calibrated')[0]!.noise as { sigma: number }).sigma;
        expect(noise).toBeGreaterThan(0.005);
        expect(noise).toBeLessThan(0.2);
        expect(ofType(ended, 'decided').length + ofType(ended, 'refused').length).toBe(5);
        const arena = join(folder, '.overnight', 'try', 'hello');
        const rows = readFileSync(join(arena, '.overnight', 'labs', 'try-1', 'results.tsv'), 'utf8')
          .trimEnd()
          .split('\n');
        expect(rows[0]).toBe('commit\tloss\tmemory_gb\tstatus\tdescription');
        expect(rows, 'a title, the baseline, five ideas').toHaveLength(7 - ofType(ended, 'refused').length);
        for (const row of rows.slice(1))
          expect(row).toMatch(/^[0-9a-f]{7}\t\d+\.\d{6}\t\d+\.\d\t(keep|discard|crash)\t.+$/);
        const report = join(arena, '.overnight', 'labs', 'try-1', 'report');
        expect(readFileSync(join(report, 'report.md'), 'utf8')).toContain(grade);
        expect(readFileSync(join(report, 'report.html'), 'utf8')).toMatch(/<\/html>\s*$/);
        expect(readFileSync(join(report, 'progress.svg'), 'utf8')).toMatch(/^<svg/);
        expect(processesOf(arena)).toEqual([]);
        await expectClean(folder);
        const status = await overnight(['status', '--json'], { cwd: folder });
        expect([0, 11]).toContain(status.status);
      },
    );

  it('finished once begins a new lab the next time, with fresh files', async () => {
    const folder = freshFolder();
    const first = await overnight(['try', 'hello', '--quick', '--experiments', '1', '--json'], { cwd: folder });
    expect(first.status, first.stderr).toBe(0);
    const arena = join(folder, '.overnight', 'try', 'hello');
    writeFileSync(join(arena, 'candidate.sh'), 'broken\n');
    const second = await overnight(['try', 'hello', '--quick', '--experiments', '1', '--json'], { cwd: folder });
    expect(second.status, second.stderr).toBe(0);
    expect(existsSync(join(arena, '.overnight', 'labs', 'quick-2', 'ledger.jsonl'))).toBe(true);
  });

  it('says to a person what happens, and ends with where the report lies', async () => {
    const ended = await overnight(['try', 'hello', '--quick', '--experiments', '2'], { cwd: freshFolder() });
    expect(ended.status, ended.stderr).toBe(0);
    const said = ended.stdout + ended.stderr;
    expect(said).toMatch(/loss/);
    expect(said).toMatch(/report\.(html|md)/);
    expect(said).not.toMatch(/undefined|NaN|\[object/);
    expect(said).not.toContain('\u001b');
  });
});

describe('an arena of one’s own', () => {
  it('is made by `new` from flags, passes `doctor`, and a run without knobs or agents says what is missing', async () => {
    const folder = freshFolder('my code');
    writeFileSync(join(folder, 'speed.sh'), '#!/bin/sh\nSTEPS=7\n: > "$OVERNIGHT_START"\necho "steps: $STEPS"\n');
    gitIn(folder, 'init', '--quiet');
    gitIn(folder, 'add', '.');
    gitIn(folder, 'commit', '--quiet', '--message', 'code');
    const answers = ['--edit', 'speed.sh', '--run', 'sh speed.sh', '--metric', 'steps', '--seconds', '2'];
    const made = await overnight(['new', ...answers, '--json'], { cwd: folder });
    expect(made.status, made.stdout).toBe(0);
    expect(readFileSync(join(folder, 'arena.yaml'), 'utf8')).toMatch(/^name: my-code$/m);
    expect(readFileSync(join(folder, 'program.md'), 'utf8')).toMatch(/## Keep policy/);

    const before = ownFiles(folder);
    const doctor = await overnight(['doctor', '--json'], { cwd: folder });
    const { checks } = doctor.json[0] as { checks: { name: string; ok: boolean; detail: string; fix?: string }[] };
    const check = (name: string): unknown => checks.find((each) => each.name === name);
    for (const name of ['git', 'arena', 'kill path', 'metric parses', 'metric repeats', 'smallest effect', 'speed'])
      expect(check(name), name).toMatchObject({ ok: true });
    // The candidate prints its number itself and nothing says what is plausible: doctor says so, with the fix.
    expect(check('trust grade')).toMatchObject({ ok: false, fix: expect.stringContaining('evaluate') });
    expect(doctor.status).toBe(6);
    expect(existsSync(join(folder, '.overnight', 'labs', 'doctor'))).toBe(false);
    expect(gitIn(folder, 'status', '--porcelain').trim().split('\n').sort()).toEqual([
      '?? arena.yaml',
      '?? program.md',
    ]);
    expect(ownFiles(folder)).toBe(before);

    const run = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    // No knobs and no agent: nobody can propose, which is said before anything is measured.
    expect(run.status, run.stdout + run.stderr).toBe(7);
    expect(run.error?.code).toBe('E_NOBODY');
  });

  it('that passes every check of `doctor` is left as it was', async () => {
    const folder = smallArena();
    const doctor = await overnight(['doctor'], { cwd: folder });
    const bad = doctor.stdout.split('\n').filter((line) => line.startsWith('✗'));
    expect(bad.filter((line) => !/sandbox|disk|trust grade/.test(line))).toEqual([]);
    expect(gitIn(folder, 'status', '--porcelain')).toBe('');
    expect(ledgerless(folder)).toBe(true);
  });

  it('whose number is missing is told so by `doctor`, with the fix behind an arrow', async () => {
    const doctor = await overnight(['doctor'], { cwd: smallArena({ judge: 'true\n' }) });
    expect(doctor.status).toBe(6);
    expect(doctor.stdout).toMatch(/^✗ metric parses: .*evaluator-silent.* → .+$/m);
  });
});

const ledgerless = (folder: string): boolean => {
  try {
    return ledgerLines(folder).length === 0;
  } catch {
    return true;
  }
};

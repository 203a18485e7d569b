/**
 * Guards run on the unchanged code first, because one that fails there would refuse every idea; then once on each
 * candidate that is about to be carried on, or before its first measurement where the manifest says `early`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CANDIDATE, expectError, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

const withGuard = (command: string, more = ''): string =>
  `${MANIFEST}guards: [{ name: tests, command: '${command}', wall_s: 5${more} }]\n`;
const run = (folder: string, ideas = 2): ReturnType<typeof overnight> =>
  overnight(['run', '--json', '--agent', 'search', '--experiments', String(ideas)], { cwd: folder });

interface Line {
  readonly type: string;
  readonly n: number;
  readonly when?: string;
  readonly outcome?: string;
  readonly decision?: { readonly verdict: string; readonly failure?: string; readonly reason: string };
}
const linesOf = (folder: string, ...types: string[]): Line[] =>
  (ledgerLines(folder) as unknown as Line[]).filter(({ type }) => types.includes(type));

it('a guard that fails on the unchanged code ends the session before the first idea, and the lab begins again repaired', async () => {
  const folder = smallArena({ manifest: withGuard('echo 3 tests of 40 fail >&2; exit 1') });
  expectError(await run(folder), 'E_BASELINE', 6, /guard: guard tests failed: .*3 tests of 40 fail/);
  expect(JSON.stringify(ledgerLines(folder))).not.toContain('"kind":"idea"');
  writeFileSync(join(folder, 'arena.yaml'), withGuard('grep -q X= x.sh'));
  const ended = await run(folder);
  expect(ended.status, ended.stderr).toBe(0);
  expect(ended.json.filter((event) => event.type === 'decided')).toHaveLength(2);
}, 60_000);

it('doctor says it too', async () => {
  const folder = smallArena({ manifest: withGuard('exit 7') });
  const ended = await overnight(['doctor', '--json'], { cwd: folder });
  expect(ended.status).not.toBe(0);
  expect(ended.stdout).toMatch(/guard tests failed/);
}, 120_000);

it('a candidate that is better and fails its guard is measured, then crashed, and never the base of anything', async () => {
  const folder = smallArena({ manifest: withGuard('grep -q X=9 x.sh || { echo PASS a; echo ● b breaks; exit 1; }') });
  const ended = await run(folder);
  expect(ended.status, ended.stderr).toBe(0);
  const decisions = linesOf(folder, 'decided').map(({ decision }) => decision!);
  expect(decisions.map(({ failure }) => failure)).toEqual(['guard', 'guard']);
  for (const { reason, verdict } of decisions) {
    expect(verdict).toBe('crashed');
    expect(reason).toMatch(/^guard tests failed.*● b breaks/);
    expect(reason).not.toContain('PASS a');
  }
  expect(linesOf(folder, 'advanced')).toEqual([]);
  const measured = linesOf(folder, 'measured', 'guarded', 'decided').map(({ type }) => type);
  expect(measured).toEqual([
    'guarded',
    'measured',
    'measured',
    'measured',
    'guarded',
    'decided',
    'measured',
    'guarded',
    'decided',
  ]);
  const shown = await overnight(['show', '1'], { cwd: folder });
  expect(shown.stdout).toMatch(/Guards\n.*tests\s+failed/);
}, 60_000);

it('a candidate that is no better costs no guard', async () => {
  const folder = smallArena({ manifest: withGuard('true'), candidate: CANDIDATE.replace('X=9', 'X=0') });
  const ended = await run(folder, 3);
  expect(ended.status, ended.stderr).toBe(0);
  expect(linesOf(folder, 'decided').map(({ decision }) => decision!.verdict)).not.toContain('kept');
  expect(linesOf(folder, 'guarding').map(({ n }) => n)).toEqual([0]);
}, 60_000);

it('an early guard runs before the first measurement, and what fails it costs none', async () => {
  const folder = smallArena({ manifest: withGuard('grep -q X=9 x.sh', ', early: true') });
  const ended = await run(folder);
  expect(ended.status, ended.stderr).toBe(0);
  expect(linesOf(folder, 'decided').map(({ decision }) => decision!.failure)).toEqual(['guard', 'guard']);
  expect(linesOf(folder, 'measuring').map(({ n }) => n)).toEqual([0, 0]);
  expect(linesOf(folder, 'guarding').map(({ n, when }) => [n, when])).toEqual([
    [0, 'baseline'],
    [1, 'early'],
    [2, 'early'],
  ]);
}, 60_000);

it('what passes is carried on once, with its artefact, and the audit derives all of it', async () => {
  const folder = smallArena({ manifest: withGuard('echo 40 tests passed') });
  const ended = await run(folder);
  expect(ended.status, ended.stderr).toBe(0);
  const kept = linesOf(folder, 'decided').filter(({ decision }) => decision!.verdict === 'kept');
  expect(kept.length).toBeGreaterThan(0);
  const guarded = linesOf(folder, 'guarding').filter(({ when }) => when === 'keep');
  expect(guarded.map(({ n }) => n)).toEqual(kept.map(({ n }) => n));
  const tag = ledgerLines(folder)[0]!.tag as string;
  const best = readFileSync(join(folder, '.overnight', 'labs', tag, 'best', 'x.txt'), 'utf8');
  expect(Number(best)).toBeLessThan(9);
  const audited = await overnight(['audit'], { cwd: folder });
  expect(audited.status, audited.stdout).toBe(0);
  expect((await overnight(['show', String(kept[0]!.n)], { cwd: folder })).stdout).toMatch(
    /tests\s+passed.*40 tests passed/,
  );
}, 60_000);

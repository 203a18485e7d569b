/** Guards are run on the unchanged code first: one that fails there would refuse every idea of a night. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectError, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

const withGuard = (command: string): string =>
  `${MANIFEST}guards: [{ name: tests, command: '${command}', wall_s: 5 }]\n`;
const run = (folder: string): ReturnType<typeof overnight> =>
  overnight(['run', '--json', '--agent', 'search', '--experiments', '2'], { cwd: folder });

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

it('a guard that refuses an idea refuses that idea alone', async () => {
  const folder = smallArena({ manifest: withGuard('grep -q X=9 x.sh') });
  const ended = await run(folder);
  expect(ended.status, ended.stderr).toBe(0);
  const decisions = ended.json.filter((event) => event.type === 'decided') as { decision?: { failure?: string } }[];
  expect(decisions.map(({ decision }) => decision?.failure)).toEqual(['guard', 'guard']);
}, 60_000);

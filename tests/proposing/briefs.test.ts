/** Briefs through the command line, and their price in tokens (bytes / 4) in a lab of a dozen experiments. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CANDIDATE, expectError, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';

const tokens = (text: string): number => Buffer.byteLength(text) / 4;

it('a first brief costs at most 1,200 tokens, later ones 250, and they say what is new', async () => {
  const folder = smallArena({ manifest: MANIFEST.replace('range: [0, 9]', 'range: [0, 900]') });
  const sections = ['Rules', 'Ideas', 'Notes of the person'].map(
    (title) =>
      `\n## ${title}\n${`- a sentence about ${title} that takes some room on the page\n`.repeat(title === 'Rules' ? 40 : 8)}`,
  );
  writeFileSync(join(folder, 'program.md'), `# Find a small X\n${sections.join('')}- the last words of the person\n`);
  const ended = await overnight(['run', '--json', '--agent', 'search', '--max-usd', '0', '--experiments', '12'], {
    cwd: folder,
  });
  expect(ended.status, ended.stderr + ended.stdout).toBe(0);
  const brief = async (...args: string[]): Promise<string> =>
    (await overnight(['brief', ...args], { cwd: folder })).stdout;
  const first = await brief();
  const newest = /`overnight brief --since (\d+)`/.exec(first)![1]!;
  expect(Number(newest)).toBeGreaterThanOrEqual(12);
  expect(tokens(first)).toBeLessThanOrEqual(1200);
  expect(tokens(first)).toBeGreaterThan(600);
  expect(first).toContain('the last words of the person');
  expect(first).toMatch(/left out, whole or in part: /);

  await overnight(['steer', 'leave even numbers alone'], { cwd: folder });
  writeFileSync(join(folder, '..', 'x.sh'), CANDIDATE);
  const copy = join(folder, '..', 'copy');
  await overnight(['checkout', copy], { cwd: folder });
  writeFileSync(join(copy, 'x.sh'), CANDIDATE.replace('X=9', 'X=-50'));
  const sent = await overnight(['submit', '--from', copy, '--hypothesis', 'far below', '--json'], { cwd: folder });
  const { id } = sent.json[0] as { id: string };
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  const done = await overnight(['poll', id, '--wait', '25', '--json'], { cwd: folder });
  const { experiment } = done.json[0] as { experiment: number };
  await overnight(['stop'], { cwd: folder });
  await harness.ended;

  const later = await brief('--since', newest);
  expect(tokens(later)).toBeLessThanOrEqual(250);
  expect(later).toMatch(new RegExp(`^## Since #${newest}: \\d+ verdicts?, \\d+ open\\n`));
  expect(later).toContain(`#${experiment} kept`.replace('kept', 'step'));
  expect(later).toContain('far below');
  expect(later).toContain('w1 (person): leave even numbers alone');
  const whole = await overnight(['brief', '--since', '0', '--json'], { cwd: folder });
  expect(tokens((whole.json[0] as { brief: string }).brief)).toBeLessThanOrEqual(250);
  expect((whole.json[0] as { brief: string }).brief).toContain('## Since #0: 13 verdicts');
  expectError(await overnight(['brief', '--since', '999', '--json'], { cwd: folder }), 'E_NOT_FOUND', 2, /numbers 0/);
  console.log(`tokens: first ${tokens(first)}, later ${tokens(later)}`);
}, 180_000);

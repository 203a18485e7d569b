/** kill -9 of the harness before every kind of effect that a night has. */
import { expect, it } from 'vitest';
import { expectGoesOn, undisturbed } from './killed-night.ts';

it('a harness that is killed before any effect goes on as if nothing had been', { timeout: 1_800_000 }, async () => {
  const { arena, boundaries } = await undisturbed();
  await expectGoesOn(arena, boundaries);
  process.stdout.write(`killed at ${boundaries.length} kinds of effect\n`);
  expect(boundaries.length).toBeGreaterThan(100);
});

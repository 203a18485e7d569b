/** The engine as it is gives what is expected of it; an engine that keeps answers or drops the half of itself does not. */
import { expect, it } from 'vitest';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';

it('the engine as it was answers every question', async () => {
  const { status, stderr, metrics } = await new ShippedArena('template-speed').score();
  expect(status, stderr).toBe(0);
  expect(metrics.characters).toBeGreaterThan(500);
  expect(metrics.wall_ms_per_template).toBeGreaterThan(0);
});

it.each(['cheat-kept-answers.patch', 'cheat-no-async.patch', 'cheat-no-errors.patch'])(
  '%s is refused',
  async (patch) => {
    const { status, stderr, metrics } = await new ShippedArena('template-speed', patch).score();
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/is not that of the engine as it was/);
    expect(metrics).toEqual({});
  },
);

it('the faster engine of the examples gives the same bytes, also for the families of the holdout', async () => {
  const arena = new ShippedArena('template-speed', '01-no-generators-where-nothing-waits.patch');
  const { status, stderr } = await arena.score({ isHoldout: true, seed: 7 });
  expect(status, stderr).toBe(0);
});

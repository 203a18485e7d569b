/** A faster engine is kept and confirmed through the whole harness; one that keeps answers gives no number. */
import { expect, it } from 'vitest';
import { tryPatch } from '../../../tests/fixtures/shipped-session.ts';

it('the faster engine is kept and its gain is confirmed', { timeout: 600_000 }, async () => {
  const state = await tryPatch('template-speed', '01-no-generators-where-nothing-waits.patch');
  expect(state.experiments[1]).toMatchObject({ decision: { verdict: 'kept' } });
  expect(state.champion).toBe(1);
  expect(state.confirmations[0]).toMatchObject({ passed: true, n: 1 });
});

it('an engine that keeps answers crashes', { timeout: 600_000 }, async () => {
  const state = await tryPatch('template-speed', 'cheat-kept-answers.patch');
  expect(state.experiments[1]).toMatchObject({ decision: { verdict: 'crashed', failure: 'data' } });
});

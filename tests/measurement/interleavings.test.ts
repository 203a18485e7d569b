/**
 * Whatever order things happen in: no kept change is lost without a reason on record, and log, diff and report agree.
 */
import { expect, it } from 'vitest';
import { ENDS, playHistories } from '../fixtures/interleaving.ts';

it('300 random interleavings of submissions, keeps, vetoes and kills lose no kept change', async () => {
  const ends = await playHistories(0, 300, 40);
  for (const end of [...ENDS, 'takes over', 'vetoed']) expect(ends.get(end) ?? 0, end).toBeGreaterThan(0);
});

/**
 * Whatever order things happen in: no kept change is lost without a reason on record, and log, diff and report agree.
 */
import { expect, it } from 'vitest';
import { playHistories } from '../fixtures/interleaving.ts';

/** Each end that a submission on older code can have; a test that never saw one would hold of nothing. */
const ENDS = [
  'carried',
  'carrier kept',
  'carrier conflict',
  'carrier contained',
  'carrier discarded',
  'carrier crashed',
];

it('300 random interleavings of submissions, keeps, vetoes and kills lose no kept change', async () => {
  const ends = await playHistories(0, 300, 40);
  for (const end of [...ENDS, 'takes over', 'vetoed']) expect(ends.get(end) ?? 0, end).toBeGreaterThan(0);
});

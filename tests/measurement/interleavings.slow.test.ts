/**
 * Whatever order things happen in: no kept change is lost without a reason on record, and log, diff and report agree.
 */
import { expect, it } from 'vitest';
import { ENDS, playHistories } from '../fixtures/interleaving.ts';

it('10,000 random interleavings of submissions, keeps, vetoes and kills lose no kept change', async () => {
  const ends = await playHistories(1000, 11_000, 200);
  for (const end of [...ENDS, 'carrier carried', 'takes over', 'vetoed'])
    expect(ends.get(end) ?? 0, end).toBeGreaterThan(50);
}, 1_800_000);

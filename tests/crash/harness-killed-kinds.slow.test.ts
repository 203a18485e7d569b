/** kill -9 of the harness: while it writes a line of the ledger, and before one call of each kind. */
import { beforeAll, describe, expect, it } from 'vitest';
import { expectGoesOn, type Undisturbed, undisturbed } from './killed-night.ts';

let night: Undisturbed;
beforeAll(async () => {
  night = await undisturbed();
});

describe('a harness that is killed', () => {
  it('half way through writing a line sets the torn line aside and goes on', { timeout: 600_000 }, async () => {
    const lines = night.boundaries.filter((name) => / > writeSync .*ledger\.jsonl$/.test(name));
    expect(lines.length).toBeGreaterThan(8);
    await expectGoesOn(night.arena, lines, { half: true });
  });

  // The sweep over all of them is harness-killed.slow.test.ts.
  it('before one call of each kind goes on as if nothing had been', { timeout: 600_000 }, async () => {
    const kindOf = (name: string): string => / > (\w+)/.exec(name)![1]!;
    const lastOfEach = [...new Map(night.boundaries.map((name) => [kindOf(name), name])).values()];
    expect(lastOfEach.length).toBeGreaterThan(9);
    await expectGoesOn(night.arena, lastOfEach);
  });
});

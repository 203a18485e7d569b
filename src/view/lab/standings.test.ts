import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { viewLab } from './lab.ts';
import type { ProposerStanding } from '../standing-types.ts';

interface Tried {
  readonly by: string;
  readonly model?: string;
  readonly value?: number;
  readonly usd?: number;
  readonly tokens?: number;
  readonly refused?: 'duplicate' | 'not-editable';
}

/** A lab of ideas in order, each measured with one number; the steps are confirmed at the end where asked. */
function standingsOf(ideas: readonly Tried[], confirms = true): readonly ProposerStanding[] {
  const script = new Script(arenaWith());
  script.propose('baseline').addSnapshot().addCalibration([100, 100.1, 99.9]);
  for (const { by, model, value = 0, usd, tokens, refused } of ideas) {
    const { state } = script;
    const n = state.experiments.length;
    const spent = usd === undefined && tokens === undefined ? undefined : { usd, tokens };
    script.addEvent({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: state.incumbent,
      proposer: by,
      hypothesis: `idea ${n}`,
      edits: {},
      note: JSON.parse(JSON.stringify({ model, spent })) as object,
    });
    if (refused) script.addEvent({ type: 'refused', n, code: refused, reason: 'x' });
    else script.addSnapshot().measure(n, value).decide(n);
    if (script.state.experiments[n]!.state === 'decided') {
      const decided = script.state.experiments[n]!;
      if (decided.state === 'decided' && decided.decision.verdict === 'kept')
        script.addEvent({ type: 'advanced', n, commit: decided.snapshot.commit });
    }
  }
  const { incumbent } = script.state;
  if (confirms && incumbent > 0)
    script.addEvent({
      type: 'confirmation',
      n: incumbent,
      against: 0,
      passed: true,
      effect: 10,
      interval: [8, 12],
      probability: 0.999,
      rule: 'confirm/4',
      reason: 'x',
    });
  return viewLab(script.state, { now: script.state.lastAt, alive: false, tip: '' }).standings;
}

describe('the standing of proposers', () => {
  it('counts ideas, refusals, repeats, steps and what was confirmed, for each proposer and model', () => {
    const rows = standingsOf([
      { by: 'ann', model: 'm-1', value: 90 },
      { by: 'bob', value: 120 },
      { by: 'ann', model: 'm-2', value: 80 },
      { by: 'bob', refused: 'duplicate' },
      { by: 'bob', refused: 'not-editable' },
    ]);
    const row = (proposer: string, model?: string): ProposerStanding =>
      rows.find((other) => other.proposer === proposer && other.model === model)!;
    expect(rows).toHaveLength(3);
    expect(row('ann', 'm-1')).toMatchObject({ ideas: 1, refused: 0, measured: 1, kept: 1, confirmed: 1 });
    expect(row('ann', 'm-2')).toMatchObject({ ideas: 1, kept: 1, confirmed: 1 });
    expect(row('bob')).toMatchObject({
      ideas: 3,
      refused: 2,
      duplicates: 1,
      measured: 1,
      kept: 0,
      confirmed: 0,
      gain: 0,
      gainText: 'none',
    });
    expect(row('ann', 'm-1').gain).toBeGreaterThan(0);
    expect(rows.at(-1)!.proposer).toBe('bob');
  });

  it('says that ideas are too few instead of a rate, and nothing where no cost is known', () => {
    const [ann, bob] = standingsOf([
      { by: 'ann', value: 90, usd: 1 },
      { by: 'bob', value: 120 },
    ]);
    expect(ann).toMatchObject({ usd: 1, perDollar: { text: expect.stringContaining('too few to tell: 1 idea') } });
    expect(ann!.perDollar.raw).toBeUndefined();
    expect(ann!.perMillionTokens.text).toBe('–');
    expect(bob!.perMeasuringHour.text).toBe('no confirmed gain');
    expect(bob!.perDollar.text).toBe('–');
  });

  it('has a rate with its interval once there are enough ideas and gains', () => {
    const ideas = Array.from({ length: 24 }, (_, i) => ({
      by: i % 2 === 0 ? 'ann' : 'bob',
      value: i % 4 === 0 ? 90 - i : 150,
      usd: 0.5,
      tokens: 1000,
    }));
    const [ann, bob] = standingsOf(ideas);
    expect(ann).toMatchObject({ proposer: 'ann', ideas: 12, kept: 6, confirmed: 6, usd: 6, tokens: 12_000 });
    expect(ann!.perDollar.raw).toBeCloseTo(ann!.gain / 6, 9);
    expect(ann!.perMillionTokens.raw).toBeCloseTo((1e6 * ann!.gain) / 12_000, 6);
    for (const rate of [ann!.perDollar, ann!.perMeasuringHour, ann!.perWallHour, ann!.perMillionTokens]) {
      expect(rate.interval![0]).toBeLessThan(rate.raw!);
      expect(rate.interval![1]).toBeGreaterThan(rate.raw!);
      expect(rate.text).toMatch(/\(95 %: [\d.,]+ to [\d.,]+\)/);
    }
    expect(bob).toMatchObject({ kept: 0, perDollar: { text: 'no confirmed gain' } });
  });

  it('counts no gain that fresh measurements did not confirm', () => {
    const [ann] = standingsOf([{ by: 'ann', value: 90, usd: 1 }], false);
    expect(ann).toMatchObject({ kept: 1, confirmed: 0, gain: 0, perDollar: { text: 'no confirmed gain' } });
  });
});

/**
 * The simulated nights that bench/decide.ts counts: their ledgers are ledgers, and few of them already show what a
 * thousand do.
 */
import { describe, expect, it } from 'vitest';
import { type Night, nothingHelps, simulateNight } from '../../bench/night.ts';
import { judgeClaim } from '../../src/core/rules/claims.ts';
import { judge } from '../../src/core/rules/judge.ts';
import { createFold } from '../../src/core/replay.ts';

const DEVICE = 'simulated';
const RULES = ['margin', 'paired', 'sequential', 'greedy'] as const;
const night = (seed: number, decide = {}): Night => simulateNight({ seed, sigma: 0.0005, decide });

describe('a simulated night', () => {
  it('is the same for the same seed and spends what it was given', () => {
    expect(night(3)).toEqual(night(3));
    for (const rule of RULES) {
      expect(night(5, { rule }).usedMeasurements, rule).toBeGreaterThan(119);
      expect(night(5, { rule }).usedMeasurements, rule).toBeLessThanOrEqual(126);
    }
  });

  it('holds only verdicts and confirmations that follow from the events before them', () => {
    for (const rule of RULES) {
      const { state, apply } = createFold();
      for (const event of night(7, { rule }).events) {
        if (event.type === 'decided')
          expect(judge(state, event.n, DEVICE)).toEqual({ again: false, decision: event.decision });
        if (event.type === 'confirmation')
          expect(event).toMatchObject({ ...judgeClaim(state, event.n, event.against, DEVICE) });
        apply(event);
      }
    }
  });

  it('under the rules of new labs claims nothing false in 40 nights without a good idea, and nearly all of the gain in others', () => {
    let [gain, claimed] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const empty = simulateNight({ seed, sigma: 0.0005, effect: nothingHelps });
      expect(empty.state.confirmations.filter((c) => c.passed)).toEqual([]);
      const { state, truth } = night(seed);
      gain += truth[state.incumbent]!;
      claimed += truth[state.champion]!;
    }
    expect(claimed / gain).toBeGreaterThan(0.8);
  });
});

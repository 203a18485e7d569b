/**
 * Rule sequential: may look after every pair, keeps chance below its level all the same, and stops at once where the
 * difference is plain.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../base/random.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from './judge.ts';
import { plan } from '../plan/plan.ts';
import { sequentialRule } from './sequential.ts';
import { comparePairs, emptyPool, mixtureRatio } from '../../base/stats.ts';

const MOST = 40;

/** Pairs until it stops, and how. */
function raced(effect: number, chance: ReturnType<typeof createRandom>): { n: number; verdict: string } {
  const differences: number[] = [];
  for (;;) {
    differences.push(effect + Math.SQRT2 * chance.normal());
    const { verdict } = sequentialRule(comparePairs(differences, { sigma: 1, dof: 30, pairs: emptyPool }), MOST);
    if (verdict !== 'again') return { n: differences.length, verdict };
  }
}

describe('sequential', () => {
  it('keeps an unchanged candidate in fewer than one of twenty races, although it looks forty times', () => {
    const chance = createRandom(3);
    const races = Array.from({ length: 1500 }, () => raced(0, chance));
    expect(races.filter(({ verdict }) => verdict === 'kept').length / 1500).toBeLessThan(0.05);
  });

  it('stops sooner the larger the difference, and finds nearly every one of two standard deviations', () => {
    const chance = createRandom(4);
    const mean = (effect: number): { n: number; kept: number } => {
      const races = Array.from({ length: 200 }, () => raced(effect, chance));
      return {
        n: races.reduce((sum, { n }) => sum + n, 0) / 200,
        kept: races.filter(({ verdict }) => verdict === 'kept').length / 200,
      };
    };
    const [small, large] = [mean(1), mean(4)];
    expect(large.n).toBeLessThan(5);
    expect(small.n).toBeGreaterThan(large.n);
    expect(mean(2).kept).toBeGreaterThan(0.95);
  });

  it('knows the two ends of its evidence', () => {
    expect(mixtureRatio(0, 0, 0, 3)).toBe(0);
    expect(mixtureRatio(1, 0, 0, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(mixtureRatio(0, 1, 1, 8)).toBeCloseTo(1 / 3, 12);
  });

  it('measures in turn until it may stop', () => {
    const arena = arenaWith({ decide: { rule: 'sequential', max_replicates: 20, controls: 0 } });
    const script = new Script(arena).addCalibration([5, 5.1, 4.9, 5.05, 4.95]).addIdea();
    const situation = {
      deviceClass: SCRIPT_DEVICE,
      stopRequested: false,
      slots: 1,
      busyExperiments: new Set<number>(),
      isThinking: false,
      hasSpareCores: false,
    };
    for (let turns = ''; ;) {
      const step = plan(script.state, situation);
      if (step.do === 'decide') {
        expect(turns).toMatch(/^ABBA/);
        expect(turns.length).toBeLessThan(16);
        break;
      }
      if (step.do !== 'measure') throw new Error(step.do);
      turns += step.n === 1 ? 'A' : 'B';
      script.measure(step.n, step.n === 1 ? 4.7 : 5, { purpose: step.purpose, pair: 1, seed: step.seed });
    }
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'kept', rule: 'sequential/2' },
    });
  });
});

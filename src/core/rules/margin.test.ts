import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSamples } from '../../base/stats.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import type { Decision } from '../decision.ts';
import { failedAgainst, failedSinceMeasured } from './evidence.ts';
import { marginRule, shrinkageOf } from './margin.ts';

const pair = fc.record({
  candidate: fc.double({ min: -3, max: 3, noNaN: true }),
  sigma: fc.double({ min: 0, max: 2, noNaN: true }),
});
/** One number of a candidate against `count` numbers of the incumbent, all of them 0. */
const verdict = (candidate: number, sigma: number, failedIdeas: number, count = 1, steps = 1): string =>
  marginRule(compareSamples([candidate], new Array<number>(count).fill(0), sigma, 10), steps, failedIdeas, count)
    .verdict;
/** Is a candidate kept that lies `z` standard errors above the one number of the incumbent? */
const isKeptAt = (z: number, failedIdeas: number): boolean => verdict(z * Math.SQRT2, 1, failedIdeas) === 'kept';

describe('the margin', () => {
  it('shrinks with every idea that fails against the incumbent, and no further than to 0.5 standard errors below', () => {
    expect([0.19, 0.21].map((z) => isKeptAt(z, 0))).toEqual([false, true]);
    expect([-0.05, 0.01].map((z) => isKeptAt(z, 4))).toEqual([false, true]);
    expect([-0.51, -0.49].map((z) => isKeptAt(z, 14))).toEqual([false, true]);
    expect(isKeptAt(-0.51, 1000)).toBe(false);
  });

  it('says that it keeps something worse, and why', () => {
    const comparison = compareSamples([-0.4 * Math.SQRT2], [0], 1, 10);
    expect(marginRule(comparison, 1, 14, 1)).toEqual({
      verdict: 'kept',
      reason:
        'worse by 0.5657, less than the luck in a number that 14 ideas failed against: z = -0.40 after 1, margin -0.5',
    });
  });

  it('keeps more, never less, the more ideas failed and the better the candidate', () => {
    fc.assert(
      fc.property(pair, fc.nat(40), fc.nat(40), ({ candidate, sigma }, failedIdeas, more) => {
        if (verdict(candidate, sigma, failedIdeas) !== 'kept') return;
        expect(verdict(candidate, sigma, failedIdeas + more)).toBe('kept');
        expect(verdict(candidate + 0.1, sigma, failedIdeas)).toBe('kept');
      }),
    );
  });

  it('takes every difference for real where there is no noise', () => {
    fc.assert(
      fc.property(pair, fc.nat(40), ({ candidate }, failedIdeas) => {
        expect(verdict(candidate, 0, failedIdeas)).toBe(candidate > 0 ? 'kept' : 'discarded');
      }),
    );
  });

  it('keeps no more code for an equal number, however far it shrank', () => {
    expect(verdict(0, 1, 14, 1, 1)).toBe('discarded');
    expect(verdict(-0.01, 1, 14, 1, 1)).toBe('kept');
  });

  it('lets a simpler change through at an equal number', () => {
    expect(verdict(0, 1, 0, 1, 0)).toBe('kept');
    expect(verdict(0, 1, 0, 1, 1)).toBe('discarded');
  });

  it('takes a mean of many numbers for less lucky than one', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 30 }), (failedIdeas, count) => {
        expect(shrinkageOf(failedIdeas, count + 1)).toBeLessThan(shrinkageOf(failedIdeas, count));
      }),
    );
  });
});

describe('in a lab', () => {
  const baseline = (): Script =>
    new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.1, 4.9, 5.05, 4.95]);
  const decisionOf = (script: Script): Decision => {
    const experiment = script.state.experiments.at(-1)!;
    if (experiment.state !== 'decided') throw new Error(experiment.state);
    return experiment.decision;
  };

  it('ideas are counted from the last measurement of the incumbent, so a second number restores the margin', () => {
    const script = [5.2, 5.3, 4, 4.5, 4.5, 4.6].reduce((script, value) => script.tryIdea(value), baseline());
    expect(script.state.incumbent).toBe(3);
    expect([failedAgainst(script.state, 0), failedAgainst(script.state, 3)]).toEqual([2, 3]);
    expect(decisionOf(script.tryIdea(4.03)), 'three failures do not make up for 0.03').toMatchObject({
      verdict: 'discarded',
      kind: 'within noise',
    });
    for (let i = 0; i < 12; i++) script.tryIdea(4.6);
    expect(failedSinceMeasured(script.state, -1, SCRIPT_DEVICE)).toBe(16);
    script.measure(3, 4, { purpose: 'replicate' });
    expect(failedSinceMeasured(script.state, -1, SCRIPT_DEVICE)).toBe(0);
    expect(decisionOf(script.tryIdea(4.03))).toMatchObject({ verdict: 'discarded' });
    for (let i = 0; i < 14; i++) script.tryIdea(4.6);
    expect(decisionOf(script.tryIdea(4.02))).toMatchObject({
      verdict: 'kept',
      reason: expect.stringMatching(/^worse by 0\.02, less than the luck in a number that 15 ideas failed against/),
    });
  });
});

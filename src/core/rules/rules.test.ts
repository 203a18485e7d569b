/** The four rules as functions of one comparison: what each says on both sides of each of its borders. */
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../base/stats.ts';
import {
  describeEvidence,
  discardAsNoBetter,
  formatSignificant,
  greedyRule,
  marginRule,
  shrinkageOf,
} from './margin.ts';
import { pairedRule } from './paired.ts';
import { sequentialRule } from './sequential.ts';

/** A difference of `z` standard errors, each of them `se`, from `n` numbers. */
const at = (z: number, n = 1, se = 1): Comparison => ({
  n,
  difference: se === 0 ? z : z * se,
  se,
  z: se === 0 && z !== 0 ? Math.sign(z) * Number.POSITIVE_INFINITY : z,
  interval: [0, 0],
  probability: 0.5,
});

describe('greedy', () => {
  it('keeps whatever is above zero', () => {
    expect([-1, 0, 0.001, 5].map((z) => greedyRule(at(z)).verdict)).toEqual(['discarded', 'discarded', 'kept', 'kept']);
  });
});

describe('margin', () => {
  const verdictAt = (z: number, steps = 1, failed = 0, count = 1): string =>
    marginRule(at(z), steps, failed, count).verdict;

  it('asks 0.2 standard errors for each step', () => {
    expect([-0.01, 0, 0.01, 0.19, 0.2, 0.21].map((z) => verdictAt(z))).toEqual([
      'discarded',
      'discarded',
      'inconclusive',
      'inconclusive',
      'kept',
      'kept',
    ]);
    expect([0.39, 0.4].map((z) => verdictAt(z, 2))).toEqual(['inconclusive', 'kept']);
    expect([-0.01, 0, 0.01].map((z) => verdictAt(z, 0))).toEqual(['discarded', 'kept', 'kept']);
  });

  it('takes back by the number of failures what the incumbent owes to chance', () => {
    // One number: 0.05 for each failure. Three numbers: √(2/4) of it.
    expect([-0.11, -0.09].map((z) => verdictAt(z, 1, 6))).toEqual(['discarded', 'kept']);
    const border = 0.2 - 10 * 0.05 * Math.SQRT1_2;
    expect([border - 0.01, border + 0.01].map((z) => verdictAt(z, 1, 10, 3))).toEqual(['discarded', 'kept']);
    expect(verdictAt(0, 1, 6)).toBe('discarded');
    expect(verdictAt(0, 0, 6)).toBe('kept');
  });

  it('takes nothing back where there is no noise', () => {
    const noiseless = (z: number, failed: number, steps = 1): string =>
      marginRule(at(z, 1, 0), steps, failed, 1).verdict;
    expect([noiseless(0.001, 0), noiseless(-0.001, 14), noiseless(0, 14), noiseless(0, 14, 0)]).toEqual([
      'kept',
      'discarded',
      'discarded',
      'kept',
    ]);
  });

  it('expects a chosen number to be too good by 0.6 standard errors and 0.05 for each failure, 0.7 of them at most', () => {
    expect(shrinkageOf(0, 1)).toBeCloseTo(0.6, 12);
    expect(shrinkageOf(4, 1)).toBeCloseTo(0.8, 12);
    expect(shrinkageOf(14, 1)).toBeCloseTo(1.3, 12);
    expect(shrinkageOf(20, 1)).toBeCloseTo(1.3, 12);
    expect(shrinkageOf(14, 3)).toBeCloseTo(0.9192388155425117, 12);
  });

  it('says whether what is no better is worse: from two standard errors on', () => {
    const isCalledWorse = (z: number): boolean => discardAsNoBetter(at(z), '').reason.startsWith('worse by');
    expect([-2.01, -2, -1.99, 0].map(isCalledWorse)).toEqual([true, true, false, false]);
    expect(discardAsNoBetter(at(-3, 1, 0.5), '').reason).toMatch(/ 1\.5/);
  });

  it('writes numbers with four digits, and infinite ones with their sign', () => {
    expect([1.23456, 0.000123456, 123456, -0.5, 0].map(formatSignificant)).toEqual([
      '1.235',
      '0.0001235',
      '123500',
      '-0.5',
      '0',
    ]);
    expect(formatSignificant(Number.POSITIVE_INFINITY)).toBe('Infinity');
    expect([at(1.234, 3), at(1, 2, 0), at(-1, 2, 0)].map(describeEvidence)).toEqual([
      'z = 1.23 after 3',
      'z = ∞ after 2',
      'z = −∞ after 2',
    ]);
  });
});

describe('paired', () => {
  const verdictAt = (z: number, n: number, margin = 1, most = 3): string => pairedRule(at(z, n), margin, most).verdict;

  it('keeps after one pair what is two standard errors better, or as many as the margin asks', () => {
    expect([1.99, 2, 2.01].map((z) => verdictAt(z, 1))).toEqual(['again', 'kept', 'kept']);
    expect([2.5, 3].map((z) => verdictAt(z, 1, 3))).toEqual(['again', 'kept']);
  });

  it('drops at once what is no better, and an equal one unless it is simpler', () => {
    expect([-1, 0].map((z) => verdictAt(z, 1))).toEqual(['discarded', 'discarded']);
    expect([-1, 0].map((z) => verdictAt(z, 2, 0))).toEqual(['discarded', 'kept']);
    expect(verdictAt(0, 1, 0)).toBe('again');
  });

  it('keeps at the margin from the second pair on', () => {
    expect([0.99, 1, 1.5].map((z) => verdictAt(z, 1))).toEqual(['again', 'again', 'again']);
    expect([0.99, 1, 1.5].map((z) => verdictAt(z, 2))).toEqual(['again', 'kept', 'kept']);
  });

  it('ends in doubt after the last pair that is allowed, and at once where one is', () => {
    expect([2, 3, 4].map((n) => verdictAt(0.5, n))).toEqual(['again', 'inconclusive', 'inconclusive']);
    expect([0.5, 1].map((z) => verdictAt(z, 1, 1, 1))).toEqual(['inconclusive', 'kept']);
  });
});

describe('sequential', () => {
  /** The difference at which the evidence after n pairs of unit spread is `ratio` to 1, solved by hand. */
  const differenceFor = (ratio: number, n: number): number =>
    Math.sqrt((2 * (1 + n) * Math.log(ratio * Math.sqrt(1 + n))) / n ** 2);
  const race = (difference: number, n: number, most = 10): string => {
    const se = 1 / Math.sqrt(n);
    return sequentialRule({ ...at(difference / se, n, se) }, most).verdict;
  };

  it('stops when effects are twenty times likelier than none, in either direction', () => {
    for (const n of [1, 4, 9]) {
      const border = differenceFor(20, n);
      expect([0.99 * border, 1.01 * border].map((difference) => race(difference, n))).toEqual(['again', 'kept']);
      expect([-0.99 * border, -1.01 * border].map((difference) => race(difference, n))).toEqual(['again', 'discarded']);
    }
  });

  it('ends after the last pair: in doubt where it is better, else discarded', () => {
    expect([9, 10, 11].map((n) => race(0.1, n))).toEqual(['again', 'inconclusive', 'inconclusive']);
    expect([0, -0.1].map((difference) => race(difference, 10))).toEqual(['discarded', 'discarded']);
  });
});

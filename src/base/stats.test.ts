import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import {
  addToPool,
  comparePairs,
  compareSamples,
  correlationOf,
  emptyPool,
  medianDeviationOf,
  mean,
  medianOf,
  mixtureRatio,
  noiseOf,
  type PairKnowledge,
  type Pool,
  poolSigma,
  poolWithout,
  standardDeviationOf,
  varianceOf,
  resolvableEffect,
} from './stats.ts';

const knowing = (sigma: number, dof: number, pairs: Pool = emptyPool): PairKnowledge => ({ sigma, dof, pairs });
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('spread', () => {
  it('knows small examples', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(varianceOf([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7, 12);
    expect(standardDeviationOf([5])).toBe(0);
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(medianDeviationOf([1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(1.4826, 10);
  });

  it('of equal values is 0 and their mean is their value, whatever their digits', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 2, max: 40 }),
        (value, count) => {
          const values = Array<number>(count).fill(value);
          expect(mean(values)).toBe(0 + value);
          expect(standardDeviationOf(values)).toBe(0);
        },
      ),
    );
    expect(noiseOf([223.4332, 223.4332, 223.4332, 223.4332, 223.4332]).sigma).toBe(0);
  });

  it('of one value, or of none, is 0', () => {
    expect(varianceOf([7])).toBe(0);
    expect(varianceOf([])).toBe(0);
    expect(varianceOf([1, 3])).toBe(2);
    expect(poolSigma(emptyPool)).toBe(0);
    expect(poolSigma({ ss: 8, dof: 2 })).toBe(2);
    expect(poolSigma({ ss: -1e-18, dof: 2 })).toBe(0);
  });

  it('correlates two lists as numpy does, and not where one of them does not vary', () => {
    expect(correlationOf([1, 2, 4, 7], [2, 1, 5, 9])).toBeCloseTo(0.9640225504243012, 12);
    expect(correlationOf([1, 2, 4, 7], [-2, 3, -5, 1])).toBeCloseTo(0.05399492471560389, 12);
    expect(correlationOf([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlationOf([1, 2, 3], [5, 5, 5])).toBe(0);
    expect(correlationOf([5, 5], [1, 2])).toBe(0);
  });

  it('pools repeats one by one to what the whole groups give', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(number, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        (groups) => {
          let pool = emptyPool;
          for (const group of groups)
            group.forEach((x, i) => {
              pool = addToPool(pool, group.slice(0, i), x);
            });
          const naive = groups.reduce((sum, group) => sum + varianceOf(group) * (group.length - 1), 0);
          const dof = groups.reduce((sum, group) => sum + group.length - 1, 0);
          expect(pool.dof).toBe(dof);
          expect(Math.abs(pool.ss - naive)).toBeLessThanOrEqual(1e-9 * Math.max(1, naive));
          expect(poolSigma(pool)).toBeCloseTo(dof > 0 ? Math.sqrt(naive / dof) : 0, 4);
        },
      ),
    );
  });

  it('describes repeats: their noise, and what a person should know of them', () => {
    const good = noiseOf([1.02, 0.98, 1.01, 0.99, 1, 1.03]);
    expect(good).toMatchObject({ n: 6, dof: 5, warnings: [] });
    expect(good.sigma).toBeCloseTo(0.0187083, 6);
    expect(noiseOf([1, 1, 1]).warnings[0]).toMatch(/identical/);
    expect(noiseOf([1, 1, 1, 2]).warnings[0]).toMatch(/few distinct/);
    expect(noiseOf([1, 1.01, 0.99, 1.02, 0.98, 4]).warnings.join()).toMatch(/far from the others/);
    const drifting = noiseOf([1, 2.01, 2.98, 4.02, 5, 6.01]);
    expect(drifting.drift.suspicious).toBe(true);
    expect(drifting.warnings.join()).toMatch(/drift/);
  });

  it('measures a drift by the line through the repeats', () => {
    // scipy.stats.linregress: slope / sigma 0.4464, t 3.037; below the 3.747 that four degrees of freedom ask for.
    const noise = noiseOf([5, 3.8, 4.9, 6.1, 5.8, 7.5]);
    expect(noise.drift.perRepeat).toBeCloseTo(0.44642154683986, 10);
    expect(noise.drift.suspicious).toBe(false);
    expect(noise.sigma).toBeCloseTo(1.2608198390994119, 12);
    expect(noise.robust).toBeCloseTo(0.88956, 10);
    expect(noise.mean).toBeCloseTo(33.1 / 6, 12);
    // t 4.44: beyond it.
    expect(noiseOf([5, 4.5, 5.2, 5.8, 5.9, 6.4]).drift.suspicious).toBe(true);
    const falling = noiseOf([7.6, 6.9, 6.1, 5.2, 4.1, 3.2]);
    expect(falling.drift.perRepeat).toBeLessThan(-0.5);
    expect(falling.drift.suspicious).toBe(true);
  });

  it('sees no drift in fewer than four repeats, nor in equal ones, and a certain one in an exact line', () => {
    expect(noiseOf([1, 2, 3]).drift).toEqual({ perRepeat: 0, suspicious: false });
    expect(noiseOf([2, 2, 2, 2]).drift).toEqual({ perRepeat: 0, suspicious: false });
    expect(noiseOf([1, 2, 3, 4]).drift).toMatchObject({ suspicious: true });
    expect(noiseOf([1, 2, 3, 4]).drift.perRepeat).toBeCloseTo(1 / Math.sqrt(5 / 3), 12);
  });

  it('has a robust spread from three repeats on', () => {
    expect(noiseOf([1, 2]).robust).toBe(0);
    expect(noiseOf([1, 2, 3]).robust).toBeCloseTo(1.4826, 10);
  });

  it('warns of few distinct values, heavy tails and drift where they begin', () => {
    const count = (values: readonly number[]): number => noiseOf(values).warnings.length;
    expect(count([1, 2, 1, 2])).toBe(1);
    expect(count([1, 2, 1, 3])).toBe(0);
    // Four repeats are too few to call one of them far away; of five, Grubbs' quantile is the border.
    expect(count([1, 1.01, 1.02, 9])).toBe(0);
    expect(count([1, 1.01, 0.99, 1.02, 9])).toBe(1);
    expect(count([0, 2, 13, -1, 1])).toBe(0);
    expect(count([0, 2, 16, -1, 1])).toBe(1);
    expect(count([1, 1, 1, 1.1, 1.2, 0.9])).toBe(0);
    // Most repeats are equal and the robust deviation is 0: that few distinct values were seen says enough.
    expect(count([1, 1, 1, 1, 2, 3])).toBe(1);
  });

  it('warns on hardly any quiet machine', () => {
    const chance = createRandom(8);
    for (const repeats of [5, 10]) {
      const machines = Array.from({ length: 2000 }, () => Array.from({ length: repeats }, () => chance.normal()));
      const warned = machines.filter((values) => noiseOf(values).warnings.length > 0).length;
      expect(warned / 2000).toBeGreaterThan(0.01);
      expect(warned / 2000).toBeLessThan(0.035);
    }
  });

  it('does not call chance a drift more often than it says', () => {
    const draws = fc.sample(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }), {
      numRuns: 400,
      seed: 5,
    });
    const alarms = draws.filter((values) => noiseOf(values).drift.suspicious).length;
    expect(alarms).toBeLessThan(40);
  });
});

describe('comparing', () => {
  it('gives the interval and the probability of a textbook example', () => {
    const c = compareSamples([10.2, 10.4], [10, 10], 0.2, 10);
    expect(c.difference).toBeCloseTo(0.3, 10);
    expect(c.se).toBeCloseTo(0.2, 10);
    expect(c.z).toBeCloseTo(1.5, 10);
    expect(c.interval[0]).toBeCloseTo(0.3 - 2.2281 * 0.2, 4);
    expect(c.probability).toBeCloseTo(0.9177, 3);
  });

  it('is a mirror: swapping the sides turns every sign', () => {
    const side = fc.array(number, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.double({ min: 1e-6, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        (a, b, sigma, dof) => {
          const [there, back] = [compareSamples(a, b, sigma, dof), compareSamples(b, a, sigma, dof)];
          expect(there.difference).toBeCloseTo(-back.difference, 6);
          expect(there.probability).toBeCloseTo(1 - back.probability, 6);
          expect(there.interval[0]).toBeLessThanOrEqual(there.difference);
          expect(there.interval[1]).toBeGreaterThanOrEqual(there.difference);
        },
      ),
    );
  });

  it('takes any difference for real where there is no noise at all', () => {
    expect(compareSamples([2], [1], 0, 4)).toMatchObject({
      z: Number.POSITIVE_INFINITY,
      probability: 1,
      interval: [1, 1],
    });
    expect(compareSamples([1], [2], 0, 4)).toMatchObject({ z: Number.NEGATIVE_INFINITY, probability: 0 });
    expect(compareSamples([1], [1], 0, 4)).toMatchObject({ z: 0, probability: 0.5 });
  });

  it('takes the noise of pairs from their own spread and from eight pairs at most of what is known', () => {
    // scipy: squares 0.08 + 8 · 2 · 0.2², 2 + 8 degrees of freedom.
    const c = comparePairs([0.3, 0.5, 0.1], knowing(0.2, 10));
    expect(c.n).toBe(3);
    expect(c.difference).toBeCloseTo(0.3, 12);
    expect(c.se).toBeCloseTo(0.1549193338482967, 12);
    expect(c.z).toBeCloseTo(1.936491673103708, 11);
    expect(c.interval[0]).toBeCloseTo(-0.045181786671222135, 8);
    expect(c.interval[1]).toBeCloseTo(0.6451817866712222, 8);
    expect(c.probability).toBeCloseTo(0.9592233006491971, 10);
    const known = comparePairs([0.3, 0.5, 0.1], knowing(0.2, 3));
    expect(known.se).toBeCloseTo(0.14605934866804432, 12);
    expect(known.probability).toBeCloseTo(0.9524190252779868, 10);
  });

  it('takes the spread of pairs from other comparisons in pairs, once these have four degrees of freedom', () => {
    const differences = [0.3, 0.5, 0.1];
    const of = (ss: number, dof: number) => comparePairs(differences, knowing(0.2, 10, { ss, dof }));
    expect(of(0.01, 3)).toEqual(comparePairs(differences, knowing(0.2, 10)));
    // Squares 0.08 + 0.02, two and four degrees of freedom.
    expect(of(0.02, 4).se).toBeCloseTo(Math.sqrt(0.1 / 6 / 3), 12);
    expect(of(0.02, 4).interval[1]).toBeCloseTo(0.3 + 2.4469118487916806 * Math.sqrt(0.1 / 6 / 3), 8);
    // Twenty count as eight: squares 0.08 + 8 · 0.01.
    expect(of(0.2, 20).se).toBeCloseTo(Math.sqrt(0.16 / 10 / 3), 12);
  });

  it('takes their own spread alone where the noise may say nothing', () => {
    const differences = [1, 1.2, 0.8, 1.1, 0.9];
    const { se, interval } = comparePairs(differences, knowing(50, 0));
    expect(se).toBeCloseTo(standardDeviationOf(differences) / Math.sqrt(5), 12);
    expect(interval[0]).toBeCloseTo(1 - 2.7764451051977934 * se, 8);
    expect(comparePairs(differences, knowing(50, 0, { ss: 0.3, dof: 3 })).se).toBeCloseTo(Math.sqrt(0.4 / 7 / 5), 12);
  });

  it('does not count the pairs of one comparison twice', () => {
    const groups = [[1, 3], [5], [2, 2, 5]];
    const pool = groups.reduce(
      (total, group) => group.reduce((sum, value, i) => addToPool(sum, group.slice(0, i), value), total),
      emptyPool,
    );
    expect(pool).toEqual({ ss: expect.closeTo(8, 12), dof: 3 });
    expect(poolWithout(pool, [2, 2, 5])).toEqual({ ss: expect.closeTo(2, 12), dof: 1 });
    expect(poolWithout(pool, [5])).toBe(pool);
    expect(poolWithout({ ss: 1, dof: 1 }, [1, 3]).ss).toBe(0);
  });

  it('knows no spread of one pair without known noise', () => {
    expect(comparePairs([0.4], knowing(0, 0))).toMatchObject({ se: 0, z: Number.POSITIVE_INFINITY, probability: 1 });
    expect(comparePairs([0.4], knowing(5, 0))).toMatchObject({ se: 0 });
  });

  it('takes no degree of freedom for one', () => {
    expect(compareSamples([1], [0], 1, 0)).toEqual(compareSamples([1], [0], 1, 1));
    expect(compareSamples([1], [0], 1, 3).probability).not.toBe(compareSamples([1], [0], 1, 1).probability);
  });

  it('weighs a mean under effects against none as the two normal densities do', () => {
    // scipy.stats.norm.pdf of the mean of n values under both.
    expect(mixtureRatio(0.7, 0.9, 0.4, 5)).toBeCloseTo(1.5038049184523459, 12);
    expect(mixtureRatio(-0.2, 0.5, 2, 1)).toBeCloseTo(0.2615022073559491, 12);
    expect(mixtureRatio(0, 0, 1, 3)).toBe(0);
    expect(mixtureRatio(-0.1, 0, 1, 3)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what a comparison could have resolved', () => {
  it('is shown by its interval in four of five cases', () => {
    const chance = createRandom(3);
    const [sigma, n] = [2, 5];
    const sample = (mean: number): number[] => Array.from({ length: n }, () => mean + sigma * chance.normal());
    const gain = resolvableEffect(compareSamples(sample(0), sample(0), sigma, 1e6).interval);
    const shown = Array.from(
      { length: 4000 },
      () => compareSamples(sample(gain), sample(0), sigma, 1e6).interval[0] > 0,
    );
    expect(shown.filter(Boolean).length / 4000).toBeCloseTo(0.8, 1);
    expect(Math.abs(shown.filter(Boolean).length / 4000 - 0.8)).toBeLessThan(0.02);
    expect(resolvableEffect([3, 3])).toBe(0);
  });
});

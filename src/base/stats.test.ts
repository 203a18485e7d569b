import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, tCdf, tQuantile } from './distributions.ts';
import {
  addToPool,
  compareSamples,
  emptyPool,
  medianDeviationOf,
  mean,
  medianOf,
  minimumDetectableEffect,
  noiseOf,
  poolSigma,
  standardDeviationOf,
  varianceOf,
} from './stats.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('distributions', () => {
  it.each([
    [0, 0.5],
    [1, 0.8413447461],
    [-1, 0.1586552539],
    [1.644854, 0.95],
    [1.959964, 0.975],
    [2.575829, 0.995],
    [-3, 0.001349898],
    [6, 0.999999999],
  ])('the normal probability below %f is %f', (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 6);
  });

  // Tables of Student's t, as printed in any text.
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.3027],
    [0.975, 5, 2.5706],
    [0.975, 10, 2.2281],
    [0.975, 30, 2.0423],
    [0.975, 120, 1.9799],
    [0.95, 4, 2.1318],
    [0.95, 7, 1.8946],
    [0.99, 6, 3.1427],
    [0.995, 9, 3.2498],
    [0.9995, 3, 12.924],
    [0.5, 3, 0],
    [0.025, 8, -2.306],
  ])('the %f quantile of t with %i degrees of freedom is %f', (p, dof, t) => {
    expect(tQuantile(p, dof)).toBeCloseTo(t, 3);
  });

  it('quantile and distribution of t undo each other, and t tends to the normal', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, dof) => {
        expect(tCdf(tQuantile(p, dof), dof)).toBeCloseTo(p, 7);
      }),
    );
    expect(tCdf(1.3, Number.POSITIVE_INFINITY)).toBe(normalCdf(1.3));
    expect(tCdf(1.3, 100_000)).toBeCloseTo(normalCdf(1.3), 5);
    expect(tCdf(Number.POSITIVE_INFINITY, 3)).toBe(1);
    expect(tCdf(Number.NEGATIVE_INFINITY, 3)).toBe(0);
  });
});

describe('spread', () => {
  it('knows small examples', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(varianceOf([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7, 12);
    expect(standardDeviationOf([5])).toBe(0);
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(medianDeviationOf([1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(1.4826, 10);
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

  it('says what effect a night can show at all', () => {
    expect(minimumDetectableEffect(1, 1)).toBeCloseTo(3.5164, 3);
    expect(minimumDetectableEffect(2, 4)).toBeCloseTo(3.5164, 3);
  });
});

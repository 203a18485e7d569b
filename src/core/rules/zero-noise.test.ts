import { describe, expect, it } from 'vitest';
import { createRandom } from '../../base/random.ts';
import {
  chanceOfAnotherValue,
  chanceOfLuck,
  DETERMINISTIC_REPEATS,
  halfWidthOfIdentical,
  testIdentical,
} from './zero-noise.ts';

/** Fresh numbers of the candidate, all better, that a claim needs at `level` beside so many identical ones. */
function freshNumbersNeeded(championCount: number, level: number): number {
  if (championCount < 1 || !(level > 0)) return Number.POSITIVE_INFINITY;
  let candidateCount = 1;
  while (chanceOfLuck(candidateCount, championCount) > level) candidateCount++;
  return candidateCount;
}

describe('identical repeats', () => {
  it('leave a chance of another value that falls with their number', () => {
    expect([0, 1, 5, 29, 59].map((repeats) => Number(chanceOfAnotherValue(repeats).toFixed(4)))).toEqual([
      1, 0.95, 0.4507, 0.0981, 0.0495,
    ]);
    expect(chanceOfAnotherValue(DETERMINISTIC_REPEATS)).toBeLessThan(0.1);
    expect(chanceOfAnotherValue(DETERMINISTIC_REPEATS - 1)).toBeGreaterThan(0.1);
  });

  it('beside better numbers are luck with a chance below the bound, whatever the chance of a better number', () => {
    for (const [candidates, champions] of [
      [1, 5],
      [3, 6],
      [5, 8],
    ] as const) {
      const chances = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);
      const worst = Math.max(...chances.map((p) => p ** candidates * (1 - p) ** champions));
      expect(worst).toBeLessThanOrEqual(chanceOfLuck(candidates, champions));
      expect(worst).toBeGreaterThan(0.99 * chanceOfLuck(candidates, champions));
    }
    expect([chanceOfLuck(0, 6), chanceOfLuck(3, 0)]).toEqual([1, 1]);
  });

  it('ask for as many fresh numbers as the level needs', () => {
    expect([0.05, 0.01, 0.004, 0.002, 0.0005].map((level) => freshNumbersNeeded(6, level))).toEqual([2, 3, 3, 4, 6]);
    // With more identical numbers of the champion fewer of the candidate are enough.
    expect([1, 3, 6, 20].map((champions) => freshNumbersNeeded(champions, 0.004))).toEqual([92, 6, 3, 2]);
    expect([freshNumbersNeeded(0, 0.1), freshNumbersNeeded(5, 0)]).toEqual([Infinity, Infinity]);
  });

  it('are claimed by chance no more often than the level says: flips of any frequency, two or three values', () => {
    const chance = createRandom(11);
    const level = 0.02;
    for (const flip of [0.05, 0.1, 0.2, 0.4])
      for (const thirdValue of [0, 0.5]) {
        const draw = (): number => (chance.uniform() >= flip ? 9 : chance.uniform() < thirdValue ? 11 : 10);
        let falseClaims = 0;
        const nights = 4000;
        for (let night = 0; night < nights; night++) {
          const champion = Array.from({ length: 6 }, draw);
          if (new Set(champion).size > 1) continue;
          const candidate = Array.from({ length: freshNumbersNeeded(6, level) }, draw);
          if (new Set(candidate).size > 1) continue;
          const { passed } = testIdentical(candidate[0]!, champion[0]!, [candidate.length, 6], level, 6);
          if (passed) falseClaims++;
        }
        expect(falseClaims / nights).toBeLessThan(level);
      }
  });
});

describe('a claim without any noise seen', () => {
  it('passes for a better candidate on enough numbers and for no other', () => {
    const of = (candidate: number, count: number) => testIdentical(candidate, 9, [count, 6], 0.004, 7);
    expect(of(10, 3)).toMatchObject({ passed: true, difference: 1, probability: expect.closeTo(0.9967, 4) });
    expect(of(10, 2)).toMatchObject({ passed: false });
    expect(of(8, 3)).toMatchObject({ passed: false, probability: expect.closeTo(0.0033, 4) });
    expect(of(9, 3)).toMatchObject({ passed: false, interval: [0, 0], probability: 0.5 });
  });

  it('has an interval around the difference that closes once the metric is shown to be deterministic', () => {
    const half = halfWidthOfIdentical(2, 14);
    expect(half).toBeCloseTo(2 * Math.SQRT2 * chanceOfAnotherValue(14), 12);
    expect(testIdentical(12, 10, [3, 6], 0.02, 14).interval).toEqual([2 - half, 2 + half]);
    expect(halfWidthOfIdentical(-2, 14)).toBe(half);
    expect(halfWidthOfIdentical(2, 1)).toBe(2);
    expect(testIdentical(12, 10, [3, 6], 0.02, 29).interval).toEqual([2, 2]);
    expect(testIdentical(12, 10, [3, 6], 0.02, 28).interval[0]).toBeLessThan(2);
  });
});

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  binomialHalfTail,
  bootstrapUnits,
  contributionsOf,
  detectableGain,
  MAX_RESAMPLED,
  mcnemarP,
  NO_RUN_VARIANCE,
  type PairedUnits,
  selectionBias,
  shareInterval,
  upperQuantile,
} from './item-stats.ts';
import { normalCdf } from './distributions.ts';
import { createRandom } from './random.ts';
import { mean, standardDeviationOf } from './stats.ts';

const ones = (count: number): Float64Array => new Float64Array(count).fill(1);

/** A mean over items: each item has weight 1 on both sides. */
const itemsOf = (candidate: readonly number[], against: readonly number[]): PairedUnits => ({
  candidate: Float64Array.from(candidate),
  candidateWeight: ones(candidate.length),
  against: Float64Array.from(against),
  againstWeight: ones(against.length),
});

const drawn = (seed: number, count: number, draw: (random: ReturnType<typeof createRandom>) => number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => draw(random));
};

describe('McNemar’s exact test', () => {
  // P(X ≥ better) for X ~ Bin(better + worse, ½), from tables of the binomial distribution.
  it.each([
    [0, 0, 1],
    [1, 0, 0.5],
    [5, 0, 1 / 32],
    [10, 2, 79 / 4096],
    [8, 2, 56 / 1024],
    [2, 8, 1013 / 1024],
    [15, 5, 21_700 / 1_048_576],
  ])('%i better and %i worse give p = %f', (better, worse, p) => {
    expect(mcnemarP(better, worse)).toBeCloseTo(p, 12);
  });

  it('agrees with the normal distribution where many items changed', () => {
    for (const [better, worse] of [
      [1100, 1000],
      [2600, 2400],
    ] as const) {
      const z = (better - worse - 1) / Math.sqrt(better + worse);
      expect(mcnemarP(better, worse)).toBeCloseTo(1 - normalCdf(z), 3);
    }
  });

  it('both tails add up to one and the point between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), (successes, more) => {
        const trials = successes + more;
        const below = 1 - binomialHalfTail(successes, trials);
        expect(binomialHalfTail(trials - successes + 1, trials)).toBeCloseTo(below, 10);
      }),
    );
  });
});

describe('the interval of a difference of shares', () => {
  it('is that of Agresti and Min, and is never empty', () => {
    // (59 − 16) / (162 + 2) ± 1.96 · √(59 + 16 + 1 − 43² / 164) / 164.
    const [low, high] = shareInterval(59, 16, 162);
    expect((low + high) / 2).toBeCloseTo(43 / 164, 12);
    expect((high - low) / 2).toBeCloseTo((1.96 * Math.sqrt(76 - 43 ** 2 / 164)) / 164, 4);
    expect(shareInterval(0, 0, 100)[1]).toBeGreaterThan(0.01);
  });
});

describe('the paired bootstrap', () => {
  it('has the standard error and nearly the interval of Student’s t where differences are normal', () => {
    const against = drawn(1, 100, (random) => random.normal());
    const differences = drawn(2, 100, (random) => 0.3 + random.normal());
    const test = bootstrapUnits(
      itemsOf(
        against.map((value, i) => value + differences[i]!),
        against,
      ),
      NO_RUN_VARIANCE,
      7,
    );
    const se = standardDeviationOf(differences) / 10;
    expect(test.effect).toBeCloseTo(mean(differences), 12);
    expect(test.se).toBeCloseTo(se, 12);
    expect(test.interval[0]).toBeCloseTo(mean(differences) - 1.984 * se, 1.3);
    expect(test.interval[1]).toBeCloseTo(mean(differences) + 1.984 * se, 1.3);
    expect(Math.abs(test.p - (1 - normalCdf(mean(differences) / se)))).toBeLessThan(0.01);
  });

  it('the same seed gives the same numbers, and another one nearly the same', () => {
    const [candidate, against] = [drawn(3, 60, (random) => random.normal()), drawn(4, 60, (random) => random.normal())];
    const units = itemsOf(candidate, against);
    const first = bootstrapUnits(units, NO_RUN_VARIANCE, 5);
    expect(bootstrapUnits(units, NO_RUN_VARIANCE, 5)).toEqual(first);
    expect(Math.abs(bootstrapUnits(units, NO_RUN_VARIANCE, 6).p - first.p)).toBeLessThan(0.05);
  });

  it('says nothing about sides that are equal, and at most one in 2^k about k changed items', () => {
    const against = drawn(5, 50, (random) => random.uniform());
    expect(bootstrapUnits(itemsOf(against, against), NO_RUN_VARIANCE, 1)).toEqual({
      effect: 0,
      se: 0,
      interval: [0, 0],
      p: 1,
    });
    for (const changed of [1, 2, 3, 5]) {
      const candidate = against.map((value, i) => (i < changed ? value + 1 + 0.01 * i : value));
      expect(bootstrapUnits(itemsOf(candidate, against), NO_RUN_VARIANCE, 1).p).toBeGreaterThanOrEqual(2 ** -changed);
    }
  });

  it('takes a gain that is the same on every item for one, and a loss for none', () => {
    const against = drawn(6, 40, (random) => random.uniform());
    const shifted = (by: number): PairedUnits => itemsOf(new Array<number>(40).fill(by), new Array<number>(40).fill(0));
    expect(bootstrapUnits(shifted(0.5), NO_RUN_VARIANCE, 1).p).toBeLessThan(1e-9);
    expect(bootstrapUnits(shifted(-0.5), NO_RUN_VARIANCE, 1).p).toBe(1);
    expect(against).toHaveLength(40);
  });

  it('resamples blocks whole: items of a block that move together count once', () => {
    const random = createRandom(8);
    const blockEffects = Array.from({ length: 25 }, () => random.normal());
    const itemDifferences = blockEffects.flatMap((effect) => new Array<number>(20).fill(effect));
    const asItems = bootstrapUnits(itemsOf(itemDifferences, new Array<number>(500).fill(0)), NO_RUN_VARIANCE, 1);
    const weights = new Float64Array(25).fill(20);
    const asBlocks = bootstrapUnits(
      {
        candidate: Float64Array.from(blockEffects, (effect) => 20 * effect),
        candidateWeight: weights,
        against: new Float64Array(25),
        againstWeight: weights,
      },
      NO_RUN_VARIANCE,
      1,
    );
    expect(asBlocks.effect).toBeCloseTo(asItems.effect, 12);
    expect(asBlocks.se / asItems.se).toBeCloseTo(Math.sqrt(20), 0);
    expect(asBlocks.se).toBeCloseTo(standardDeviationOf(blockEffects) / 5, 10);
  });

  it('a ratio of sums has the standard error of the delta method', () => {
    const random = createRandom(9);
    const rows = Array.from({ length: 200 }, () => ({ weight: 1 + random.uniform(), rate: random.uniform() }));
    const weight = Float64Array.from(rows, (row) => row.weight);
    const units: PairedUnits = {
      candidate: Float64Array.from(rows, (row) => row.weight * (row.rate + 0.1 * random.normal())),
      candidateWeight: weight,
      against: Float64Array.from(rows, (row) => row.weight * row.rate),
      againstWeight: weight,
    };
    const total = weight.reduce((sum, value) => sum + value, 0);
    const test = bootstrapUnits(units, NO_RUN_VARIANCE, 1);
    const differences = rows.map((_, i) => ((units.candidate[i]! - units.against[i]!) * 200) / total);
    expect(test.effect).toBeCloseTo(mean(differences), 12);
    expect(test.se / (standardDeviationOf(differences) / Math.sqrt(200))).toBeCloseTo(1, 1);
  });

  it('adds the variance of the runs, and widens by how little is known of it', () => {
    const [candidate, against] = [drawn(10, 100, (random) => 1 + random.normal()), new Array<number>(100).fill(0)];
    const units = itemsOf(candidate, against);
    const alone = bootstrapUnits(units, NO_RUN_VARIANCE, 1);
    const known = bootstrapUnits(units, { variance: 0.04, dof: 1000 }, 1);
    const guessed = bootstrapUnits(units, { variance: 0.04, dof: 2 }, 1);
    expect(known.se ** 2).toBeCloseTo(alone.se ** 2 + 0.04, 12);
    const width = ({ interval }: typeof alone): number => interval[1] - interval[0];
    expect(width(known)).toBeGreaterThan(1.5 * width(alone));
    expect(width(guessed)).toBeGreaterThan(1.3 * width(known));
  });

  it('is right in one of ten and one of a hundred null comparisons, also where few items change', () => {
    const cases: Readonly<Record<string, (random: ReturnType<typeof createRandom>) => number>> = {
      normal: (random) => random.normal(),
      sparse: (random) => (random.uniform() < 0.15 ? random.normal() : 0),
      skewed: (random) => 1 + Math.log(1 - random.uniform()),
    };
    for (const [name, draw] of Object.entries(cases)) {
      const ps = Array.from(
        { length: 400 },
        (_, k) =>
          bootstrapUnits(itemsOf(drawn(1000 + k, 94, draw), new Array<number>(94).fill(0)), NO_RUN_VARIANCE, k + 1).p,
      );
      const shareBelow = (level: number): number => ps.filter((p) => p <= level).length / ps.length;
      // Four standard errors of 400 draws.
      expect(shareBelow(0.1), name).toBeLessThan(0.1 + 4 * 0.015);
      expect(shareBelow(0.1), name).toBeGreaterThan(0.1 - 4 * 0.015);
      expect(shareBelow(0.011), name).toBeLessThan(0.011 + 4 * 0.0053);
    }
  });

  it('F1 of one class is a ratio: twice the hits over named plus true, and its null rate is the level', () => {
    const f1Of = (named: readonly number[], isTrue: readonly number[]) => ({
      value: Float64Array.from(named, (name, i) => 2 * name * isTrue[i]!),
      weight: Float64Array.from(named, (name, i) => name + isTrue[i]!),
    });
    const random = createRandom(31);
    const isTrue = Array.from({ length: 300 }, () => Number(random.uniform() < 0.2));
    // Both sides are right on five items of six, each by its own chance.
    const guess = (): number[] => isTrue.map((truth) => (random.uniform() < 1 / 6 ? 1 - truth : truth));
    const ps = Array.from({ length: 300 }, (_, seed) => {
      const [own, other] = [f1Of(guess(), isTrue), f1Of(guess(), isTrue)];
      const units = { candidate: own.value, candidateWeight: own.weight };
      return bootstrapUnits({ ...units, against: other.value, againstWeight: other.weight }, NO_RUN_VARIANCE, seed).p;
    });
    const shareBelow = (level: number): number => ps.filter((p) => p <= level).length / ps.length;
    // Three standard errors of 300 draws.
    expect(shareBelow(0.1)).toBeGreaterThan(0.1 - 3 * 0.0173);
    expect(shareBelow(0.1)).toBeLessThan(0.1 + 3 * 0.0173);
    expect(shareBelow(0.025)).toBeLessThan(0.025 + 3 * 0.009);
  });

  it('many units are resampled in groups with the same standard error', () => {
    const differences = drawn(11, 20 * MAX_RESAMPLED, (random) => random.normal());
    const test = bootstrapUnits(
      itemsOf(
        differences,
        differences.map(() => 0),
      ),
      NO_RUN_VARIANCE,
      1,
    );
    const z = test.effect / test.se;
    expect(Math.abs(test.p - (1 - normalCdf(z)))).toBeLessThan(0.06);
  });

  it('whatever the numbers: p and the interval are finite, and turning the sides turns the effect', () => {
    const scores = fc.array(
      fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })),
      { minLength: 2, maxLength: 60 },
    );
    fc.assert(
      fc.property(scores, (rows) => {
        const [first, second] = [rows.map(([value]) => value), rows.map(([, value]) => value)];
        const [forward, backward] = [itemsOf(first, second), itemsOf(second, first)].map((units) =>
          bootstrapUnits(units, NO_RUN_VARIANCE, 3),
        );
        expect(forward!.p).toBeGreaterThan(0);
        expect(forward!.p).toBeLessThanOrEqual(1);
        expect(forward!.interval.every(Number.isFinite)).toBe(true);
        expect(forward!.effect).toBeCloseTo(-backward!.effect, 9);
        expect(mean([...contributionsOf(itemsOf(first, second)).contributions])).toBeCloseTo(forward!.effect, 9);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what selection and power say', () => {
  it('an estimate far above its threshold has no bias, one at it has 0.8 standard errors', () => {
    expect(selectionBias(9, 2)).toBeLessThan(1e-9);
    expect(selectionBias(2, 2)).toBeCloseTo(0.7979, 3);
  });

  it('the smallest gain passes one test in four of five cases', () => {
    const gain = detectableGain([[0.5, 0.025]]);
    expect(gain / 0.5).toBeCloseTo(1.96 + 0.8416, 3);
    expect(upperQuantile(0.025)).toBeCloseTo(1.96, 3);
    expect(detectableGain([[0, 0.1]])).toBe(0);
    expect(
      detectableGain([
        [0.5, 0.025],
        [0.3, 0.025],
      ]),
    ).toBeGreaterThan(gain);
  });
});

/**
 * The worlds of simulated sessions: what ideas are worth, and how a machine measures them. Effects are in standard
 * deviations of one ordinary measurement; positive is better. Draws from the chance that it is given; knows nothing
 * about rules.
 */
import type { Random } from '../../src/base/random.ts';

/** Improvement of the next idea `n` over its base. */
export type EffectOf = (chance: Random, n: number) => number;

/** Makes the effects of one session. */
export type Effects = (chance: Random) => EffectOf;

const lognormal = (chance: Random, median: number): number => median * Math.exp(1.2 * chance.normal());

/**
 * The distribution of the published study (see studiedEffect in night.ts), with sigma as the unit: 15 % help, 15 % do
 * nothing, 70 % hurt; times `scale`.
 */
export const studied =
  (scale = 1): Effects =>
  () =>
  (chance) => {
    const kind = chance.uniform();
    if (kind < 0.15) return scale * lognormal(chance, 0.5);
    return kind < 0.3 ? 0 : -scale * lognormal(chance, 1);
  };

/** 8 % are worth 1.5, 46 % nothing, the others hurt by up to 2. */
export const sparse: Effects = () => (chance) => {
  const kind = chance.uniform();
  return kind < 0.08 ? 1.5 : kind < 0.54 ? 0 : -2 * chance.uniform();
};

/** 40 % are worth 0.3, 20 % nothing, the others hurt. */
export const small: Effects = () => (chance) => {
  const kind = chance.uniform();
  return kind < 0.4 ? 0.3 : kind < 0.6 ? 0 : -lognormal(chance, 0.6);
};

/** Nothing helps; three in ten ideas harm. */
export const nothingHelps: Effects = () => (chance) => (chance.uniform() < 0.3 ? -0.5 * Math.abs(chance.normal()) : 0);

/** Nothing does anything: a metric that is pure noise. */
export const nothingMatters: Effects = () => () => 0;

/** One idea of the first `ideas` is worth `effect`; the others do nothing. */
export const oneAmong =
  (effect: number, ideas: number): Effects =>
  (chance) => {
    const good = 1 + chance.below(ideas);
    let asked = 0;
    return () => (++asked === good ? effect : 0);
  };

/** What is to be measured. */
export interface Reading {
  /** True value of the code, in standard deviations; larger is better. */
  readonly truth: number;
  /** Measurements before this one. */
  readonly index: number;
  /** The experiment, and the one that it was built on; −1 for the baseline. */
  readonly n: number;
  readonly parent: number;
  /** Two measurements of a pair share it. */
  readonly seed: number;
}

/** Makes the machine of one session: a number for each reading. `expected` measurements will be made, about. */
export type Machine = (chance: Random, expected: number) => (reading: Reading) => number;

/** Every number is the truth plus `draw`. */
const additive =
  (draw: (chance: Random, reading: Reading, expected: number) => number): Machine =>
  (chance, expected) =>
  (reading) =>
    reading.truth + draw(chance, reading, expected);

export const normalNoise = additive((chance) => chance.normal());

/** The machine gets better by `total` over the session, evenly; negative: worse. */
export const drifting = (total: number): Machine =>
  additive((chance, { index }, expected) => chance.normal() + (total * index) / expected);

/** The machine gets better by `size` at a random moment. */
export const stepping =
  (size: number): Machine =>
  (chance, expected) => {
    const moment = chance.uniform() * expected;
    return ({ truth, index }) => truth + chance.normal() + (index >= moment ? size : 0);
  };

/** The first measurements are worse by `size`, which fades with the time constant `fade`, in measurements. */
export const warmingUp = (size: number, fade: number): Machine =>
  additive((chance, { index }) => chance.normal() - size * Math.exp(-index / fade));

/** A quarter of the measurements lie three deviations better: two levels, unit deviation in all. */
export const bimodal = additive(
  (chance) => 0.6 * chance.normal() + (chance.uniform() < 0.25 ? 0.75 : -0.25) * (0.8 / Math.sqrt(0.1875)),
);

/** Each number resembles the one before it. */
export const autocorrelated =
  (coefficient: number): Machine =>
  (chance) => {
    let last = chance.normal();
    return ({ truth }) => {
      last = coefficient * last + Math.sqrt(1 - coefficient ** 2) * chance.normal();
      return truth + last;
    };
  };

/** Student's t with three degrees of freedom, unit deviation. */
export const heavyTailed = additive((chance) => {
  const squares = chance.normal() ** 2 + chance.normal() ** 2 + chance.normal() ** 2;
  return chance.normal() / Math.sqrt(squares);
});

/** Log-normal with its long tail on the good (+1) or the bad (−1) side, mean 0, unit deviation. */
export const skewed = (side: 1 | -1): Machine => {
  const spread = 0.8;
  const deviation = Math.sqrt((Math.exp(spread ** 2) - 1) * Math.exp(spread ** 2));
  return additive((chance) => (side * (Math.exp(spread * chance.normal()) - Math.exp(spread ** 2 / 2))) / deviation);
};

/** One in fifty measurements lies ten deviations off: on the good side, the bad one, or both. */
export const withOutliers = (side: 1 | -1 | 0): Machine =>
  additive((chance) => {
    const isOutlier = chance.uniform() < 0.02;
    const sign = side === 0 ? (chance.uniform() < 0.5 ? 1 : -1) : side;
    return chance.normal() + (isOutlier ? 10 * sign : 0);
  });

/** A share of the ideas is only noisier: deviation `deviation`, the same mean. What is built on one inherits it. */
export const noisierIdeas =
  (share: number, deviation: number): Machine =>
  (chance) => {
    const widths = new Map<number, number>([[0, 1]]);
    return ({ truth, n, parent }) => {
      if (!widths.has(n)) widths.set(n, chance.uniform() < share ? deviation : (widths.get(parent) ?? 1));
      return truth + widths.get(n)! * chance.normal();
    };
  };

/** A share of the noise is common to two measurements under the same seed. */
export const sharedNoise =
  (share: number): Machine =>
  (chance) => {
    const bySeed = new Map<number, number>();
    return ({ truth, seed }) => {
      if (!bySeed.has(seed)) bySeed.set(seed, chance.normal());
      return truth + Math.sqrt(share) * bySeed.get(seed)! + Math.sqrt(1 - share) * chance.normal();
    };
  };

/** A score of two values: a flaky case that passes with `chanceOfPass`; in units of its deviation. */
export const twoValues = (chanceOfPass: number): Machine => {
  const deviation = Math.sqrt(chanceOfPass * (1 - chanceOfPass));
  return additive((chance) => Number(chance.uniform() < chanceOfPass) / deviation);
};

/** The share of `items` that pass, each with `accuracy`; in units of its deviation. The truth moves the accuracy. */
export const accuracyOf =
  (items: number, accuracy: number): Machine =>
  (chance) =>
  ({ truth }) => {
    const deviation = Math.sqrt((accuracy * (1 - accuracy)) / items);
    const chanceOfPass = Math.min(1, Math.max(0, accuracy + truth * deviation));
    let passed = 0;
    for (let i = 0; i < items; i++) passed += Number(chance.uniform() < chanceOfPass);
    return passed / items / deviation;
  };

/** Whole numbers of `1 / deviation` deviations: `deviation` is that of the noise, in steps. */
export const wholeNumbers =
  (deviation: number): Machine =>
  (chance) =>
  ({ truth }) =>
    Math.round(0.5 + (truth + chance.normal()) * deviation) / deviation;

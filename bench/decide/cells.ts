/**
 * The cells of `npm run bench:decide`: which worlds are played, and how often. The cells of the null sessions are those
 * of the review that found the rules of version 3 wanting.
 */
import { powerOfClaim, type PowerSettings } from '../../src/core/rules/power.ts';
import type { World } from './figures.ts';
import {
  accuracyOf,
  autocorrelated,
  bimodal,
  drifting,
  type Effects,
  heavyTailed,
  type Machine,
  noisierIdeas,
  normalNoise,
  nothingHelps,
  nothingMatters,
  oneAmong,
  sharedNoise,
  skewed,
  small,
  sparse,
  stepping,
  studied,
  twoValues,
  warmingUp,
  wholeNumbers,
  withOutliers,
} from './worlds.ts';

export type Group = 'public' | 'null' | 'one' | 'power' | 'gain' | 'pairs' | 'noise';

export interface Cell {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  readonly world: World;
  /** Sessions of a full run. */
  readonly sessions: number;
  /** The textbook's session is played beside it, with as many measurements. */
  readonly textbook?: number;
  /** The share of sessions that should confirm something. */
  readonly predicted?: number;
}

const IDEAS = 60;

const nullCell = (title: string, machine: Machine, more: Partial<World> = {}): Cell => ({
  id: `null, ${title}`,
  group: 'null',
  title,
  world: { effects: nothingHelps, machine, ideas: IDEAS, ...more },
  sessions: 2000,
});

const NULL_CELLS: readonly Cell[] = [
  nullCell('normal', normalNoise),
  nullCell('normal, nothing does anything', normalNoise, { effects: nothingMatters }),
  ...[3, 10, 20].map((calibrate) => nullCell(`normal, calibrate ${calibrate}`, normalNoise, { calibrate })),
  ...[2, 3, 5].map((deviation) => nullCell(`30 % of the ideas with sd ${deviation}`, noisierIdeas(0.3, deviation))),
  ...[5, 10].map((deviation) => nullCell(`10 % of the ideas with sd ${deviation}`, noisierIdeas(0.1, deviation))),
  ...[10, 20].map((calibrate) =>
    nullCell(`30 % with sd 3, calibrate ${calibrate}`, noisierIdeas(0.3, 3), { calibrate }),
  ),
  ...[1, 2, 4, -2, -4].map((total) => nullCell(`drift ${total > 0 ? '+' : '−'}${Math.abs(total)}`, drifting(total))),
  ...[1.5, 3].map((size) => nullCell(`step +${size}`, stepping(size))),
  ...[3, 10].map((fade) => nullCell(`warm-up of 3, time constant ${fade}`, warmingUp(3, fade))),
  nullCell('bimodal', bimodal),
  nullCell('bimodal, calibrate 3', bimodal, { calibrate: 3 }),
  ...[0.5, 0.9, 0.99].map((coefficient) => nullCell(`AR(1) ${coefficient}`, autocorrelated(coefficient))),
  nullCell('t with 3 degrees of freedom', heavyTailed),
  nullCell('log-normal, tail on the good side', skewed(1)),
  nullCell('log-normal, tail on the bad side', skewed(-1)),
  nullCell('1 in 50 ten sd too good', withOutliers(1)),
  nullCell('1 in 50 ten sd off', withOutliers(0)),
  ...[0.05, 0.1, 0.2, 0.3, 0.5].map((chance) =>
    nullCell(`two values, ${100 * chance} % the better one`, twoValues(chance), { effects: nothingMatters }),
  ),
  nullCell('accuracy of 20 items at 95 %', accuracyOf(20, 0.95)),
  nullCell('accuracy of 200 items at 80 %', accuracyOf(200, 0.8)),
  nullCell('whole numbers, sd a quarter', wholeNumbers(0.25)),
  nullCell('pairs, normal', normalNoise, { decide: { rule: 'paired' } }),
  nullCell('pairs, drift +2', drifting(2), { decide: { rule: 'paired' } }),
  nullCell('pairs, 30 % with sd 5', noisierIdeas(0.3, 5), { decide: { rule: 'paired' } }),
];

const ONE_CELLS: readonly Cell[] = [1, 1.5, 2, 2.5, 3, 3.5].map((effect) => ({
  id: `one, +${effect}`,
  group: 'one',
  title: `+${effect}`,
  world: { effects: oneAmong(effect, IDEAS), machine: normalNoise, ideas: IDEAS },
  sessions: 1000,
  textbook: IDEAS + 11,
}));

/** Is the power that doctor and the report speak of the one that a session has? */
const powerCell = (title: string, gain: number, settings: Partial<PowerSettings>, world: Partial<World>): Cell => ({
  id: `power, ${title}`,
  group: 'power',
  title,
  world: { effects: oneAmong(gain, IDEAS), machine: normalNoise, ideas: IDEAS, ...world },
  sessions: 1000,
  predicted: powerOfClaim(gain, { sigma: 1, dof: 4, calibration: 5, ideas: IDEAS, ...settings }),
});

const POWER_CELLS: readonly Cell[] = [
  powerCell('+1.5 σ', 1.5, {}, {}),
  powerCell('+2.5 σ', 2.5, {}, {}),
  powerCell('+2.5 σ, calibrate 20', 2.5, { dof: 19, calibration: 20 }, { calibrate: 20 }),
  powerCell('+1.5 σ, three measurements of each idea', 1.5, { replicates: 3 }, { decide: { replicates: 3 } }),
  powerCell('+2.5 σ among 30 ideas', 2.5, { ideas: 30 }, { ideas: 30, effects: oneAmong(2.5, 30) }),
];

const gainCell = (name: string, effects: Effects, evaluations: number): Cell => ({
  id: `${name}, ${evaluations}`,
  group: 'gain',
  title: `${name}, ${evaluations} measurements`,
  world: { effects, machine: normalNoise, evaluations },
  sessions: 1000,
  textbook: evaluations,
});

const GAIN_CELLS: readonly Cell[] = [
  ...[20, 60, 130].map((evaluations) => gainCell('study', studied(), evaluations)),
  gainCell('study × 5', studied(5), 130),
  ...[60, 130].map((evaluations) => gainCell('sparse', sparse, evaluations)),
  ...[60, 130].map((evaluations) => gainCell('small', small, evaluations)),
];

const PAIRED_WORLDS: readonly (readonly [string, Effects])[] = [
  ['study', studied()],
  ['small', small],
  ['sparse', sparse],
];

const PAIR_CELLS: readonly Cell[] = [0, 0.5, 0.8, 0.95, 0.99].flatMap((share) =>
  PAIRED_WORLDS.map(([name, effects]): Cell => ({
    id: `pairs, ${share}, ${name}`,
    group: 'pairs',
    title: `${name}, ${100 * share} % in common`,
    world: { effects, machine: sharedNoise(share), evaluations: 130, decide: { rule: 'paired' } },
    sessions: 400,
  })),
);

/** Sessions of the study on noise that is not normal: are the steps called confirmed still true? */
const NOISE_CELLS: readonly Cell[] = (
  [
    ['1 in 50 ten sd too good', withOutliers(1)],
    ['1 in 50 ten sd off', withOutliers(0)],
    ['whole numbers, sd a quarter', wholeNumbers(0.25)],
    ['t with 3 degrees of freedom', heavyTailed],
    ['30 % of the ideas with sd 3', noisierIdeas(0.3, 3)],
    ['drift +2', drifting(2)],
  ] as const
).map(([title, machine]) => ({
  id: `study on ${title}`,
  group: 'noise',
  title,
  world: { effects: studied(), machine, evaluations: 130 },
  sessions: 400,
}));

/** The null sessions of other systems, as they described them. */
const PUBLIC_CELLS: readonly Cell[] = (
  [
    ['60 trials, pure noise', normalNoise, IDEAS, {}],
    ['60 trials, pure noise, in pairs', normalNoise, IDEAS, { rule: 'paired' }],
    ['10 rounds, 24 yes/no trials at 50 %', accuracyOf(24, 0.5), 10, {}],
  ] as const
).map(([title, machine, ideas, decide]) => ({
  id: `public, ${title}`,
  group: 'public',
  title,
  world: { effects: nothingMatters, machine, ideas, decide },
  sessions: 2000,
  textbook: ideas + 11,
}));

export const CELLS: readonly Cell[] = [
  ...PUBLIC_CELLS,
  ...NULL_CELLS,
  ...ONE_CELLS,
  ...POWER_CELLS,
  ...GAIN_CELLS,
  ...PAIR_CELLS,
  ...NOISE_CELLS,
];

/** The seeds that figures are reported on, and those that choices were made on: no session is in both. */
export const seedOf = {
  report: (i: number): number => 7717 * i + 11,
  choice: (i: number): number => 7717 * i + 2 ** 30,
};
export type SeedSet = keyof typeof seedOf;

/**
 * Paired statistics of two programs on the same items: exact McNemar for 0/1, a studentised paired bootstrap for
 * numbers, blocks and ratios of sums. Pure arithmetic: positive is better, and nothing is known about ids, files or
 * rules.
 */
import { normalCdf, tCdf, tQuantile } from './distributions.ts';
import { createRandom, type Random } from './random.ts';

/**
 * Sums of both sides over each independent unit: an item, or a block of items. A side's score is the sum of its values
 * over the sum of its weights. For a mean the weight of a unit is the number of its items.
 */
export interface PairedUnits {
  readonly candidate: Float64Array;
  readonly candidateWeight: Float64Array;
  readonly against: Float64Array;
  readonly againstWeight: Float64Array;
}

/** What repeats of the same code say about runs, beside the items: the variance of the difference of the two scores. */
export interface RunVariance {
  readonly variance: number;
  /** Degrees of freedom behind it. */
  readonly dof: number;
}

export const NO_RUN_VARIANCE: RunVariance = { variance: 0, dof: Number.POSITIVE_INFINITY };

export interface ItemTest {
  /** Score of the candidate minus that of the other side, in metric units. */
  readonly effect: number;
  /** Its standard error, items and runs together. */
  readonly se: number;
  /** Two-sided 95 % interval. */
  readonly interval: readonly [number, number];
  /** One-sided: how probable at least this effect is where the true one is 0. */
  readonly p: number;
}

/** Resamples of one bootstrap. */
export const RESAMPLES = 2000;
/** The share of the largest resamples that are too few to count. */
const TAIL_SHARE = 0.01;
/** Changed units beyond which several are resampled together, so that a decision costs milliseconds. */
export const MAX_RESAMPLED = 128;
const NORMAL_975 = 1.959964;
/** Bound of a studentised resample: where all drawn units agree by chance, their spread is no spread. */
const MAX_T = 12;
/** With more units that all changed by the same amount, chance is out of the question. */
const MAX_HALVINGS = 1000;

/** P(X ≥ successes) for X ~ Binomial(trials, ½). Exact to rounding. */
export function binomialHalfTail(successes: number, trials: number): number {
  if (successes <= 0) return 1;
  if (successes > trials) return 0;
  // The larger tail is one minus the smaller: no sum of many terms that round.
  if (2 * successes < trials) return 1 - binomialHalfTail(trials - successes + 1, trials);
  let logTerm = -trials * Math.LN2;
  for (let k = 1; k <= trials - successes; k++) logTerm += Math.log((successes + k) / k);
  let [term, sum] = [Math.exp(logTerm), 0];
  for (let k = successes; k <= trials; k++) {
    sum += term;
    term *= (trials - k) / (k + 1);
  }
  return Math.min(1, sum);
}

/**
 * McNemar's exact test, one-sided: `better` items where only the candidate is right, `worse` where only the other is.
 */
export const mcnemarP = (better: number, worse: number): number => binomialHalfTail(better, better + worse);

/**
 * 95 % interval of the difference of two shares on the same items (Agresti and Min 2005: half an item is added to each
 * of the four cells, so that it is never empty).
 */
export function shareInterval(better: number, worse: number, items: number): readonly [number, number] {
  const total = items + 2;
  const centre = (better - worse) / total;
  const se = Math.sqrt(better + worse + 1 - (better - worse) ** 2 / total) / total;
  return [centre - NORMAL_975 * se, centre + NORMAL_975 * se];
}

/**
 * Test the difference of two scores. What is resampled, whole unit by whole unit, are the units that changed: units on
 * which both sides agree say nothing about which side is better, as in McNemar's test. Deterministic for a seed.
 */
export function bootstrapUnits(units: PairedUnits, runs: RunVariance, seed: number): ItemTest {
  const unitCount = units.candidate.length;
  const { effect, contributions } = contributionsOf(units);
  const changes = contributions.filter((value) => value !== 0);
  const se = Math.sqrt(varianceOfMean(contributions, unitCount) + runs.variance);
  if (se === 0) return { effect, se, interval: [effect, effect], p: effect > 0 ? atLeastOneWorse(changes.length) : 1 };
  const groups = groupChanges(changes);
  const changeVariance = varianceOfSum(groups) / unitCount ** 2;
  const testVariance = changeVariance + runs.variance;
  if (testVariance <= 1e-24 * se ** 2) {
    // All changed units changed by the same amount: only their number speaks.
    const p = effect > 0 ? atLeastOneWorse(changes.length) : 1;
    return { effect, se, interval: [effect - 2 * se, effect + 2 * se], p };
  }
  const resampled = resample(groups, unitCount, runs, seed).sort();
  const dof =
    testVariance ** 2 / (changeVariance ** 2 / Math.max(1, groups.length - 1) + runs.variance ** 2 / runs.dof);
  const fromResamples = tailOf(resampled, effect / Math.sqrt(testVariance), dof);
  const p = runs.variance > 0 ? fromResamples : Math.max(fromResamples, atLeastOneWorse(changes.length));
  const [low, high] = [quantileOf(resampled, 0.025), quantileOf(resampled, 0.975)];
  return { effect, se, interval: [effect - high * se, effect - low * se], p: effect > 0 ? p : fromResamples };
}

/**
 * The share of resamples at or above `observed`. Beyond the last hundredth, where they are few, Student's t goes on,
 * stretched so that it has that hundredth where the resamples have it: levels of one in ten thousand are asked for.
 */
function tailOf(resampled: Float64Array, observed: number, dof: number): number {
  const atLeast = resampled.reduce((count, value) => count + (value >= observed ? 1 : 0), 0);
  const share = (1 + atLeast) / (1 + resampled.length);
  if (share > TAIL_SHARE) return share;
  const stretch = quantileOf(resampled, 1 - TAIL_SHARE) / tQuantile(1 - TAIL_SHARE, dof);
  return Math.min(TAIL_SHARE, tCdf(-observed / stretch, dof));
}

/** Standard error of the difference by the spread of the units alone. */
export const unitErrorOf = (units: PairedUnits): number =>
  Math.sqrt(varianceOfMean(contributionsOf(units).contributions, units.candidate.length));

/** All of so many changed units can be better by chance, with one in 2^count. */
const atLeastOneWorse = (count: number): number => 2 ** -Math.min(count, MAX_HALVINGS);

interface Contributions {
  readonly effect: number;
  /** What each unit adds: their mean is the effect, to first order. Exactly 0 for a unit that did not change. */
  readonly contributions: Float64Array;
}

/** The difference of two ratios of sums, unit by unit: exact for a mean, linear around the common score for a ratio. */
export function contributionsOf(units: PairedUnits): Contributions {
  const { candidate, candidateWeight, against, againstWeight } = units;
  const count = candidate.length;
  const [candidateTotal, againstTotal] = [sumOf(candidateWeight), sumOf(againstWeight)];
  const [candidateScore, againstScore] = [sumOf(candidate) / candidateTotal, sumOf(against) / againstTotal];
  const commonScore = (candidateScore + againstScore) / 2;
  const contributions = new Float64Array(count);
  let hasChanged = false;
  for (let i = 0; i < count; i++) {
    if (candidate[i] === against[i] && candidateWeight[i] === againstWeight[i]) continue;
    hasChanged = true;
    contributions[i] =
      ((candidate[i]! - commonScore * candidateWeight[i]!) / candidateTotal -
        (against[i]! - commonScore * againstWeight[i]!) / againstTotal) *
      count;
  }
  // Equal sums in the same order are equal: only rounding could differ, and it does not.
  return { effect: hasChanged ? candidateScore - againstScore : 0, contributions };
}

const sumOf = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Changes beyond the limit are added up in groups: independent of what they say, as their order is that of chance. */
function groupChanges(changes: Float64Array): Float64Array {
  if (changes.length <= MAX_RESAMPLED) return changes;
  const sums = new Float64Array(MAX_RESAMPLED);
  for (let i = 0; i < changes.length; i++) sums[i % MAX_RESAMPLED]! += changes[i]!;
  return sums;
}

function varianceOfMean(values: Float64Array, count: number): number {
  return varianceOfSum(values) / count ** 2;
}

/** Variance of the sum of independent values, from their spread. */
function varianceOfSum(values: Float64Array): number {
  const count = values.length;
  if (count < 2) return 0;
  const average = sumOf(values) / count;
  return (values.reduce((total, value) => total + (value - average) ** 2, 0) * count) / (count - 1);
}

/** The studentised resamples: (resampled effect − effect) over the resample's own standard error. */
function resample(groups: Float64Array, unitCount: number, runs: RunVariance, seed: number): Float64Array {
  const random = createRandom(seed);
  const count = groups.length;
  const average = sumOf(groups) / count;
  const centred = groups.map((value) => value - average);
  const toVariance = count / (count - 1) / unitCount ** 2;
  const resampled = new Float64Array(RESAMPLES);
  for (let b = 0; b < RESAMPLES; b++) {
    let [sum, squares] = [0, 0];
    // Two indices from one random number: its 32 bits are enough for both.
    for (let i = 0; i < count; i += 2) {
      const scaled = random.uniform() * count;
      const index = Math.floor(scaled);
      const first = centred[index]!;
      const second = i + 1 < count ? centred[Math.floor((scaled - index) * count)]! : 0;
      sum += first + second;
      squares += first * first + second * second;
    }
    const unitVariance = Math.max(0, squares - (sum * sum) / count) * toVariance;
    const runShift = runs.variance > 0 ? Math.sqrt(runs.variance) * random.normal() : 0;
    const runVariance = runs.variance > 0 ? runs.variance * scaledChiSquare(runs.dof, random) : 0;
    resampled[b] = studentise(sum / unitCount + runShift, Math.sqrt(unitVariance + runVariance));
  }
  return resampled;
}

function studentise(shift: number, standardError: number): number {
  if (standardError === 0) return shift === 0 ? 0 : Math.sign(shift) * MAX_T;
  return Math.max(-MAX_T, Math.min(MAX_T, shift / standardError));
}

/** χ² over its degrees of freedom; 1 where they are many. */
function scaledChiSquare(dof: number, random: Random): number {
  if (dof > 100) return 1;
  let sum = 0;
  for (let i = 0; i < Math.max(1, Math.round(dof)); i++) sum += random.normal() ** 2;
  return sum / Math.max(1, Math.round(dof));
}

/** `sorted` ascending. */
function quantileOf(sorted: Float64Array, probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

/** The z with a normal probability of `level` above it. */
export const upperQuantile = (level: number): number => tQuantile(1 - level, Number.POSITIVE_INFINITY);

/**
 * By how many standard errors an estimate that was only looked at because it was above `threshold` is too large, to
 * first order: the mean of a normal around the estimate, cut at the threshold, minus the estimate.
 */
export function selectionBias(estimate: number, threshold: number): number {
  const distance = threshold - estimate;
  const above = normalCdf(-distance);
  return above < 1e-12 ? 0 : Math.exp(-0.5 * distance * distance) / Math.sqrt(2 * Math.PI) / above;
}

/** Two tests in a row that an improvement must pass, each with its standard error in metric units and its level. */
export type TestInRow = readonly [standardError: number, level: number];

/** The smallest true improvement that passes all tests in four of five cases. */
export function detectableGain(tests: readonly TestInRow[], power = 0.8): number {
  const powerAt = (gain: number): number =>
    tests.reduce((product, [se, level]) => product * (se === 0 ? 1 : normalCdf(gain / se - upperQuantile(level))), 1);
  let [low, high] = [0, 20 * Math.max(...tests.map(([se]) => se))];
  if (high === 0) return 0;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (powerAt(middle) < power) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

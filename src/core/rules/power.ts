/**
 * What a lab can confirm: the probability that the procedure that really runs (the margin, then the looks of the claim)
 * confirms one improvement of a given size, in a session whose other ideas change nothing. Deterministic: the claim is
 * played on the same made-up numbers each time, and each of them says from which gain on it passes.
 */
import { tQuantile } from '../../base/distributions.ts';
import { createRandom } from '../../base/random.ts';
import { mean } from '../../base/stats.ts';
import { compareFresh, compareFreshPairs, isStale, type Look, looksOf } from './claim-test.ts';
import { lordAlpha } from './error-budget.ts';
import { screenPower } from './screen-power.ts';

/** Made-up claims; the probability is right to about a hundredth. */
const DRAWS = 1500;
/** Ideas of a session where nobody says how many. */
const USUAL_IDEAS = 60;
/** The number that an idea was chosen by lies about so many standard deviations above its truth. */
const USUAL_LUCK = 1;
/** A claim that lacks so many standard deviations ends with a probability above 0.9: two standard errors less one. */
const NARROW_FAILURE = 0.5;
const [MAX_FREEDOM, MAX_IDEAS] = [100, 120];
/** Degrees of freedom between which quantiles are interpolated. */
const FREEDOMS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 14, 20, 30, 60, 1e6];

export interface PowerSettings {
  /** Noise of one measurement, metric units. */
  readonly sigma: number;
  /** Degrees of freedom behind sigma. */
  readonly dof: number;
  /** Numbers of the baseline; the default is one more than the degrees of freedom. */
  readonly calibration?: number;
  /** `decide.replicates`. */
  readonly replicates?: number;
  /** Ideas of the session. */
  readonly ideas?: number;
  /** `decide.rule`. */
  readonly rule?: string;
  /** Level of the claim; the default is that of a lab's first one. */
  readonly alpha?: number;
}

/** The probability that one improvement of `gain` (metric units) among the ideas of a session is confirmed. */
export function powerOfClaim(gain: number, settings: PowerSettings): number {
  if (!(settings.sigma > 0)) return gain > 0 ? 1 : 0;
  return powerCurve(settings)(gain / settings.sigma);
}

/** The smallest gain, in metric units, that is confirmed with this probability. Infinite where none is. */
export function confirmableGain(settings: PowerSettings, power = 0.8): number {
  if (!(settings.sigma > 0)) return 0;
  const curve = powerCurve(settings);
  let [lower, upper] = [0, 1];
  while (curve(upper) < power) {
    upper *= 2;
    if (upper > 1e4) return Number.POSITIVE_INFINITY;
  }
  for (let i = 0; i < 24; i++) {
    const middle = (lower + upper) / 2;
    if (curve(middle) < power) lower = middle;
    else upper = middle;
  }
  return upper * settings.sigma;
}

/** The newest curves: a view is made again and again while a lab stands still. */
const curves = new Map<string, (gain: number) => number>();
const MAX_CURVES = 16;

function powerCurve(settings: PowerSettings): (gain: number) => number {
  const near = nearbySettings(settings);
  const key = JSON.stringify(near);
  const curve = curves.get(key) ?? makeCurve(near);
  if (curves.size >= MAX_CURVES) curves.clear();
  curves.set(key, curve);
  return curve;
}

/** Settings that give nearly the same curve are one: a lab that goes on changes little from event to event. */
function nearbySettings(settings: PowerSettings): PowerSettings {
  const roundAbove = (value: number, exact: number, step: number): number =>
    value <= exact ? value : Math.round(value / step) * step;
  const { dof, calibration = dof + 1, ideas = USUAL_IDEAS } = settings;
  return {
    ...settings,
    sigma: 1,
    dof: roundAbove(dof, 10, 5),
    calibration: roundAbove(calibration, 10, 5),
    ideas: roundAbove(ideas, 10, 10),
  };
}

/** Power as a function of the gain in units of sigma. */
function makeCurve({
  dof: knownFreedom,
  calibration,
  replicates = 1,
  ideas: triedIdeas = USUAL_IDEAS,
  rule = 'margin',
  alpha,
}: PowerSettings) {
  // More of either changes nothing that shows.
  const [dof, ideas] = [Math.min(knownFreedom, MAX_FREEDOM), Math.min(Math.max(1, triedIdeas), MAX_IDEAS)];
  const numbers = Math.min(MAX_FREEDOM, Math.max(1, calibration ?? dof + 1));
  const isPaired = rule === 'paired' || rule === 'sequential';
  const level = alpha ?? lordAlpha(1, []);
  const claim = { dof, calibration: numbers, replicates, isPaired };
  const gains = passingGains({ ...claim, level });
  // A claim that failed narrowly is tried once more at the end of a session, at the level of the next one.
  const retriedGains = passingGains({ ...claim, level: alpha === undefined ? lordAlpha(2, []) : 0 });
  const narrow = NARROW_FAILURE / Math.sqrt(replicates);
  // A pair is measured beside the incumbent, so no luck is in it; two pairs decide most ideas.
  const screen = isPaired
    ? (gain: number) => 1 - tailOf(gain)
    : screenPower({ ideas, calibration: numbers, replicates, hasMargin: rule !== 'greedy' });
  return (gain: number): number => {
    const passed = countUpTo(gains, gain) / DRAWS;
    const failedNarrowly = countUpTo(gains, gain + narrow) / DRAWS - passed;
    return screen(gain) * (passed + (failedNarrowly * countUpTo(retriedGains, gain)) / DRAWS);
  };
}

/** Share of ideas in pairs that are dropped: normal, two pairs, a margin of one standard error. */
function tailOf(gain: number): number {
  const z = 1 - gain;
  return 1 / (1 + Math.exp(-1.702 * z));
}

interface ClaimSettings {
  readonly dof: number;
  readonly calibration: number;
  readonly replicates: number;
  readonly isPaired: boolean;
  readonly level: number;
}

/** From which gain on each made-up claim passes, in units of sigma, in order. */
function passingGains({ dof, calibration, replicates, isPaired, level }: ClaimSettings): Float64Array {
  const chance = createRandom(0x9e37);
  const looks = looksOf(replicates, isPaired);
  const quantiles = looks.map((look) => quantileTable(1 - level * look.share));
  const draw = (count: number, scale = 1): number[] => Array.from({ length: count }, () => scale * chance.normal());
  const last = looks.at(-1)!;
  const gains = new Float64Array(DRAWS);
  for (let i = 0; i < DRAWS; i++) {
    const earlySquares = chiSquare(dof, chance.normal);
    const earlyMean = chance.normal() / Math.sqrt(calibration);
    const own = draw(last.candidates);
    const fresh = draw(last.champions);
    gains[i] = passingGain(looks, quantiles, (look) => {
      const [ownSoFar, freshSoFar] = [own.slice(0, look.candidates), fresh.slice(0, look.champions)];
      const noise = noiseAt({ earlySquares, dof, earlyMean, calibration, replicates, ownSoFar, freshSoFar });
      if (isPaired) {
        const differences = ownSoFar.map((value, k) => value - freshSoFar[k]!);
        return compareFreshPairs(differences, { ...noise, pairs: { ss: 0, dof: 0 } });
      }
      // Only the mean of the earlier numbers counts, so they may all be equal.
      const early = new Array<number>(calibration).fill(earlyMean);
      const champion = isStale(early, freshSoFar, noise.sigma) ? freshSoFar : [...early, ...freshSoFar];
      return compareFresh(ownSoFar, champion, noise);
    });
  }
  return gains.sort();
}

/** The first look that a gain reaches without having been given up before decides from which gain on it passes. */
function passingGain(
  looks: readonly Look[],
  quantiles: readonly ((dof: number) => number)[],
  compareAt: (look: Look) => ReturnType<typeof compareFresh>,
): number {
  let [needed, notFutile] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [i, look] of looks.entries()) {
    const { difference, se, dof } = compareAt(look);
    needed = Math.min(needed, Math.max(notFutile, quantiles[i]!(dof) * se - difference));
    notFutile = Math.max(notFutile, look.futileBelow * se - difference);
  }
  return needed;
}

/** The pooled noise as the lab would know it at a look: the repeats of the claim count in it too. */
function noiseAt(known: {
  readonly earlySquares: number;
  readonly dof: number;
  readonly earlyMean: number;
  readonly calibration: number;
  readonly replicates: number;
  readonly ownSoFar: readonly number[];
  readonly freshSoFar: readonly number[];
}): { sigma: number; dof: number } {
  const { ownSoFar, freshSoFar } = known;
  const luck = USUAL_LUCK / Math.sqrt(known.replicates);
  const squares =
    known.earlySquares +
    squaresAdded(ownSoFar, luck, known.replicates) +
    squaresAdded(freshSoFar, known.earlyMean, known.calibration);
  const dof = known.dof + ownSoFar.length + freshSoFar.length;
  return { sigma: Math.sqrt(squares / dof), dof };
}

/** Squares that new values add to a group of `count` values whose mean is known. */
function squaresAdded(values: readonly number[], groupMean: number, count: number): number {
  const average = mean(values);
  const within = values.reduce((total, value) => total + (value - average) ** 2, 0);
  return within + ((count * values.length) / (count + values.length)) * (average - groupMean) ** 2;
}

/** A sum of squares of that many normal numbers; by Wilson and Hilferty where they are many. */
function chiSquare(dof: number, normal: () => number): number {
  if (dof > 12) return dof * (1 - 2 / (9 * dof) + normal() * Math.sqrt(2 / (9 * dof))) ** 3;
  let total = 0;
  for (let i = 0; i < dof; i++) total += normal() ** 2;
  return total;
}

/** Student's quantile at one probability, between exact ones. */
function quantileTable(probability: number): (dof: number) => number {
  const logs = FREEDOMS.map((dof) => Math.log(tQuantile(probability, dof)));
  return (dof) => {
    const above = FREEDOMS.findIndex((freedom) => freedom >= dof);
    if (above <= 0) return Math.exp(logs[Math.max(0, above)]!);
    const [left, right] = [1 / FREEDOMS[above - 1]!, 1 / FREEDOMS[above]!];
    const part = (1 / dof - left) / (right - left);
    return Math.exp(logs[above - 1]! + part * (logs[above]! - logs[above - 1]!));
  };
}

/** How many of the sorted values are at most `limit`. */
function countUpTo(sortedValues: Float64Array, limit: number): number {
  let [lower, upper] = [0, sortedValues.length];
  while (lower < upper) {
    const middle = (lower + upper) >> 1;
    if (sortedValues[middle]! <= limit) lower = middle + 1;
    else upper = middle;
  }
  return lower;
}

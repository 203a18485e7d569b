/**
 * Shrinkage: the expected true effects of steps that were chosen by their numbers (winner's curse, Smith and Winkler
 * 2006). Each true effect is drawn from one normal distribution and adds to the code that the idea was made on. Every
 * number of the tree tells something about all of it: when ideas on a kept step measure worse than the step, the step
 * was probably too good by chance. Exact by messages up and down the tree (Pearl 1988, ch. 7). Pure arithmetic.
 */
import { classifyEffects, type EffectBelief } from './effect-classes.ts';
import { medianDeviationOf, medianOf } from './stats.ts';

/** How true effects of a lab are spread, as a normal distribution. Positive is better. */
export interface Prior {
  readonly mean: number;
  readonly variance: number;
}

/** One piece of code that was tried; larger is better. Parents come before their children. */
export interface TriedCode {
  /** Index of the code that it was made on; −1 for the first. */
  readonly parent: number;
  /** Mean of its numbers. */
  readonly mean: number;
  /** How many numbers it has; with 0 it says nothing. */
  readonly count: number;
  /** Unchanged code: its true effect is 0. */
  readonly same?: boolean;
}

/** With fewer effects their spread is not known. */
export const MIN_EFFECTS = 8;
/** Rounds of the estimate at most. */
const MAX_ROUNDS = 30;
/** Change of the spread between two rounds, in deviations of one number, below which the estimate is done. */
const CONVERGENCE_TOLERANCE = 0.005;
/** Deviations beyond which an effect is an outlier: it says nothing about the code that it was made on. */
const OUTLIER_DEVIATIONS = 3;

/** From effects and their standard errors. Medians, so that one broken idea does not widen it. */
export function priorOf(effects: readonly { readonly effect: number; readonly se: number }[]): Prior | undefined {
  if (effects.length < MIN_EFFECTS) return undefined;
  const spread = medianDeviationOf(effects.map((estimate) => estimate.effect)) ** 2;
  const noise = medianOf(effects.map((estimate) => estimate.se)) ** 2;
  // Where all spread seems to be noise, a tenth of the noise is taken for true, or nothing could ever be learnt.
  return { mean: medianOf(effects.map((estimate) => estimate.effect)), variance: Math.max(spread - noise, noise / 10) };
}

/**
 * The expected true effect of each step by all numbers of its lab; undefined with fewer than eight effects, or without
 * noise. `sigma` is that of one number. Effects and their spread are estimated in turn (expectation maximisation,
 * Dempster, Laird and Rubin 1977), from each idea's own numbers on. One normal distribution has no room for ideas that
 * do nothing at all; the chances that a step helps, harms or does nothing therefore come from `classifyEffects`.
 */
export function shrinkEffects(
  pieces: readonly TriedCode[],
  sigma: number,
): readonly (EffectBelief | undefined)[] | undefined {
  if (!(sigma > 0)) return undefined;
  const initialBeliefs = propagateBeliefs(pieces, sigma);
  const isEstimable = (i: number): boolean =>
    pieces[i]!.count > 0 && !pieces[i]!.same && initialBeliefs.base.variance[i]! < Number.POSITIVE_INFINITY;
  const estimable = [...pieces.keys()].filter(isEstimable);
  const ownEffects = estimable.map((i) => ({
    effect: pieces[i]!.mean - initialBeliefs.base.mean[i]!,
    se: Math.sqrt(sigma ** 2 / pieces[i]!.count + initialBeliefs.base.variance[i]!),
  }));
  let prior = priorOf(ownEffects);
  if (!prior) return undefined;
  const { mean: priorMean, variance: priorVariance } = prior;
  const outliers = new Set(
    estimable.filter(
      (_index, k) =>
        Math.abs(ownEffects[k]!.effect - priorMean) >
        OUTLIER_DEVIATIONS * Math.sqrt(ownEffects[k]!.se ** 2 + priorVariance),
    ),
  );
  for (let round = 0; ; round++) {
    const { base, here } = propagateBeliefs(pieces, sigma, { prior, outliers });
    const { mean: expectedMean, variance } = prior;
    const estimates = estimable.map((i) => {
      const uncertainty = here.variance[i]! + base.variance[i]!;
      const weight = variance / (variance + uncertainty);
      return {
        mean: weight * (here.mean[i]! - base.mean[i]!) + (1 - weight) * expectedMean,
        variance: weight * uncertainty,
      };
    });
    const nextPrior = spreadOf(
      estimates.filter((_estimate, k) => !outliers.has(estimable[k]!)),
      sigma,
    );
    const isSettled =
      Math.abs(nextPrior.mean - expectedMean) < CONVERGENCE_TOLERANCE * sigma &&
      Math.abs(Math.sqrt(nextPrior.variance) - Math.sqrt(variance)) < CONVERGENCE_TOLERANCE * sigma;
    prior = nextPrior;
    if (round < MAX_ROUNDS && !isSettled) continue;
    const measured = estimable.map((i) => ({
      effect: here.mean[i]! - base.mean[i]!,
      variance: here.variance[i]! + base.variance[i]!,
    }));
    const beliefs = classifyEffects(measured, Math.sqrt(medianOf(measured.map((each) => each.variance))));
    const shrunken: (EffectBelief | undefined)[] = pieces.map(() => undefined);
    for (const [position, index] of estimable.entries())
      shrunken[index] = { ...beliefs[position]!, effect: estimates[position]!.mean };
    return shrunken;
  }
}

/** The distribution of true effects, each of which is known by its mean and variance. */
function spreadOf(effects: readonly Prior[], sigma: number): Prior {
  const mean = effects.reduce((total, estimate) => total + estimate.mean, 0) / effects.length;
  const variance =
    effects.reduce((total, estimate) => total + (estimate.mean - mean) ** 2 + estimate.variance, 0) / effects.length;
  return { mean, variance: Math.max(variance, sigma ** 2 / 100) };
}

/** Normal distributions by index; an infinite variance where nothing is known. */
interface Normals {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

const NO_EFFECT: Prior = { mean: 0, variance: 0 };

/**
 * Of each piece of code: its value by its own numbers and those of the code made on it (`here`), and the value of the
 * code that it was made on by all other numbers (`base`).
 */
function propagateBeliefs(
  pieces: readonly TriedCode[],
  sigma: number,
  expectation?: { readonly prior: Prior; readonly outliers: ReadonlySet<number> },
): { readonly here: Normals; readonly base: Normals } {
  const size = pieces.length;
  const createNormals = (): Normals => ({
    mean: new Float64Array(size),
    variance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
  });
  const [here, base] = [createNormals(), createNormals()];
  // Precision and mean times precision add up where numbers are independent; the last two are sent to the parent.
  const [precisions, weightedMeans, upwardPrecisions, upwardMeans] = [0, 1, 2, 3].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  /** The step expected there; undefined for an outlier, whose two ends say nothing about each other. */
  const expectedStep = (i: number): Prior | undefined =>
    pieces[i]!.same ? NO_EFFECT : expectation?.outliers.has(i) ? undefined : expectation?.prior;
  for (let i = size - 1; i >= 0; i--) {
    const { parent, mean, count } = pieces[i]!;
    precisions[i]! += count / sigma ** 2;
    weightedMeans[i]! += (mean * count) / sigma ** 2;
    if (!(precisions[i]! > 0)) continue;
    here.mean[i] = weightedMeans[i]! / precisions[i]!;
    here.variance[i] = 1 / precisions[i]!;
    const expected = expectedStep(i);
    if (parent < 0 || !expected) continue;
    upwardPrecisions[i] = 1 / (here.variance[i]! + expected.variance);
    upwardMeans[i] = upwardPrecisions[i]! * (here.mean[i]! - expected.mean);
    precisions[parent]! += upwardPrecisions[i]!;
    weightedMeans[parent]! += upwardMeans[i]!;
  }
  for (let i = 0; i < size; i++) {
    const { parent } = pieces[i]!;
    const restPrecision = parent < 0 ? 0 : precisions[parent]! - upwardPrecisions[i]!;
    if (!(restPrecision > 0)) continue;
    base.mean[i] = (weightedMeans[parent]! - upwardMeans[i]!) / restPrecision;
    base.variance[i] = 1 / restPrecision;
    const expected = expectedStep(i);
    if (!expected) continue;
    // From here on with all that is known from above.
    const downwardPrecision = 1 / (base.variance[i]! + expected.variance);
    precisions[i]! += downwardPrecision;
    weightedMeans[i]! += downwardPrecision * (base.mean[i]! + expected.mean);
  }
  return { here, base };
}

/**
 * Which configurations cannot be measured (crash, out of memory, time out), learned from those that failed. Two small
 * models are averaged: a logistic regression on the coordinates, which learns half-spaces ("too deep and too wide")
 * from few trials in any dimension, and a Gaussian process on the labels, which learns any shape near the trials. A
 * failure never becomes a score.
 */
import { Gp } from './gp/gp.ts';
import { choleskyFactor, solveLower, solveUpper } from './math/matrix.ts';
import { normalCdf } from '../base/distributions.ts';
import type { Point, Space } from './space.ts';

export interface Labelled {
  readonly point: Point;
  /** True when it could be measured. */
  readonly ok: boolean;
}

/** Most trials that the process is fitted to. */
const MAX_PROCESS_TRIALS = 64;
/** Standard deviation of a label: how blurred the edge between success and failure is. */
const LABEL_NOISE = 0.15;
/** Prior precision of the regression's weights, in units of one range. */
const RIDGE_PRECISION = 0.15;

/** Returns the probability that a point can be measured, in (0, 1]. It is 1 everywhere while nothing failed. */
export function learnFeasibility(space: Space, observations: readonly Labelled[]): (point: Point) => number {
  if (observations.every(({ ok }) => ok)) return () => 1;
  const logisticModel = fitLogistic(space, observations);
  const labelModel = fitLabelProcess(space, observations);
  return (point) => Math.sqrt(logisticModel(point) * labelModel(point));
}

/** Coordinates as regression features: numbers are centred, categories are indicators, an inactive knob is 0. */
function encodeFeatures(space: Space, point: Point): Float64Array {
  const features: number[] = [1];
  for (const [knob, dimension] of space.dims.entries()) {
    const coordinate = point[knob]!;
    if (dimension.kind === 'numeric') features.push(Number.isNaN(coordinate) ? 0 : 2 * coordinate - 1);
    else for (let category = 0; category < dimension.levels; category++) features.push(coordinate === category ? 1 : 0);
  }
  return Float64Array.from(features);
}

/** Most trials that the boundary is fitted to: the newest ones are enough. */
const MAX_LOGISTIC_TRIALS = 300;
/** The same where there are more features than trials: the cost is then cubic in the trials. */
const MAX_WIDE_TRIALS = 100;

/** Ridge-penalised logistic regression by Newton's method (Hastie, Tibshirani & Friedman, 4.4.1). */
function fitLogistic(space: Space, observations: readonly Labelled[]): (point: Point) => number {
  const isWide = encodeFeatures(space, observations[0]!.point).length > MAX_WIDE_TRIALS;
  const examples = observations
    .slice(isWide ? -MAX_WIDE_TRIALS : -MAX_LOGISTIC_TRIALS)
    .map(({ point, ok }): Example => ({ features: encodeFeatures(space, point), label: ok ? 1 : 0 }));
  const featureCount = examples[0]!.features.length;
  const prior = new Float64Array(featureCount);
  prior[0] = 1;
  const precision = new Float64Array(featureCount).fill(RIDGE_PRECISION);
  precision[0] = 0.02;
  let weights = prior;
  for (let iteration = 0; iteration < 8; iteration++) {
    const step = isWide
      ? dualStep(examples, weights, prior, precision)
      : primalStep(examples, weights, prior, precision);
    if (!step) break;
    weights = weights.map((weight, index) => weight + step[index]!);
    if (step.every((change) => Math.abs(change) < 1e-6)) break;
  }
  return (point) => Math.max(1e-6, logisticSigmoid(dotProduct(weights, encodeFeatures(space, point))));
}

export interface Example {
  readonly features: Float64Array;
  readonly label: number;
}

/** One step of Newton's method: the Hessian has a row for every feature. */
export function primalStep(
  examples: readonly Example[],
  weights: Float64Array,
  prior: Float64Array,
  precision: Float64Array,
): Float64Array | undefined {
  const featureCount = weights.length;
  const hessian = new Float64Array(featureCount * featureCount);
  const gradient = weights.map((weight, index) => precision[index]! * (prior[index]! - weight));
  for (let index = 0; index < featureCount; index++) hessian[index * featureCount + index] = precision[index]!;
  for (const { features, label } of examples)
    accumulateRow(
      hessian,
      gradient,
      features,
      label - logisticSigmoid(dotProduct(weights, features)),
      logisticSigmoid(dotProduct(weights, features)),
    );
  const factor = choleskyFactor(hessian, featureCount);
  return factor && solveUpper(factor, solveLower(factor, gradient, featureCount), featureCount);
}

/**
 * The same step by the matrix of the trials (Woodbury): R⁻¹(g − Xᵀ (V⁻¹ + X R⁻¹ Xᵀ)⁻¹ X R⁻¹ g), V the weights of the
 * trials.
 */
export function dualStep(
  examples: readonly Example[],
  weights: Float64Array,
  prior: Float64Array,
  precision: Float64Array,
): Float64Array | undefined {
  const rowCount = examples.length;
  const gradient = weights.map((weight, index) => precision[index]! * (prior[index]! - weight));
  const kernel = new Float64Array(rowCount * rowCount);
  for (const [row, { features, label }] of examples.entries()) {
    const probability = logisticSigmoid(dotProduct(weights, features));
    for (let feature = 0; feature < features.length; feature++)
      gradient[feature]! += (label - probability) * features[feature]!;
    const scaled = features.map((value, feature) => value / precision[feature]!);
    for (let column = 0; column <= row; column++)
      kernel[row * rowCount + column] = kernel[column * rowCount + row] = dotProduct(
        scaled,
        examples[column]!.features,
      );
    kernel[row * rowCount + row]! += 1 / Math.max(1e-6, probability * (1 - probability));
  }
  const factor = choleskyFactor(kernel, rowCount);
  if (!factor) return undefined;
  const scaledGradient = gradient.map((entry, feature) => entry / precision[feature]!);
  const multipliers = solveUpper(
    factor,
    solveLower(
      factor,
      examples.map(({ features }) => dotProduct(features, scaledGradient)),
      rowCount,
    ),
    rowCount,
  );
  const correction = new Float64Array(weights.length);
  for (const [row, { features }] of examples.entries())
    for (let feature = 0; feature < features.length; feature++)
      correction[feature]! += multipliers[row]! * features[feature]!;
  return scaledGradient.map((entry, feature) => entry - correction[feature]! / precision[feature]!);
}

function accumulateRow(
  hessian: Float64Array,
  gradient: Float64Array,
  features: Float64Array,
  residual: number,
  probability: number,
): void {
  const featureCount = features.length;
  const weight = Math.max(1e-6, probability * (1 - probability));
  for (let row = 0; row < featureCount; row++) {
    const value = features[row]!;
    if (value === 0) continue;
    gradient[row]! += residual * value;
    for (let column = 0; column < featureCount; column++)
      hessian[row * featureCount + column]! += weight * value * features[column]!;
  }
}

/**
 * Regression of the labels by a Gaussian process ("label regression", Rasmussen & Williams 2006, section 6.5), squashed
 * by the normal.
 */
function fitLabelProcess(space: Space, observations: readonly Labelled[]): (point: Point) => number {
  const newestWith = (isMeasurable: boolean): Labelled[] =>
    observations.filter((observation) => observation.ok === isMeasurable).slice(-MAX_PROCESS_TRIALS / 2);
  const examples = [...newestWith(true), ...newestWith(false)];
  const trialData = {
    points: examples.map((example) => example.point),
    losses: examples.map((example) => (example.ok ? 0 : 1)),
    counts: examples.map(() => 1),
  };
  const model = new Gp(space, { ...trialData, noise: LABEL_NOISE, start: undefined });
  return (point) => {
    const { mean, deviation } = model.predictAt(point);
    return Math.max(1e-6, normalCdf((0.5 - mean) / Math.hypot(0.5 * deviation, LABEL_NOISE)));
  };
}

const logisticSigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

function dotProduct(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!;
  return sum;
}

/**
 * The margin of CMA-ES with Margin (Hamano, Saito, Nomura & Shirakawa, GECCO 2022, arXiv 2205.13482, section 4): after
 * each generation every discrete knob keeps at least a small probability of moving to a neighbouring value, so that it
 * can never freeze.
 */
import type { Cma } from './cma.ts';
import { normalCdf } from '../../base/distributions.ts';
import { normalQuantile } from '../math/normal.ts';
import type { Dim } from '../param.ts';

/**
 * Correct mean and scale of the discrete coordinates so that every neighbouring value keeps at least `probability` (the
 * paper's α, 1/(nλ)).
 */
export function keepMargin(distribution: Cma, dimensions: readonly Dim[], probability: number): void {
  for (const [axis, dimension] of dimensions.entries()) {
    if (dimension.levels === Number.POSITIVE_INFINITY) continue;
    const mean = Math.min(1, Math.max(0, distribution.mean[axis]!));
    distribution.mean[axis] = mean;
    const [low, high] = dimension.edges(mean);
    if (low <= 0 || high >= 1) correctAtEnd(distribution, axis, low <= 0 ? high : low, probability);
    else correctBetween(distribution, axis, low, high, probability);
  }
}

/**
 * The mean lies in the interval of the first or last value: pull it towards the only threshold until a draw crosses it
 * with `probability`.
 */
function correctAtEnd(distribution: Cma, axis: number, threshold: number, probability: number): void {
  const reach = normalQuantile(1 - probability) * distribution.deviation(axis);
  const offset = distribution.mean[axis]! - threshold;
  if (Math.abs(offset) > reach) distribution.mean[axis] = threshold + Math.sign(offset) * reach;
}

/**
 * The mean lies in the interval of an inner value: both neighbours keep at least half of `probability`. Mean and scale
 * are solved from the corrected probabilities.
 */
function correctBetween(distribution: Cma, axis: number, low: number, high: number, probability: number): void {
  const [mean, deviation] = [distribution.mean[axis]!, distribution.deviation(axis)];
  const massBelow = normalCdf((low - mean) / deviation);
  const massAbove = normalCdf((mean - high) / deviation);
  if (massBelow >= probability / 2 && massAbove >= probability / 2) return;
  const [correctedBelow, correctedAbove] = [Math.max(probability / 2, massBelow), Math.max(probability / 2, massAbove)];
  const massInside = 1 - massBelow - massAbove;
  const excess = 1 - correctedBelow - correctedAbove - massInside;
  const available = correctedBelow + correctedAbove + massInside - 1.5 * probability;
  const quantileLow = normalQuantile(1 - (correctedBelow + (excess * (correctedBelow - probability / 2)) / available));
  const quantileHigh = normalQuantile(1 - (correctedAbove + (excess * (correctedAbove - probability / 2)) / available));
  const wantedDeviation = (high - low) / (quantileLow + quantileHigh);
  distribution.mean[axis] = low + quantileLow * wantedDeviation;
  distribution.scale[axis]! *= wantedDeviation / deviation;
}

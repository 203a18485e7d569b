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
 * Correct mean and scale of the discrete coordinates so that each neighbour keeps probability `alpha` (the paper's
 * 1/(nλ)).
 */
export function keepMargin(cma: Cma, dims: readonly Dim[], alpha: number): void {
  for (const [j, dim] of dims.entries()) {
    if (dim.levels === Number.POSITIVE_INFINITY) continue;
    const mean = Math.min(1, Math.max(0, cma.mean[j]!));
    cma.mean[j] = mean;
    const [low, high] = dim.edges(mean);
    if (low <= 0 || high >= 1) atEnd(cma, j, low <= 0 ? high : low, alpha);
    else between(cma, j, low, high, alpha);
  }
}

/**
 * The mean lies in the first or last value: pull it towards the only threshold until crossing has probability alpha.
 */
function atEnd(cma: Cma, j: number, threshold: number, alpha: number): void {
  const reach = normalQuantile(1 - alpha) * cma.deviation(j);
  const offset = cma.mean[j]! - threshold;
  if (Math.abs(offset) > reach) cma.mean[j] = threshold + Math.sign(offset) * reach;
}

/**
 * The mean lies in an inner value: both neighbours keep at least alpha/2; mean and scale are solved from the corrected
 * probabilities.
 */
function between(cma: Cma, j: number, low: number, high: number, alpha: number): void {
  const [mean, sigma] = [cma.mean[j]!, cma.deviation(j)];
  const below = normalCdf((low - mean) / sigma);
  const above = normalCdf((mean - high) / sigma);
  if (below >= alpha / 2 && above >= alpha / 2) return;
  const [below1, above1] = [Math.max(alpha / 2, below), Math.max(alpha / 2, above)];
  const middle = 1 - below - above;
  const excess = 1 - below1 - above1 - middle;
  const room = below1 + above1 + middle - 1.5 * alpha;
  const zLow = normalQuantile(1 - (below1 + (excess * (below1 - alpha / 2)) / room));
  const zHigh = normalQuantile(1 - (above1 + (excess * (above1 - alpha / 2)) / room));
  const wanted = (high - low) / (zLow + zHigh);
  cma.mean[j] = low + zLow * wanted;
  cma.scale[j]! *= wanted / sigma;
}

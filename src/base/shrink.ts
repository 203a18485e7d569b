/**
 * What a chosen effect is worth when one knows that it was chosen: the winner's curse taken back (Smith and Winkler 2006). All effects of a lab say how
 * large true effects are here; each measured one is drawn towards them by how noisy it is. Pure arithmetic.
 */
import { normalCdf } from './distributions.ts';
import { mad, median } from './stats.ts';

/** How true effects of a lab are spread, as a normal distribution. Positive is better. */
export interface Prior {
  readonly mean: number;
  readonly variance: number;
}

export interface Shrunken {
  readonly effect: number;
  /** Probability that the true effect is above 0. */
  readonly probability: number;
}

/** Fewer effects than this say nothing about the others. */
const FEWEST = 8;

/** From all measured effects and their standard errors, failures left out. Medians: one broken idea must not widen it. */
export function priorOf(effects: readonly { readonly effect: number; readonly se: number }[]): Prior | undefined {
  if (effects.length < FEWEST) return undefined;
  const spread = mad(effects.map((x) => x.effect)) ** 2;
  const noise = median(effects.map((x) => x.se)) ** 2;
  // Where all spread is noise there is still some truth in it, or nothing could ever be learnt.
  return { mean: median(effects.map((x) => x.effect)), variance: Math.max(spread - noise, noise / 10) };
}

export function shrink(effect: number, se: number, prior: Prior): Shrunken {
  if (!(se > 0)) return { effect, probability: effect > 0 ? 1 : effect < 0 ? 0 : 0.5 };
  const weight = prior.variance / (prior.variance + se ** 2);
  const mean = weight * effect + (1 - weight) * prior.mean;
  return { effect: mean, probability: normalCdf(mean / (Math.sqrt(weight) * se)) };
}

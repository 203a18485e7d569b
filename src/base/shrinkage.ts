/**
 * What chosen effects are worth when one knows that they were chosen: the winner's curse taken back (Smith and Winkler
 * 2006). True effects are drawn from what ideas are worth here (a normal distribution), each on top of what its idea
 * was made on, and every number of the tree speaks of all of it: ideas made on a lucky step measure worse than it, and
 * so tell that it was lucky. Exact by messages up and down the tree (Pearl 1988, ch. 7). Pure arithmetic.
 */
import { normalCdf } from './distributions.ts';
import { mad, median } from './stats.ts';

/** How true effects of a lab are spread, as a normal distribution. Positive is better. */
export interface Prior {
  readonly mean: number;
  readonly variance: number;
}

/** One piece of code that was measured, larger is better; parents come before their children. */
export interface Tried {
  /** Index of what it was made on; −1 for the first. */
  readonly parent: number;
  /** Mean of its numbers, and how many there are; 0: none, and it says nothing. */
  readonly mean: number;
  readonly count: number;
  /** Unchanged code: its true effect is 0. */
  readonly same?: boolean;
}

export interface Shrunken {
  /** The expected true effect of the step from its parent. */
  readonly effect: number;
  /** Probability that it is above 0. */
  readonly probability: number;
}

/** Fewer effects than this say nothing about the others. */
const FEWEST = 8;
/** Most rounds in which effects and their spread find each other. */
const ROUNDS = 30;
/** Change of the spread, in deviations of one number, below which they have. */
const SETTLED = 0.005;
/** Deviations beyond which an effect is of its own kind, and says nothing about what it was made on. */
const STRANGE = 3;

/** From effects and their standard errors, failures left out. Medians: one broken idea must not widen it. */
export function priorOf(effects: readonly { readonly effect: number; readonly se: number }[]): Prior | undefined {
  if (effects.length < FEWEST) return undefined;
  const spread = mad(effects.map((x) => x.effect)) ** 2;
  const noise = median(effects.map((x) => x.se)) ** 2;
  // Where all spread is noise there is still some truth in it, or nothing could ever be learnt.
  return { mean: median(effects.map((x) => x.effect)), variance: Math.max(spread - noise, noise / 10) };
}

/**
 * What each step is worth by all numbers of its lab; undefined while fewer than eight say so, or without noise.
 * `sigma`: of one number. Effects and how they are spread are found by each other (expectation maximisation, Dempster,
 * Laird and Rubin 1977), beginning with what each idea's own numbers say.
 */
export function believe(tried: readonly Tried[], sigma: number): readonly (Shrunken | undefined)[] | undefined {
  if (!(sigma > 0)) return undefined;
  const first = beliefs(tried, sigma);
  const isAsked = (i: number): boolean =>
    tried[i]!.count > 0 && !tried[i]!.same && first.base.variance[i]! < Number.POSITIVE_INFINITY;
  const asked = [...tried.keys()].filter(isAsked);
  const own = asked.map((i) => ({
    effect: tried[i]!.mean - first.base.mean[i]!,
    se: Math.sqrt(sigma ** 2 / tried[i]!.count + first.base.variance[i]!),
  }));
  let prior = priorOf(own);
  if (!prior) return undefined;
  const { mean: middle, variance: spread } = prior;
  const strange = new Set(
    asked.filter((_, k) => Math.abs(own[k]!.effect - middle) > STRANGE * Math.sqrt(own[k]!.se ** 2 + spread)),
  );
  for (let round = 0; ; round++) {
    const { base, here } = beliefs(tried, sigma, { prior, strange });
    const { mean: usual, variance } = prior;
    const found = asked.map((i) => {
      const doubt = here.variance[i]! + base.variance[i]!;
      const share = variance / (variance + doubt);
      return { mean: share * (here.mean[i]! - base.mean[i]!) + (1 - share) * usual, variance: share * doubt };
    });
    const next = spreadOf(
      found.filter((_, k) => !strange.has(asked[k]!)),
      sigma,
    );
    const isSettled =
      Math.abs(next.mean - usual) < SETTLED * sigma &&
      Math.abs(Math.sqrt(next.variance) - Math.sqrt(variance)) < SETTLED * sigma;
    prior = next;
    if (round < ROUNDS && !isSettled) continue;
    const answers: (Shrunken | undefined)[] = tried.map(() => undefined);
    for (const [k, i] of asked.entries())
      answers[i] = { effect: found[k]!.mean, probability: normalCdf(found[k]!.mean / Math.sqrt(found[k]!.variance)) };
    return answers;
  }
}

/** How true effects are spread when each is known so well. */
function spreadOf(effects: readonly Prior[], sigma: number): Prior {
  const mean = effects.reduce((sum, x) => sum + x.mean, 0) / effects.length;
  const variance = effects.reduce((sum, x) => sum + (x.mean - mean) ** 2 + x.variance, 0) / effects.length;
  return { mean, variance: Math.max(variance, sigma ** 2 / 100) };
}

/** Normal distributions by index; an infinite variance where nothing is known. */
interface Normals {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

const NONE: Prior = { mean: 0, variance: 0 };

/**
 * Of each piece of code: what its own numbers and what was made on it say (`here`), and what all else says of what it
 * was made on (`base`).
 */
function beliefs(
  tried: readonly Tried[],
  sigma: number,
  usual?: { readonly prior: Prior; readonly strange: ReadonlySet<number> },
): { readonly here: Normals; readonly base: Normals } {
  const size = tried.length;
  const normals = (): Normals => ({
    mean: new Float64Array(size),
    variance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
  });
  const [here, base] = [normals(), normals()];
  // Precision, and mean times precision, so that what is independent adds up; and what each sends to its parent.
  const [p, m, upP, upM] = [0, 1, 2, 3].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  /** The step expected there; undefined where nothing is known of it, and the two ends say nothing of each other. */
  const step = (i: number): Prior | undefined =>
    tried[i]!.same ? NONE : usual?.strange.has(i) ? undefined : usual?.prior;
  for (let i = size - 1; i >= 0; i--) {
    const { parent, mean, count } = tried[i]!;
    p[i]! += count / sigma ** 2;
    m[i]! += (mean * count) / sigma ** 2;
    if (!(p[i]! > 0)) continue;
    here.mean[i] = m[i]! / p[i]!;
    here.variance[i] = 1 / p[i]!;
    const by = step(i);
    if (parent < 0 || !by) continue;
    upP[i] = 1 / (here.variance[i]! + by.variance);
    upM[i] = upP[i]! * (here.mean[i]! - by.mean);
    p[parent]! += upP[i]!;
    m[parent]! += upM[i]!;
  }
  for (let i = 0; i < size; i++) {
    const { parent } = tried[i]!;
    const rest = parent < 0 ? 0 : p[parent]! - upP[i]!;
    if (!(rest > 0)) continue;
    base.mean[i] = (m[parent]! - upM[i]!) / rest;
    base.variance[i] = 1 / rest;
    const by = step(i);
    if (!by) continue;
    // From here on everything that is known of it, what lies above included.
    const down = 1 / (base.variance[i]! + by.variance);
    p[i]! += down;
    m[i]! += down * (base.mean[i]! + by.mean);
  }
  return { here, base };
}

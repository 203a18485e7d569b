/**
 * Strategy constants of CMA-ES: Hansen, arXiv 1604.00772, table 1, equations 49 to 58. A pure function of dimension and
 * population.
 */

export interface CmaConstants {
  readonly lambda: number;
  readonly mu: number;
  /** Recombination weights, best first: the first µ sum to one, the rest are zero or negative (active). */
  readonly weights: Float64Array;
  readonly muEff: number;
  readonly c1: number;
  readonly cMu: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cC: number;
  /** Expected length of a standard normal vector. */
  readonly chi: number;
  /** Longest step that an injected point may make, in standard deviations. */
  readonly clip: number;
}

export function cmaConstants(n: number, lambda: number, active: boolean): CmaConstants {
  const mu = lambda >> 1;
  const raw = Float64Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
  const [head, tail] = [raw.subarray(0, mu), raw.subarray(mu)];
  const muEff = effective(head);
  const muEffNegative = effective(tail);
  const c1 = 2 / ((n + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1 - 1e-8, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff));
  const scale = Math.min(1 + c1 / cMu, 1 + (2 * muEffNegative) / (muEff + 2), (1 - c1 - cMu) / (n * cMu));
  const positive = raw.reduce((sum, w) => sum + Math.max(0, w), 0);
  const negative = raw.reduce((sum, w) => sum + Math.max(0, -w), 0);
  const weights = raw.map((w) => (w >= 0 ? w / positive : active && cMu > 0 ? (scale / negative) * w : 0));
  const cSigma = (muEff + 2) / (n + muEff + 5);
  return {
    lambda,
    mu,
    weights,
    muEff,
    c1,
    cMu,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cC: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    clip: Math.sqrt(n) + (2 * n) / (n + 2),
  };
}

/** (Σw)² / Σw². */
function effective(weights: Float64Array): number {
  const sum = weights.reduce((a, b) => a + b, 0);
  return sum ** 2 / weights.reduce((a, b) => a + b * b, 0);
}

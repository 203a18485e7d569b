/**
 * The distribution functions that statistics needs, with their sources. Pure numerics: knows nothing about
 * measurements.
 */

/** log(sqrt(2π)). */
export const LOG_SQRT_2PI = 0.9189385332046727;

/** Φ(x): Marsaglia's series in the middle, the continued fraction in the tails, relative error about 1e-13 there. */
export function normalCdf(value: number): number {
  if (value < -38) return 0;
  if (Math.abs(value) < 3) {
    // Marsaglia, "Evaluating the normal distribution", J. Stat. Software 11 (2004): 1/2 + φ(x)·(x + x³/3 + x⁵/15 + …).
    let [sum, term] = [value, value];
    for (let divisor = 3; Math.abs(term) > 1e-17 * Math.abs(sum); divisor += 2) {
      term *= (value * value) / divisor;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * value * value - LOG_SQRT_2PI);
  }
  // Tail by its continued fraction (Abramowitz & Stegun 26.2.14), evaluated backwards.
  const distance = Math.abs(value);
  let fraction = distance;
  for (let depth = 60; depth >= 1; depth--) fraction = distance + depth / fraction;
  const tail = Math.exp(-0.5 * distance * distance - LOG_SQRT_2PI) / fraction;
  return value < 0 ? tail : 1 - tail;
}

/**
 * Student's t distribution function with `degreesOfFreedom` degrees of freedom, by the incomplete beta function.
 * Infinite dof = normal.
 */
export function tCdf(statistic: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(degreesOfFreedom) || degreesOfFreedom > 1e6) return normalCdf(statistic);
  const tailProbability =
    0.5 * incompleteBeta(degreesOfFreedom / (degreesOfFreedom + statistic * statistic), degreesOfFreedom / 2, 0.5);
  return statistic > 0 ? 1 - tailProbability : tailProbability;
}

/** The t with `tCdf(t) = p`, by bisection: exact to 1e-9 and never surprising. */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  const cacheKey = `${probability} ${degreesOfFreedom}`;
  const cachedQuantile = quantiles.get(cacheKey);
  if (cachedQuantile !== undefined) return cachedQuantile;
  const quantile = bisectT(probability, degreesOfFreedom);
  if (quantiles.size >= 256) quantiles.clear();
  quantiles.set(cacheKey, quantile);
  return quantile;
}

/** Few different quantiles are asked for again and again; a lab of 10,000 experiments shows one interval a row. */
const quantiles = new Map<string, number>();

function bisectT(probability: number, degreesOfFreedom: number): number {
  let [lower, upper] = [-1e3, 1e3];
  if (degreesOfFreedom < 2) [lower, upper] = [-1e5, 1e5];
  while (upper - lower > 1e-10) {
    const middle = (lower + upper) / 2;
    if (tCdf(middle, degreesOfFreedom) < probability) lower = middle;
    else upper = middle;
  }
  return (lower + upper) / 2;
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz; Numerical Recipes §6.4). */
function incompleteBeta(upperLimit: number, alpha: number, beta: number): number {
  const prefactor = Math.exp(
    logGamma(alpha + beta) -
      logGamma(alpha) -
      logGamma(beta) +
      alpha * Math.log(upperLimit) +
      beta * Math.log1p(-upperLimit),
  );
  return upperLimit < (alpha + 1) / (alpha + beta + 2)
    ? (prefactor * betaFraction(upperLimit, alpha, beta)) / alpha
    : 1 - (prefactor * betaFraction(1 - upperLimit, beta, alpha)) / beta;
}

function betaFraction(upperLimit: number, alpha: number, beta: number): number {
  const tiny = 1e-300;
  const keepFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let numerator = 1;
  let denominator = 1 / keepFromZero(1 - ((alpha + beta) * upperLimit) / (alpha + 1));
  let fraction = denominator;
  for (let iteration = 1; iteration <= 300; iteration++) {
    const evenCoefficient =
      (iteration * (beta - iteration) * upperLimit) / ((alpha + 2 * iteration - 1) * (alpha + 2 * iteration));
    denominator = 1 / keepFromZero(1 + evenCoefficient * denominator);
    numerator = keepFromZero(1 + evenCoefficient / numerator);
    fraction *= denominator * numerator;
    const oddCoefficient =
      (-(alpha + iteration) * (alpha + beta + iteration) * upperLimit) /
      ((alpha + 2 * iteration) * (alpha + 2 * iteration + 1));
    denominator = 1 / keepFromZero(1 + oddCoefficient * denominator);
    numerator = keepFromZero(1 + oddCoefficient / numerator);
    fraction *= denominator * numerator;
    if (Math.abs(denominator * numerator - 1) < 1e-14) break;
  }
  return fraction;
}

/** Logarithm of the gamma function for x > 0 (Lanczos, g = 7, n = 9; error < 1e-13). */
function logGamma(value: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const shifted = value - 1;
  const offset = shifted + 7.5;
  const series = coefficients
    .slice(1)
    .reduce((total, coefficient, i) => total + coefficient / (shifted + i + 1), coefficients[0]!);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(offset) - offset + Math.log(series);
}

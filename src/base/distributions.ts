/**
 * The distribution functions that statistics needs, with their sources. Pure numerics: knows nothing about
 * measurements.
 */

/** log(sqrt(2π)). */
export const LOG_SQRT_2PI = 0.9189385332046727;

/** Φ(x): Marsaglia's series in the middle, the continued fraction in the tails, relative error about 1e-13 there. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 8.5) return 1;
  if (x < -38) return 0;
  if (Math.abs(x) < 3) {
    // Marsaglia, "Evaluating the normal distribution", J. Stat. Software 11 (2004): 1/2 + φ(x)·(x + x³/3 + x⁵/15 + …).
    let [sum, term] = [x, x];
    for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
      term *= (x * x) / i;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * x * x - LOG_SQRT_2PI);
  }
  // Tail by its continued fraction (Abramowitz & Stegun 26.2.14), evaluated backwards.
  const t = Math.abs(x);
  let fraction = t;
  for (let k = 60; k >= 1; k--) fraction = t + k / fraction;
  const tail = Math.exp(-0.5 * t * t - LOG_SQRT_2PI) / fraction;
  return x < 0 ? tail : 1 - tail;
}

/**
 * Student's t distribution function with `dof` degrees of freedom, by the incomplete beta function. Infinite dof =
 * normal.
 */
export function tCdf(t: number, dof: number): number {
  if (!Number.isFinite(dof) || dof > 1e6) return normalCdf(t);
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0;
  const half = 0.5 * incompleteBeta(dof / (dof + t * t), dof / 2, 0.5);
  return t > 0 ? 1 - half : half;
}

/** The t with `tCdf(t) = p`, by bisection: exact to 1e-9 and never surprising. */
export function tQuantile(p: number, dof: number): number {
  const key = `${p} ${dof}`;
  const known = quantiles.get(key);
  if (known !== undefined) return known;
  const found = bisectT(p, dof);
  if (quantiles.size >= 256) quantiles.clear();
  quantiles.set(key, found);
  return found;
}

/** Few different quantiles are asked for again and again; a lab of 10,000 experiments shows one interval a row. */
const quantiles = new Map<string, number>();

function bisectT(p: number, dof: number): number {
  let [low, high] = [-1e3, 1e3];
  if (dof < 2) [low, high] = [-1e5, 1e5];
  for (let i = 0; i < 200 && high - low > 1e-10; i++) {
    const mid = (low + high) / 2;
    if (tCdf(mid, dof) < p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz; Numerical Recipes §6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (v: number): number => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return h;
}

/** Logarithm of the gamma function for x > 0 (Lanczos, g = 7, n = 9; error < 1e-13). */
function lnGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  const t = z + 7.5;
  const sum = c.slice(1).reduce((s, ci, i) => s + ci / (z + i + 1), c[0]!);
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

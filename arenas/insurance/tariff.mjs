/**
 * The editable file: learns from policies with their claims and says how many claims another one will have in a year. A
 * Poisson regression with a logarithmic link, fitted by Newton's method.
 */

const FACTORS = 'health'; // which features rate: health, plan or all
const SQUARES = 'no'; // squares and products of the features rate, too
const SHRINKAGE = 1.0; // of the coefficients towards 0
const STEPS = 12;
const MAX_LOG_RATE = 4;

const FEATURES = {
  health: ['hlthg', 'hlthf', 'hlthp'],
  plan: ['lncoins', 'idp', 'lpi', 'fmde'],
  all: ['lncoins', 'idp', 'lpi', 'fmde', 'physlm', 'disea', 'hlthg', 'hlthf', 'hlthp'],
};

function featuresOf(policy) {
  const values = FEATURES[FACTORS].map((name) => policy[name]);
  if (SQUARES === 'no') return values;
  return [...values, ...values.flatMap((left, i) => values.slice(0, i + 1).map((right) => left * right))];
}

/** Solves a · x = b by Gauss's elimination. */
function solve(a, b) {
  const rows = a.map((row, i) => [...row, b[i]]);
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let j = i + 1; j < n; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[pivot][i])) pivot = j;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      for (let k = i; k <= n; k++) rows[j][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

const dot = (left, right) => left.reduce((sum, value, i) => sum + value * right[i], 0);

/** @param {Record<string, number>[]} policies */
export function fitTariff(policies, _chance) {
  const raw = policies.map(featuresOf);
  const size = raw[0].length;
  const means = Array.from({ length: size }, (_, j) => raw.reduce((sum, row) => sum + row[j], 0) / raw.length);
  const spreads = means.map(
    (mean, j) => Math.sqrt(raw.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) / raw.length) || 1,
  );
  const scale = (row) => [1, ...row.map((value, j) => (value - means[j]) / spreads[j])];
  const rows = raw.map(scale);
  const rateOf = (row) => Math.exp(Math.min(MAX_LOG_RATE, dot(row, weights)));
  let weights = new Array(size + 1).fill(0);
  weights[0] = Math.log(policies.reduce((sum, { claims }) => sum + claims, 0) / policies.length);
  for (let step = 0; step < STEPS; step++) {
    const slope = weights.map((weight, j) => (j === 0 ? 0 : -SHRINKAGE * weight));
    const curvature = weights.map((_, j) => weights.map((__, k) => (j === k && j > 0 ? SHRINKAGE : 0)));
    rows.forEach((row, i) => {
      const rate = rateOf(row);
      for (let j = 0; j <= size; j++) {
        slope[j] += row[j] * (policies[i].claims - rate);
        for (let k = 0; k <= size; k++) curvature[j][k] += rate * row[j] * row[k];
      }
    });
    const change = solve(curvature, slope);
    weights = weights.map((weight, j) => weight + change[j]);
  }
  return (policy) => rateOf(scale(featuresOf(policy)));
}

// Frozen and hidden: the Sharpe ratio, and how much of it is the luck of many tries. After Bailey and López de Prado,
// "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014).

const DAYS_A_YEAR = 252;
const EULER = 0.5772156649015329;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of one day. */
function moments(returns) {
  const middle = mean(returns);
  const spread = Math.sqrt(mean(returns.map((value) => (value - middle) ** 2)));
  const standard = returns.map((value) => (value - middle) / spread);
  return {
    ratio: spread > 0 ? middle / spread : 0,
    skew: spread > 0 ? mean(standard.map((value) => value ** 3)) : 0,
    tails: spread > 0 ? mean(standard.map((value) => value ** 4)) : 3,
  };
}

/** A year. */
export const sharpeOf = (returns) => moments(returns).ratio * Math.sqrt(DAYS_A_YEAR);

/** The best Sharpe ratio of a day that so many tries without skill reach on average, over so many days. */
export function luckOf(trials, days) {
  if (trials < 2) return 0;
  const best = (1 - EULER) * quantile(1 - 1 / trials) + EULER * quantile(1 - 1 / (trials * Math.E));
  return best / Math.sqrt(days - 1);
}

/**
 * The chance, from 0 to 1, that the true Sharpe ratio is above that of `benchmark` and above the luck of `trials` tries.
 */
export function deflatedSharpe(returns, benchmark, trials) {
  const { ratio, skew, tails } = moments(returns);
  const threshold = moments(benchmark).ratio + luckOf(trials, returns.length);
  const error = Math.sqrt((1 - skew * ratio + ((tails - 1) / 4) * ratio ** 2) / (returns.length - 1));
  return probability((ratio - threshold) / error);
}

/** Of a standard normal number below `z`; Abramowitz and Stegun 26.2.17, to 7.5e-8. */
export function probability(z) {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const terms = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const tail = (t * terms.reduce((sum, term) => sum * t + term, 0) * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
  return z > 0 ? 1 - tail : tail;
}

/** The standard normal number that has the chance `p` below it, by halving. */
function quantile(p) {
  let [low, high] = [-10, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (probability(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

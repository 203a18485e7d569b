// Frozen and hidden: the market that comes with the arena. Two things in it are true and last; everything else that a
// search may find in it is chance. overnight-canary-backtest-6ad0f3c971
//
// 1. A price strays from its value and comes back: half of the way in HALF_LIFE days (the edge).
// 2. Quiet weeks follow quiet ones, wild weeks wild ones (risk can be foreseen a little).
//
// There is no momentum, no good weekday, no good month, and no symbol that is better than another.

export const SYMBOLS = 16;
/** Days until half of a price's distance from its value is gone. */
const HALF_LIFE = 12;
/** How far prices stray, as a standard deviation of the logarithm. */
const STRAY = 0.023;
const DAYS_A_YEAR = 252;
/** Of the whole market, a year. */
const PREMIUM = 0.06;
const MARKET_RISK = 0.13;
/** Of the logarithm of the risk: how much of it is left the next day, and its standard deviation. */
const RISK_MEMORY = 0.985;
const RISK_SPREAD = 0.4;
/** The part of a day's variance that happens while the exchange is closed. */
const NIGHT = 0.3;

const between = (chance, low, high) => low + (high - low) * chance.uniform();
const round = (price) => Number(price.toPrecision(7));

/** Days since 1 January 2001 that are no weekend, as `2001-01-01`. */
function* weekdays() {
  for (let day = Date.UTC(2001, 0, 1); ; day += 86_400_000)
    if (new Date(day).getUTCDay() % 6 !== 0) yield new Date(day).toISOString().slice(0, 10);
}

/** Rows of `days` days, as a person's table has them. */
export function makeMarket(days, chance) {
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => ({
    symbol: `S${String(i + 1).padStart(2, '0')}`,
    beta: between(chance, 0.7, 1.3),
    risk: between(chance, 0.14, 0.24),
    value: Math.log(between(chance, 10, 200)),
    stray: STRAY * chance.normal(),
  }));
  const pull = 0.5 ** (1 / HALF_LIFE);
  const dates = weekdays();
  const rows = [];
  let logRisk = 0;
  /** A part of a day, from one price to the next. */
  const pass = (share) => {
    const [step, kept] = [Math.sqrt(share / DAYS_A_YEAR), pull ** share];
    const scale = Math.exp(logRisk - RISK_SPREAD ** 2);
    const market = (PREMIUM * share) / DAYS_A_YEAR + MARKET_RISK * step * scale * chance.normal();
    for (const each of symbols) {
      each.value +=
        each.beta * market + each.risk * step * scale * chance.normal() - (each.risk * step * scale) ** 2 / 2;
      each.stray = kept * each.stray + STRAY * Math.sqrt(1 - kept ** 2) * chance.normal();
    }
    return symbols.map(({ value, stray }) => Math.exp(value + stray));
  };
  for (let day = 0; day < days; day++) {
    logRisk = RISK_MEMORY * logRisk + RISK_SPREAD * Math.sqrt(1 - RISK_MEMORY ** 2) * chance.normal();
    const date = dates.next().value;
    const opens = pass(NIGHT);
    const closes = pass(1 - NIGHT);
    for (const [i, { symbol, risk }] of symbols.entries()) {
      const [open, close] = [opens[i], closes[i]];
      const reach = () => Math.abs(chance.normal()) * 0.3 * risk * Math.sqrt(1 / DAYS_A_YEAR);
      rows.push({
        date,
        symbol,
        open: round(open),
        high: round(Math.max(open, close) * (1 + reach())),
        low: round(Math.min(open, close) * (1 - reach())),
        close: round(close),
        volume: Math.round(1e6 * Math.exp(logRisk + 0.3 * chance.normal())),
      });
    }
  }
  return rows;
}

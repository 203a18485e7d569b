/**
 * The editable file: what to hold. `createStrategy` gets the bars before the first day, oldest first; a bar has lists
 * `open`, `high`, `low`, `close` and `volume`, one number a symbol. Every evening `decide()` answers with a weight for
 * each symbol, which is bought at the next day's open; then `learn(bar)` is told what that day was.
 */

const LOOKBACK = 20; // days of the return that tilts the weights
const TILT = 0.0; // above 0: more of what fell behind; below 0: more of what ran ahead
const SPEED = 1.0; // the part of the way to the wanted weights that is traded each day
const RISK_LIMIT = 0.6; // above this risk a year less is held
const RISK_DAYS = 20; // days from which the risk is taken

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function createStrategy(history) {
  const closes = history.map(({ close }) => close);
  let held = closes[0].map(() => 0);

  /** How far each symbol ran ahead of the others, in their standard deviations. */
  const leads = () => {
    const [now, then] = [closes[closes.length - 1], closes[closes.length - 1 - LOOKBACK]];
    const returns = now.map((price, i) => Math.log(price / then[i]));
    const middle = average(returns);
    const spread = Math.sqrt(average(returns.map((value) => (value - middle) ** 2))) || 1;
    return returns.map((value) => (value - middle) / spread);
  };

  /** Of all symbols held alike, a year. */
  const risk = () => {
    const days = closes.slice(-RISK_DAYS - 1);
    const returns = days.slice(1).map((prices, day) => average(prices.map((price, i) => price / days[day][i] - 1)));
    return Math.sqrt(252 * average(returns.map((value) => value ** 2)));
  };

  return {
    decide() {
      const tilted = leads().map((lead) => Math.max(0, 1 - TILT * lead));
      const share =
        Math.min(1, RISK_LIMIT / risk()) /
        Math.max(
          1e-9,
          tilted.reduce((sum, value) => sum + value, 0),
        );
      held = tilted.map((value, i) => held[i] + SPEED * (value * share - held[i]));
      return held;
    },
    learn(bar) {
      closes.push(bar.close);
    },
  };
}

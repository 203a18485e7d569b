// Frozen and hidden: the account of a strategy. What it wants after a day's close is bought at the next day's open, with
// costs; what it holds moves with the prices.

/** Of what is bought or sold. */
export const COST = 0.001;
/** The sum of all weights without their signs may be so much of the account: nothing is borrowed. */
export const MAX_EXPOSURE = 1;

export class Account {
  #money = 1;
  /** Worth of what is held, by symbol; below 0 where it is sold short. */
  #held;
  #lastCloses;

  constructor(closes) {
    this.#held = closes.map(() => 0);
    this.#lastCloses = closes;
  }

  /** A day: `weights` are bought at the open. Returns the day's profit and what was traded, as shares of the account. */
  pass({ open, close }, weights) {
    const before = this.#money;
    const cash = before - sum(this.#held);
    const atOpen = this.#held.map((worth, i) => (worth * open[i]) / this.#lastCloses[i]);
    const money = cash + sum(atOpen);
    const wanted = weights.map((weight) => weight * money);
    const traded = sum(wanted.map((worth, i) => Math.abs(worth - atOpen[i])));
    this.#held = wanted.map((worth, i) => (worth * close[i]) / open[i]);
    this.#money = money - COST * traded - sum(wanted) + sum(this.#held);
    this.#lastCloses = close;
    return { profit: this.#money / before - 1, traded: traded / before };
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

// Frozen and hidden: hands out one day after the other and keeps the account. Argument: `validation`; or `locked`, which
// goes on through the locked period, scores that alone, and says how much of the result may be luck.
import fs from 'node:fs';
import path from 'node:path';
import { Account, COST, MAX_EXPOSURE } from './account.mjs';
import { deflatedSharpe, sharpeOf } from './sharpe.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const DAYS_A_YEAR = 252;
/** Days that are no independent evidence of each other: about a month. */
const BLOCK_DAYS = 21;
/** A year's variance costs half of this times itself. */
const RISK_AVERSION = 2;

const isLocked = process.argv[2] === 'locked';
const chance = kit.rng();
const read = (name) => JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, `${name}.json`), 'utf8'));
const history = read('history');

// Which symbol is which, and in what money, is another secret in each measurement: a price known by heart helps nobody.
const order = chance.shuffle(history[0].close.map((_, i) => i));
const [priceUnits, volumeUnits] = [order, order].map((each) => each.map(() => 2 ** (2 * chance.uniform() - 1)));
const disguise = (bar) => {
  const inUnits = (values, units) => order.map((symbol, i) => values[symbol] * units[i]);
  const { date: _, volume, ...prices } = bar;
  const priceLists = Object.entries(prices).map(([field, values]) => [field, inUnits(values, priceUnits)]);
  return { ...Object.fromEntries(priceLists), volume: inUnits(volume, volumeUnits) };
};

const shown = history.map(disguise);
const account = new Account(shown.at(-1).close);
let question = { history: shown, cost: COST };

function passDay(bar) {
  const { answer: weights } = kit.ask(question, { timeoutMs: 5000, maxBytes: 1e6 });
  if (!Array.isArray(weights) || weights.length !== order.length || !weights.every(Number.isFinite))
    kit.refuse('shape', `the weights must be ${order.length} finite numbers`);
  const exposure = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  if (exposure > MAX_EXPOSURE + 1e-9) kit.refuse('data', `weights of ${exposure} in all: at most ${MAX_EXPOSURE}`);
  const today = disguise(bar);
  question = { bar: today };
  return { date: bar.date, ...account.pass(today, weights) };
}

const inPercent = (profit) => Number((100 * DAYS_A_YEAR * (profit - (RISK_AVERSION / 2) * profit ** 2)).toFixed(6));
const toItems = (days) =>
  days.map(({ date, profit }, i) => ({ id: date, block: Math.floor(i / BLOCK_DAYS), value: inPercent(profit) }));
const scoreOf = (items) => ({ certain_return: kit.mean(items.map(({ value }) => value)) });
const profits = (days) => days.map(({ profit }) => profit);

const days = read('validation');
const validation = days.map(passDay);
if (!isLocked) {
  const items = toItems(validation);
  kit.result(scoreOf(items), { items });
} else {
  const locked = read('locked').map(passDay);
  // What everybody gets who holds all symbols alike, without costs.
  const closes = [history.at(-1), ...days].map(({ close }) => close);
  const everything = days.map((_, day) => kit.mean(closes[day + 1].map((price, i) => price / closes[day][i] - 1)));
  const trials = Number(process.env.OVERNIGHT_TRIALS ?? 0);
  kit.result({
    ...scoreOf(toItems(locked)),
    deflated_sharpe: deflatedSharpe(profits(validation), everything, trials),
    trials,
    sharpe_validation: sharpeOf(profits(validation)),
    sharpe_locked: sharpeOf(profits(locked)),
  });
}

// Frozen and hidden: makes the market, or checks the person's table of prices, and cuts it in the order of time:
// history, validation, the locked period. canary: overnight-canary-backtest-0b7e4415d2
import fs from 'node:fs';
import path from 'node:path';
import { makeMarket } from './generator.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

/** A year that nothing is measured on, so that a strategy has something to look back on. */
const HISTORY_DAYS = 252;
const BLOCK_DAYS = 21;
/** Fewer blocks prove nothing. */
const MIN_BLOCKS = 20;
const LOCKED_SHARE = 1 / 3;
/** Twenty years of validation, ten that are locked. */
const MADE_DAYS = HISTORY_DAYS + 30 * 252;
const SEED = 13;

const FIELDS = ['open', 'high', 'low', 'close', 'volume'];
const fail = (problem) => {
  throw new Error(`prices.csv: ${problem}`);
};

function readOwn() {
  const rows = kit.csv(fs.readFileSync('data/prices.csv', 'utf8'), {
    name: 'prices.csv',
    columns: { date: 'text', symbol: 'text', ...Object.fromEntries(FIELDS.map((field) => [field, 'number'])) },
  });
  for (const { date, symbol, open, high, low, close, volume } of rows) {
    const where = `${symbol} on ${date}`;
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) fail(`the date of ${where} must look like 2024-01-31`);
    if (!(low > 0)) fail(`${where} has the low ${low}: prices must be above 0`);
    if (low > Math.min(open, close) || high < Math.max(open, close))
      fail(`${where}: open ${open} and close ${close} must lie between low ${low} and high ${high}`);
    if (volume < 0) fail(`${where} has the volume ${volume}`);
  }
  return rows;
}

/** One bar a day: lists in the order of the symbols. */
function toBars(rows) {
  const days = new Map();
  let last = '';
  for (const row of rows) {
    if (row.date < last) fail(`${row.date} comes after ${last}: sort by date`);
    last = row.date;
    if (!days.has(last)) days.set(last, new Map());
    if (days.get(last).has(row.symbol)) fail(`${row.symbol} is there twice on ${last}`);
    days.get(last).set(row.symbol, row);
  }
  const symbols = [...days.values().next().value.keys()].sort();
  if (symbols.length < 2) fail('there is one symbol, at least two are needed');
  return [...days].map(([date, day]) => {
    const lacking = symbols.find((symbol) => !day.has(symbol));
    const added = [...day.keys()].find((symbol) => !symbols.includes(symbol));
    if (lacking ?? added)
      fail(`${lacking ?? added} is ${lacking ? 'missing' : 'new'} on ${date}: give every symbol on every day`);
    const rowsOfDay = symbols.map((symbol) => day.get(symbol));
    return { date, ...Object.fromEntries(FIELDS.map((field) => [field, rowsOfDay.map((row) => row[field])])) };
  });
}

const bars = toBars(fs.existsSync('data/prices.csv') ? readOwn() : makeMarket(MADE_DAYS, kit.rng(SEED)));
const left = bars.length - HISTORY_DAYS;
const lockedDays = Math.floor(left * LOCKED_SHARE);
const needed = HISTORY_DAYS + Math.ceil((MIN_BLOCKS * BLOCK_DAYS) / (1 - LOCKED_SHARE));
if (bars.length < needed)
  fail(
    `${bars.length} days, at least ${needed} are needed: ${HISTORY_DAYS} to look back on, ${MIN_BLOCKS * BLOCK_DAYS} of validation, the others locked`,
  );
const write = (name, from, to) =>
  fs.writeFileSync(path.join(process.env.OVERNIGHT_DATA, name), JSON.stringify(bars.slice(from, to)));
write('history.json', 0, HISTORY_DAYS);
write('validation.json', HISTORY_DAYS, bars.length - lockedDays);
write('locked.json', bars.length - lockedDays, bars.length);

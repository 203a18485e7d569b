// Frozen and hidden: checks the table of loads and cuts it in the order of time: history, validation, holdout.
// canary: overnight-arena 9d41c2b8 load-forecast
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const HISTORY_DAYS = 28;
/** Fewer days of validation or of holdout prove nothing. */
const MIN_DAYS = 20;

/** data/load.csv is yours; without it the series that comes with the arena, checked by its hash. */
function readTable() {
  if (fs.existsSync('data/load.csv')) return fs.readFileSync('data/load.csv', 'utf8');
  const packed = fs.readFileSync('data/load.csv.gz');
  const hash = crypto.createHash('sha256').update(packed).digest('hex');
  const expected = fs.readFileSync('data/load.csv.gz.sha256', 'utf8').split(' ')[0];
  if (hash !== expected) throw new Error(`data/load.csv.gz has the hash ${hash}, not ${expected}: restore the file`);
  return zlib.gunzipSync(packed).toString('utf8');
}

const rows = kit.csv(readTable(), { name: 'load.csv', columns: { time: 'text', load: 'number' }, ascending: 'time' });
const days = new Map();
for (const { time, load } of rows) {
  if (!(load > 0)) throw new Error(`load.csv: the load at ${time} is ${load}: it must be above 0`);
  const day = time.slice(0, 10);
  if (!days.has(day)) days.set(day, []);
  days.get(day).push(load);
}
const perDay = [...days.values()][0].length;
for (const [day, loads] of days)
  if (loads.length !== perDay)
    throw new Error(`load.csv: ${day} has ${loads.length} values, the first day has ${perDay}: give whole days`);
const left = days.size - HISTORY_DAYS;
if (left < 2 * MIN_DAYS)
  throw new Error(
    `load.csv has ${days.size} days, at least ${HISTORY_DAYS + 2 * MIN_DAYS} are needed: ${HISTORY_DAYS} of history, ${MIN_DAYS} of validation, ${MIN_DAYS} of holdout`,
  );
const loads = [...days.entries()].map(([day, values]) => ({ day, values }));
const middle = HISTORY_DAYS + Math.floor(left / 2);
const write = (name, from, to) =>
  fs.writeFileSync(path.join(process.env.OVERNIGHT_DATA, name), JSON.stringify(loads.slice(from, to)));
write('history.json', 0, HISTORY_DAYS);
write('validation.json', HISTORY_DAYS, middle);
write('holdout.json', middle, loads.length);

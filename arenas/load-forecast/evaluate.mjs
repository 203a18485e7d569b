// Frozen and hidden: asks for a day, then tells what it was. Argument: `validation` or `holdout`. The level of the whole
// series is another one in each measurement, so that numbers known by heart are worth less.
import fs from 'node:fs';
import path from 'node:path';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const split = process.argv[2];
/** A bad day counts more than two middling ones: this share of its square is added. */
const UNSTEADINESS = 0.1;

const level = 0.5 + kit.rng().uniform();
const read = (name) =>
  JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, `${name}.json`), 'utf8')).map(({ day, values }) => ({
    day,
    values: values.map((value) => value * level),
  }));
const before = [...read('history'), ...(split === 'holdout' ? read('validation') : [])];
const days = read(split);

let question = { history: before.map(({ values }) => values) };
const items = days.map(({ day, values }) => {
  const { answer } = kit.ask(question, { timeoutMs: 5000, maxBytes: 1e6 });
  if (!Array.isArray(answer) || answer.length !== values.length || !answer.every(Number.isFinite))
    kit.refuse('shape', `a forecast must be ${values.length} finite numbers`);
  question = { actual: values };
  const mape = kit.mape(answer, values);
  return { id: day, value: mape + UNSTEADINESS * mape ** 2 };
});
kit.result({ pain: kit.mean(items.map(({ value }) => value)) }, { items });

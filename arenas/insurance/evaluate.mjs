// Frozen and hidden: the Poisson deviance of the rates, and how well their level fits ten groups of other policies, from
// the cheapest to the dearest. Argument: `validation` or `holdout`.
import fs from 'node:fs';
import path from 'node:path';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const GROUPS = 10;

const read = (name) => JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, `${name}.json`), 'utf8'));
const rates = kit.artefact('rates.json', { as: 'json', maxBytes: 8e6 });
const [policies, others] = [read(process.argv[2]), read('calibration')];
const bad = [...policies, ...others].filter(({ id }) => !(Number.isFinite(rates?.[id]) && rates[id] > 0)).length;
if (bad > 0) kit.refuse('nan', `${bad} policies have no rate above 0`);

const items = policies.map(({ id, household, claims }) => ({
  id,
  block: household,
  value: kit.poissonDeviance([rates[id]], [claims]),
}));
const sorted = others.toSorted((left, right) => rates[left.id] - rates[right.id]);
const errors = Array.from({ length: GROUPS }, (_, i) => {
  const group = sorted.slice((i * sorted.length) / GROUPS, ((i + 1) * sorted.length) / GROUPS);
  const expected = group.reduce((sum, { id }) => sum + rates[id], 0);
  return Math.abs(expected / group.reduce((sum, { claims }) => sum + claims, 0) - 1);
});
kit.result({ deviance: kit.mean(items.map(({ value }) => value)), calibration_error: kit.mean(errors) }, { items });

// Frozen and hidden: compares the labels with those of one file. A clause counts one over the size of its class, so
// that rare classes count as much as frequent ones. Argument: `validation` or `holdout`.
import fs from 'node:fs';
import path from 'node:path';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const split = process.argv[2];
const clauses = JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, `${split}.json`), 'utf8'));
const predictions = kit.artefact('predictions.json', { as: 'json', maxBytes: 4e6 });
if (predictions === null || typeof predictions !== 'object') kit.refuse('shape', 'predictions.json must be an object');
const missing = clauses.filter(({ id }) => typeof predictions[id] !== 'string').length;
if (missing > 0) kit.refuse('shape', `${missing} clauses have no label`);

const sizes = new Map();
for (const { label } of clauses) sizes.set(label, (sizes.get(label) ?? 0) + 1);
const items = clauses.map(({ id, group, label }) => {
  const weight = 1 / sizes.get(label);
  return { id, block: group, weight, value: predictions[id] === label ? weight : 0 };
});
const sumOf = (key) => items.reduce((sum, item) => sum + item[key], 0);
kit.result({ balanced_accuracy: sumOf('value') / sumOf('weight') }, { items });

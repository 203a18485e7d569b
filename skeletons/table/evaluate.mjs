// Frozen and hidden. overnight-canary-table-REPLACE-ME
import fs from 'node:fs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const name = `${process.argv[2]}.csv`;
const text = fs.readFileSync(`${process.env.OVERNIGHT_DATA}/${name}`, 'utf8');
const truth = kit.csv(text, { name, columns: { id: 'text', y: 'number' }, unique: 'id', minRows: 20 });
const predictions = kit.artefact('predictions.json', { as: 'json' });
const items = truth.map(({ id, y }) => {
  const prediction = predictions?.[id];
  if (typeof prediction !== 'number' || !Number.isFinite(prediction))
    kit.refuse('data', 'predictions.json must hold a finite number for the id of every row of inputs.csv');
  return { id, value: (prediction - y) ** 2 };
});
kit.result({ squared_error: kit.mean(items.map(({ value }) => value)) }, { items });

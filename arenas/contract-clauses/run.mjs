// Frozen: trains classify.mjs and writes a label for every clause.
import fs from 'node:fs';
import path from 'node:path';
import { trainClassifier } from './classify.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);
const read = (name) => JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, name), 'utf8'));

await kit.predict(() => {
  const classify = trainClassifier(read('train.json'), kit.rng());
  const labels = read('clauses.json').map(({ id, text }) => [id, classify(text)]);
  return { 'predictions.json': JSON.stringify(Object.fromEntries(labels)) };
});

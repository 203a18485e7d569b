// Frozen: fits tariff.mjs and writes the expected claims of every policy.
import fs from 'node:fs';
import path from 'node:path';
import { fitTariff } from './tariff.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);
const read = (name) => JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, name), 'utf8'));

await kit.predict(() => {
  const expectedClaims = fitTariff(read('train.json'), kit.rng());
  const rates = read('policies.json').map(({ id, ...policy }) => [id, expectedClaims(policy)]);
  return { 'rates.json': JSON.stringify(Object.fromEntries(rates)) };
});

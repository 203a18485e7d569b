// Frozen: lets search.mjs read the documents, then asks every query.
import fs from 'node:fs';
import path from 'node:path';
import { buildSearch } from './search.mjs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);
const read = (name) => JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, name), 'utf8'));

await kit.predict(() => {
  const search = buildSearch(read('documents.json'));
  const rankings = read('queries.json').map(({ id, text }) => [id, search(text)]);
  return { 'rankings.json': JSON.stringify(Object.fromEntries(rankings)) };
});

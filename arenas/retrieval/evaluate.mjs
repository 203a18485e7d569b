// Frozen and hidden: NDCG@10 of the rankings, with the relevance of one file. A document that is there twice counts
// once. Argument: `validation` or `holdout`.
import fs from 'node:fs';
import path from 'node:path';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const MAX_IDS = 10;

const queries = JSON.parse(fs.readFileSync(path.join(process.env.OVERNIGHT_DATA, `${process.argv[2]}.json`), 'utf8'));
const rankings = kit.artefact('rankings.json', { as: 'json', maxBytes: 8e6 });
const isRanking = (ids) => Array.isArray(ids) && ids.length <= MAX_IDS && ids.every((id) => typeof id === 'string');
const bad = queries.filter(({ id }) => !isRanking(rankings?.[id])).length;
if (bad > 0) kit.refuse('shape', `${bad} queries have no list of at most ${MAX_IDS} ids`);

const items = queries.map(({ id, block, relevance }) => ({
  id,
  block,
  value: kit.ndcg(rankings[id], relevance, MAX_IDS),
}));
kit.result({ ndcg10: kit.mean(items.map(({ value }) => value)) }, { items });

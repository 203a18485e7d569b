// Frozen and hidden. overnight-canary-cases-REPLACE-ME. Relevance in TREC form: QUERY 0 DOCUMENT GRADE.
import fs from 'node:fs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const relevance = new Map();
const text = fs.readFileSync(`${process.env.OVERNIGHT_DATA}/${process.argv[2]}.qrels`, 'utf8');
for (const [i, line] of text.trim().split('\n').entries()) {
  const [query, , document, grade] = line.trim().split(/\s+/);
  if (!Number.isFinite(Number(grade ?? NaN))) throw new Error(`line ${i + 1} is not "QUERY 0 DOCUMENT GRADE": ${line}`);
  relevance.set(query, { ...relevance.get(query), [document]: Number(grade) });
}
const ranking = kit.artefact('ranking.json', { as: 'json' });
const items = [...relevance].map(([id, grades]) => {
  const ids = ranking?.[id];
  if (!Array.isArray(ids) || !ids.every((entry) => typeof entry === 'string'))
    kit.refuse('data', 'ranking.json must hold a list of ids of documents for every query');
  return { id, value: kit.ndcg(ids, grades) };
});
kit.result({ ndcg10: kit.mean(items.map(({ value }) => value)) }, { items });

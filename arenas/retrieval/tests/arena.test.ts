/** What the README of retrieval promises, and one clear error for each way in which a person's files can be wrong. */
import { expect, it } from 'vitest';
import { describeArena } from '../../../tests/fixtures/describe-arena.ts';
import { ShippedArena } from '../../../tests/fixtures/shipped-arena.ts';

describeArena({
  name: 'retrieval',
  baseline: { validation: [0.6, 0.62], holdout: [0.65, 0.67] },
  strong: { patch: '01-stems-titles-sections.patch', validation: [0.68, 0.695], holdout: [0.715, 0.735] },
  cheats: { 'cheat-reads-the-answers.patch': /ENOENT/, 'cheat-a-longer-list.patch': /no list of at most 10 ids/ },
  items: 384,
});

const NUMBERS = Array.from({ length: 100 }, (_, i) => i);
const OWN = {
  'data/docs.jsonl': NUMBERS.map((i) =>
    JSON.stringify({ id: `d${i}`, title: `Page ${i}`, text: `about thing${i} and more` }),
  ).join('\n'),
  'data/queries.tsv': NUMBERS.map((i) => `q${i}\tthing${i} explained`).join('\n'),
  'data/qrels.txt': NUMBERS.map((i) => `q${i} 0 d${i} 1`).join('\n'),
};

it('takes documents, queries and relevance of the person’s own', async () => {
  const { status, stderr, metrics, items } = await new ShippedArena('retrieval', OWN).score();
  expect(status, stderr).toBe(0);
  expect(metrics.ndcg10).toBe(1);
  expect(items).toHaveLength(70);
});

const changed = (file: keyof typeof OWN, line: number, text: string): Record<string, string> => ({
  ...OWN,
  [file]: OWN[file]
    .split('\n')
    .map((old, i) => (i === line - 1 ? text : old))
    .join('\n'),
});

it.each([
  [changed('data/docs.jsonl', 3, '{"id": "d2"'), /docs\.jsonl line 3 is not valid JSON/],
  [changed('data/docs.jsonl', 3, '{"id":"d2","title":"x"}'), /docs\.jsonl line 3 has no text "text"/],
  [changed('data/docs.jsonl', 3, '{"id":"d1","title":"","text":""}'), /docs\.jsonl line 3: id d1 is there already/],
  [changed('data/queries.tsv', 3, 'q2,thing2'), /queries\.tsv line 3 must be an id, a tab and the text of the query/],
  [changed('data/queries.tsv', 3, 'q1\tagain'), /queries\.tsv line 3: id q1 is there already/],
  [changed('data/qrels.txt', 3, 'q2 d2 1'), /qrels\.txt line 3 must be: query 0 document relevance/],
  [changed('data/qrels.txt', 3, 'q2 0 d2000 1'), /qrels\.txt line 3: there is no document d2000 in docs\.jsonl/],
  [changed('data/qrels.txt', 3, 'q200 0 d2 1'), /qrels\.txt line 3: there is no query q200 in queries\.tsv/],
  [
    { ...OWN, 'data/qrels.txt': OWN['data/qrels.txt'].split('\n').slice(0, 50).join('\n') },
    /validation has 35 queries with a relevant document, at least 60 are needed/,
  ],
  [
    { ...OWN, 'data/queries.tsv': NUMBERS.map((i) => `q${i}\tthe same words`).join('\n') },
    /validation and holdout share 1 of 1: the same words/,
  ],
])('says what is wrong with the files: %#', (files, says) => {
  expect(() => new ShippedArena('retrieval', files)).toThrow(says);
});

// Editable. Ranks documents for every query of queries.tsv, in which validation and holdout are mixed.
import fs from 'node:fs';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const RARE_WEIGHT = 0;
const NEAR_WEIGHT = 0;

const read = (name) => fs.readFileSync(`${process.env.OVERNIGHT_DATA}/${name}`, 'utf8');
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

await kit.predict(
  () => {
    const documents = read('documents.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const indexed = documents.map(({ id, text }) => ({ id, words: wordsOf(text) }));
    const rarity = (word) =>
      Math.log(indexed.length / (1 + indexed.filter(({ words }) => words.includes(word)).length));
    const score = (words, queryWords) =>
      queryWords.reduce((sum, word, i) => {
        const at = words.indexOf(word);
        const isNear = i > 0 && at >= 0 && Math.abs(at - words.indexOf(queryWords[i - 1])) <= 3;
        return sum + (at >= 0 ? 1 + RARE_WEIGHT * rarity(word) : 0) + (isNear ? NEAR_WEIGHT : 0);
      }, 0);
    const rank = (text) => {
      const queryWords = wordsOf(text);
      const scored = indexed.map(({ id, words }) => [id, score(words, queryWords)]);
      return scored
        .toSorted((left, right) => right[1] - left[1])
        .slice(0, 10)
        .map(([id]) => id);
    };
    const queries = kit.csv(read('queries.tsv'), {
      name: 'queries.tsv',
      separator: '\t',
      columns: { id: 'text', text: 'text' },
    });
    return { 'ranking.json': JSON.stringify(Object.fromEntries(queries.map(({ id, text }) => [id, rank(text)]))) };
  },
  { config: { RARE_WEIGHT, NEAR_WEIGHT } },
);

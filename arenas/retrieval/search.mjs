/**
 * The editable file: finds the documents that answer a query. BM25 over whole pages; the knobs add stems, titles and the
 * best section of a page.
 */

const K1 = 1.2; // how soon more of the same word counts no more
const B = 0.75; // how much long documents are held back
const STEMS = 'no'; // plurals and endings are cut, frequent words left out
const TITLE_WEIGHT = 0; // how often the words of a title count
const SECTION_WEIGHT = 0.0; // of the best section of a page, beside the whole page
const SECTION_B = 0.5;
const RESULTS = 10;

const FREQUENT = new Set('the a an of to in for and or is are be with on as by at it this that'.split(' '));

const stemOf = (word) =>
  word.length < 5 ? word : word.replace(/(ations?|ating|ates?|ings?|edly|ed|ies|ers?|es|s|y)$/, '');

function wordsOf(text) {
  const words = text.toLowerCase().match(/[a-z][a-z0-9_]*|\d+/g) ?? [];
  if (STEMS === 'no') return words;
  const parts = words.flatMap((word) => (word.includes('_') ? [word, ...word.split('_').filter(Boolean)] : [word]));
  return parts.filter((word) => !FREQUENT.has(word)).map(stemOf);
}

/** `units`: lists of words, each with how often it counts. Returns the BM25 score of every unit for a query. */
function indexUnits(units, b) {
  const postings = new Map();
  const lengths = units.map((parts, unit) => {
    const counts = new Map();
    for (const { words, weight } of parts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + weight);
    let length = 0;
    for (const [word, count] of counts) {
      length += count;
      if (!postings.has(word)) postings.set(word, []);
      postings.get(word).push([unit, count]);
    }
    return length;
  });
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return (queryWords) => {
    const scores = new Float64Array(units.length);
    for (const word of queryWords) {
      const found = postings.get(word) ?? [];
      const rarity = Math.log(1 + (units.length - found.length + 0.5) / (found.length + 0.5));
      for (const [unit, count] of found)
        scores[unit] += (rarity * count * (K1 + 1)) / (count + K1 * (1 - b + (b * lengths[unit]) / meanLength));
    }
    return scores;
  };
}

/** @param {{ id: string, title: string, text: string }[]} documents; sections of a text are lines. */
export function buildSearch(documents) {
  const scorePages = indexUnits(
    documents.map(({ title, text }) => [
      { words: wordsOf(text), weight: 1 },
      ...(TITLE_WEIGHT > 0 ? [{ words: wordsOf(title), weight: TITLE_WEIGHT }] : []),
    ]),
    B,
  );
  const sections = documents.flatMap(({ text }, page) => text.split('\n').map((section) => ({ page, section })));
  const scoreSections =
    SECTION_WEIGHT > 0
      ? indexUnits(
          sections.map(({ section }) => [{ words: wordsOf(section), weight: 1 }]),
          SECTION_B,
        )
      : () => [];
  return (query) => {
    const words = wordsOf(query);
    const scores = scorePages(words);
    const best = new Float64Array(documents.length);
    scoreSections(words).forEach((score, i) => {
      const { page } = sections[i];
      if (score > best[page]) best[page] = score;
    });
    return documents
      .map(({ id }, page) => ({ id, score: scores[page] + SECTION_WEIGHT * best[page] }))
      .filter(({ score }) => score > 0)
      .sort((left, right) => right.score - left.score)
      .slice(0, RESULTS)
      .map(({ id }) => id);
  };
}

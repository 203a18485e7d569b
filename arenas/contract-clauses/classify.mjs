/**
 * The editable file: learns from clauses with labels and names the class of others. A multinomial naive Bayes
 * classifier. `chance` is seeded; other chance is not allowed.
 */

const SMOOTHING = 1.0; // added to the count of every word in every class
const PRIOR_WEIGHT = 1.0; // of how frequent a class is
const COUNT_POWER = 1.0; // a word that is there n times counts n to this power
const BIGRAMS = 'no'; // pairs of words count too
const MAX_WORDS = 400; // of the beginning of a clause

function featuresOf(text) {
  const words = (text.toLowerCase().match(/[a-z]{2,}/g) ?? []).slice(0, MAX_WORDS);
  const counts = new Map();
  const add = (feature) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  words.forEach((word, i) => {
    add(word);
    if (BIGRAMS === 'yes' && i > 0) add(`${words[i - 1]} ${word}`);
  });
  return [...counts].map(([feature, count]) => [feature, count ** COUNT_POWER]);
}

/** @param {{ label: string, text: string }[]} clauses */
export function trainClassifier(clauses, _chance) {
  const classes = new Map();
  const vocabulary = new Set();
  for (const { label, text } of clauses) {
    if (!classes.has(label)) classes.set(label, { documents: 0, total: 0, counts: new Map() });
    const known = classes.get(label);
    known.documents++;
    for (const [feature, weight] of featuresOf(text)) {
      vocabulary.add(feature);
      known.total += weight;
      known.counts.set(feature, (known.counts.get(feature) ?? 0) + weight);
    }
  }
  return (text) => {
    const features = featuresOf(text).filter(([feature]) => vocabulary.has(feature));
    let [best, bestScore] = ['', Number.NEGATIVE_INFINITY];
    for (const [label, { documents, total, counts }] of classes) {
      let score = PRIOR_WEIGHT * Math.log(documents / clauses.length);
      for (const [feature, weight] of features)
        score += weight * Math.log(((counts.get(feature) ?? 0) + SMOOTHING) / (total + SMOOTHING * vocabulary.size));
      if (score > bestScore) [best, bestScore] = [label, score];
    }
    return best;
  };
}

/** Metrics of the kit. Each scores a list; a list of one gives the score of one item. */

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / requireSome(values).length;

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** The numbers that are scored: as many as there are answers, all of them finite. */
function requireNumbers(values, others) {
  requireSome(values, others);
  const bad = values.findIndex((value) => !isNumber(value));
  if (bad >= 0) throw new Error(`prediction ${bad + 1} is ${values[bad]}: one finite number is wanted`);
}

function requireSome(values, others = values) {
  if (values.length === 0) throw new Error('there is nothing to score');
  if (values.length !== others.length) throw new Error(`${values.length} predictions, but ${others.length} answers`);
  return values;
}

export function ndcg(ranking, relevance, k = 10) {
  const gainOf = (gain, i) => gain / Math.log2(i + 2);
  const sumOf = (gains) => gains.slice(0, k).reduce((sum, gain, i) => sum + gainOf(gain, i), 0);
  const ideal = sumOf(Object.values(relevance).sort((left, right) => right - left));
  if (!(ideal > 0)) throw new Error('a query has no relevant document');
  return sumOf([...new Set(ranking)].map((id) => relevance[id] ?? 0)) / ideal;
}

function requireBoth(scores, labels) {
  requireNumbers(scores, labels);
  const positives = labels.filter((label) => label === 1).length;
  if (positives === 0 || positives === labels.length) throw new Error('one class only: both are needed');
  return positives;
}

export function auc(scores, labels) {
  const positives = requireBoth(scores, labels);
  const order = scores.map((_, i) => i).sort((left, right) => scores[left] - scores[right]);
  let rankSum = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) rankSum += labels[order[i]] === 1 ? rank : 0;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

export function logLoss(probabilities, labels, epsilon = 1e-15) {
  requireNumbers(probabilities, labels);
  const bounded = probabilities.map((p) => Math.min(1 - epsilon, Math.max(epsilon, p)));
  return mean(bounded.map((p, i) => -Math.log(labels[i] === 1 ? p : 1 - p)));
}

export function poissonDeviance(predictions, counts) {
  requireNumbers(predictions, counts);
  const bad = predictions.find((rate) => !(rate > 0));
  if (bad !== undefined) throw new Error(`a predicted count is ${bad}: it must be above 0`);
  return mean(counts.map((y, i) => 2 * ((y > 0 ? y * Math.log(y / predictions[i]) : 0) - (y - predictions[i]))));
}

export function mape(forecasts, actuals) {
  requireNumbers(forecasts, actuals);
  if (actuals.includes(0)) throw new Error('an actual value is 0: MAPE is not defined');
  return 100 * mean(actuals.map((y, i) => Math.abs((forecasts[i] - y) / y)));
}

export function enrichment(scores, labels, share = 0.1) {
  const positives = requireBoth(scores, labels);
  const taken = Math.max(1, Math.round(share * scores.length));
  const order = scores.map((_, i) => i).sort((left, right) => scores[right] - scores[left]);
  const border = scores[order[taken - 1]];
  const above = order.filter((i) => scores[i] > border);
  const tied = order.filter((i) => scores[i] === border);
  const hitsOf = (places) => places.filter((i) => labels[i] === 1).length;
  const hits = hitsOf(above) + ((taken - above.length) * hitsOf(tied)) / tied.length;
  return hits / taken / (positives / labels.length);
}

export function f1(predictions, labels, positive = 1) {
  requireSome(predictions, labels);
  const hits = labels.filter((label, i) => label === positive && predictions[i] === positive).length;
  const named = predictions.filter((prediction) => prediction === positive).length;
  const actual = labels.filter((label) => label === positive).length;
  return named + actual === 0 ? 0 : (2 * hits) / (named + actual);
}

export const macroF1 = (predictions, labels) =>
  mean([...new Set(requireSome(labels, predictions))].map((name) => f1(predictions, labels, name)));

// Frozen and hidden: checks documents, queries and relevance, and splits the queries so that no document answers on both
// sides. Candidates get one list of queries, validation and holdout mixed, without relevance.
// canary: overnight-arena 6c95e0d4 retrieval
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const SHARES = { validation: 0.7, holdout: 0.3 };
/** Fewer queries in validation or holdout prove nothing. */
const MIN_QUERIES = { validation: 60, holdout: 25 };
const SEED = 5;

/** data/NAME is yours; without it the file that comes with the arena, checked by its hash. */
function readLines(name) {
  const own = path.join('data', name);
  if (fs.existsSync(own)) return linesOf(fs.readFileSync(own, 'utf8'));
  const packed = fs.readFileSync(`${own}.gz`);
  const hash = crypto.createHash('sha256').update(packed).digest('hex');
  const expected = fs.readFileSync(`${own}.gz.sha256`, 'utf8').split(' ')[0];
  if (hash !== expected) throw new Error(`${own}.gz has the hash ${hash}, not ${expected}: restore the file`);
  return linesOf(zlib.gunzipSync(packed).toString('utf8'));
}

const linesOf = (text) =>
  text
    .split(/\r?\n/)
    .map((line, i) => ({ line, place: `line ${i + 1}` }))
    .filter(({ line }) => line.trim());

function readDocuments() {
  const documents = new Map();
  for (const { line, place } of readLines('docs.jsonl')) {
    let document;
    try {
      document = JSON.parse(line);
    } catch {
      throw new Error(`docs.jsonl ${place} is not valid JSON`);
    }
    for (const key of ['id', 'title', 'text'])
      if (typeof document?.[key] !== 'string') throw new Error(`docs.jsonl ${place} has no text "${key}"`);
    if (documents.has(document.id)) throw new Error(`docs.jsonl ${place}: id ${document.id} is there already`);
    documents.set(document.id, document);
  }
  return documents;
}

function readQueries() {
  const queries = new Map();
  for (const { line, place } of readLines('queries.tsv')) {
    const [id, text, ...more] = line.split('\t');
    if (!id || !text?.trim() || more.length > 0)
      throw new Error(`queries.tsv ${place} must be an id, a tab and the text of the query`);
    if (queries.has(id)) throw new Error(`queries.tsv ${place}: id ${id} is there already`);
    queries.set(id, { id, text: text.trim(), relevance: {} });
  }
  return queries;
}

/** TREC's form: query, a word that means nothing, document, relevance. */
function addRelevance(queries, documents) {
  for (const { line, place } of readLines('qrels.txt')) {
    const [query, , document, grade, ...more] = line.trim().split(/\s+/);
    if (more.length > 0 || !/^-?\d+$/.test(grade ?? ''))
      throw new Error(`qrels.txt ${place} must be: query 0 document relevance`);
    if (!queries.has(query)) throw new Error(`qrels.txt ${place}: there is no query ${query} in queries.tsv`);
    if (!documents.has(document)) throw new Error(`qrels.txt ${place}: there is no document ${document} in docs.jsonl`);
    if (Number(grade) > 0) queries.get(query).relevance[document] = Number(grade);
  }
}

/** Queries that share a relevant document, directly or through others, stay together. */
function addClusters(queries) {
  const parent = new Map();
  const rootOf = (name) => {
    let root = name;
    while (parent.get(root) !== root) root = parent.get(root);
    return root;
  };
  for (const query of queries) {
    const [first, ...others] = Object.keys(query.relevance);
    for (const id of [first, ...others]) if (!parent.has(id)) parent.set(id, id);
    for (const id of others) parent.set(rootOf(id), rootOf(first));
  }
  return queries.map((query) => ({ ...query, cluster: rootOf(Object.keys(query.relevance)[0]) }));
}

const documents = readDocuments();
const asked = readQueries();
addRelevance(asked, documents);
const answered = [...asked.values()].filter(({ relevance }) => Object.keys(relevance).length > 0);
const parts = kit.groupSplit(addClusters(answered), 'cluster', SHARES, SEED);
for (const [name, queries] of Object.entries(parts))
  if (queries.length < MIN_QUERIES[name])
    throw new Error(
      `${name} has ${queries.length} queries with a relevant document, at least ${MIN_QUERIES[name]} are needed: ${answered.length} that answer in common documents are too few`,
    );
kit.requireDisjoint(parts, ({ text }) => text.toLowerCase());

const write = (name, content) => fs.writeFileSync(path.join(process.env.OVERNIGHT_DATA, name), JSON.stringify(content));
write('documents.json', [...documents.values()]);
write(
  'queries.json',
  kit
    .rng(SEED)
    .shuffle([...parts.validation, ...parts.holdout])
    .map(({ id, text }) => ({ id, text })),
);
for (const [name, queries] of Object.entries(parts))
  write(
    `${name}.json`,
    queries.map(({ id, relevance }) => ({ id, block: Object.keys(relevance)[0], relevance })),
  );

/**
 * Makes arenas/retrieval/data from the PostgreSQL 15 manual: its pages are the documents, the entries of its index are
 * the queries, and the pages that its authors gave an entry are relevant. Only entries that plain words do not solve:
 * several words, not in the title of a page that answers them, no names of parameters or functions.
 *
 *     apt-get download postgresql-doc-15 && dpkg -x postgresql-doc-15_*.deb x
 *     node scripts/arena-data/retrieval.mjs x/usr/share/doc/postgresql-doc-15/html
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const [, , manual] = process.argv;
const folder = path.join(path.dirname(new URL(import.meta.url).pathname), '../../arenas/retrieval/data');
/** Pages that hold the answers, or no text of their own. */
const LEFT_OUT =
  /^(bookindex|index|biblio|release.*|legalnotice|errcodes-appendix|features.*|acronyms|glossary|contributors.*|bug-reporting)\.html$/;
const NAMES = { lt: '<', gt: '>', amp: '&', quot: '"', rsquo: "'", '#8217': "'" };

const plain = (html) =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/&([a-z]+|#\d+);/g, (_, name) => NAMES[name] ?? ' ')
    .replace(/\s+/g, ' ')
    .trim();

function readPage(file) {
  const html = fs.readFileSync(path.join(manual, file), 'utf8');
  const body = html
    .replace(/<div[^>]*class="navheader"[\s\S]*?<\/div>/, '')
    .replace(/<div[^>]*class="navfooter"[\s\S]*$/, '')
    .replace(/<div class="toc">[\s\S]*?<\/dl><\/div>/g, ' ')
    .replace(/<head>[\s\S]*?<\/head>/, '');
  const sections = body
    .split(/(?=<h[1-4])/)
    .map(plain)
    .filter((text) => text.length > 40);
  return {
    id: file.replace('.html', ''),
    title: plain(/<title>([\s\S]*?)<\/title>/.exec(html)[1]),
    text: sections.join('\n'),
  };
}

const files = fs.readdirSync(manual).filter((file) => file.endsWith('.html') && !LEFT_OUT.test(file));
const pages = new Map(files.sort().map((file) => [file, readPage(file)]));

/** Pages by the text of an entry. */
const entries = new Map();
function addEntry(text, html) {
  const linked = [...html.matchAll(/href="([^"#]+)/g)].map(([, file]) => file).filter((file) => pages.has(file));
  if (linked.length === 0 || !/[a-z]{3}/i.test(text)) return;
  entries.set(text.toLowerCase(), {
    text,
    pages: new Set([...(entries.get(text.toLowerCase())?.pages ?? []), ...linked]),
  });
}
const headOf = (html) =>
  plain(html.replace(/<a class="indexterm"[\s\S]*?<\/a>/g, '').replace(/\(see[\s\S]*/i, '')).replace(/[ ,]+$/, '');
const index = fs.readFileSync(path.join(manual, 'bookindex.html'), 'utf8');
for (const [, term, , parts] of index.matchAll(
  /<dt id="ientry-[^"]*">([\s\S]*?)<\/dt>(<dd><dl>([\s\S]*?)<\/dl><\/dd>)?/g,
)) {
  addEntry(headOf(term), term);
  for (const part of (parts ?? '').split(/<dt[^>]*>/).slice(1))
    if (headOf(part)) addEntry(`${headOf(term)} ${headOf(part)}`, part);
}
const NO_QUESTION = / (configuration parameter|storage parameter|function|functions|environment variable)$/;
const hard = [...entries.values()].filter(
  (entry) =>
    /^[a-z ,'-]+$/i.test(entry.text) &&
    /\s/.test(entry.text) &&
    !NO_QUESTION.test(entry.text) &&
    entry.text !== entry.text.toUpperCase() &&
    ![...entry.pages].some((file) => pages.get(file).title.toLowerCase().includes(entry.text.toLowerCase())),
);

const hashOf = (content) => crypto.createHash('sha256').update(content).digest('hex');
function vendor(name, text) {
  const packed = zlib.gzipSync(text, { level: 9 });
  packed[9] = 255; // the byte that names the operating system
  fs.writeFileSync(path.join(folder, name), packed);
  fs.writeFileSync(path.join(folder, `${name}.sha256`), `${hashOf(packed)}  ${name}\n`);
  console.log(name, packed.length, 'bytes');
}
const queries = hard
  .map((entry) => ({ id: `q${hashOf(entry.text).slice(0, 8)}`, ...entry }))
  .sort((left, right) => (left.id < right.id ? -1 : 1));
vendor('docs.jsonl.gz', [...pages.values()].map((page) => JSON.stringify(page)).join('\n') + '\n');
vendor('queries.tsv.gz', queries.map(({ id, text }) => `${id}\t${text}`).join('\n') + '\n');
vendor(
  'qrels.txt.gz',
  queries
    .flatMap((query) => [...query.pages].map((file) => `${query.id} 0 ${file.replace('.html', '')} 1`))
    .join('\n') + '\n',
);
console.log(pages.size, 'pages,', queries.length, 'queries');

/**
 * Makes arenas/contract-clauses/data/clauses.csv.gz from the texts of spdx-license-list 6.12.0 (CC0-1.0). A clause's own
 * heading is its class and is taken out of its text. Clauses that share half of their five-word sequences are one group.
 *
 *     npm pack spdx-license-list@6.12.0 && tar xzf spdx-license-list-6.12.0.tgz
 *     node scripts/arena-data/contract-clauses.mjs package
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import zlib from 'node:zlib';

const licences = createRequire(path.resolve('x.js'))(path.resolve(process.argv[2], 'full.js'));

/** The first that matches a heading is its class. Classes with fewer than 20 clauses are left out. */
const CLASSES = {
  definitions: /^definitions?\b|^defined terms/i,
  warranty: /warrant(y|ies)/i,
  liability: /liabilit|damages/i,
  termination: /terminat|^expiration|survival/i,
  law: /governing law|jurisdiction|litigation|choice of law|applicable law|disputes?|venue|arbitration/i,
  patent: /patent/i,
  trademark: /trade ?marks?|publicity/i,
  grant: /grant|licen[cs]e rights|rights granted|^scope|permission|^license$/i,
  redistribution: /distribut|convey|source code|copying/i,
  modification: /modif|derivative|adaptation/i,
  miscellaneous: /miscellaneous|general( provisions)?$|severab|entire agreement/i,
  acceptance: /acceptance|agreement$|^accept/i,
  versions: /versions? of (the|this)|new versions|revised|future versions/i,
  contributions: /contribut/i,
  attribution: /attribution|notices?$|copyright notice/i,
};
const NUMBERING = String.raw`(?:(?:section|article)?\s*\(?(?:\d+(?:\.\d+)*|[IVX]+|[A-Z])[.):]*\s*[-–.]?\s*)?`;
const TITLE = String.raw`((?:[A-Z][A-Za-z'’/-]*)(?:[ ,;/&]+(?:[A-Z][A-Za-z'’/-]*|of|the|and|or|to|for|in|this|by|with|on|a)){0,8})`;
const OWN_LINE = new RegExp(String.raw`^[\s#*"]*${NUMBERING}${TITLE}[\s#*".:–—-]*$`);
const SAME_LINE = new RegExp(String.raw`^${NUMBERING}${TITLE}\s*(?:[.:]|--|—)\s+(.{80,})$`);
const PARAGRAPHS = /\n\s*\n|\n(?=\s*(?:\d+[.)]|[IVX]+\.|ARTICLE|Section)\s)/;
const MIN_CHARACTERS = 80;
const SHINGLE_WORDS = 5;

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const plainWords = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z ]+/g, ' ')
    .split(/\s+/)
    .filter(Boolean);

function* clausesOf(licenceText) {
  let heading;
  for (const paragraph of licenceText.replace(/\r/g, '').split(PARAGRAPHS)) {
    const whole = oneLine(paragraph);
    const lines = paragraph.trim().split('\n');
    const sameLine = SAME_LINE.exec(whole);
    const ownLine = OWN_LINE.exec(whole.length < 90 ? whole : lines[0].trim());
    let text = whole;
    if (sameLine) [, heading, text] = sameLine;
    else if (ownLine && whole.length < 90) {
      heading = ownLine[1];
      continue;
    } else if (ownLine && lines.length > 1) [heading, text] = [ownLine[1], oneLine(lines.slice(1).join(' '))];
    const name = heading && Object.keys(CLASSES).find((each) => CLASSES[each].test(heading));
    if (name && text.length >= MIN_CHARACTERS) yield { label: name, text };
    if (sameLine) heading = undefined;
  }
}

const seen = new Set();
const clauses = Object.values(licences)
  .flatMap(({ licenseText }) => [...clausesOf(licenseText)])
  .filter(({ text }) => seen.size < seen.add(plainWords(text).join(' ')).size);

/** Union of clauses that share more than half of the shorter one's sequences. */
const parent = clauses.map((_, i) => i);
const rootOf = (i) => (parent[i] === i ? i : (parent[i] = rootOf(parent[i])));
const shingles = clauses.map(({ text }) => {
  const words = plainWords(text);
  return new Set(words.slice(SHINGLE_WORDS - 1).map((_, i) => words.slice(i, i + SHINGLE_WORDS).join(' ')));
});
const places = new Map();
shingles.forEach((set, i) => {
  const shared = new Map();
  for (const shingle of set) {
    const others = places.get(shingle) ?? [];
    for (const other of others) shared.set(other, (shared.get(other) ?? 0) + 1);
    places.set(shingle, [...others, i]);
  }
  for (const [other, count] of shared)
    if (count > 0.5 * Math.min(set.size, shingles[other].size)) parent[rootOf(i)] = rootOf(other);
});

const hashOf = (text) => crypto.createHash('sha256').update(text).digest('hex');
const quote = (cell) => `"${cell.replaceAll('"', '""')}"`;
const rows = clauses
  .map(({ label, text }, i) => ({
    id: hashOf(text).slice(0, 10),
    group: `g${rootOf(i)}`,
    label,
    text: text.slice(0, 4000),
  }))
  .sort((left, right) => (left.id < right.id ? -1 : 1))
  .map(({ id, group, label, text }) => [id, group, label, quote(text)].join(','));
const table = ['id,group,label,text', ...rows].join('\n') + '\n';
const folder = path.join(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../../arenas/contract-clauses/data',
);
const packed = zlib.gzipSync(table, { level: 9 });
packed[9] = 255; // the byte that names the operating system
fs.writeFileSync(path.join(folder, 'clauses.csv.gz'), packed);
fs.writeFileSync(path.join(folder, 'clauses.csv.gz.sha256'), `${hashOf(packed)}  clauses.csv.gz\n`);
const groups = new Set(clauses.map((_, i) => rootOf(i))).size;
const counts = Object.keys(CLASSES).map((name) => `${name} ${clauses.filter(({ label }) => label === name).length}`);
console.log(`${clauses.length} clauses, ${groups} groups, ${packed.length} bytes; ${counts.join(', ')}`);

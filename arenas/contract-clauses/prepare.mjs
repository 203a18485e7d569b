// Frozen and hidden: checks the table of clauses and splits it by groups of near-duplicates. Candidates get one list
// without labels, validation and holdout mixed.
// canary: overnight-arena 2ab07f61 contract-clauses
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const SHARES = { train: 0.4, validation: 0.3, holdout: 0.3 };
/** Fewer clauses in validation or holdout prove nothing. */
const MIN_CLAUSES = 100;
const SEED = 11;

/** data/clauses.csv is yours; without it the table that comes with the arena, checked by its hash. */
function readTable() {
  if (fs.existsSync('data/clauses.csv')) return fs.readFileSync('data/clauses.csv', 'utf8');
  const packed = fs.readFileSync('data/clauses.csv.gz');
  const hash = crypto.createHash('sha256').update(packed).digest('hex');
  const expected = fs.readFileSync('data/clauses.csv.gz.sha256', 'utf8').split(' ')[0];
  if (hash !== expected) throw new Error(`data/clauses.csv.gz has the hash ${hash}, not ${expected}: restore the file`);
  return zlib.gunzipSync(packed).toString('utf8');
}

const rows = kit.csv(readTable(), {
  name: 'clauses.csv',
  columns: { id: 'text', group: 'text', label: 'text', text: 'text' },
  unique: 'id',
  classes: 'label',
});
const parts = kit.groupSplit(rows, 'group', SHARES, SEED);
for (const [name, part] of Object.entries(parts))
  if (part.length < MIN_CLAUSES)
    throw new Error(
      `clauses.csv: ${name} has ${part.length} clauses, at least ${MIN_CLAUSES} are needed: ${rows.length} are too few`,
    );
const plain = (row) =>
  row.text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
kit.requireDisjoint(parts, plain);
const known = new Set(parts.train.map(({ label }) => label));
for (const { id, label } of [...parts.validation, ...parts.holdout])
  if (!known.has(label))
    throw new Error(`clauses.csv: no clause of the class ${label} (of ${id}) is left for training`);

const write = (name, content) => fs.writeFileSync(path.join(process.env.OVERNIGHT_DATA, name), JSON.stringify(content));
const labelsOf = (part) => part.map(({ id, group, label }) => ({ id, group, label }));
write(
  'train.json',
  parts.train.map(({ label, text }) => ({ label, text })),
);
write(
  'clauses.json',
  kit
    .rng(SEED)
    .shuffle([...parts.validation, ...parts.holdout])
    .map(({ id, text }) => ({ id, text })),
);
write('validation.json', labelsOf(parts.validation));
write('holdout.json', labelsOf(parts.holdout));

// Frozen and hidden: checks the table of policies and splits it by households. Candidates get one list without claims;
// its parts are validation, holdout, and a part that only the check of calibration uses.
// canary: overnight-arena e81b7c53 insurance
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const kit = await import(`${process.env.OVERNIGHT_KIT}/kit.mjs`);

const SHARES = { train: 0.5, validation: 0.25, holdout: 0.15, calibration: 0.1 };
const MIN_HOUSEHOLDS = 40;
const SEED = 3;

/** data/policies.csv is yours; without it the table that comes with the arena, checked by its hash. */
function readTable() {
  if (fs.existsSync('data/policies.csv')) return fs.readFileSync('data/policies.csv', 'utf8');
  const packed = fs.readFileSync('data/policies.csv.gz');
  const hash = crypto.createHash('sha256').update(packed).digest('hex');
  const expected = fs.readFileSync('data/policies.csv.gz.sha256', 'utf8').split(' ')[0];
  if (hash !== expected)
    throw new Error(`data/policies.csv.gz has the hash ${hash}, not ${expected}: restore the file`);
  return zlib.gunzipSync(packed).toString('utf8');
}

const FEATURES = ['lncoins', 'idp', 'lpi', 'fmde', 'physlm', 'disea', 'hlthg', 'hlthf', 'hlthp'];
const rows = kit.csv(readTable(), {
  name: 'policies.csv',
  columns: {
    id: 'text',
    household: 'text',
    claims: 'integer',
    ...Object.fromEntries(FEATURES.map((name) => [name, 'number'])),
  },
  unique: 'id',
  classes: 'claims',
});
const negative = rows.find(({ claims }) => claims < 0);
if (negative) throw new Error(`policies.csv: ${negative.id} has ${negative.claims} claims`);
const parts = kit.groupSplit(rows, 'household', SHARES, SEED);
kit.requireDisjoint(parts, 'household');
for (const [name, part] of Object.entries(parts)) {
  const households = new Set(part.map(({ household }) => household)).size;
  if (households < MIN_HOUSEHOLDS)
    throw new Error(`policies.csv: ${name} has ${households} households, at least ${MIN_HOUSEHOLDS} are needed`);
}

const write = (name, content) => fs.writeFileSync(path.join(process.env.OVERNIGHT_DATA, name), JSON.stringify(content));
const featuresOf = (row) => Object.fromEntries(FEATURES.map((name) => [name, row[name]]));
const { train, ...asked } = parts;
const claimsOf = (part) => part.map(({ id, household, claims }) => ({ id, household, claims }));
write(
  'train.json',
  train.map((row) => ({ ...featuresOf(row), claims: row.claims })),
);
write(
  'policies.json',
  kit
    .rng(SEED)
    .shuffle(Object.values(asked).flat())
    .map((row) => ({ id: row.id, ...featuresOf(row) })),
);
for (const [name, part] of Object.entries(asked)) write(`${name}.json`, claimsOf(part));

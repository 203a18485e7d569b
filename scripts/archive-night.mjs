// Keeps a finished lab for readers of the repository: `node scripts/archive-night.mjs LAB FOLDER`. Copies the ledger
// and the reports that are text, and packs the lab's blobs into one archive that `tar -xf` opens. The generated page is
// left out: `overnight report` makes it again.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const KEPT = ['ledger.jsonl', 'results.tsv', 'report/report.md', 'report/progress.svg'];
const ARCHIVE = 'blobs.tar.gz';
/** The same blobs make the same archive, whoever packs them and whenever. */
const SAME_BYTES = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rw,go=r', '--mtime=2026-01-01 00:00Z'];

const [lab, folder] = process.argv.slice(2);
if (!lab || !folder) {
  console.error('usage: node scripts/archive-night.mjs LAB FOLDER');
  process.exit(2);
}
fs.mkdirSync(folder, { recursive: true });
for (const file of KEPT) fs.copyFileSync(path.join(lab, file), path.join(folder, path.basename(file)));
packBlobs();

function packBlobs() {
  const blobs = fs
    .readdirSync(path.join(lab, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(lab, entry.parentPath), entry.name));
  // Versions of one file lie side by side: gzip looks back only 32 kB.
  const content = new Map(blobs.map((blob) => [blob, fs.readFileSync(path.join(lab, blob))]));
  blobs.sort((left, right) => content.get(left).compare(content.get(right)));
  const archive = path.resolve(folder, ARCHIVE);
  execFileSync('tar', ['--create', `--file=${archive}`, '--use-compress-program=gzip -9n', ...SAME_BYTES, '-T', '-'], {
    cwd: lab,
    input: `${blobs.join('\n')}\n`,
  });
}

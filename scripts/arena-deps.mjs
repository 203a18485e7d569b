// Installs what the tests of shipped arenas need, or of the folders that are named, from their own lockfiles, once per
// lockfile. Text corpora are not needed and not installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const arenas = fs.readdirSync(path.join(root, 'arenas')).map((name) => `arenas/${name}`);
const optional = process.argv.includes('--optional');
const named = process.argv.slice(2).filter((word) => word !== '--optional');
for (const folder of named.length > 0 ? named : arenas) {
  const lock = path.join(root, folder, 'package-lock.json');
  if (!fs.existsSync(lock)) continue;
  const hash = createHash('sha256').update(fs.readFileSync(lock)).digest('hex');
  const seal = path.join(root, folder, 'node_modules', '.overnight-lock-hash');
  if (fs.existsSync(seal) && fs.readFileSync(seal, 'utf8') === hash) continue;
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: path.dirname(lock),
    stdio: 'inherit',
  });
  if (done.status !== 0 && !optional) process.exit(done.status ?? 1);
  if (done.status !== 0) {
    console.warn(`${folder}: its packages could not be installed; the tests that need them are skipped and say so.`);
    continue;
  }
  fs.writeFileSync(seal, hash);
}

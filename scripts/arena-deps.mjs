// Installs what the tests of shipped arenas need, from their own lockfiles, once per lockfile. Their text corpora are not needed and not installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const arenas = path.resolve(import.meta.dirname, '../arenas');
for (const name of fs.readdirSync(arenas)) {
  const lock = path.join(arenas, name, 'package-lock.json');
  if (!fs.existsSync(lock)) continue;
  const hash = createHash('sha256').update(fs.readFileSync(lock)).digest('hex');
  const seal = path.join(arenas, name, 'node_modules', '.overnight-lock-hash');
  if (fs.existsSync(seal) && fs.readFileSync(seal, 'utf8') === hash) continue;
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: path.dirname(lock),
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  fs.writeFileSync(seal, hash);
}

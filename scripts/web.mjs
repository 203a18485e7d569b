/** Build the browser half into dist/web, unless nothing that it is made of changed since. `--out FOLDER`, `--force`. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const at = process.argv.indexOf('--out');
const out = at > 0 ? process.argv[at + 1] : join(ROOT, 'dist', 'web');

const BUNDLED = ['preact', 'uplot', 'highlight.js'];
const SOURCES = ['web', 'src/view', 'src/render', 'src/base', 'package-lock.json', 'scripts/web.mjs'];

function stamp() {
  const hash = createHash('sha256');
  const take = (path) => {
    const full = join(ROOT, path);
    const names = /\.\w+$/.test(path) ? undefined : readdirSync(full).sort();
    if (names) for (const name of names) take(join(path, name));
    else if (!path.endsWith('.test.ts')) hash.update(path).update(readFileSync(full));
  };
  for (const source of SOURCES) take(source);
  return hash.digest('hex');
}

const now = stamp();
const mark = join(out, '.stamp');
if (process.argv.includes('--force') || !existsSync(mark) || readFileSync(mark, 'utf8') !== now) {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: join(ROOT, 'web'),
    base: '/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: out,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      target: 'es2022',
      reportCompressedSize: false,
    },
  });
  // What is bundled keeps its licence.
  const licences = BUNDLED.map(
    (name) => `${name}\n\n${readFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8')}`,
  );
  writeFileSync(join(out, 'licences.txt'), licences.join('\n\n'));
  writeFileSync(mark, now);
}

/** What is shown to people works as it is shown: the examples, the generated pages. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { freshFolder, ROOT } from '../fixtures/cli.ts';

const LOADER = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');

describe.concurrent('the example', () => {
  it.each(readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.ts')))('%s runs to its end', (name) => {
    const env = { ...process.env, TMPDIR: freshFolder('tmp') };
    const said = execFileSync(process.execPath, ['--import', LOADER, join(ROOT, 'examples', name)], { env }).toString();
    expect(said).toMatch(/kept|carried on|champion/);
    expect(said).not.toMatch(/undefined|NaN/);
  });
});

it('the generated pages say what the program does now', () => {
  const built = inject('built');
  mkdirSync(join(built, 'scripts'), { recursive: true });
  cpSync(join(ROOT, 'scripts', 'docs.mjs'), join(built, 'scripts', 'docs.mjs'));
  for (const name of ['.prettierrc.json', 'README.md']) cpSync(join(ROOT, name), join(built, name));
  rmSync(join(built, 'docs'), { recursive: true, force: true });
  cpSync(join(ROOT, 'docs'), join(built, 'docs'), { recursive: true });
  const check = (): string =>
    execFileSync(process.execPath, [join(built, 'scripts', 'docs.mjs'), '--check'], { stdio: 'pipe' }).toString();
  expect(check).not.toThrow();
});

// What is promised about train.ts as text: knobs that can be rewritten, patches that apply, a file that can be read
// whole.

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freshFolder } from './folders.ts';

const arena = fileURLToPath(new URL('..', import.meta.url));
const source = readFileSync(join(arena, 'train.ts'), 'utf8');
const manifest = readFileSync(join(arena, 'arena.yaml'), 'utf8');

describe('train.ts', () => {
  const knobs = [...manifest.matchAll(/\{\s*name: ([A-Z0-9_]+), file: train\.ts, kind: (\w+)/g)].map(
    ([, name, kind]) => ({
      name,
      kind,
    }),
  );

  test('has every knob of the manifest once, as one literal on one line, and echoes it', () => {
    expect(knobs.length).toBeGreaterThanOrEqual(14);
    for (const { name } of knobs) {
      const lines = source.split('\n').filter((line) => line.startsWith(`const ${name} = `));
      expect(lines, name).toHaveLength(1);
      expect(lines[0], name).toMatch(/^const \w+ = (-?[\d.e-]+|'[^']*');/);
      expect(source.slice(source.indexOf('run.config({')), name).toContain(name);
    }
  });

  test('is short enough to be read whole', () => {
    expect(source.split('\n').length).toBeLessThan(650);
  });
});

describe('the examples', () => {
  const patches = readdirSync(join(arena, 'examples')).filter((f) => f.endsWith('.patch'));

  test.each(patches)('%s applies to train.ts as it is, and changes only that', (patch) => {
    const dir = freshFolder('patch');
    cpSync(join(arena, 'train.ts'), join(dir, 'train.ts'));
    const done = spawnSync('git', ['apply', join(arena, 'examples', patch)], { cwd: dir, encoding: 'utf8' });
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
    expect(readdirSync(dir)).toEqual(['train.ts']);
    expect(readFileSync(join(dir, 'train.ts'), 'utf8')).not.toBe(source);
  });
});

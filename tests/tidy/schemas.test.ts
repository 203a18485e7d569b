/** The schemas that the package publishes are those of the code as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../scripts/schemas/schemas.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'schemas');
const text = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

describe('schemas/', () => {
  const schemas = publishedSchemas();

  it('is what `npm run docs` makes of the code', { timeout: 60_000 }, () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual([...schemas.keys()].sort());
    for (const [name, schema] of schemas)
      expect(JSON.parse(text(name)), name).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('is published, and named in docs/ledger.md', () => {
    const { files } = JSON.parse(readFileSync(join(FOLDER, '..', 'package.json'), 'utf8')) as { files: string[] };
    expect(files).toContain('schemas');
    const page = readFileSync(join(FOLDER, '..', 'docs', 'ledger.md'), 'utf8');
    for (const name of schemas.keys()) expect(page).toContain(name);
  });
});

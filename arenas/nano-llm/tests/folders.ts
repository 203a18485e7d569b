// Temporary folders that are gone when a test file ends. Knows nothing of what is put into them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

/** A fresh folder, removed after the last test of the file. Links in it are removed, not what they point to. */
export function freshFolder(what: string): string {
  const dir = mkdtempSync(join(tmpdir(), `nano-llm-${what}-`));
  made.push(dir);
  return dir;
}

afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

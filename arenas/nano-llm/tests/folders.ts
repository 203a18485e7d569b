// Temporary folders that are gone when a test file ends. Knows nothing of what is put into them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const madeFolders: string[] = [];

/** A fresh folder, removed after the last test of the file. Links in it are removed, not what they point to. */
export function freshFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `nano-llm-${purpose}-`));
  madeFolders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of madeFolders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

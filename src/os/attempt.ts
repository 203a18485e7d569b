/** Reading what may be gone or closed at any moment: files of other processes, of control groups, of other users. */
import { readFileSync } from 'node:fs';

/** What `read` returns; undefined where it throws, whatever the reason. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A file as text; undefined where it cannot be read. `readText` of files.ts tells a missing file from a closed one. */
export const readOrUndefined = (filePath: string): string | undefined =>
  orUndefined(() => readFileSync(filePath, 'utf8'));

/** Files of a commit with their sizes. */
import { gitText, requireObjectId } from './command.ts';

export interface SizedFile {
  readonly path: string;
  /** As git writes it: 100644, 100755 or 120000. */
  readonly mode: string;
  readonly bytes: number;
}

/** Sorted by path. */
export async function listSizedFiles(store: string, commit: string): Promise<SizedFile[]> {
  const listing = await gitText(['ls-tree', '-r', '-l', '-z', '--full-tree', requireObjectId(commit)], { store });
  return listing
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [, mode, size, filePath] = /^(\d+) \w+ [0-9a-f]+ +(\d+|-)\t(.*)$/s.exec(line)!;
      return { path: filePath!, mode: mode!, bytes: Number(size) || 0 };
    });
}

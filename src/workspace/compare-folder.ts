/**
 * A folder beside a commit: which of the commit's files it does not hold as they are there, and which of its own files
 * git ignores. For folders in which somebody works; reads only, and follows no link.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TreeEntry } from '../core/ports.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { removeTree } from '../os/files.ts';
import { gitText, requireObjectId } from './command.ts';
import { hashFile, hashObject } from './objects.ts';

/** Paths of entries whose content is changed or missing in the folder. Rights do not count: no edit can hold them. */
export const pathsThatDiffer = (entries: readonly TreeEntry[], folder: string): string[] =>
  entries.filter((entry) => !holdsEntry(folder, entry)).map((entry) => entry.path);

function holdsEntry(folder: string, { path: filePath, mode, oid }: TreeEntry): boolean {
  if (!isReached(folder, filePath)) return false;
  const location = path.join(folder, filePath);
  const fileStats = fs.lstatSync(location, { throwIfNoEntry: false });
  try {
    if (mode === '120000')
      return (
        fileStats?.isSymbolicLink() === true && hashObject('blob', fs.readlinkSync(location, 'buffer'), oid) === oid
      );
    return fileStats?.isFile() === true && hashFile(location, fileStats.size, oid) === oid;
  } catch {
    return false; // unreadable, or gone since
  }
}

/** Is every folder on the way to a path a folder of its own, not a link? */
export function isReached(folder: string, filePath: string): boolean {
  const segments = path.dirname(filePath).split('/');
  return segments.every((_, i) => {
    const stats = fs.lstatSync(path.join(folder, ...segments.slice(0, i + 1)), { throwIfNoEntry: false });
    return stats?.isDirectory() === true;
  });
}

/**
 * What git would ignore among the files of the folder that the commit does not have, by the folder's own .gitignore;
 * whole folders end with a slash.
 */
export async function listIgnored(store: string, commit: string, folder: string): Promise<string[]> {
  const scratchDir = makeTemporaryFolder('overnight-index-');
  try {
    const options = { store, cwd: folder, env: { GIT_INDEX_FILE: path.join(scratchDir, 'index') } };
    await gitText(['read-tree', requireObjectId(commit)], options);
    const listing = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
    const output = await gitText(['-c', 'core.bare=false', `--work-tree=${folder}`, ...listing], options);
    return output.split('\0').filter(Boolean);
  } finally {
    removeTree(scratchDir);
  }
}

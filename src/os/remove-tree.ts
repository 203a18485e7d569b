/**
 * Removes a tree, whatever untrusted code has put into it: folders deeper than any path may be long, folders and files
 * of mode 000, names that are no UTF-8. Never follows a link. What only the superuser can remove (a mount, a file made
 * immutable) is left and named.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { joinBytes } from './trees.ts';

/** Remove a tree. Missing is fine. Throws where something cannot be removed. */
export function removeTree(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true });
  } catch {
    removeThoroughly(folder);
  }
}

/** As `removeTree`; returns why it could not be removed instead of throwing. */
export function tryRemoveTree(folder: string): string | undefined {
  try {
    removeTree(folder);
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/**
 * Every folder is first moved up, to lie directly below the root, and then emptied. So no path is longer than the
 * root's and two names, however deep the folder lay.
 */
function removeThoroughly(root: string): void {
  const rootStats = fs.lstatSync(root, { throwIfNoEntry: false });
  if (!rootStats) return;
  if (!rootStats.isDirectory()) return fs.unlinkSync(root);
  openUp(root, rootStats);
  const prefix = `.removing-${randomBytes(6).toString('hex')}-`;
  let movedCount = 0;
  /** Returns whether it is gone; a folder that is not empty is moved up. */
  const removeOrMove = (entry: string | Buffer): boolean => {
    const entryStats = fs.lstatSync(entry, { throwIfNoEntry: false });
    if (!entryStats) return true;
    if (!entryStats.isDirectory()) fs.unlinkSync(entry);
    else if (!removeEmptyFolder(entry)) {
      openUp(entry, entryStats); // a folder of mode 000 cannot be moved by its owner
      fs.renameSync(entry, path.join(root, `${prefix}${movedCount++}`));
      return false;
    }
    return true;
  };
  // Moved folders are found again by the next look at the root.
  for (let names = namesIn(root); names.length > 0; names = namesIn(root)) {
    for (const name of names) {
      const entry = joinBytes(root, name);
      const entryStats = fs.lstatSync(entry, { throwIfNoEntry: false });
      if (!entryStats) continue;
      if (!entryStats.isDirectory()) {
        fs.unlinkSync(entry);
        continue;
      }
      openUp(entry, entryStats);
      for (const innerName of namesIn(entry)) removeOrMove(joinBytes(entry, innerName));
      fs.rmdirSync(entry);
    }
  }
  fs.rmdirSync(root);
}

const namesIn = (folder: string | Buffer): Buffer[] => fs.readdirSync(folder, { encoding: 'buffer' });

function removeEmptyFolder(folder: string | Buffer): boolean {
  try {
    fs.rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Let the owner of a folder list it and change what is in it. */
function openUp(folder: string | Buffer, folderStats: fs.Stats): void {
  if ((folderStats.mode & 0o700) !== 0o700) fs.chmodSync(folder, 0o700);
}

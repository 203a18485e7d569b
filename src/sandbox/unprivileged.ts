/**
 * Runs that root starts go on as an ordinary user: the kernel then asks for rights that they do not have, whatever is
 * shown to them. The writable folders are handed to that user; what is only read stays as it is, so a run whose files
 * that user may not read keeps root's number (in a user namespace, without capabilities).
 */
import { lchownSync, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { orUndefined } from '../os/attempt.ts';
import type { Mount } from '../core/ports.ts';

export interface UnprivilegedUser {
  readonly uid: number;
  readonly gid: number;
}

/** Entries that are looked at in one folder: enough for code and modules, bounded for data sets. */
const MAX_ENTRIES_LOOKED_AT = 20_000;

/** The user `nobody` of this system. It has a name, which programs ask for. */
export function findNobody(passwdFile = '/etc/passwd'): UnprivilegedUser | undefined {
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync(passwdFile, 'utf8'));
  const user = entry && { uid: Number(entry[1]), gid: Number(entry[2]) };
  return user && user.uid > 0 && user.gid > 0 ? user : undefined;
}

/**
 * Give the writable mounts to the user, without following links. A tree whose root it owns was handed over before, and
 * a program may have made anything in it since, so it is left alone.
 */
export function handOver(mounts: readonly Mount[], user: UnprivilegedUser): void {
  const protectedPaths = new Set(mounts.filter((mount) => mount.mode === 'read').map((mount) => mount.from));
  const giveTree = (entryPath: string): void => {
    if (protectedPaths.has(entryPath)) return;
    const entryStats = lstatSync(entryPath);
    if (entryStats.isDirectory()) for (const entryName of readdirSync(entryPath)) giveTree(join(entryPath, entryName));
    lchownSync(entryPath, user.uid, user.gid); // the folder last: its owner is the mark that all of it is done
  };
  for (const { from, mode } of mounts) {
    if (mode === 'write' && lstatSync(from).uid !== user.uid) giveTree(from);
  }
}

/** Remembers which folders everybody may read: they are large, and the same for all runs of a session. */
export class Readability {
  readonly #known = new Map<string, boolean>();

  /** True when the first `MAX_ENTRIES_LOOKED_AT` entries may be read, and folders entered, by everybody. */
  mayEverybodyRead(entryPath: string): boolean {
    const rootStats = orUndefined(() => lstatSync(entryPath));
    if (!rootStats) return true; // a path that is not there is not shown either
    const key = `${entryPath} ${rootStats.ino} ${rootStats.ctimeMs}`;
    const known = this.#known.get(key) ?? isReadableTree(entryPath, rootStats);
    this.#known.set(key, known);
    return known;
  }
}

function isReadableTree(rootPath: string, rootStats: Stats): boolean {
  const pending: { entryPath: string; entryStats: Stats }[] = [{ entryPath: rootPath, entryStats: rootStats }];
  let lookedAt = 0;
  for (let next = pending.pop(); next && lookedAt < MAX_ENTRIES_LOOKED_AT; next = pending.pop()) {
    lookedAt++;
    const { entryPath, entryStats } = next;
    if (entryStats.isSymbolicLink()) continue;
    if (entryStats.isDirectory()) {
      if ((entryStats.mode & 0o005) !== 0o005) return false;
      for (const entryName of readdirSync(entryPath)) {
        const childPath = join(entryPath, entryName);
        const childStats = orUndefined(() => lstatSync(childPath));
        if (childStats) pending.push({ entryPath: childPath, entryStats: childStats });
      }
    } else if (entryStats.isFile() && (entryStats.mode & 0o004) === 0) return false;
  }
  return true;
}

/**
 * Which part of a work folder is writable inside the jail, as mounts. Agents write a file by making a new one beside it
 * and renaming that. So the folder of a writable file is writable too, and every other entry of it is mounted read-only
 * on top, where a rename fails.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount } from '../core/ports.ts';

/** bwrap takes some thousands of arguments, three for a mount. */
const MAX_MOUNTS = 1500;

export interface Exposure {
  readonly mounts: readonly Mount[];
  /**
   * Folders with too many entries to protect each of them. The agent can change files in them that are not writable;
   * such changes are not read back.
   */
  readonly open: readonly string[];
}

/** `writablePaths` are files and folders below `workDir`, separated by `/`. Missing parent folders are made. */
export function exposureOf(workDir: string, mountPoint: string, writablePaths: readonly string[]): Exposure {
  const writableSet = new Set(
    writablePaths
      .map((writablePath) => writablePath.replace(/\/+$/, ''))
      .filter((writablePath) => writablePath !== '' && !escapesFolder(writablePath)),
  );
  if (writableSet.has('.')) return { mounts: [{ from: workDir, to: mountPoint, mode: 'write' }], open: [] };
  for (const writablePath of writableSet) mkdirSync(join(workDir, dirname(writablePath)), { recursive: true });
  const mounts: Mount[] = [];
  const unprotected: string[] = [];
  const addMount = (relativePath: string, mountMode: Mount['mode']): void =>
    void mounts.push({
      from: join(workDir, relativePath),
      to: relativePath === '' ? mountPoint : join(mountPoint, relativePath),
      mode: mountMode,
    });
  const leadsToWritable = (folderPath: string): boolean =>
    [...writableSet].some((writablePath) => writablePath.startsWith(folderPath === '' ? '' : `${folderPath}/`));
  /** Mount the entries of a folder whose parent is mounted as `parentMode`. */
  const mountFolder = (folderPath: string, parentMode: Mount['mode'] | undefined): void => {
    const entries = readdirSync(join(workDir, folderPath), { withFileTypes: true });
    const pathBelow = (entryName: string): string => (folderPath === '' ? entryName : `${folderPath}/${entryName}`);
    const isFile = (writablePath: string): boolean =>
      !existsSync(join(workDir, writablePath)) ||
      !entries.some((dirEntry) => pathBelow(dirEntry.name) === writablePath && dirEntry.isDirectory());
    const hasWritableFile = [...writableSet].some(
      (writablePath) =>
        (dirname(writablePath) === '.' ? '' : dirname(writablePath)) === folderPath && isFile(writablePath),
    );
    const wantedMode = hasWritableFile ? 'write' : 'read';
    if (wantedMode !== parentMode) addMount(folderPath, wantedMode);
    if (hasWritableFile && entries.length + mounts.length > MAX_MOUNTS) {
      unprotected.push(folderPath === '' ? '.' : folderPath);
      return;
    }
    for (const entry of entries) {
      const entryPath = pathBelow(entry.name);
      if (writableSet.has(entryPath)) {
        if (entry.isDirectory() && !hasWritableFile) addMount(entryPath, 'write');
      } else if (entry.isDirectory() && leadsToWritable(entryPath)) mountFolder(entryPath, wantedMode);
      else if (hasWritableFile && !entry.isSymbolicLink()) addMount(entryPath, 'read');
    }
  };
  mountFolder('', undefined);
  return { mounts, open: unprotected };
}

const escapesFolder = (relativePath: string): boolean =>
  relativePath.startsWith('/') || relativePath.split('/').includes('..');

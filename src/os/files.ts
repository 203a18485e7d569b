/**
 * The file system: durable writes, free space, copies; trees are read in trees.ts and removed in remove-tree.ts. Knows
 * nothing about what the files mean.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { listTree } from './trees.ts';

export { removeTree } from './remove-tree.ts';
export { hashTree, listTree, makeReadOnly, measureTree, stampTree } from './trees.ts';

/**
 * Write a file so that after a crash it is either the old or the new one: temporary name, fsync, rename, fsync of the
 * folder.
 */
export function writeAtomic(targetFile: string, content: string | Uint8Array): void {
  const temporaryFile = `${targetFile}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.tmp`;
  const descriptor = fs.openSync(temporaryFile, 'wx', 0o644);
  try {
    fs.writeFileSync(descriptor, content);
    fs.fsyncSync(descriptor);
  } catch (thrown) {
    fs.rmSync(temporaryFile, { force: true });
    throw thrown;
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(temporaryFile, targetFile);
  syncFolder(path.dirname(targetFile));
}

export function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

export function readText(filePath: string): string | undefined {
  try {
    return fs.readFileSync(filePath, 'utf8');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

export const isMissing = (thrown: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException)?.code ?? '');
export const isFull = (thrown: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((thrown as NodeJS.ErrnoException)?.code ?? '');

/** The error itself, or E_DISK_FULL where a full disk is the reason. */
export function nameFullDisk(thrown: unknown): unknown {
  if (thrown instanceof LabError || !isFull(thrown)) return thrown;
  const fullPath = (thrown as NodeJS.ErrnoException).path;
  return new LabError(
    'E_DISK_FULL',
    {
      what: 'A file could not be written.',
      why: `The disk${fullPath ? ` of ${fullPath}` : ''} is full (${reasonOf(thrown)}).`,
      next: 'Free some space and run again: nothing that was recorded is lost.',
    },
    thrown,
  );
}

/** Free bytes on the file system of a path. */
export function freeBytes(anyPath: string): number {
  const diskStats = fs.statfsSync(anyPath);
  return diskStats.bavail * diskStats.bsize;
}

/** Copy a tree of regular files, folders and links. The target must not exist. */
export function copyTree(
  sourceFolder: string,
  targetFolder: string,
  isSkipped: (relativePath: string) => boolean = () => false,
): void {
  fs.mkdirSync(targetFolder, { recursive: true });
  for (const relativePath of listTree(sourceFolder, isSkipped)) {
    fs.mkdirSync(path.dirname(path.join(targetFolder, relativePath)), { recursive: true });
    fs.cpSync(path.join(sourceFolder, relativePath), path.join(targetFolder, relativePath), {
      verbatimSymlinks: true,
      errorOnExist: true,
      force: false,
      mode: fs.constants.COPYFILE_FICLONE, // shares the blocks where the file system can
    });
  }
}

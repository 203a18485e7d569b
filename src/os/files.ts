/**
 * The file system: durable writes, whole trees, content hashes. Knows nothing about what the files mean.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256Hex, sha256Parts } from '../base/hash.ts';

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

/** Remove a tree, also read-only folders inside it. Missing is fine. */
export function removeTree(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EACCES') throw thrown;
    makeWritable(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function makeWritable(folder: string): void {
  fs.chmodSync(folder, 0o700);
  for (const folderEntry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (folderEntry.isDirectory()) makeWritable(path.join(folder, folderEntry.name));
  }
}

/**
 * Regular files and links below a folder, as sorted paths with `/`. Does not follow links; a missing folder has none.
 */
export function listTree(folder: string, isSkipped: (relativePath: string) => boolean = () => false): string[] {
  const treePaths: string[] = [];
  const walkFolder = (relativePath: string): void => {
    for (const folderEntry of fs.readdirSync(path.join(folder, relativePath), { withFileTypes: true })) {
      const entryPath = relativePath ? `${relativePath}/${folderEntry.name}` : folderEntry.name;
      if (isSkipped(entryPath)) continue;
      if (folderEntry.isDirectory()) walkFolder(entryPath);
      else treePaths.push(entryPath);
    }
  };
  if (fs.existsSync(folder)) walkFolder('');
  return treePaths.sort();
}

/** Hash of every file's path, kind, executable bit and content below a folder. */
export function hashTree(folder: string, isSkipped: (relativePath: string) => boolean = () => false): string {
  return sha256Parts(
    listTree(folder, isSkipped).flatMap((relativePath) => [relativePath, hashFile(path.join(folder, relativePath))]),
  );
}

function hashFile(filePath: string): string {
  const fileStats = fs.lstatSync(filePath);
  if (fileStats.isSymbolicLink()) return `link:${fs.readlinkSync(filePath)}`;
  if (!fileStats.isFile()) return `special:${fileStats.mode & fs.constants.S_IFMT}`;
  return `${fileStats.mode & 0o100 ? 'x' : '-'}${sha256Hex(fs.readFileSync(filePath))}`;
}

/**
 * Cheap fingerprint of a tree: names, sizes, change times, inodes. Changes when anybody writes, without reading the
 * bytes.
 */
export function stampTree(folder: string, isSkipped: (relativePath: string) => boolean = () => false): string {
  return sha256Parts(
    listTree(folder, isSkipped).map((relativePath) => {
      const fileStats = fs.lstatSync(path.join(folder, relativePath), { bigint: true });
      return `${relativePath} ${fileStats.size} ${fileStats.mtimeNs} ${fileStats.ctimeNs} ${fileStats.ino}`;
    }),
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
    });
  }
}

/**
 * The door to the file system: durable writes, whole trees, content hashes. Knows nothing about what the files mean.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256, sha256Parts } from '../base/hash.ts';

/**
 * Write a file so that after a crash it is either the old or the new one: temporary name, fsync, rename, fsync of the
 * folder.
 */
export function writeAtomic(file: string, data: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.tmp`;
  const fd = fs.openSync(temporary, 'wx', 0o644);
  try {
    fs.writeFileSync(fd, data);
    fs.fsyncSync(fd);
  } catch (thrown) {
    fs.rmSync(temporary, { force: true });
    throw thrown;
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, file);
  syncFolder(path.dirname(file));
}

export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

export function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

export const isMissing = (thrown: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException)?.code ?? '');
export const isFull = (thrown: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((thrown as NodeJS.ErrnoException)?.code ?? '');

/** What was thrown, by its name where a full disk is the reason. */
export function nameFullDisk(thrown: unknown): unknown {
  if (thrown instanceof LabError || !isFull(thrown)) return thrown;
  const where = (thrown as NodeJS.ErrnoException).path;
  return new LabError(
    'E_DISK_FULL',
    {
      what: 'A file could not be written.',
      why: `The disk${where ? ` of ${where}` : ''} is full (${reasonOf(thrown)}).`,
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
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(path.join(folder, entry.name));
  }
}

/**
 * Regular files and links below a folder, as sorted paths with `/`. Does not follow links; a missing folder has none.
 */
export function listTree(folder: string, skip: (relative: string) => boolean = () => false): string[] {
  const found: string[] = [];
  const walk = (relative: string): void => {
    for (const entry of fs.readdirSync(path.join(folder, relative), { withFileTypes: true })) {
      const below = relative ? `${relative}/${entry.name}` : entry.name;
      if (skip(below)) continue;
      if (entry.isDirectory()) walk(below);
      else found.push(below);
    }
  };
  if (fs.existsSync(folder)) walk('');
  return found.sort();
}

/** Hash of every file's path, kind, executable bit and content below a folder. */
export function hashTree(folder: string, skip: (relative: string) => boolean = () => false): string {
  return sha256Parts(listTree(folder, skip).flatMap((file) => [file, hashFile(path.join(folder, file))]));
}

function hashFile(file: string): string {
  const stat = fs.lstatSync(file);
  if (stat.isSymbolicLink()) return `link:${fs.readlinkSync(file)}`;
  if (!stat.isFile()) return `special:${stat.mode & fs.constants.S_IFMT}`;
  return `${stat.mode & 0o100 ? 'x' : '-'}${sha256(fs.readFileSync(file))}`;
}

/**
 * Cheap fingerprint of a tree: names, sizes, change times, inodes. Changes when anybody writes, without reading the
 * bytes.
 */
export function stampTree(folder: string, skip: (relative: string) => boolean = () => false): string {
  return sha256Parts(
    listTree(folder, skip).map((file) => {
      const stat = fs.lstatSync(path.join(folder, file), { bigint: true });
      return `${file} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino}`;
    }),
  );
}

/** Free bytes on the file system of a path. */
export function freeBytes(where: string): number {
  const stat = fs.statfsSync(where);
  return stat.bavail * stat.bsize;
}

/** Copy a tree of regular files, folders and links. The target must not exist. */
export function copyTree(from: string, to: string, skip: (relative: string) => boolean = () => false): void {
  fs.mkdirSync(to, { recursive: true });
  for (const file of listTree(from, skip)) {
    fs.mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
    fs.cpSync(path.join(from, file), path.join(to, file), { verbatimSymlinks: true, errorOnExist: true, force: false });
  }
}

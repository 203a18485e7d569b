/**
 * Files that untrusted code left, handled by descriptor. Each component of a path is opened by itself and none may be a
 * link, so that no name leads out of the folder. Nothing is believed twice: what was opened is what is looked at, read
 * and moved. On Linux the descriptors are those of /proc/self/fd, because Node has no `openat`; elsewhere every
 * component is looked at before and its place is checked afterwards.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { hasProc } from './proc.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
/** Linux only: a descriptor that names a file without opening it, so that its mode does not matter. */
const O_PATH = 0o10000000;
const PIECE_BYTES = 1 << 20;

const readPiece = promisify(fs.read);

/** Why a file was not opened. The text completes the sentence "PATH …". */
export interface FileProblem {
  readonly kind: 'missing' | 'not-plain';
  readonly problem: string;
}

/** A regular file that is open for reading. */
export interface LeftFile {
  readonly descriptor: number;
  readonly stats: fs.Stats;
  /** A path to it that holds as long as it is open. */
  readonly stablePath: string;
  close(): void;
}

export const isProblem = (opened: LeftFile | FileProblem): opened is FileProblem => 'problem' in opened;

/**
 * Open a regular file below `folder`. A folder or file that its owner made unreadable is made readable first, unless
 * the file has another name elsewhere, whose mode would change too.
 */
export function openLeftFile(folder: string, relativePath: string, usesProc = hasProc): LeftFile | FileProblem {
  const segments = relativePath.split('/');
  if (segments.some((segment) => ['', '.', '..'].includes(segment) || segment.includes('\0')))
    return notPlain('is no plain path');
  const opened: number[] = [];
  try {
    return usesProc ? openByDescriptors(folder, segments, opened) : openByPaths(folder, segments, opened);
  } catch (thrown) {
    closeAll(opened);
    const { code = 'unknown error' } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'missing', problem: 'is missing' };
    return notPlain(
      code === 'ENOTDIR' || code === 'ELOOP' ? 'lies behind a link or a file' : `cannot be read (${code})`,
    );
  }
}

const notPlain = (problem: string): FileProblem => ({ kind: 'not-plain', problem });

function openByDescriptors(folder: string, segments: readonly string[], opened: number[]): LeftFile | FileProblem {
  const keepOpen = (descriptor: number): number => {
    opened.push(descriptor);
    return descriptor;
  };
  let parent = keepOpen(fs.openSync(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  for (const segment of segments.slice(0, -1)) {
    openUp(parent);
    parent = keepOpen(fs.openSync(`/proc/self/fd/${parent}/${segment}`, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }
  openUp(parent);
  const stablePath = `/proc/self/fd/${parent}/${segments.at(-1)!}`;
  const named = keepOpen(fs.openSync(stablePath, O_PATH | O_NOFOLLOW));
  const stats = fs.fstatSync(named);
  if (!stats.isFile()) {
    closeAll(opened);
    return notPlain('is not a regular file');
  }
  if ((stats.mode & 0o400) === 0 && stats.nlink === 1) fs.chmodSync(`/proc/self/fd/${named}`, 0o644);
  const descriptor = keepOpen(fs.openSync(`/proc/self/fd/${named}`, O_RDONLY));
  return { descriptor, stats, stablePath, close: () => closeAll(opened) };
}

/** Let the owner of an open folder look into it and take things out of it. */
function openUp(folderDescriptor: number): void {
  const { mode } = fs.fstatSync(folderDescriptor);
  if ((mode & 0o700) !== 0o700) fs.chmodSync(`/proc/self/fd/${folderDescriptor}`, 0o700);
}

/** Where there is no /proc. Holds only while nobody else writes below `folder`. */
function openByPaths(folder: string, segments: readonly string[], opened: number[]): LeftFile | FileProblem {
  let parent = folder;
  const requireFolder = (): void => {
    const folderStats = fs.lstatSync(parent);
    if (!folderStats.isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
    if ((folderStats.mode & 0o700) !== 0o700) fs.chmodSync(parent, 0o700);
  };
  requireFolder();
  for (const segment of segments.slice(0, -1)) {
    parent = path.join(parent, segment);
    requireFolder();
  }
  const stablePath = path.join(parent, segments.at(-1)!);
  const namedStats = fs.lstatSync(stablePath);
  if (!namedStats.isFile()) return notPlain('is not a regular file');
  if ((namedStats.mode & 0o400) === 0 && namedStats.nlink === 1) fs.chmodSync(stablePath, 0o644);
  const descriptor = fs.openSync(stablePath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  opened.push(descriptor);
  const stats = fs.fstatSync(descriptor);
  const isSame = stats.ino === namedStats.ino && stats.dev === namedStats.dev;
  const isInside = fs.realpathSync(parent) === path.join(fs.realpathSync(folder), ...segments.slice(0, -1));
  if (!isSame || !isInside) {
    closeAll(opened);
    return notPlain('was replaced while it was opened');
  }
  return { descriptor, stats, stablePath, close: () => closeAll(opened) };
}

function closeAll(descriptors: number[]): void {
  for (const descriptor of descriptors.splice(0)) fs.closeSync(descriptor);
}

/**
 * Move an open file to `target`, which must not exist. A program stays one (mode 755), everything else gets mode 644:
 * no other right goes along. A file with a second name, or on another file system, is copied instead.
 */
export async function takeLeftFile(left: LeftFile, target: string): Promise<void> {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (left.stats.nlink !== 1 || !moved(left, target)) return copyOut(left, target);
  fs.fchmodSync(left.descriptor, keptMode(left.stats));
}

const keptMode = ({ mode }: fs.Stats): number => ((mode & 0o100) !== 0 ? 0o755 : 0o644);

function moved({ stablePath, stats }: LeftFile, target: string): boolean {
  try {
    fs.renameSync(stablePath, target);
  } catch {
    return false;
  }
  const targetStats = fs.lstatSync(target);
  if (targetStats.ino === stats.ino && targetStats.dev === stats.dev) return true;
  fs.rmSync(target, { recursive: true, force: true });
  return false;
}

async function copyOut({ descriptor, stats }: LeftFile, target: string): Promise<void> {
  const targetDescriptor = fs.openSync(target, 'wx', keptMode(stats));
  try {
    await eachPiece(descriptor, stats.size, (piece) => fs.writeSync(targetDescriptor, piece));
  } finally {
    fs.closeSync(targetDescriptor);
  }
}

/** SHA-256 of an open file, in pieces; the program goes on meanwhile. */
export async function hashLeftFile({ descriptor }: LeftFile): Promise<string> {
  const hash = createHash('sha256');
  await eachPiece(descriptor, Number.MAX_SAFE_INTEGER, (piece) => hash.update(piece));
  return hash.digest('hex');
}

async function eachPiece(descriptor: number, maxBytes: number, usePiece: (piece: Buffer) => unknown): Promise<void> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let position = 0; position < maxBytes;) {
    const { bytesRead } = await readPiece(descriptor, buffer, 0, Math.min(PIECE_BYTES, maxBytes - position), position);
    if (bytesRead === 0) return;
    usePiece(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** The bytes of a small file that untrusted code left; undefined where it is no plain file, or has more bytes. */
export function readSmallFile(folder: string, relativePath: string, maxBytes: number): Buffer | undefined {
  const opened = openLeftFile(folder, relativePath);
  if (isProblem(opened)) return undefined;
  try {
    const { size } = opened.stats;
    if (size > maxBytes) return undefined;
    const buffer = Buffer.alloc(size);
    let length = 0;
    for (let count = -1; count !== 0 && length < size; length += count)
      count = fs.readSync(opened.descriptor, buffer, length, size - length, length);
    return buffer.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    opened.close();
  }
}

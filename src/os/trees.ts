/**
 * Whole trees of files, read: listed, hashed, stamped. Untrusted code may have written them, so reading never throws
 * over what lies there and never follows a link. A folder that cannot be read, or that lies too deep, is an entry of
 * its own instead of its content; a name that is no UTF-8 is shown with `\xNN` for each byte that does not fit.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { sha256Hex, sha256Parts } from '../base/hash.ts';
import type { FileMemo } from './file-memo.ts';

/** Deeper folders are not looked into. The deepest trees of package managers have about forty levels. */
const MAX_DEPTH = 200;
/** A longer path is refused by the system (PATH_MAX is 4,096 with the final zero). */
const MAX_PATH_BYTES = 4000;
/** Entries of one tree that are looked at; more of them are one entry. */
const MAX_ENTRIES = 1_000_000;
/** Files up to this size are read at once, larger ones in pieces of it. */
const PIECE_BYTES = 1 << 20;

export interface FoundEntry {
  /** Below the tree, with `/`; for people where `hasTextName` is false. */
  readonly path: string;
  /** What system calls take. */
  readonly location: string | Buffer;
  /** `beyond`: a folder whose content is not listed because it is unreadable, too deep, or the tree is too large. */
  readonly kind: 'file' | 'link' | 'special' | 'beyond';
  readonly hasTextName: boolean;
}

export type SkipPath = (relativePath: string) => boolean;

export interface WalkOptions {
  readonly isSkipped?: SkipPath;
  /** Entries that are looked at. */
  readonly maxEntries?: number;
  /** Called with a folder that cannot be read. Returns true where a second try is worth it. */
  readonly onUnreadable?: (location: string | Buffer) => boolean;
}

/** Everything below a folder but the folders themselves, sorted by path. A missing folder has nothing. */
export function walkTree(folder: string, options: WalkOptions = {}): FoundEntry[] {
  const { isSkipped = () => false, maxEntries = MAX_ENTRIES } = options;
  const found: FoundEntry[] = [];
  let lookedAt = 0;
  const pending: { path: string; location: string | Buffer; depth: number }[] = [
    { path: '', location: folder, depth: 0 },
  ];
  for (let current = pending.pop(); current; current = pending.pop()) {
    const { path, location, depth } = current;
    const isReadable = depth <= MAX_DEPTH && Buffer.byteLength(location) <= MAX_PATH_BYTES && lookedAt < maxEntries;
    const names = isReadable ? readNames(location, options.onUnreadable) : undefined;
    if (names === undefined) {
      if (path !== '') found.push({ path, location, kind: 'beyond', hasTextName: isText(location) });
      continue;
    }
    for (const { name, kind } of names) {
      const shownName = typeof name === 'string' ? name : showBytes(name);
      const entryPath = path === '' ? shownName : `${path}/${shownName}`;
      if (isSkipped(entryPath)) continue;
      lookedAt++;
      const entryLocation = joinBytes(location, name);
      if (kind === 'folder') pending.push({ path: entryPath, location: entryLocation, depth: depth + 1 });
      else found.push({ path: entryPath, location: entryLocation, kind, hasTextName: isText(entryLocation) });
      if (lookedAt >= maxEntries) break;
    }
  }
  return found.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
}

/** Paths of the entries of a tree, sorted. */
export function listTree(folder: string, isSkipped?: SkipPath): string[] {
  return walkTree(folder, isSkipped && { isSkipped }).map(({ path }) => path);
}

export interface HashOptions {
  readonly isSkipped?: SkipPath | undefined;
  readonly maxBytes?: number | undefined;
  readonly memo?: FileMemo | undefined;
}

/**
 * Hash of every file's path, kind, executable bit and content below a folder. With `maxBytes`, what lies beyond so many
 * bytes of content is hashed by its size alone: a file of a terabyte without content is made in no time. With a memo,
 * files that nobody has written to since they were read are not read again.
 */
export function hashTree(folder: string, isSkipped?: SkipPath, maxBytes?: number, memo?: FileMemo): string {
  return measureTree(folder, { isSkipped, maxBytes, memo }).hash;
}

/** The hash of a tree, and the bytes of content of its regular files. */
export function measureTree(
  folder: string,
  { isSkipped, maxBytes = Number.POSITIVE_INFINITY, memo }: HashOptions = {},
): { readonly hash: string; readonly bytes: number } {
  let bytes = 0;
  const parts = walkTree(folder, isSkipped && { isSkipped }).flatMap((entry) => {
    const fileStats = statsOf(entry.location);
    const size = fileStats?.isFile() ? Number(fileStats.size) : 0;
    bytes += size;
    return [entry.path, bytes > maxBytes ? `beyond:${size}` : contentHashOf(entry, fileStats, memo)];
  });
  return { hash: sha256Parts(parts), bytes };
}

/** Undefined where it has gone, or lies in a folder that may be listed and not entered. */
function statsOf(location: string | Buffer): fs.BigIntStats | undefined {
  try {
    return fs.lstatSync(location, { bigint: true });
  } catch {
    return undefined;
  }
}

/**
 * Cheap fingerprint of a tree: names, sizes, change times, inodes. Changes when anybody writes, without reading the
 * bytes.
 */
export function stampTree(folder: string, isSkipped?: SkipPath): string {
  const entries = walkTree(folder, isSkipped && { isSkipped });
  return sha256Parts(
    entries.map(({ path, location }) => {
      const fileStats = statsOf(location);
      if (!fileStats) return `${path} unknown`;
      return `${path} ${fileStats.size} ${fileStats.mtimeNs} ${fileStats.ctimeNs} ${fileStats.ino}`;
    }),
  );
}

/**
 * Take the right to write from all files of a tree; their owner can give it back. Folders keep it, so that a person can
 * remove the tree. A file with a second name belongs to somebody else too: package managers link from their own stores.
 */
export function makeReadOnly(folder: string): void {
  for (const { location } of walkTree(folder).filter(({ kind }) => kind === 'file')) {
    const fileStats = statsOf(location);
    if (fileStats?.nlink === 1n) fs.chmodSync(location, Number(fileStats.mode) & 0o555);
  }
}

function contentHashOf(
  { location }: FoundEntry,
  fileStats: fs.BigIntStats | undefined,
  memo: FileMemo | undefined,
): string {
  try {
    if (!fileStats) return 'unreadable';
    if (fileStats.isSymbolicLink()) return `link:${fs.readlinkSync(location, 'latin1')}`;
    const mode = Number(fileStats.mode);
    if (!fileStats.isFile()) return `special:${mode & fs.constants.S_IFMT}`;
    let contentHash = memo?.recall(fileStats);
    if (contentHash === undefined) {
      contentHash = hashLargeFile(location, Number(fileStats.size));
      memo?.remember(fileStats, contentHash);
    }
    return `${mode & 0o100 ? 'x' : '-'}${contentHash}`;
  } catch (thrown) {
    return `unreadable:${(thrown as NodeJS.ErrnoException).code}`;
  }
}

/** SHA-256 of a regular file, whatever its size. Blocks until it is done. */
export function hashLargeFile(location: string | Buffer, bytes: number): string {
  if (bytes <= PIECE_BYTES) return sha256Hex(fs.readFileSync(location));
  const hash = createHash('sha256');
  for (const piece of readPieces(location)) hash.update(piece);
  return hash.digest('hex');
}

/** The bytes of a regular file, whatever its size, in pieces. A piece is overwritten by the next one. */
export function* readPieces(location: string | Buffer): Generator<Buffer> {
  const descriptor = fs.openSync(location, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let length = fs.readSync(descriptor, piece); length > 0; length = fs.readSync(descriptor, piece))
      yield piece.subarray(0, length);
  } finally {
    fs.closeSync(descriptor);
  }
}

interface NamedKind {
  readonly name: string | Buffer;
  readonly kind: FoundEntry['kind'] | 'folder';
}

/** Names in a folder; undefined where it cannot be read. */
function readNames(location: string | Buffer, onUnreadable?: WalkOptions['onUnreadable']): NamedKind[] | undefined {
  try {
    return readNamesOrThrow(location);
  } catch {
    if (!onUnreadable?.(location)) return undefined;
  }
  try {
    return readNamesOrThrow(location);
  } catch {
    return undefined;
  }
}

function readNamesOrThrow(location: string | Buffer): NamedKind[] {
  const entries = fs.readdirSync(location, { withFileTypes: true });
  // Bytes that are no UTF-8 have become U+FFFD, and the name would not be found again.
  if (entries.every((entry) => !entry.name.includes('\uFFFD')))
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  return fs.readdirSync(location, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
    name: isUtf8(entry.name) ? entry.name.toString('utf8') : entry.name,
    kind: kindOf(entry),
  }));
}

function kindOf(entry: Pick<fs.Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'>): NamedKind['kind'] {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  return entry.isSymbolicLink() ? 'link' : 'special';
}

const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes);
const isText = (location: string | Buffer): boolean => typeof location === 'string' || isUtf8(location);

/** A name for people: every byte that is not printable ASCII as `\xNN`. */
const showBytes = (name: Buffer): string =>
  name
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** A path of strings where that is possible, because it is faster. */
export function joinBytes(parent: string | Buffer, name: string | Buffer): string | Buffer {
  if (typeof parent === 'string' && typeof name === 'string') return `${parent}/${name}`;
  return Buffer.concat([Buffer.from(parent), Buffer.from('/'), Buffer.from(name)]);
}

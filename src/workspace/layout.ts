/**
 * Lays files of a commit out in a folder, and compares a folder with a commit. Files that an earlier layout left as
 * they are wanted are not written again. Every object is hashed on its way out of the store, every file that may have
 * changed is hashed again.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TreeEntry } from '../core/ports.ts';
import { FileMemo } from '../os/file-memo.ts';
import { removeTree } from '../os/files.ts';
import { walkTree } from '../os/trees.ts';
import { damagedError, hashFile, hashObject, readInPieces, type StoredObject, streamBlob } from './objects.ts';

/** Blobs that lie in memory. */
export interface BlobCache {
  get(oid: string): Buffer | undefined;
  remember(oid: string, content: Buffer): void;
}

export class Layout {
  readonly #store: string;
  readonly #cache: BlobCache;
  /** Names of the blobs that files hold. */
  readonly #fileOids = new FileMemo();
  /** Where a large blob was laid out last. */
  readonly #largeFiles = new Map<string, string>();

  constructor(store: string, cache: BlobCache) {
    this.#store = store;
    this.#cache = cache;
  }

  /** Write files into a folder; none of them is there. */
  async writeFiles(entries: readonly TreeEntry[], folder: string): Promise<void> {
    const madeFolders = new Set([folder]);
    const placeOf = (entry: TreeEntry): string => {
      const targetFile = path.join(folder, entry.path);
      const targetFolder = path.dirname(targetFile);
      if (!madeFolders.has(targetFolder)) fs.mkdirSync(targetFolder, { recursive: true });
      madeFolders.add(targetFolder);
      return targetFile;
    };
    const unread = new Map<string, TreeEntry[]>();
    for (const entry of entries) {
      const content = this.#cache.get(entry.oid);
      if (content) writeEntry(placeOf(entry), entry.mode, content);
      else unread.set(entry.oid, [...(unread.get(entry.oid) ?? []), entry]);
    }
    const takeSmall = (oid: string, object: StoredObject | undefined): void => {
      const sameEntries = unread.get(oid)!;
      if (object?.type !== 'blob' || !object.isIntact)
        throw damagedError(oid, sameEntries[0]!.path, object !== undefined);
      this.#cache.remember(oid, object.content);
      for (const entry of sameEntries) writeEntry(placeOf(entry), entry.mode, object.content);
    };
    await readInPieces(this.#store, [...unread.keys()], takeSmall, async (oid, size) => {
      for (const entry of unread.get(oid)!) await this.#writeLarge(entry, size, placeOf(entry));
    });
  }

  /** By a copy of where it lies already, which costs nothing where the file system can share blocks. */
  async #writeLarge({ oid, mode, path: filePath }: TreeEntry, size: number, targetFile: string): Promise<void> {
    const knownFile = this.#largeFiles.get(oid);
    this.#largeFiles.set(oid, targetFile);
    if (knownFile !== undefined && this.#blobIn(knownFile, oid) === oid) {
      fs.copyFileSync(knownFile, targetFile, fs.constants.COPYFILE_FICLONE);
      fs.chmodSync(targetFile, permissionsOf(mode));
      return;
    }
    const descriptor = fs.openSync(targetFile, 'wx', permissionsOf(mode));
    try {
      const isIntact = await streamBlob(this.#store, oid, size, (piece) => writeFully(descriptor, piece));
      if (!isIntact) throw damagedError(oid, filePath, true);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  /** Remove from a folder what is not among the entries, and return those that are not there as they should be. */
  keepMatching(entries: readonly TreeEntry[], folder: string): TreeEntry[] {
    const wanted = new Map(entries.map((entry) => [entry.path, entry]));
    const folders = new Set<string>();
    for (const { path: filePath } of entries)
      for (let above = path.dirname(filePath); above !== '.' && !folders.has(above); above = path.dirname(above))
        folders.add(above);
    const pending = [''];
    for (let current = pending.pop(); current !== undefined; current = pending.pop())
      for (const dirent of fs.readdirSync(path.join(folder, current), { withFileTypes: true })) {
        const filePath = current === '' ? dirent.name : `${current}/${dirent.name}`;
        const location = path.join(folder, filePath);
        const entry = wanted.get(filePath);
        if (dirent.isDirectory() && folders.has(filePath)) pending.push(filePath);
        else if (!dirent.isDirectory() && entry && this.#isAsCommitted(location, entry)) wanted.delete(filePath);
        else removeTree(location);
      }
    return [...wanted.values()];
  }

  /** The first path below a folder that is not as these entries have it: changed, missing or added. */
  findDifference(entries: readonly TreeEntry[], folder: string): string | undefined {
    const knownPaths = new Set(entries.map((entry) => entry.path));
    return (
      entries.find((entry) => !this.#isAsCommitted(path.join(folder, entry.path), entry))?.path ??
      walkTree(folder).find((found) => !knownPaths.has(found.path))?.path
    );
  }

  #isAsCommitted(location: string, { mode, oid }: TreeEntry): boolean {
    const fileStats = fs.lstatSync(location, { throwIfNoEntry: false, bigint: true });
    if (mode === '120000')
      return (
        fileStats?.isSymbolicLink() === true && hashObject('blob', fs.readlinkSync(location, 'buffer'), oid) === oid
      );
    const isExecutable = mode === '100755';
    return (
      fileStats?.isFile() === true &&
      (Number(fileStats.mode) & 0o100) === (isExecutable ? 0o100 : 0) &&
      this.#blobIn(location, oid) === oid
    );
  }

  /** The name of the blob that a file holds; undefined where it cannot be read. */
  #blobIn(location: string, likeOid: string): string | undefined {
    const fileStats = fs.lstatSync(location, { throwIfNoEntry: false, bigint: true });
    if (!fileStats?.isFile()) return undefined;
    const knownOid = this.#fileOids.recall(fileStats);
    if (knownOid !== undefined) return knownOid;
    const oid = hashFile(location, Number(fileStats.size), likeOid);
    this.#fileOids.remember(fileStats, oid);
    return oid;
  }
}

const permissionsOf = (mode: string): number => (mode === '100755' ? 0o755 : 0o644);

function writeEntry(targetFile: string, mode: string, content: Buffer): void {
  if (mode === '120000') fs.symlinkSync(content, targetFile);
  else fs.writeFileSync(targetFile, content, { mode: permissionsOf(mode), flag: 'wx' });
}

function writeFully(descriptor: number, piece: Buffer): void {
  for (let written = 0; written < piece.length;) written += fs.writeSync(descriptor, piece, written);
}

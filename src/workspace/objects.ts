/**
 * Objects of the private store, read by name and hashed again. git hands out a loose object without comparing its bytes
 * with its name, so whoever vouches for an object does it here.
 */
import { createHash, type Hash } from 'node:crypto';
import { LabError } from '../base/error.ts';
import { readPieces } from '../os/trees.ts';
import { askGit, gitError, gitText } from './command.ts';

export type ObjectType = 'commit' | 'tree' | 'blob';

export interface StoredObject {
  readonly type: ObjectType;
  readonly content: Buffer;
  /** Its bytes have the hash that is its name. */
  readonly isIntact: boolean;
}

export interface TreeItem {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** Bytes of objects that are read in one go. */
const MAX_PIECE_BYTES = 32 << 20;
/** More in one answer of git is a mistake. Editable files, patches and pieces are much smaller. */
const MAX_ANSWER_BYTES = 1 << 30;
const TREE_MODE = '40000';

/** The name of an object, by SHA-1 or SHA-256 as `likeOid` has it. */
export const hashObject = (type: ObjectType, content: Uint8Array, likeOid = ''): string =>
  startHash(type, content.length, likeOid).update(content).digest('hex');

const startHash = (type: ObjectType, size: number, likeOid: string): Hash =>
  createHash(likeOid.length === 64 ? 'sha256' : 'sha1').update(`${type} ${size}\0`);

/** Objects by name, through one `cat-file --batch`. Those that are missing or cannot be read are left out. */
export async function readObjects(store: string, oids: readonly string[]): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  if (oids.length === 0) return objects;
  const answer = await askGit(['cat-file', '--batch'], {
    store,
    input: `${oids.join('\n')}\n`,
    maxBytes: MAX_ANSWER_BYTES,
    movesBytes: MAX_ANSWER_BYTES,
  });
  if (answer.status === undefined) throw gitError(['cat-file'], answer);
  // git stops at an object that it cannot unpack; the others are then asked for one by one.
  if (answer.status !== 0 && oids.length > 1) {
    for (const oid of oids) for (const [name, object] of await readObjects(store, [oid])) objects.set(name, object);
    return objects;
  }
  let offset = 0;
  for (const oid of oids) {
    const headerEnd = answer.bytes.indexOf(10, offset);
    if (headerEnd < 0) break;
    const header = answer.bytes.toString('latin1', offset, headerEnd);
    const [, type, size] = /^[0-9a-f]+ (commit|tree|blob) (\d+)$/.exec(header) ?? [];
    offset = headerEnd + 1;
    if (!type) continue;
    const content = Buffer.from(answer.bytes.subarray(offset, offset + Number(size)));
    offset += Number(size) + 1;
    const isIntact = hashObject(type as ObjectType, content, oid) === oid;
    objects.set(oid, { type: type as ObjectType, content, isIntact });
  }
  return objects;
}

/** Pass on a blob of any length in pieces. Resolves with whether its bytes have the hash that is its name. */
export async function streamBlob(
  store: string,
  oid: string,
  size: number,
  onPiece: (piece: Buffer) => void = () => {},
): Promise<boolean> {
  const hash = startHash('blob', size, oid);
  let failure: { readonly thrown: unknown } | undefined;
  const takePiece = (piece: Buffer): void => {
    if (failure) return;
    hash.update(piece);
    try {
      onPiece(piece);
    } catch (thrown) {
      failure = { thrown };
    }
  };
  const answer = await askGit(['cat-file', 'blob', oid], { store, movesBytes: size, onOutput: takePiece });
  if (failure) throw failure.thrown;
  return answer.status === 0 && hash.digest('hex') === oid;
}

/** The name of a file's content as a blob, read in pieces. */
export function hashFile(location: string, size: number, likeOid: string): string {
  const hash = startHash('blob', size, likeOid);
  for (const piece of readPieces(location)) hash.update(piece);
  return hash.digest('hex');
}

/**
 * Every object of a list, in pieces that fit into memory; undefined for one that is missing or cannot be read. A blob
 * that is too large for a piece goes to `takeLarge`; without that it is hashed, and taken without its content.
 */
export async function readInPieces(
  store: string,
  oids: readonly string[],
  take: (oid: string, object: StoredObject | undefined) => void,
  takeLarge?: (oid: string, size: number) => Promise<void>,
): Promise<void> {
  if (oids.length === 0) return;
  const answers = await gitText(['cat-file', '--batch-check'], { store, input: `${oids.join('\n')}\n` });
  const sizes = answers.split('\n').map((line) => Number(/ (\d+)$/.exec(line)?.[1] ?? 0));
  let [piece, pieceBytes]: [string[], number] = [[], 0];
  const takePiece = async (): Promise<void> => {
    const objects = await readObjects(store, piece);
    for (const oid of piece) take(oid, objects.get(oid));
    [piece, pieceBytes] = [[], 0];
  };
  for (const [index, oid] of oids.entries()) {
    if (sizes[index]! > MAX_PIECE_BYTES) {
      if (takeLarge) await takeLarge(oid, sizes[index]!);
      else take(oid, { type: 'blob', content: Buffer.alloc(0), isIntact: await streamBlob(store, oid, sizes[index]!) });
      continue;
    }
    if (pieceBytes + sizes[index]! > MAX_PIECE_BYTES) await takePiece();
    piece.push(oid);
    pieceBytes += sizes[index]!;
  }
  await takePiece();
}

/** What a tree object holds. */
export function parseTree(content: Buffer, oid: string): TreeItem[] {
  const hashBytes = oid.length / 2;
  const items: TreeItem[] = [];
  for (let offset = 0; offset < content.length;) {
    const nameEnd = content.indexOf(0, offset);
    const [mode = '', ...nameParts] = content.toString('utf8', offset, nameEnd).split(' ');
    const hashEnd = nameEnd + 1 + hashBytes;
    items.push({ mode, name: nameParts.join(' '), oid: content.toString('hex', nameEnd + 1, hashEnd) });
    offset = hashEnd;
  }
  return items;
}

export const isFolder = (item: TreeItem): boolean => item.mode === TREE_MODE;

/** The tree that a commit object names. */
export const treeOfCommit = (content: Buffer): string | undefined =>
  /^tree ([0-9a-f]+)\n/.exec(content.toString('latin1', 0, 80))?.[1];

interface FlatEntry {
  readonly path: string;
  readonly mode: string;
  readonly oid: string;
}

/**
 * The name of the tree that holds exactly these files: what a listing of git is worth. `onTree` receives every tree on
 * the way, the inner ones first.
 */
export function hashFileList(
  entries: readonly FlatEntry[],
  likeOid: string,
  onTree: (oid: string, content: Buffer) => void = () => {},
): string {
  const folders = new Map<string, FlatEntry[]>();
  const items: TreeItem[] = [];
  for (const entry of entries) {
    const slash = entry.path.indexOf('/');
    if (slash < 0) items.push({ mode: entry.mode, name: entry.path, oid: entry.oid });
    else {
      const folder = entry.path.slice(0, slash);
      const inside = folders.get(folder) ?? [];
      folders.set(folder, inside);
      inside.push({ ...entry, path: entry.path.slice(slash + 1) });
    }
  }
  for (const [name, inside] of folders)
    items.push({ mode: TREE_MODE, name, oid: hashFileList(inside, likeOid, onTree) });
  const sortName = (item: TreeItem): Buffer => Buffer.from(isFolder(item) ? `${item.name}/` : item.name);
  items.sort((left, right) => sortName(left).compare(sortName(right)));
  const parts = items.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
  const content = Buffer.concat(parts);
  const oid = hashObject('tree', content, likeOid);
  onTree(oid, content);
  return oid;
}

/** What a session ends with that finds such an object. */
export const damagedError = (objectId: string, filePath: string, isThere: boolean): LabError =>
  new LabError('E_GIT_FAILED', {
    what: `An object ${isThere ? 'in the private store was changed' : 'is missing from the private store'}.`,
    why: isThere
      ? `${filePath}: the bytes of ${objectId.slice(0, 12)} are not those that its name stands for.`
      : `${filePath}: git does not find ${objectId.slice(0, 12)}.`,
    next: 'Run `overnight audit`; restore `.overnight` from a backup.',
  });

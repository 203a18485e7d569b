/**
 * Writes objects and refs into the private store as git does, without starting git: an experiment's commit is a blob or
 * two, the trees above them and the commit itself. Each is on disk when the next one, which names it, is written; a
 * killed writer leaves at most a temporary file and objects that nothing names.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';
import { hashObject, type ObjectType } from './objects.ts';

/** Write an object and return its name. An object that is there is left alone. */
export function writeObject(store: string, type: ObjectType, content: Uint8Array, likeOid: string): string {
  const oid = hashObject(type, content, likeOid);
  const folder = path.join(store, 'objects', oid.slice(0, 2));
  const objectFile = path.join(folder, oid.slice(2));
  if (fs.existsSync(objectFile)) return oid;
  fs.mkdirSync(folder, { recursive: true });
  const bytes = deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]), { level: 1 });
  writeDurably(path.join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`), objectFile, bytes, 0o444);
  return oid;
}

/**
 * Point a ref at a commit. The refs of a lab have one writer, which holds the ledger's lock, so that a lock file which
 * is there was left by a killed git.
 */
export function writeRef(store: string, ref: string, commit: string): void {
  const refFile = path.join(store, ref);
  fs.mkdirSync(path.dirname(refFile), { recursive: true });
  fs.rmSync(`${refFile}.lock`, { force: true });
  writeDurably(`${refFile}.lock`, refFile, Buffer.from(`${commit}\n`), 0o644);
}

/** Does the store keep its refs as files? Another kind is written by git alone. */
export const hasRefFiles = (store: string): boolean => !fs.existsSync(path.join(store, 'reftable'));

function writeDurably(temporaryFile: string, targetFile: string, bytes: Uint8Array, fileMode: number): void {
  const descriptor = fs.openSync(temporaryFile, 'wx', fileMode);
  try {
    fs.writeFileSync(descriptor, bytes);
    fs.fdatasyncSync(descriptor);
    fs.closeSync(descriptor);
    fs.renameSync(temporaryFile, targetFile);
  } catch (thrown) {
    fs.rmSync(temporaryFile, { force: true });
    throw thrown;
  }
}

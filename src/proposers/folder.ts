/**
 * The folder of one call, before and after: which editable files changed, and which other files. Trusts nothing that it
 * finds: links are not followed, large and binary files are not read. Knows nothing about agents.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { sha256Hex } from '../base/hash.ts';
import type { FileRole } from '../core/file-roles.ts';
import type { RefusalCode } from '../core/event.ts';
import type { FileEdit } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

/** A larger file is not read, because the policy refuses it. */
const MAX_BYTES = 1 << 20;
/** A larger file is compared by its size, times and inode instead of its content. */
const MAX_HASHED_BYTES = 1 << 16;

export type Fingerprints = ReadonlyMap<string, string>;

export interface FolderChanges {
  readonly edits: readonly FileEdit[];
  /** Files that are not editable and were changed or removed. These changes do not count. */
  readonly touched: readonly string[];
  /** New files that are not editable. They do not count. */
  readonly strays: readonly string[];
  /** An editable file that cannot be recorded as text. */
  readonly refusal?: { readonly code: RefusalCode; readonly reason: string };
}

/** A fingerprint of every file, to be compared with a later one. */
export function fingerprintsOf(directory: string): Fingerprints {
  return new Map(listTree(directory).map((filePath) => [filePath, fingerprintOf(path.join(directory, filePath))]));
}

function fingerprintOf(filePath: string): string {
  const fileStat = fs.lstatSync(filePath, { bigint: true });
  if (fileStat.isSymbolicLink()) return `link ${fs.readlinkSync(filePath)}`;
  if (!fileStat.isFile()) return 'special';
  if (fileStat.size <= MAX_HASHED_BYTES) return sha256Hex(fs.readFileSync(filePath));
  return `${fileStat.size} ${fileStat.mtimeNs} ${fileStat.ctimeNs} ${fileStat.ino}`;
}

/** What changed below `directory` since `printsBefore`, except `ignoredPaths`. */
export function collectChanges(
  directory: string,
  printsBefore: Fingerprints,
  fileRoleOf: (filePath: string) => FileRole,
  ignoredPaths: ReadonlySet<string>,
): FolderChanges {
  const printsAfter = fingerprintsOf(directory);
  const changedPaths = [...new Set([...printsBefore.keys(), ...printsAfter.keys()])]
    .filter((filePath) => !ignoredPaths.has(filePath) && printsBefore.get(filePath) !== printsAfter.get(filePath))
    .sort();
  const edits: FileEdit[] = [];
  let refusal: FolderChanges['refusal'];
  for (const editedPath of changedPaths.filter((changedPath) => fileRoleOf(changedPath) === 'editable')) {
    if (!printsAfter.has(editedPath)) {
      edits.push({ path: editedPath, content: null });
      continue;
    }
    const editedContent = readEdited(path.join(directory, editedPath), editedPath);
    if (typeof editedContent === 'string') edits.push({ path: editedPath, content: editedContent });
    else refusal ??= editedContent;
  }
  const otherPaths = changedPaths.filter((changedPath) => fileRoleOf(changedPath) !== 'editable');
  return defined({
    edits,
    touched: otherPaths.filter((otherPath) => printsBefore.has(otherPath)),
    strays: otherPaths.filter((otherPath) => !printsBefore.has(otherPath)),
    refusal,
  });
}

function readEdited(filePath: string, displayPath: string): string | NonNullable<FolderChanges['refusal']> {
  const fileStat = fs.lstatSync(filePath);
  if (!fileStat.isFile()) return { code: 'not-text', reason: `${displayPath} is no longer a plain file` };
  if (fileStat.size > MAX_BYTES)
    return { code: 'too-large', reason: `${displayPath} has ${fileStat.size} bytes, at most ${MAX_BYTES} are allowed` };
  const contentBytes = fs.readFileSync(filePath);
  if (contentBytes.includes(0)) return { code: 'not-text', reason: `${displayPath} would become a binary file` };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(contentBytes);
  } catch {
    return { code: 'not-text', reason: `${displayPath} is no longer UTF-8 text` };
  }
}

/** The note that an agent left as a file; undefined when there is none, or it is too large. */
export function readNoteFile(directory: string, fileName: string): string | undefined {
  const fileStat = fs.lstatSync(path.join(directory, fileName), { throwIfNoEntry: false });
  return fileStat?.isFile() && fileStat.size <= 64 * 1024
    ? fs.readFileSync(path.join(directory, fileName), 'utf8')
    : undefined;
}

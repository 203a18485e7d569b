/**
 * The folder of one call, before and after: which editable files changed, and which other files. Trusts nothing that it
 * finds: links are not followed, large and binary files are not read. Knows nothing about agents.
 */
import * as fs from 'node:fs';
import { defined } from '../base/defined.ts';
import { sha256Hex } from '../base/hash.ts';
import type { FileRole } from '../core/file-roles.ts';
import type { RefusalCode } from '../core/event.ts';
import type { FileEdit } from '../core/ports.ts';
import { isProblem, openLeftFile, readSmallFile } from '../os/left-files.ts';
import { type FoundEntry, type SkipPath, walkTree } from '../os/trees.ts';

/** A larger file is not read, because the policy refuses it. */
const MAX_BYTES = 1 << 20;
/** A larger file is compared by its size, times and inode instead of its content. */
const MAX_HASHED_BYTES = 1 << 16;
/** Entries that are looked at; what an agent leaves beyond them does not count. */
const MAX_ENTRIES = 100_000;
/** Changed editable files that are read; the policy refuses more. */
const MAX_EDITS = 1000;

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

/** A fingerprint of every file, to be compared with a later one. What `isSkipped` says is not looked at. */
export function fingerprintsOf(directory: string, isSkipped?: SkipPath): Fingerprints {
  return new Map(readFolder(directory, isSkipped).map((entry) => [entry.path, fingerprintOf(entry)]));
}

/** Everything below the folder. What its owner may not read is made readable: the folder is a copy of ours. */
const readFolder = (directory: string, isSkipped?: SkipPath): readonly FoundEntry[] =>
  walkTree(directory, { maxEntries: MAX_ENTRIES, onUnreadable: openUp, ...(isSkipped && { isSkipped }) });

function openUp(location: string | Buffer): boolean {
  try {
    if (!fs.lstatSync(location).isDirectory()) return false;
    fs.chmodSync(location, 0o700);
    return true;
  } catch {
    return false;
  }
}

function fingerprintOf({ location, kind }: FoundEntry): string {
  try {
    const fileStat = fs.lstatSync(location, { bigint: true });
    if (kind === 'link') return `link ${fs.readlinkSync(location, 'latin1')}`;
    if (kind === 'file' && fileStat.size <= MAX_HASHED_BYTES) return sha256Hex(fs.readFileSync(location));
    if (kind === 'special') return 'special';
    return `${fileStat.size} ${fileStat.mtimeNs} ${fileStat.ctimeNs} ${fileStat.ino}`;
  } catch (thrown) {
    return `unreadable ${(thrown as NodeJS.ErrnoException).code}`;
  }
}

/** What changed below `directory` since `printsBefore`, except `ignoredPaths` and what `isSkipped` says. */
export function collectChanges(
  directory: string,
  printsBefore: Fingerprints,
  fileRoleOf: (filePath: string) => FileRole,
  ignoredPaths: ReadonlySet<string>,
  isSkipped?: SkipPath,
): FolderChanges {
  const entriesAfter = readFolder(directory, isSkipped);
  const printsAfter = new Map(entriesAfter.map((entry) => [entry.path, fingerprintOf(entry)]));
  // An edit is a file with a name of text; what is none of that cannot be recorded, whatever the globs say.
  const unnamable = new Set(
    entriesAfter.filter(({ hasTextName, kind }) => !hasTextName || kind === 'beyond').map((entry) => entry.path),
  );
  const changedPaths = [...new Set([...printsBefore.keys(), ...printsAfter.keys()])]
    .filter((filePath) => !ignoredPaths.has(filePath) && printsBefore.get(filePath) !== printsAfter.get(filePath))
    .sort();
  const isEdit = (filePath: string): boolean => !unnamable.has(filePath) && fileRoleOf(filePath) === 'editable';
  const otherPaths = changedPaths.filter((changedPath) => !isEdit(changedPath));
  return defined({
    ...readEdits(directory, changedPaths.filter(isEdit), new Set(printsAfter.keys())),
    touched: otherPaths.filter((otherPath) => printsBefore.has(otherPath)),
    strays: otherPaths.filter((otherPath) => !printsBefore.has(otherPath)),
  });
}

/** The new content of changed files, up to what one proposal may hold. */
function readEdits(
  directory: string,
  editedPaths: readonly string[],
  presentPaths: ReadonlySet<string>,
): Pick<FolderChanges, 'edits' | 'refusal'> {
  if (editedPaths.length > MAX_EDITS)
    return tooLarge(`${editedPaths.length} files were changed, at most ${MAX_EDITS} are allowed`);
  const edits: FileEdit[] = [];
  let refusal: FolderChanges['refusal'];
  let totalBytes = 0;
  for (const editedPath of editedPaths) {
    const editedContent = presentPaths.has(editedPath) ? readEdited(directory, editedPath) : null;
    if (editedContent !== null && typeof editedContent !== 'string') {
      refusal ??= editedContent;
      continue;
    }
    totalBytes += Buffer.byteLength(editedContent ?? '');
    if (totalBytes > MAX_BYTES)
      return tooLarge(`the changed files have more than ${MAX_BYTES} bytes, which is the most that is allowed`);
    edits.push({ path: editedPath, content: editedContent });
  }
  return defined({ edits, refusal });
}

const tooLarge = (reason: string): Pick<FolderChanges, 'edits' | 'refusal'> => ({
  edits: [],
  refusal: { code: 'too-large', reason },
});

function readEdited(directory: string, editedPath: string): string | NonNullable<FolderChanges['refusal']> {
  const opened = openLeftFile(directory, editedPath);
  if (isProblem(opened)) return { code: 'not-text', reason: `${editedPath} is no longer a plain file` };
  const { size } = opened.stats;
  opened.close();
  if (size > MAX_BYTES)
    return { code: 'too-large', reason: `${editedPath} has ${size} bytes, at most ${MAX_BYTES} are allowed` };
  const contentBytes = readSmallFile(directory, editedPath, MAX_BYTES);
  if (!contentBytes) return { code: 'not-text', reason: `${editedPath} cannot be read` };
  if (contentBytes.includes(0)) return { code: 'not-text', reason: `${editedPath} would become a binary file` };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(contentBytes);
  } catch {
    return { code: 'not-text', reason: `${editedPath} is no longer UTF-8 text` };
  }
}

/** The note that an agent left as a file; undefined when there is none, or it is too large. */
export const readNoteFile = (directory: string, fileName: string): string | undefined =>
  readSmallFile(directory, fileName, 64 * 1024)?.toString('utf8');

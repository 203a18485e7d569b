/** Commits of the private store, written without git: the files that a commit has after some edits, and its bytes. */
import { LabError } from '../base/error.ts';
import type { FileEdit, TreeEntry } from '../core/ports.ts';
import { hashObject } from './objects.ts';

const IDENTITY = 'Overnight <overnight@localhost>';

/** A line of author or committer. */
export const signatureAt = (committedAt: string): string =>
  `${IDENTITY} ${Math.floor(Date.parse(committedAt) / 1000)} +0000`;

export function commitContent(tree: string, parent: string, message: string, committedAt: string): Buffer {
  const signature = signatureAt(committedAt);
  return Buffer.from(`tree ${tree}\nparent ${parent}\nauthor ${signature}\ncommitter ${signature}\n\n${message}`);
}

/**
 * The files after some edits, sorted as git sorts them. A new file takes the place of a folder of its name, and of a
 * file where a folder is needed. Throws for a path that git would not take.
 */
export function applyEdits(entries: readonly TreeEntry[], edits: readonly FileEdit[], likeOid: string): TreeEntry[] {
  let files = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path: filePath, content } of edits) {
    requirePath(filePath);
    const known = files.get(filePath);
    if (content === null || !known) {
      const isInTheWay = (other: string): boolean =>
        other === filePath ||
        other.startsWith(`${filePath}/`) ||
        (content !== null && filePath.startsWith(`${other}/`));
      files = new Map([...files].filter(([other]) => !isInTheWay(other)));
    }
    if (content === null) continue;
    const oid = hashObject('blob', Buffer.from(content), likeOid);
    files.set(filePath, { path: filePath, mode: known?.mode ?? '100644', oid });
  }
  return sortByBytes([...files.values()]);
}

function sortByBytes(entries: readonly TreeEntry[]): TreeEntry[] {
  const keyed = entries.map((entry) => ({ entry, bytes: Buffer.from(entry.path) }));
  return keyed.sort((left, right) => left.bytes.compare(right.bytes)).map(({ entry }) => entry);
}

function requirePath(filePath: string): void {
  const isFit = filePath.split('/').every((part) => !/^(|\.|\.\.|\.git)$/i.test(part)) && !filePath.includes('\0');
  if (isFit) return;
  throw new LabError('E_GIT_FAILED', {
    what: 'An edit names no file of a commit.',
    why: `git would not take the path "${filePath.slice(0, 120)}".`,
    next: 'Run `overnight audit`; the ledger was edited or written by a faulty program.',
  });
}

/** Edits as the ledger keeps them, content by its hash, and the editable files that they are made on. */
import { LabError } from '../base/error.ts';
import { sha256Hex } from '../base/hash.ts';
import { roleOf } from '../core/file-roles.ts';
import type { FileEdit, Ledger, Workspace } from '../core/ports.ts';
import { arenaOf } from '../core/state.ts';

/** The blob of each path's new content; null where the file is deleted. */
export type StoredEdits = Readonly<Record<string, string | null>>;

/** Put the content of edits into the ledger's blobs. */
export function storeEdits(ledger: Ledger, edits: readonly FileEdit[]): StoredEdits {
  return Object.fromEntries(
    edits.map(({ path, content }) => [path, content === null ? null : ledger.putBlob(content)]),
  );
}

/** Read stored edits back. Throws E_LEDGER_CORRUPT where a blob is missing or damaged. */
export function loadEdits(ledger: Ledger, storedEdits: StoredEdits): FileEdit[] {
  return Object.entries(storedEdits).map(([path, blobHash]) => {
    if (blobHash === null) return { path, content: null };
    const content = ledger.getBlob(blobHash);
    if (!content || sha256Hex(content) !== blobHash) {
      throw new LabError('E_LEDGER_CORRUPT', {
        what: `The content of ${path} that was proposed is missing.`,
        why: `Blob ${blobHash.slice(0, 12)}… is ${content ? 'damaged' : 'not there'}.`,
        next: 'Restore the lab’s `blobs` folder from a backup.',
      });
    }
    return { path, content: Buffer.from(content).toString('utf8') };
  });
}

/** Text of the editable files of a commit, by path. */
export async function readEditableFiles(
  { ledger, workspace }: { readonly ledger: Ledger; readonly workspace: Workspace },
  commit: string,
): Promise<ReadonlyMap<string, string>> {
  const roleOfFile = roleOf(arenaOf(ledger.state));
  const treeEntries = await workspace.listEntries(commit);
  const editablePaths = treeEntries.map((entry) => entry.path).filter((path) => roleOfFile(path) === 'editable');
  return workspace.readFiles(commit, editablePaths);
}

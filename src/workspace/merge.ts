/** Merges two changes of the same files by three ways, file by file; texts by git. Knows nothing about commits. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FileEdit, Merge, TreeEntry } from '../core/ports.ts';
import { removeTree } from '../os/files.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { gitText } from './command.ts';

export interface MergeSides {
  readonly ours: readonly TreeEntry[];
  readonly base: readonly TreeEntry[];
  readonly theirs: readonly TreeEntry[];
}

/** Edits of `ours` that make the change from `base` to `theirs`, and the files in which both changed the same lines. */
export async function mergeTrees(sides: MergeSides, readText: (entry: TreeEntry) => Promise<string>): Promise<Merge> {
  const byPath = (entries: readonly TreeEntry[]): Map<string, TreeEntry> =>
    new Map(entries.map((entry) => [entry.path, entry]));
  const [ours, base, theirs] = [byPath(sides.ours), byPath(sides.base), byPath(sides.theirs)];
  const changedPaths = [...new Set([...base.keys(), ...theirs.keys()])].filter(
    (filePath) => base.get(filePath)?.oid !== theirs.get(filePath)?.oid,
  );
  const edits: FileEdit[] = [];
  const conflicts: string[] = [];
  for (const filePath of changedPaths) {
    const [our, before, their] = [ours.get(filePath), base.get(filePath), theirs.get(filePath)];
    if (our?.oid === their?.oid) continue;
    if (our?.oid === before?.oid) {
      edits.push({ path: filePath, content: their ? await readText(their) : null });
      continue;
    }
    const merged =
      our && before && their
        ? await mergeTexts(await readText(our), await readText(before), await readText(their))
        : undefined;
    if (merged === undefined) conflicts.push(filePath);
    else if (merged !== (await readText(our!))) edits.push({ path: filePath, content: merged });
  }
  return { edits, conflicts };
}

/** Merge two changes of a text by git; undefined where both changed the same lines. */
async function mergeTexts(ourText: string, baseText: string, theirText: string): Promise<string | undefined> {
  const mergeDir = makeTemporaryFolder('overnight-merge-');
  try {
    for (const [fileName, fileText] of Object.entries({ ours: ourText, base: baseText, theirs: theirText }))
      fs.writeFileSync(path.join(mergeDir, fileName), fileText);
    const conflictStatuses = Array.from({ length: 127 }, (_, i) => i + 1);
    const mergedText = await gitText(['merge-file', '-p', 'ours', 'base', 'theirs'], {
      cwd: mergeDir,
      allow: conflictStatuses,
    });
    return /^<{7} ours$/m.test(mergedText) ? undefined : mergedText;
  } finally {
    removeTree(mergeDir);
  }
}

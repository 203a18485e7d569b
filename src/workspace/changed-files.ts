/** Which frozen files of the person's folder are not as a commit of the baseline has them. Only reads. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isPageOfPerson, roleOf } from '../core/file-roles.ts';
import type { Arena } from '../core/arena.ts';
import type { TreeEntry, Workspace } from '../core/ports.ts';
import type { FileChange } from '../core/unread-files.ts';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { askGit } from './command.ts';
import { hashFile, hashObject } from './objects.ts';
import { readFolder, readSource, type SourceFile } from './source.ts';

/** Sorted by path. Pages of instructions may change during a lab, and so may what `overnight install` writes. */
export async function listFrozenChanges(
  folder: string,
  arena: Arena,
  workspace: Workspace,
  commit: string,
): Promise<readonly FileChange[]> {
  const roleOfFile = roleOf(arena);
  const isCompared = (filePath: string): boolean => roleOfFile(filePath) !== 'editable' && !isPageOfPerson(filePath);
  const before = new Map(
    (await workspace.listEntries(commit)).filter(({ path: file }) => isCompared(file)).map((file) => [file.path, file]),
  );
  const after = new Map(
    (await readFolder(folder)).filter(({ path: file }) => isCompared(file)).map((file) => [file.path, file]),
  );
  const differing = [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => !isSame(before.get(file), after.get(file)))
    .sort();
  if (differing.length === 0) return [];
  const trackedFiles = await listTracked(folder);
  const textsBefore = await workspace.readFiles(commit, differing);
  return differing.flatMap((file) => {
    const [textBefore, fileAfter] = [textsBefore.get(file), after.get(file)];
    if (isInstructions(file) && withoutUs(file, textBefore) === withoutUs(file, fileAfter && textOf(fileAfter)))
      return [];
    return {
      path: file,
      kind: fileAfter === undefined ? 'removed' : textBefore === undefined ? 'added' : 'changed',
      isTracked: trackedFiles.has(file),
      isIgnored: fileAfter === undefined && fs.existsSync(path.join(folder, file)),
      wasEmpty: textBefore === '',
      hasOnlyGrown: textBefore === undefined || (fileAfter !== undefined && textOf(fileAfter).startsWith(textBefore)),
      isOwnOutput:
        isOwnOutput(path.join(folder, file)) || (fileAfter !== undefined && RUN_HEADING.test(textOf(fileAfter))),
    } as const;
  });
}

/** Larger files are compared by their hash alone. */
const MAX_TEXT_BYTES = 16 << 20;

const textOf = (file: SourceFile): string => (file.size > MAX_TEXT_BYTES ? '' : readSource(file).toString('utf8'));

const withoutUs = (file: string, text: string | undefined): string => leftWithoutUs(file, text ?? '');

function isSame(before: TreeEntry | undefined, after: SourceFile | undefined): boolean {
  if (!before || !after) return false;
  if (before.mode !== after.mode) return false;
  return before.oid === hashSource(after, before.oid);
}

const hashSource = (file: SourceFile, likeOid: string): string =>
  file.mode === '120000' ? hashObject('blob', readSource(file), likeOid) : hashFile(file.location, file.size, likeOid);

async function listTracked(folder: string): Promise<ReadonlySet<string>> {
  const listing = await askGit(['ls-files', '-z', '--cached'], { cwd: folder, asPerson: true });
  return new Set(listing.status === 0 ? listing.stdout.split('\0').filter(Boolean) : []);
}

/** What `overnight run` prints first. */
const RUN_HEADING = /^(New|Going on with) lab \S+ of .* is better\n {2}ideas {4}/m;

/** The shell sent the output of this process into the file. */
function isOwnOutput(filePath: string): boolean {
  const fileStats = fs.statSync(filePath, { throwIfNoEntry: false });
  return (
    fileStats !== undefined &&
    [1, 2].some((descriptor) => {
      try {
        const { dev, ino } = fs.fstatSync(descriptor);
        return dev === fileStats.dev && ino === fileStats.ino;
      } catch {
        return false; // closed
      }
    })
  );
}

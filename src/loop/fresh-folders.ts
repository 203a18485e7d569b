/**
 * The fresh folders of one run of a commit: laid out from git, or from the folder that the run before left unchanged,
 * and removed afterwards.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { roleOf } from '../core/file-roles.ts';
import { tryRemoveTree } from '../os/remove-tree.ts';
import type { Bench, MeasurementDirs } from './process-specs.ts';

export interface FreshFolders {
  readonly directories: MeasurementDirs;
  /** Files of the commit that are not laid out. */
  readonly isHidden: (filePath: string) => boolean;
  /** `isUnchanged`: the candidate's folder is as the commit has it, so that the next run may begin with it. */
  discard(isUnchanged: boolean): void;
}

/** Lay out a commit below the work folder, in a folder called `name`. Leaves nothing when it throws. */
export async function layOutFresh(bench: Bench, name: string, commit: string): Promise<FreshFolders> {
  const directories = directoriesOf(path.join(bench.workFolder, name));
  // What cannot be removed lies in a folder that no later measurement uses, and is tried again by the next session.
  tryRemoveTree(directories.work);
  const roleOfFile = roleOf(bench.arena);
  const isHidden = (filePath: string): boolean => roleOfFile(filePath) === 'hidden';
  await bench.workspace.checkout(commit, directories.arena, isHidden, keptFolderOf(bench));
  for (const directory of [directories.out, directories.artefact, directories.result, directories.held])
    fs.mkdirSync(directory);
  return {
    directories,
    isHidden,
    discard: (isUnchanged) => {
      if (isUnchanged) keepFolder(bench, directories.arena);
      tryRemoveTree(directories.work);
    },
  };
}

/**
 * Where the candidate's files wait for the next measurement, which then writes only what differs. Undefined where no
 * sandbox kept this candidate, or what it left running, from writing to them.
 */
const keptFolderOf = ({ sandbox, workFolder, slot = 0 }: Bench): string | undefined =>
  sandbox.info.level === 'bubblewrap' ? path.join(workFolder, `kept-${slot}`) : undefined;

function keepFolder(bench: Bench, arenaDir: string): void {
  const keptFolder = keptFolderOf(bench);
  if (keptFolder === undefined || fs.existsSync(keptFolder)) return;
  try {
    fs.renameSync(arenaDir, keptFolder);
  } catch {
    // Without it the next measurement writes all files.
  }
}

const directoriesOf = (work: string): MeasurementDirs => ({
  work,
  arena: path.join(work, 'arena'),
  out: path.join(work, 'out'),
  artefact: path.join(work, 'artefact'),
  result: path.join(work, 'result'),
  held: path.join(work, 'held'),
});

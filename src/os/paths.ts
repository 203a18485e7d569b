/** Where a lab lies on disk. Everything Overnight writes is below one folder that ignores itself. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeFolder, writeNewFile } from './folders.ts';

export interface LabPaths {
  readonly arena: string;
  /** `.overnight` in the arena's folder. */
  readonly home: string;
  readonly store: string;
  readonly cache: string;
  readonly labs: string;
  readonly lab: string;
  /** Fresh directories of running measurements. */
  readonly work: string;
  readonly report: string;
  /** Requests for the running harness, a file each. */
  readonly inbox: string;
  readonly tsv: string;
}

export function labPaths(arenaFolder: string, tag: string): LabPaths {
  const homeFolder = path.join(arenaFolder, '.overnight');
  const labFolder = path.join(homeFolder, 'labs', tag);
  return {
    arena: arenaFolder,
    home: homeFolder,
    lab: labFolder,
    store: path.join(homeFolder, 'store.git'),
    cache: path.join(homeFolder, 'cache'),
    labs: path.join(homeFolder, 'labs'),
    work: path.join(homeFolder, 'work', tag),
    report: path.join(labFolder, 'report'),
    inbox: path.join(labFolder, 'inbox'),
    tsv: path.join(labFolder, 'results.tsv'),
  };
}

/** Create the home folder with a .gitignore of its own, so that the person's repository never sees it. */
export function createHome(paths: LabPaths): void {
  makeFolder(paths.labs);
  ignoreEverythingIn(paths.home);
}

/** Put a .gitignore into a folder that hides the folder from the person's repository. */
export const ignoreEverythingIn = (folder: string): void => writeNewFile(path.join(folder, '.gitignore'), '*\n');

/** The lab that `doctor` makes and removes. It is never the lab that a person means. */
export const DOCTOR_TAG = 'doctor';

/** Tags of the labs of an arena, the lab that was written last first. */
export function listTags(arenaFolder: string): string[] {
  const { labs: labsFolder } = labPaths(arenaFolder, '-');
  const entryNames = fs.existsSync(labsFolder) ? fs.readdirSync(labsFolder) : [];
  return entryNames
    .filter((tag) => tag !== DOCTOR_TAG)
    .map((tag) => ({ tag, stat: fs.statSync(path.join(labsFolder, tag, 'ledger.jsonl'), { throwIfNoEntry: false }) }))
    .filter(({ stat: ledgerStats }) => ledgerStats?.isFile())
    .sort((left, right) => right.stat!.mtimeMs - left.stat!.mtimeMs)
    .map(({ tag }) => tag);
}

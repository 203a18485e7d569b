/** Where a lab lies on disk. Everything Overnight writes is below one folder that ignores itself. */
import * as fs from 'node:fs';
import * as path from 'node:path';

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
  /** Wishes for the running harness, a file each. */
  readonly inbox: string;
  readonly tsv: string;
}

export function labPaths(arena: string, tag: string): LabPaths {
  const home = path.join(arena, '.overnight');
  const lab = path.join(home, 'labs', tag);
  return {
    arena,
    home,
    lab,
    store: path.join(home, 'store.git'),
    cache: path.join(home, 'cache'),
    labs: path.join(home, 'labs'),
    work: path.join(home, 'work', tag),
    report: path.join(lab, 'report'),
    inbox: path.join(lab, 'inbox'),
    tsv: path.join(lab, 'results.tsv'),
  };
}

/** Create the home folder with a .gitignore of its own, so that the person's repository never sees it. */
export function createHome(paths: LabPaths): void {
  fs.mkdirSync(paths.labs, { recursive: true });
  const ignore = path.join(paths.home, '.gitignore');
  if (!fs.existsSync(ignore)) fs.writeFileSync(ignore, '*\n');
}

/** The lab that `doctor` makes and removes; never the one a person means. */
export const DOCTOR_TAG = 'doctor';

/** Tags of the labs of an arena, the one written last first. */
export function listTags(arena: string): string[] {
  const { labs } = labPaths(arena, '-');
  const found = fs.existsSync(labs) ? fs.readdirSync(labs) : [];
  return found
    .filter((tag) => tag !== DOCTOR_TAG)
    .map((tag) => ({ tag, stat: fs.statSync(path.join(labs, tag, 'ledger.jsonl'), { throwIfNoEntry: false }) }))
    .filter(({ stat }) => stat?.isFile())
    .sort((a, b) => b.stat!.mtimeMs - a.stat!.mtimeMs)
    .map(({ tag }) => tag);
}

/**
 * A lab that compared nothing yet begins again with other files. Its record is kept as it is, under a name of its own,
 * because a ledger is never rewritten.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { labPaths, type LabPaths } from '../os/paths.ts';
import { LOCK_FILE, type OpenLedger } from '../ledger/jsonl.ts';

/** What people wait for or read beside the record: it stays with the lab that goes on under the tag. */
const STAYING_ENTRIES = ['inbox', 'run.log'];
/** So that the name with its ending is a tag too. */
const MAX_TAG_LENGTH = 48;

/** Closes the ledger, whose lock this process holds. Returns the tag under which its lab is found from now on. */
export function setLabAside(paths: LabPaths, tag: string, ledger: OpenLedger): string {
  const asideTag = freeTag(paths, tag);
  const asideFolder = labPaths(paths.arena, asideTag).lab;
  fs.renameSync(paths.lab, asideFolder); // with the lock in it, so that nobody opens it half moved
  ledger.close();
  fs.rmSync(path.join(asideFolder, LOCK_FILE), { force: true });
  fs.mkdirSync(paths.lab, { recursive: true });
  for (const entryName of STAYING_ENTRIES) {
    const [from, to] = [path.join(asideFolder, entryName), path.join(paths.lab, entryName)];
    if (fs.existsSync(from) && !fs.existsSync(to)) fs.renameSync(from, to);
  }
  return asideTag;
}

function freeTag({ arena, labs }: LabPaths, tag: string): string {
  for (let i = 1; ; i++) {
    const asideTag = `${tag.slice(0, MAX_TAG_LENGTH)}-unmeasured-${i}`;
    if (!fs.existsSync(path.join(labs, asideTag)) && !fs.existsSync(labPaths(arena, asideTag).work)) return asideTag;
  }
}

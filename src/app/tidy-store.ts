/** When the private store is packed: at the end of a session and now and then within a long one. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { lockOwner } from '../ledger/lock.ts';
import { LOCK_FILE } from '../ledger/jsonl.ts';
import type { LabPaths } from '../os/paths.ts';
import { packLooseObjects } from '../workspace/pack.ts';

/** Measurements of a session between two looks at the store. */
const LOOK_EVERY = 500;

/** Is it time to look, before measurement `m`? */
export const isTidyDue = (m: number): boolean => m > 0 && m % LOOK_EVERY === 0;

/** All labs of an arena share the store: while another one is open it may be measuring, and is left alone. */
export async function tidyStore(paths: LabPaths, onRemark?: (remark: string) => void): Promise<void> {
  if (isAnotherLabOpen(paths)) return;
  const { problem } = await packLooseObjects(paths.store);
  if (problem !== undefined)
    onRemark?.(`The objects of the private store could not be packed, and stay as they are: ${problem}`);
}

function isAnotherLabOpen({ labs, lab }: LabPaths): boolean {
  return fs
    .readdirSync(labs)
    .map((tag) => path.join(labs, tag))
    .some((folder) => folder !== lab && lockOwner(path.join(folder, LOCK_FILE)) !== undefined);
}

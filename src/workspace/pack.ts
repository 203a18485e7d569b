/**
 * Gathers the single objects of the private store into one pack from time to time. git writes the pack, puts it in
 * place by a rename, and removes the single objects after that: a kill loses nothing at any moment.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { currentTime } from '../os/clock.ts';
import { gitText } from './command.ts';

/** Single objects from which packing pays: the number at which git itself would pack. */
const DEFAULT_THRESHOLD = 6700;
/** Names of objects are evenly spread over 256 folders, so that one of them is a sample, as git takes it. */
const [SAMPLE_FOLDER, FOLDERS] = ['17', 256] as const;
/** Gives git ten minutes: a lab of 100,000 experiments is packed in less. */
const MAX_MOVED_BYTES = 600_000_000;
/** A pack that was being written when git was killed. */
const UNFINISHED_PACK = /^tmp_/;
/** Untouched for an hour, it is nobody's. */
const ABANDONED_MS = 3_600_000;

/**
 * Pack the single objects of the store where there are more than about `threshold`; those that no ref leads to stay as
 * they are. Others may write the store meanwhile. Resolves with whether it packed.
 */
export async function packStore(store: string, threshold = DEFAULT_THRESHOLD): Promise<boolean> {
  if (estimateSingleObjects(store) <= threshold) return false;
  removeUnfinishedPacks(path.join(store, 'objects', 'pack'));
  await gitText(['repack', '-d', '-q', '--no-write-bitmap-index'], { store, movesBytes: MAX_MOVED_BYTES });
  return true;
}

function removeUnfinishedPacks(packFolder: string): void {
  for (const name of fs.existsSync(packFolder) ? fs.readdirSync(packFolder) : []) {
    const file = path.join(packFolder, name);
    if (UNFINISHED_PACK.test(name) && Date.parse(currentTime()) - fs.statSync(file).mtimeMs > ABANDONED_MS)
      fs.rmSync(file, { force: true });
  }
}

function estimateSingleObjects(store: string): number {
  const sampleFolder = path.join(store, 'objects', SAMPLE_FOLDER);
  return fs.existsSync(sampleFolder) ? FOLDERS * fs.readdirSync(sampleFolder).length : 0;
}

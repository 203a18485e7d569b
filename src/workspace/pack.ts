/**
 * Packs the loose objects of the private store once there are many: a night of experiments leaves tens of thousands of
 * small files. Called between measurements and at the end of a session, never during a measurement. git writes the
 * pack, forces it to disk and only then removes what it holds, so a kill at any moment loses nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { askGit } from './command.ts';

/** Loose objects that are left alone: about 500 experiments. */
export const MAX_LOOSE_OBJECTS = 2000;
/** Larger objects are packed without being compared with others. */
const LARGE_BYTES = '8m';
/** Objects of which git packs this many in a millisecond, on a slow disk. */
const OBJECTS_PER_MS = 1;

/** Objects of the store that are files of their own. */
export function countLooseObjects(store: string): number {
  const objects = path.join(store, 'objects');
  return namesIn(objects)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .reduce((total, name) => total + namesIn(path.join(objects, name)).filter(isObjectName).length, 0);
}

/**
 * Put all loose objects that a ref leads to into one pack, where there are more than `minimum`. Answers why it was not
 * done, where git failed; everything is then as it was.
 */
export async function packLooseObjects(
  store: string,
  minimum = MAX_LOOSE_OBJECTS,
): Promise<{ readonly problem?: string }> {
  const count = countLooseObjects(store);
  if (count <= minimum) return {};
  tidyPackFolder(path.join(store, 'objects', 'pack'));
  const config = ['pack.threads=1', `core.bigFileThreshold=${LARGE_BYTES}`].flatMap((setting) => ['-c', setting]);
  const answer = await askGit([...config, 'repack', '-d', '-l', '-n', '-q'], {
    store,
    movesBytes: (count / OBJECTS_PER_MS) * 1000,
  });
  const problem = answer.status === 0 ? undefined : answer.stderr.trim().slice(0, 200) || 'git repack failed';
  return defined({ problem });
}

/**
 * What a killed git left; nobody else packs this store. Halves of packs (`tmp_pack_…`) are removed. A pack that was
 * written and not yet named (`.tmp-PID-pack-HASH.idx`) gets its name: git reads it like any other, so that a later git
 * may have removed the loose objects that it holds.
 */
function tidyPackFolder(packFolder: string): void {
  const names = namesIn(packFolder);
  for (const name of names.filter((each) => each.startsWith('tmp_'))) fs.rmSync(path.join(packFolder, name));
  const unnamed = names.flatMap((name) => {
    const [, prefix, final, kind] = /^(\.tmp-\d+-)(pack-[0-9a-f]+)(\.\w+)$/.exec(name) ?? [];
    return prefix === undefined ? [] : [{ name, pack: prefix + final!, final: final!, kind: kind! }];
  });
  // The index comes last: with it the pack is there.
  for (const { name, pack, final, kind } of unnamed.sort((a, b) => Number(isIndex(a)) - Number(isIndex(b)))) {
    const hasIndex = names.includes(`${pack}.idx`);
    const hasPack = [pack, final].some((stem) => names.includes(`${stem}.pack`));
    const left = path.join(packFolder, name);
    if (hasIndex && hasPack) fs.renameSync(left, path.join(packFolder, final + kind));
    else fs.rmSync(left);
  }
}

const isIndex = ({ kind }: { readonly kind: string }): boolean => kind === '.idx';
const isObjectName = (name: string): boolean => /^[0-9a-f]{38,62}$/.test(name);

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Canaries: a line `overnight-canary-…` in a hidden file appears nowhere else. Looks for those of an arena in all that
 * candidates see and in what they left. Reads files; changes nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { roleOf } from '../core/file-roles.ts';
import { walkTree } from '../os/trees.ts';
import type { Bench } from './process-specs.ts';

const CANARY = /overnight-canary-[A-Za-z0-9-]{8,64}/g;
/** Larger files hold data, whose canary stands in a smaller one beside them; bytes. */
const MAX_READ_BYTES = 64 << 20;

export interface CanaryFindings {
  /** How many different canaries hidden files hold. */
  readonly count: number;
  /** Where candidates see one, or left one: name of the place. */
  readonly seenIn: readonly string[];
}

interface Place {
  readonly name: string;
  readonly location: string | Buffer;
}

/** `files` are all files of the arena's folder; `left` is a folder with what candidates left, `leftName` its name. */
export function findCanaries(bench: Bench, files: readonly string[], left: readonly string[]): CanaryFindings {
  const roleOfFile = roleOf(bench.arena);
  const inFolder = (isWanted: (file: string) => boolean): Place[] =>
    files.filter(isWanted).map((name) => ({ name, location: path.join(bench.personFolder, name) }));
  const dataEntries = bench.data ? fs.readdirSync(bench.data.dir) : [];
  const shownEntries = bench.arena.data.candidate;
  const hiddenPlaces = [
    ...inFolder((file) => roleOfFile(file) === 'hidden'),
    ...placesOf(bench.data?.dir, dataEntries.filter((entry) => !shownEntries.includes(entry)), '$OVERNIGHT_DATA'), // prettier-ignore
  ];
  const canaries = new Set(hiddenPlaces.flatMap(canariesIn));
  if (canaries.size === 0) return { count: 0, seenIn: [] };
  const seenPlaces = [
    ...inFolder((file) => roleOfFile(file) !== 'hidden'),
    ...placesOf(bench.data?.dir, shownEntries, '$OVERNIGHT_DATA'),
    ...left.flatMap((folder) => placesOf(path.dirname(folder), [path.basename(folder)], 'of a candidate:')),
  ];
  const seenIn = seenPlaces.filter((place) => canariesIn(place).some((canary) => canaries.has(canary)));
  return { count: canaries.size, seenIn: [...new Set(seenIn.map(({ name }) => name))] };
}

function placesOf(folder: string | undefined, entries: readonly string[], label: string): Place[] {
  if (folder === undefined) return [];
  return entries.flatMap((entry): Place[] => {
    const location = path.join(folder, entry);
    const status = fs.statSync(location, { throwIfNoEntry: false });
    if (!status?.isDirectory()) return status ? [{ name: `${label}/${entry}`, location }] : [];
    return walkTree(fs.realpathSync(location))
      .filter(({ kind }) => kind === 'file')
      .map((file) => ({ name: `${label}/${entry}/${file.path}`, location: file.location }));
  });
}

function canariesIn({ location }: Place): readonly string[] {
  const status = fs.statSync(location, { throwIfNoEntry: false });
  if (!status?.isFile() || status.size > MAX_READ_BYTES) return [];
  return fs.readFileSync(location, 'latin1').match(CANARY) ?? [];
}

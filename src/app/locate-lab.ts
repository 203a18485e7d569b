/** Finds out which lab is meant, before anything is locked: git, the arena in its folder, the tag, the paths. */
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { currentTime } from '../os/clock.ts';
import { createHome, type LabPaths, labPaths, listTags } from '../os/paths.ts';
import { type LoadedArena, loadArena } from '../workspace/arena.ts';
import { requireGit } from '../workspace/command.ts';
import type { OpenOptions } from './options.ts';
import { requireTools } from './required-tools.ts';

export interface LocatedLab {
  readonly options: OpenOptions;
  readonly gitVersion: string;
  readonly loadedArena: LoadedArena;
  readonly tag: string;
  readonly paths: LabPaths;
}

export async function locateLab(options: OpenOptions): Promise<LocatedLab> {
  const arenaFolder = path.resolve(options.folder);
  const gitVersion = await requireGit();
  const loadedArena = await loadArena(arenaFolder);
  await requireTools(loadedArena.arena);
  const tag = options.tag ?? listTags(arenaFolder)[0] ?? defaultTagAt(currentTime());
  requireUsableTag(tag);
  const paths = labPaths(arenaFolder, tag);
  createHome(paths);
  return { options, gitVersion, loadedArena, tag, paths };
}

/** Month and day, as karpathy/autoresearch names its runs: `mar07`. */
function defaultTagAt(timestamp: string): string {
  const month = new Date(timestamp).toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  return `${month.toLowerCase()}${timestamp.slice(8, 10)}`;
}

function requireUsableTag(tag: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tag)) return;
  throw new LabError('E_USAGE', {
    what: 'This tag cannot be used.',
    why: `"${tag}" must be letters, digits, dots, dashes and underscores, at most 64.`,
    next: 'Choose another with --tag.',
  });
}

/** Which file of an arena is what: editable, frozen or hidden. Knows the manifest's globs, no files. */
import picomatch from 'picomatch';
import type { Arena } from './arena.ts';

export type FileRole = 'editable' | 'frozen' | 'hidden';

/** The role of any path below the arena folder. The manifest and `program.md` are always frozen. */
export function roleOf(arena: Pick<Arena, 'editable' | 'hidden'>): (path: string) => FileRole {
  const isEditable = picomatch(arena.editable as string[], { dot: true });
  const isHidden = picomatch(arena.hidden as string[], { dot: true });
  return (path) => {
    if (path === 'arena.yaml' || path === 'program.md') return 'frozen';
    if (isHidden(path)) return 'hidden';
    return isEditable(path) ? 'editable' : 'frozen';
  };
}

/** Paths out of `files` that match any of the globs. */
export function matchingFiles(patterns: readonly string[], files: readonly string[]): string[] {
  const isMatch = picomatch(patterns as string[], { dot: true });
  return files.filter((file) => isMatch(file));
}

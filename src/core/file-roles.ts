/** Which file of an arena is what: editable, frozen or hidden. Knows the manifest's globs, no files. */
import picomatch from 'picomatch';
import type { Arena } from './arena.ts';

export type FileRole = 'editable' | 'frozen' | 'hidden';

/** Is it a pattern that takes files out of those that the others match? */
export const isExclusion = (pattern: string): boolean => pattern.startsWith('!');

/** Paths that match one of the patterns and none of those after a `!`. */
export function globMatcher(patterns: readonly string[]): (path: string) => boolean {
  const isIn = picomatch(
    patterns.filter((pattern) => !isExclusion(pattern)),
    { dot: true },
  );
  const excluded = patterns.filter(isExclusion).map((pattern) => pattern.slice(1));
  const isOut = picomatch(excluded, { dot: true });
  return (path) => isIn(path) && !isOut(path);
}

/** The role of any path below the arena folder. The manifest and `program.md` are always frozen. */
export function roleOf(arena: Pick<Arena, 'editable' | 'hidden'>): (path: string) => FileRole {
  const isEditable = globMatcher(arena.editable);
  const isHidden = globMatcher(arena.hidden);
  return (path) => {
    if (path === 'arena.yaml' || path === 'program.md') return 'frozen';
    if (isHidden(path)) return 'hidden';
    return isEditable(path) ? 'editable' : 'frozen';
  };
}

/** Is it a page of instructions? It may change during a lab: what is measured has the one that the lab began with. */
export const isPageOfPerson = (path: string): boolean => path === 'program.md' || /^roles\/[^/]+\.md$/.test(path);

/** Paths out of `files` that match any of the globs. */
export function matchingFiles(patterns: readonly string[], files: readonly string[]): string[] {
  const isMatch = globMatcher(patterns);
  return files.filter((file) => isMatch(file));
}

/**
 * Which changed files of an arena's folder end a lab. Every measurement lays out the lab's own copy of the baseline, so
 * a changed file never reaches a number. A lab ends where the person changed what is measured, and would otherwise read
 * numbers of the old files as those of the new. Pure.
 */
import type { Arena } from './arena.ts';
import { globMatcher } from './file-roles.ts';

/** A frozen file that is not as it was when the lab was opened. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** The person's repository holds it. Outside a repository no file is. */
  readonly isTracked: boolean;
  /** It is still there, and git ignores it now. */
  readonly isIgnored: boolean;
  /** It was empty when the lab was opened. */
  readonly wasEmpty: boolean;
  /** It begins as it was then. */
  readonly hasOnlyGrown: boolean;
  /** It is the output of a run: of this very one by its descriptor, of an earlier one by its first lines. */
  readonly isOwnOutput: boolean;
}

/** Documentation and settings of editors and of git itself, by their usual names. */
const DOCUMENT =
  /^((.*\/)?(readme|changelog|changes|history|news|notes?|todo|ideas|licen[cs]e|copying|authors|contributors|contributing|code_of_conduct|security|support)([-_.][^/]*)?(?<!\.(py|js|ts|c|cc|cpp|h|rs|go|rb|sh|json|ya?ml|toml|csv|sql))|docs?\/.*\.(md|markdown|rst|adoc|txt|html|png|svg|jpe?g|gif|pdf)|(.*\/)?\.(gitignore|editorconfig)|\.(github|vscode|idea)\/.*)$/i;
const LOG = /(^|\/)(nohup\.out|[^/]*\.log(\.\d+)?)$/i;
const OUTPUT = /(^|\/)([^/.]+|[^/]*\.(txt|out|err|log))$/i;

/** True where the lab can go on although the file changed. */
export function isUnread(change: FileChange, arena: Arena): boolean {
  const { path, kind, isTracked, isIgnored, isOwnOutput, hasOnlyGrown, wasEmpty } = change;
  if (isNamed(path, arena)) return false;
  if (isOwnOutput && !isTracked) return true;
  if (isIgnored || DOCUMENT.test(path)) return true;
  if (isTracked) return false;
  if (kind === 'added') return true;
  if (kind === 'removed') return LOG.test(path);
  return (LOG.test(path) && hasOnlyGrown) || (OUTPUT.test(path) && wasEmpty);
}

/** Globs that match everything name nothing. */
const CATCH_ALL = /^(\.\/)?\*\*?(\/\*\*?)*$/;

/** The manifest names it: by a glob, or as a word of a command. */
function isNamed(path: string, arena: Arena): boolean {
  if (path === 'arena.yaml') return true;
  const globs = [...arena.frozen, ...arena.hidden, ...(arena.setup?.key ?? [])].filter((glob) => !CATCH_ALL.test(glob));
  if (globMatcher(globs)(path)) return true;
  const commands = [arena.run, arena.setup, arena.prepare, arena.evaluate, arena.holdout, ...arena.guards].flatMap(
    (stage) => (stage ? [stage.command] : []),
  );
  const words = commands
    .flatMap((command) => command.split(/[\s'"`=;|&<>()]/))
    .map((word) => word.replace(/^\.\//, ''));
  return words.includes(path);
}

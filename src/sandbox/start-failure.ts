/**
 * Tells a command that failed from a sandbox that never started it. The word of the command's own output is not taken:
 * a candidate could print what bubblewrap prints. Only bubblewrap writes to the descriptor that is read here.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { oneLine } from '../base/text.ts';

/** What bubblewrap reports when the command has ended, and only when it had begun (`--json-status-fd`). */
const HAS_RUN = /"exit-code"/;

/** Why the command never began; undefined where it did. */
export function startFailureOf(statusReport: string, stderr: string): string | undefined {
  if (HAS_RUN.test(statusReport)) return undefined;
  const complaint = oneLine(stderr.trim().split('\n').at(-1) ?? '', 400).replace(/^bwrap: /, '') || 'it said nothing';
  const deniedPath = /(?:^|\s)(\/\S.*?): Permission denied/.exec(complaint)?.[1];
  const closedFolder = deniedPath && findClosedFolder(deniedPath);
  return closedFolder === undefined
    ? `the sandbox could not be started: ${complaint}`
    : `the folder ${closedFolder} cannot be entered without root’s rights, which nobody has in the sandbox (${complaint})`;
}

/** The first folder on the way to a path that only its owner may enter. */
function findClosedFolder(deniedPath: string): string | undefined {
  const parentFolder = dirname(deniedPath);
  const closedAbove = parentFolder === deniedPath ? undefined : findClosedFolder(parentFolder);
  if (closedAbove !== undefined) return closedAbove;
  const stats = statSync(deniedPath, { throwIfNoEntry: false });
  return stats?.isDirectory() && (stats.mode & 0o001) === 0 ? deniedPath : undefined;
}

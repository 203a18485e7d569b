/**
 * Applies a unified diff to the code of a commit, in a temporary folder, so that a diff from outside becomes edits.
 * Trusts nothing in it: git refuses paths outside the folder, and the reader of the folder refuses what is no text or
 * not editable.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import type { Workspace } from '../core/ports.ts';
import { gitText } from './command.ts';

/** A proposal has at most 1 MB of new content; a diff of it is not ten times as long. */
const MAX_DIFF_BYTES = 4 << 20;

/**
 * Check the commit out into `dir` (must not exist), call `beforeApply`, and apply the diff. Resolves with the reason
 * where it does not apply.
 */
export async function applyUnifiedDiff(
  workspace: Workspace,
  target: { readonly commit: string; readonly dir: string; readonly skip: (filePath: string) => boolean },
  diff: string,
  beforeApply: () => void,
): Promise<string | undefined> {
  if (Buffer.byteLength(diff) > MAX_DIFF_BYTES)
    return `it has ${Buffer.byteLength(diff)} bytes, at most ${MAX_DIFF_BYTES} are read`;
  if (diff.trim() === '') return 'it is empty';
  fs.mkdirSync(path.dirname(target.dir), { recursive: true });
  await workspace.checkout(target.commit, target.dir, target.skip);
  beforeApply();
  const environment = { GIT_CEILING_DIRECTORIES: path.dirname(target.dir) };
  try {
    await gitText(['apply', '--recount', '--whitespace=nowarn', '-'], {
      cwd: target.dir,
      input: diff.endsWith('\n') ? diff : `${diff}\n`,
      env: environment,
    });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'E_GIT_FAILED')
      return oneLine(thrown.parts.why.replace(/^git says: /, '').replace(/\.$/, ''), 300);
    throw thrown;
  }
}

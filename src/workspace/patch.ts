/**
 * Applies a unified diff to the code of a commit, in a temporary folder, so that a diff from outside becomes edits.
 * Trusts nothing in it: git refuses paths outside the folder, and the reader of the folder refuses what is no text or
 * not editable.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
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
  return applyIn(target.dir, diff.endsWith('\n') ? diff : `${diff}\n`);
}

/** Resolves with the reason where the diff does not apply to the files of a folder. */
async function applyIn(dir: string, diff: string): Promise<string | undefined> {
  try {
    await gitText(['apply', '--recount', '--whitespace=nowarn', '-'], {
      cwd: dir,
      input: diff,
      env: { GIT_CEILING_DIRECTORIES: path.dirname(dir) },
    });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'E_GIT_FAILED')
      return oneLine(thrown.parts.why.replace(/^git says: /, '').replace(/\.$/, ''), 300);
    throw thrown;
  }
}

/** Files as text by path, after a unified diff; or the reason why it does not apply to them. */
export async function applyToFiles(
  files: ReadonlyMap<string, string>,
  diff: string,
): Promise<ReadonlyMap<string, string> | { readonly problem: string }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-patch-'));
  try {
    for (const [filePath, content] of files) {
      fs.mkdirSync(path.dirname(path.join(dir, filePath)), { recursive: true });
      fs.writeFileSync(path.join(dir, filePath), content);
    }
    const problem = await applyIn(dir, diff);
    if (problem !== undefined) return { problem };
    return new Map([...files.keys()].map((filePath) => [filePath, fs.readFileSync(path.join(dir, filePath), 'utf8')]));
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

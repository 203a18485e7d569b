/** Makes the change of one experiment in the code of another: knobs by their values, other code by git. */
import { mergeKnobValues } from '../core/admission/knob-merge.ts';
import type { MergeConflict } from '../core/event.ts';
import type { Ledger, Merge, Workspace } from '../core/ports.ts';
import { arenaOf, codeOf } from '../core/state.ts';
import { readEditableFiles } from './edits.ts';

export interface MergeDeps {
  readonly ledger: Ledger;
  readonly workspace: Workspace;
}

/** Edits of `oursCommit` that make the change from experiment `base` to `theirs`, and where both conflict. */
export async function mergeChange(deps: MergeDeps, oursCommit: string, base: number, theirs: number): Promise<Merge> {
  const { state } = deps.ledger;
  const [baseCommit, theirsCommit] = [codeOf(state, base)!.commit, codeOf(state, theirs)!.commit];
  const { knobs } = arenaOf(state);
  if (knobs.length > 0) {
    const files = async (commit: string) => readEditableFiles(deps, commit);
    const byValue = mergeKnobValues(knobs, await files(oursCommit), await files(baseCommit), await files(theirsCommit));
    if (byValue) return byValue;
  }
  return deps.workspace.mergeChange(oursCommit, baseCommit, theirsCommit);
}

/** A diff in a conflict is for reading; what is longer is cut, and says so. */
const MAX_CONFLICT_DIFF_CHARS = 100_000;

/** What a conflict records: both changes since the version that they were made from. */
export async function recordConflict(
  { ledger, workspace }: MergeDeps,
  base: number,
  idea: number,
  incumbent: number,
  paths: readonly string[],
): Promise<MergeConflict> {
  const commitOf = (n: number): string => codeOf(ledger.state, n)!.commit;
  const storeDiff = async (n: number, only?: readonly string[]): Promise<string> => {
    const diff = await workspace.diffCommits(commitOf(base), commitOf(n), 3, only);
    const isLong = diff.length > MAX_CONFLICT_DIFF_CHARS;
    const cut = `\n[the other ${diff.length - MAX_CONFLICT_DIFF_CHARS} characters were left out]\n`;
    return ledger.putBlob(isLong ? `${diff.slice(0, MAX_CONFLICT_DIFF_CHARS)}${cut}` : diff);
  };
  return { paths, base, idea: await storeDiff(idea), incumbent: await storeDiff(incumbent, paths) };
}

/** "src/a.ts, which #3 changed since #0": why a change cannot be made in the code of `incumbent`. */
export function conflictReason({ paths, base }: Pick<MergeConflict, 'paths' | 'base'>, incumbent: number): string {
  const named = paths.slice(0, 3).join(', ');
  const more = paths.length > 3 ? ` and ${paths.length - 3} more files` : '';
  return `it changes the same lines of ${named}${more} as the way from #${base} to #${incumbent} does`;
}

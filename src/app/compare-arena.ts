/** Is the arena still the one that a lab was opened with? If not: may the lab go on, begin again, or must it end? */
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { codeOf, hasCompared, type LabState } from '../core/state.ts';
import { type FileChange, isUnread } from '../core/unread-files.ts';
import { listFrozenChanges } from '../workspace/changed-files.ts';
import { openWorkspace } from '../workspace/git.ts';
import type { LocatedLab } from './locate-lab.ts';

export type ArenaComparison =
  /** `remark`: what changed without an effect, for the person. */
  | { readonly verdict: 'same'; readonly remark?: string }
  /** Other files, and the lab compared nothing yet: it begins again with them. */
  | { readonly verdict: 'begin again' };

/** Throws E_ARENA_CHANGED where numbers from before and after could not be compared. */
export async function compareArena(located: LocatedLab, state: LabState): Promise<ArenaComparison> {
  const { loadedArena, tag } = located;
  const { files } = state.lab!;
  const isKitSame = files.kit === loadedArena.hashes.kit;
  if (!isKitSame && hasCompared(state)) throw kitError(tag, files.kit, loadedArena.hashes.kit);
  const isEditableSame = files.editable === loadedArena.hashes.editable || hasCompared(state);
  if (!isKitSame) return { verdict: 'begin again' };
  if (files.frozen === loadedArena.hashes.frozen) return { verdict: isEditableSame ? 'same' : 'begin again' };
  const changes = await changesSince(located, state);
  if (!hasCompared(state)) {
    const isSame =
      isEditableSame && changes !== undefined && changes.every((change) => isUnread(change, state.lab!.arena));
    return { verdict: isSame ? 'same' : 'begin again' };
  }
  const [unread, counting] = [true, false].map((wanted) =>
    (changes ?? []).filter((change) => isUnread(change, state.lab!.arena) === wanted),
  ) as [FileChange[], FileChange[]];
  if (changes === undefined || counting.length > 0) throw changedError(tag, changes && counting);
  return unread.length === 0
    ? { verdict: 'same' }
    : { verdict: 'same', remark: `Not part of what is measured, so the lab goes on: ${describeChanges(unread)}.` };
}

/** Undefined where the baseline is not in the store, so that nobody can say which files changed. */
async function changesSince(
  { loadedArena, paths }: LocatedLab,
  state: LabState,
): Promise<readonly FileChange[] | undefined> {
  const baseline = codeOf(state, 0);
  if (!baseline) return undefined;
  try {
    const workspace = await openWorkspace(paths.arena, paths.store);
    return await listFrozenChanges(loadedArena.folder, state.lab!.arena, workspace, baseline.commit);
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'E_GIT_FAILED') return undefined;
    throw thrown;
  }
}

/** Files that are named of each kind. */
const MAX_NAMED = 3;

/** `changed eval.py, data.csv; added a, b, c and 4 more`. */
function describeChanges(changes: readonly FileChange[]): string {
  const parts = (['changed', 'added', 'removed'] as const).flatMap((kind) => {
    const files = changes.filter((change) => change.kind === kind).map((change) => change.path);
    const more = files.length > MAX_NAMED ? ` and ${formatCount(files.length - MAX_NAMED, 'more', 'more')}` : '';
    return files.length === 0 ? [] : [`${kind} ${files.slice(0, MAX_NAMED).join(', ')}${more}`];
  });
  return parts.join('; ');
}

function changedError(tag: string, changes: readonly FileChange[] | undefined): LabError {
  const named =
    changes === undefined ? '' : ` ${describeChanges(changes).replace(/^./, (letter) => letter.toUpperCase())}.`;
  return new LabError('E_ARENA_CHANGED', {
    what: 'The frozen files or the manifest changed since this lab was opened.',
    why: `Lab "${tag}" was measured with other files; numbers from before and after could not be compared.${named}`,
    next: 'Measure the files as they are now in a new lab: `overnight run --tag NAME`. Or restore them, and this lab goes on. A file that no run reads does not count once .gitignore names it.',
  });
}

/** `before` and `now`: hashes of the kit, absent where no file of the arena names it. */
function kitError(tag: string, before: string | undefined, now: string | undefined): LabError {
  const nameKit = (hash: string | undefined): string => (hash === undefined ? 'none' : hash.slice(0, 12));
  return new LabError('E_ARENA_CHANGED', {
    what: 'The kit for arenas is another one than when this lab was opened.',
    why: `Lab "${tag}" was measured with kit ${nameKit(before)}, and now it is ${nameKit(now)}; numbers from before and after could not be compared.`,
    next: 'Measure in a new lab: `overnight run --tag NAME`. Or install the version of Overnight that the lab was begun with.',
  });
}

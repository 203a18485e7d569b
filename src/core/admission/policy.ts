/**
 * May this change be tried? Empty, repeated, oversized and out-of-bounds changes are refused before they cost anything.
 * Looks at paths, bytes and the ledger; never at what the code means.
 */
import { sha256Parts } from '../../base/hash.ts';
import { oneLine } from '../../base/text.ts';
import { normalHash } from './same-change.ts';
import { type Arena, roleOf } from '../arena.ts';
import type { RefusalCode } from '../event.ts';
import { type Experiment, type Idea, verdictOf } from '../experiment.ts';
import type { FileEdit } from '../ports.ts';
import type { LabState } from '../state.ts';

/** Bytes of new content in one proposal. A program is not 1 MB; a lookup table with the validation set in it is. */
const MAX_EDIT_BYTES = 1 << 20;
const utf8 = new TextEncoder();

export type Admission =
  | { readonly ok: true; readonly editable: string; readonly normal: string }
  | { readonly ok: false; readonly code: RefusalCode; readonly reason: string; readonly earlier?: number };

/** Hash of a set of editable files: equal hash, same candidate. */
export function editableHash(files: ReadonlyMap<string, string>): string {
  return sha256Parts([...files].sort(([a], [b]) => (a < b ? -1 : 1)).flat());
}

/** The editable files after a change. */
export function applyEdits(files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): Map<string, string> {
  const result = new Map(files);
  for (const { path, content } of edits) {
    if (content === null) result.delete(path);
    else result.set(path, content);
  }
  return result;
}

/**
 * `files` are the editable files of the parent, `paths` all of its files. A deliberate retry may repeat what was tried.
 */
export function admit(
  arena: Arena,
  state: LabState,
  idea: Pick<Idea, 'parent' | 'retries'>,
  files: ReadonlyMap<string, string>,
  edits: readonly FileEdit[],
  paths: readonly string[] = [...files.keys()],
): Admission {
  const role = roleOf(arena);
  for (const { path, content } of edits) {
    if (!isPlain(path))
      return {
        ok: false,
        code: 'not-editable',
        reason: `"${oneLine(path, 80)}" is no plain path below the arena’s folder`,
      };
    if (role(path) !== 'editable')
      return { ok: false, code: 'not-editable', reason: `${path} is ${role(path)}, not editable` };
    const other = content === null ? undefined : collision(path, paths);
    if (other) return { ok: false, code: 'not-editable', reason: `${path} would take the place of ${other}` };
    if (content?.includes('\0')) return { ok: false, code: 'not-text', reason: `${path} would become a binary file` };
  }
  const bytes = edits.reduce((sum, edit) => sum + utf8.encode(edit.content ?? '').length, 0);
  if (bytes > MAX_EDIT_BYTES)
    return {
      ok: false,
      code: 'too-large',
      reason: `${bytes} bytes of new content, at most ${MAX_EDIT_BYTES} are allowed`,
    };
  const after = applyEdits(files, edits);
  const [editable, normal] = [editableHash(after), normalHash(arena, after)];
  if (editable === editableHash(files))
    return { ok: false, code: 'no-change', reason: 'the files after the change are the same as before' };
  if (normal === normalHash(arena, files))
    return {
      ok: false,
      code: 'no-change',
      reason: 'only its spelling would change: spaces at line ends, empty lines, how a number is written',
    };
  const exact = duplicateOf(state, idea.parent, state.byEditable.get(editable));
  const earlier =
    idea.retries === undefined ? (exact ?? duplicateOf(state, idea.parent, state.byNormal.get(normal))) : undefined;
  if (earlier)
    return {
      ok: false,
      code: 'duplicate',
      reason: `same as #${earlier.idea.n}${exact ? '' : ' but for spelling'}: ${outcomeOf(earlier)}`,
      earlier: earlier.idea.n,
    };
  return { ok: true, editable, normal };
}

/**
 * One way to write each path: no dots, no empty parts, nothing that a terminal or git would take for something else.
 */
const isPlain = (path: string): boolean =>
  !/[\x00-\x1f\x7f\\]/.test(path) && path.split('/').every((part) => !['', '.', '..', '.git'].includes(part));

/** A file that would vanish because a path turns from folder to file or from file to folder. */
const collision = (path: string, paths: readonly string[]): string | undefined =>
  paths.find((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`));

/** Same editable tree tried since the same champion stood. The frozen files cannot differ within a lab. */
function duplicateOf(state: LabState, parent: number, same: readonly number[] = []): Experiment | undefined {
  for (const n of [...same].reverse()) {
    const earlier = state.experiments[n]!;
    const kept = verdictOf(earlier) === 'kept' || earlier.idea.kind === 'baseline';
    // From a branch: what was held against today's incumbent is known, wherever it started.
    const judged =
      parent !== state.incumbent && earlier.state === 'decided' && earlier.decision.against === state.incumbent;
    if (kept || judged || earlier.idea.parent === parent || state.steering.vetoed.has(n)) return earlier;
  }
  return undefined;
}

function outcomeOf(x: Experiment): string {
  if (x.idea.kind === 'baseline') return 'the baseline';
  return x.state === 'decided' ? `${x.decision.verdict}, ${x.decision.reason}` : 'still being measured';
}

/**
 * Whether a change may be tried: empty, repeated, oversized and out-of-bounds changes are refused before they cost
 * anything. Looks at paths, bytes and the ledger, never at the meaning of code.
 */
import { sha256Parts } from '../../base/hash.ts';
import { oneLine } from '../../base/text.ts';
import { normalHash } from './same-change.ts';
import type { Arena } from '../arena.ts';
import { roleOf } from '../file-roles.ts';
import type { RefusalCode } from '../event.ts';
import { type Experiment, type Idea, verdictOf } from '../experiment.ts';
import type { FileEdit } from '../ports.ts';
import type { LabState } from '../state.ts';

/** Bytes of new content in one proposal. A program is not 1 MB; a lookup table with the validation set in it is. */
const MAX_EDIT_BYTES = 1 << 20;

const textEncoder = new TextEncoder();

export type AdmissionResult =
  | { readonly ok: true; readonly editable: string; readonly normal: string }
  | { readonly ok: false; readonly code: RefusalCode; readonly reason: string; readonly earlier?: number };

/** Hash of a set of editable files: equal hash, same candidate. */
export function hashEditable(files: ReadonlyMap<string, string>): string {
  return sha256Parts([...files].sort(([leftPath], [rightPath]) => (leftPath < rightPath ? -1 : 1)).flat());
}

/** The editable files after a change. */
export function applyEdits(files: ReadonlyMap<string, string>, edits: readonly FileEdit[]): Map<string, string> {
  const edited = new Map(files);
  for (const { path, content } of edits) {
    if (content === null) edited.delete(path);
    else edited.set(path, content);
  }
  return edited;
}

/**
 * `files` are the editable files of the parent, `paths` all of its files. A deliberate retry may repeat what was tried.
 */
export function admitIdea(
  arena: Arena,
  state: LabState,
  idea: Pick<Idea, 'parent' | 'retries'>,
  files: ReadonlyMap<string, string>,
  edits: readonly FileEdit[],
  paths: readonly string[] = [...files.keys()],
): AdmissionResult {
  const roleOfPath = roleOf(arena);
  for (const { path, content } of edits) {
    if (!isPlainPath(path))
      return {
        ok: false,
        code: 'not-editable',
        reason: `"${oneLine(path, 80)}" is no plain path below the arena’s folder`,
      };
    if (roleOfPath(path) !== 'editable')
      return { ok: false, code: 'not-editable', reason: `${path} is ${roleOfPath(path)}, not editable` };
    const colliding = content === null ? undefined : findCollision(path, paths);
    if (colliding) return { ok: false, code: 'not-editable', reason: `${path} would take the place of ${colliding}` };
    if (content?.includes('\0')) return { ok: false, code: 'not-text', reason: `${path} would become a binary file` };
  }
  const newBytes = edits.reduce((total, edit) => total + textEncoder.encode(edit.content ?? '').length, 0);
  if (newBytes > MAX_EDIT_BYTES)
    return {
      ok: false,
      code: 'too-large',
      reason: `${newBytes} bytes of new content, at most ${MAX_EDIT_BYTES} are allowed`,
    };
  const filesAfter = applyEdits(files, edits);
  const [editable, normal] = [hashEditable(filesAfter), normalHash(arena, filesAfter)];
  if (editable === hashEditable(files))
    return { ok: false, code: 'no-change', reason: 'the files after the change are the same as before' };
  if (normal === normalHash(arena, files))
    return {
      ok: false,
      code: 'no-change',
      reason: 'only its spelling would change: spaces at line ends, empty lines, how a number is written',
    };
  const exactDuplicate = duplicateOf(state, idea.parent, state.byEditable.get(editable));
  const earlier =
    idea.retries === undefined
      ? (exactDuplicate ?? duplicateOf(state, idea.parent, state.byNormal.get(normal)))
      : undefined;
  if (earlier)
    return {
      ok: false,
      code: 'duplicate',
      reason: `same as #${earlier.idea.n}${exactDuplicate ? '' : ' but for spelling'}: ${outcomeOf(earlier)}`,
      earlier: earlier.idea.n,
    };
  return { ok: true, editable, normal };
}

/**
 * One way to write each path: no dots, no empty parts, nothing that a terminal or git would take for something else.
 */
const isPlainPath = (path: string): boolean =>
  !/[\x00-\x1f\x7f\\]/.test(path) && path.split('/').every((segment) => !['', '.', '..', '.git'].includes(segment));

/** A file that the path would replace by a folder, or a folder that it would replace by a file. */
const findCollision = (path: string, paths: readonly string[]): string | undefined =>
  paths.find((existing) => existing.startsWith(`${path}/`) || path.startsWith(`${existing}/`));

/** An earlier experiment with this code whose verdict still holds. The frozen files are the same all over a lab. */
function duplicateOf(state: LabState, parent: number, sameCode: readonly number[] = []): Experiment | undefined {
  for (const n of [...sameCode].reverse()) {
    const earlier = state.experiments[n]!;
    const wasKept = verdictOf(earlier) === 'kept' || earlier.idea.kind === 'baseline';
    // For an idea from a branch: code that was compared with the present incumbent is known, wherever it started.
    const wasJudged =
      parent !== state.incumbent && earlier.state === 'decided' && earlier.decision.against === state.incumbent;
    if (wasKept || wasJudged || earlier.idea.parent === parent || state.steering.vetoed.has(n)) return earlier;
  }
  return undefined;
}

function outcomeOf(experiment: Experiment): string {
  if (experiment.idea.kind === 'baseline') return 'the baseline';
  return experiment.state === 'decided'
    ? `${experiment.decision.verdict}, ${experiment.decision.reason}`
    : 'still being measured';
}

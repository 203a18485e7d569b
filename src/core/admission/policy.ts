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
/** Files that one proposal may change. */
const MAX_EDITED_FILES = 1000;
/** Bytes of one name, as file systems have it, and of a whole path; PATH_MAX holds the arena's own path too. */
const MAX_NAME_BYTES = 255;
const MAX_EDIT_PATH_BYTES = 1000;
/** Bytes of all paths together: more than that is not even recorded. */
const MAX_RECORDED_PATH_BYTES = 1 << 18;

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
  idea: Pick<Idea, 'parent' | 'retries' | 'carries' | 'carriesToo'>,
  files: ReadonlyMap<string, string>,
  edits: readonly FileEdit[],
  paths: readonly string[] = [...files.keys()],
): AdmissionResult {
  const roleOfPath = roleOf(arena);
  // Also those that the proposal itself makes: no two of them can lie in each other's place.
  const allPaths = [...paths, ...edits.filter(({ content }) => content !== null).map(({ path }) => path)];
  const oversize = whyOversized(edits);
  if (oversize) return { ok: false, ...oversize };
  for (const { path, content } of edits) {
    const pathProblem = whyNotPlain(path);
    if (pathProblem) return { ok: false, code: 'not-editable', reason: `"${oneLine(path, 80)}" ${pathProblem}` };
    if (roleOfPath(path) !== 'editable')
      return { ok: false, code: 'not-editable', reason: `${path} is ${roleOfPath(path)}, not editable` };
    const colliding = content === null ? undefined : findCollision(path, allPaths);
    if (colliding) return { ok: false, code: 'not-editable', reason: `${path} would take the place of ${colliding}` };
    if (content === null && paths.some((existing) => existing.startsWith(`${path}/`)))
      return { ok: false, code: 'not-editable', reason: `${path} is a folder: only files can be removed, one by one` };
    if (content?.includes('\0')) return { ok: false, code: 'not-text', reason: `${path} would become a binary file` };
  }
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
  // An idea that is carried over to the very code it was built on has its own code again.
  const others = (sameCode: readonly number[] = []): number[] =>
    sameCode.filter((n) => n !== idea.carries && !idea.carriesToo?.includes(n));
  const exactDuplicate = duplicateOf(state, idea.parent, others(state.byEditable.get(editable)));
  const earlier =
    idea.retries === undefined
      ? (exactDuplicate ?? duplicateOf(state, idea.parent, others(state.byNormal.get(normal))))
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

/** Why a proposal is too large to be looked at, or even to be recorded with its content. */
export function whyOversized(
  edits: readonly FileEdit[],
): { readonly code: 'too-large'; readonly reason: string } | undefined {
  const refuse = (reason: string): { code: 'too-large'; reason: string } => ({ code: 'too-large', reason });
  if (edits.length > MAX_EDITED_FILES)
    return refuse(`${edits.length} files would change, at most ${MAX_EDITED_FILES} are allowed`);
  const pathBytes = edits.reduce((total, { path }) => total + byteLength(path), 0);
  if (pathBytes > MAX_RECORDED_PATH_BYTES)
    return refuse(`the names of the files have ${pathBytes} bytes, at most ${MAX_RECORDED_PATH_BYTES} are allowed`);
  const newBytes = edits.reduce((total, { content }) => total + byteLength(content ?? ''), 0);
  return newBytes > MAX_EDIT_BYTES
    ? refuse(`${newBytes} bytes of new content, at most ${MAX_EDIT_BYTES} are allowed`)
    : undefined;
}

const byteLength = (value: string): number => textEncoder.encode(value).length;

/**
 * One way to write each path: no dots, no empty parts, nothing that a terminal, a file system or git would take for
 * something else. Returns what is wrong with it, to be read after the path.
 */
function whyNotPlain(path: string): string | undefined {
  const segments = path.split('/');
  const isStrange =
    /[\x00-\x1f\x7f-\x9f\\\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(path) ||
    /\p{Surrogate}/u.test(path) ||
    segments.some((segment) => ['', '.', '..', '.git'].includes(segment.toLowerCase()));
  if (isStrange) return 'is no plain path below the arena’s folder';
  const longestName = Math.max(...segments.map(byteLength));
  if (longestName > MAX_NAME_BYTES) return `has a name of ${longestName} bytes, at most ${MAX_NAME_BYTES} are allowed`;
  const pathBytes = byteLength(path);
  return pathBytes > MAX_EDIT_PATH_BYTES
    ? `has ${pathBytes} bytes, at most ${MAX_EDIT_PATH_BYTES} are allowed`
    : undefined;
}

/** A file that the path would replace by a folder, or a folder that it would replace by a file. */
const findCollision = (path: string, paths: readonly string[]): string | undefined =>
  paths.find((existing) => existing.startsWith(`${path}/`) || path.startsWith(`${existing}/`));

/** An earlier experiment with this code whose verdict still holds. The frozen files are the same all over a lab. */
function duplicateOf(state: LabState, parent: number, sameCode: readonly number[]): Experiment | undefined {
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

/**
 * The code that a submission is made on: which experiment, and its files, also while it waits for its commit. Reads
 * only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { oneLine } from '../base/text.ts';
import { admitIdea, applyEdits } from '../core/admission/policy.ts';
import { roleOf } from '../core/file-roles.ts';
import type { FileEdit, Workspace } from '../core/ports.ts';
import { arenaOf, codeOf, isRuledOut, type LabState } from '../core/state.ts';

/** The code of a commit, with the edits of ideas on top of it that have no commit yet. */
export interface BaseCode {
  readonly commit: string;
  readonly queuedEdits: readonly FileEdit[];
  /** Editable files with those edits, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Every path of it. */
  readonly paths: readonly string[];
}

/**
 * The experiment that a submission is made on. Whole files must say which, once there is a step: made on older code,
 * they would take it back in silence. Throws E_SUBMIT.
 */
export function chooseBase(
  state: LabState,
  { parent, hasFiles }: { readonly parent: number | undefined; readonly hasFiles: boolean },
): number {
  const { incumbent } = state;
  if (parent === undefined && hasFiles && incumbent !== 0)
    throw new LabError('E_SUBMIT', {
      what: 'This cannot be submitted.',
      why: 'It has whole files and does not say on which version they were made, so nobody can tell what it changes.',
      next: `Give \`parent\`: ${incumbent} for the best code, 0 for the baseline, or the number of another experiment; or submit a diff.`,
    });
  const base = parent ?? incumbent;
  if (state.experiments[base] && isRuledOut(state, base))
    throw new LabError('E_SUBMIT', {
      what: 'This cannot be submitted.',
      why: `A person ruled out #${base}, or what it stands on: nothing may be built on it.`,
      next: `Build on the best code, #${incumbent}, or on the baseline, #0.`,
    });
  return base;
}

/** The code of experiment `n`; undefined where it has none and gets none. Throws E_SUBMIT where it will be refused. */
export async function baseCodeOf(
  workspace: Workspace,
  state: LabState,
  n: number,
  readBlob: (blobHash: string) => string | undefined,
): Promise<BaseCode | undefined> {
  const queued: number[] = [];
  let at = n;
  while (state.experiments[at]?.state === 'proposed') {
    queued.unshift(at);
    at = state.experiments[at]!.idea.parent;
  }
  const code = codeOf(state, at);
  if (!code) return undefined;
  const arena = arenaOf(state);
  const roleOfPath = roleOf(arena);
  let paths = (await workspace.listEntries(code.commit)).map((entry) => entry.path);
  let files = await workspace.readFiles(
    code.commit,
    paths.filter((filePath) => roleOfPath(filePath) === 'editable'),
  );
  const queuedEdits: FileEdit[] = [];
  for (const waiting of queued) {
    const { idea } = state.experiments[waiting]!;
    const edits = Object.entries(idea.edits).map(([filePath, blobHash]) => ({
      path: filePath,
      content: blobHash === null ? null : (readBlob(blobHash) ?? ''),
    }));
    const admission = admitIdea(arena, state, idea, files, edits, paths);
    if (!admission.ok) throw willBeRefused(waiting, admission.reason);
    files = applyEdits(files, edits);
    const removed = new Set(edits.filter(({ content }) => content === null).map((edit) => edit.path));
    paths = [...new Set([...paths, ...edits.map((edit) => edit.path)])].filter((filePath) => !removed.has(filePath));
    queuedEdits.push(...edits);
  }
  return { commit: code.commit, queuedEdits, files, paths };
}

const willBeRefused = (n: number, reason: string): LabError =>
  new LabError('E_SUBMIT', {
    what: 'This cannot be submitted.',
    why: `#${n}, on which it is made, waits in the queue and will be refused: ${oneLine(reason, 300)}.`,
    next: 'Build on another experiment; `overnight log` lists them.',
  });

/** What a sender should know of a base that is not the best code; undefined where there is nothing to say. */
export function describeBase(state: LabState, base: number): string | undefined {
  if (base === state.incumbent) return undefined;
  const queued = state.experiments[base]!.state === 'proposed' ? 'which waits in the queue itself, ' : '';
  return `it is made on #${base}, ${queued}and compared with it; if it is better there it is carried over to the best code, which is #${state.incumbent} now`;
}

/** Make an admitted edit in a folder: its path is plain and lies in no other file's place. */
export function writeEdit(folder: string, { path: filePath, content }: FileEdit): void {
  const target = path.join(folder, filePath);
  if (content === null) return fs.rmSync(target, { force: true });
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

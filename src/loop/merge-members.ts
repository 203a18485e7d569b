/** Merges the changes of several experiments into one: knobs by their values, other code by git. */
import { defined } from '../base/defined.ts';
import { findKnob, writeKnob } from '../core/admission/knobs.ts';
import { verdictOf } from '../core/experiment.ts';
import type { FileEdit } from '../core/ports.ts';
import { arenaOf, codeOf, forkOf } from '../core/state.ts';
import type { AdmissionDeps } from './admission.ts';
import { readEditableFiles } from './edits.ts';
import { mergeChange } from './merge-change.ts';
import { refOf } from './refs.ts';

export interface MergedMembers {
  /** What turns the incumbent into the merged code. */
  readonly edits: readonly FileEdit[];
  /** The members that could be merged; the others change lines or knobs that an earlier one changed. */
  readonly joined: readonly number[];
  /** Knobs of the merged code, where every member and the incumbent change nothing but knobs. */
  readonly knobs?: Readonly<Record<string, number | string>>;
}

/**
 * Apply the change of each member to the code of `base`, the incumbent when absent, in order. `n` is the experiment
 * that they become. With `isRetry` a kept member brings its own change alone, not the steps of its branch.
 */
export async function mergeMembers(
  deps: AdmissionDeps,
  n: number,
  members: readonly number[],
  { base = deps.ledger.state.incumbent, isRetry = false }: { readonly base?: number; readonly isRetry?: boolean } = {},
): Promise<MergedMembers> {
  const { ledger, workspace } = deps;
  const { state } = ledger;
  const partsRef = `${refOf(state.lab!.lab, n)}-parts`;
  const mergedFiles = new Map<string, string | null>();
  const joined: number[] = [];
  const turnedKnobs = new Set<string>();
  let tipCommit = codeOf(state, base)!.commit;
  for (const member of members) {
    // A kept step of another branch brings the branch with it.
    const bringsBranch = !isRetry && verdictOf(state.experiments[member]!) === 'kept';
    const start = bringsBranch ? forkOf(state, member, base) : state.experiments[member]!.idea.parent;
    const edits = await editsOfMember(deps, member, start, tipCommit, turnedKnobs);
    if (!edits || edits.length === 0) continue;
    const { at } = state.experiments[member]!.idea;
    tipCommit = (await workspace.snapshot(tipCommit, edits, partsRef, `with #${member}`, at)).commit;
    for (const { path, content } of edits) mergedFiles.set(path, content);
    joined.push(member);
  }
  const knobs = await readMergedKnobs(deps, [base, ...joined], tipCommit);
  return {
    edits: [...mergedFiles].map(([path, content]) => ({ path, content })),
    joined,
    ...defined({ knobs }),
  };
}

/** Edits of `tipCommit` that make the member's change; none or undefined where it cannot be merged. */
async function editsOfMember(
  deps: AdmissionDeps,
  member: number,
  start: number,
  tipCommit: string,
  turnedKnobs: Set<string>,
): Promise<readonly FileEdit[] | undefined> {
  // Knobs are merged by value: their constants often stand on neighbouring lines, which git would not merge.
  const knobEdits = await editsOfKnobs(deps, member, start, tipCommit, turnedKnobs);
  if (knobEdits) return knobEdits;
  const { edits, conflicts } = await mergeChange(deps, tipCommit, start, member);
  return conflicts.length > 0 ? undefined : edits;
}

/**
 * Edits of `tipCommit` that turn the knobs as `member` did since `start`; none where an earlier member turned one of
 * them, undefined where the member changes code.
 */
async function editsOfKnobs(
  deps: AdmissionDeps,
  member: number,
  start: number,
  tipCommit: string,
  turnedKnobs: Set<string>,
): Promise<readonly FileEdit[] | undefined> {
  const { state } = deps.ledger;
  const knobsBefore = state.experiments[start]!.idea.knobs;
  const knobsAfter = state.experiments[member]!.idea.knobs;
  if (!knobsBefore || !knobsAfter) return undefined;
  const changedKnobs = arenaOf(state).knobs.filter(
    ({ name }) => knobsAfter[name] !== undefined && knobsAfter[name] !== knobsBefore[name],
  );
  const files = new Map(await readEditableFiles(deps, tipCommit));
  if (changedKnobs.length === 0 || changedKnobs.some((knob) => !findKnob(knob, files.get(knob.file) ?? '').ok))
    return undefined;
  if (changedKnobs.some(({ name }) => turnedKnobs.has(name))) return [];
  for (const knob of changedKnobs) {
    turnedKnobs.add(knob.name);
    files.set(knob.file, writeKnob(knob, files.get(knob.file)!, knobsAfter[knob.name]!));
  }
  return [...new Set(changedKnobs.map(({ file }) => file))].map((path) => ({ path, content: files.get(path)! }));
}

async function readMergedKnobs(
  deps: AdmissionDeps,
  parts: readonly number[],
  tipCommit: string,
): Promise<Record<string, number | string> | undefined> {
  const { state } = deps.ledger;
  const { knobs } = arenaOf(state);
  if (knobs.length === 0 || parts.some((part) => !state.experiments[part]!.idea.knobs)) return undefined;
  const files = await readEditableFiles(deps, tipCommit);
  const literals = knobs.map((knob) => [knob.name, findKnob(knob, files.get(knob.file) ?? '')] as const);
  return Object.fromEntries(literals.flatMap(([name, literal]) => (literal.ok ? [[name, literal.value]] : [])));
}

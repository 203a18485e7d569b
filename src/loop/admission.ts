/** From a proposal to a commit: records it, then refuses it or takes its snapshot. Knows nothing about measuring. */
import { defined } from '../base/defined.ts';
import type { AgentNote } from '../core/agent-call.ts';
import { dependenciesIn } from '../core/admission/dependencies.ts';
import { whyOverBudget } from '../core/agent-budget.ts';
import { admitIdea, applyEdits, hashEditable, whyOversized } from '../core/admission/policy.ts';
import type { Payload } from '../core/event.ts';
import type { Experiment } from '../core/experiment.ts';
import type { FileEdit, Ledger, Proposal, Workspace } from '../core/ports.ts';
import { arenaOf, codeOf, isRuledOut } from '../core/state.ts';
import { loadEdits, readEditableFiles, storeEdits } from './edits.ts';
import { refOf } from './refs.ts';

export interface AdmissionDeps {
  readonly ledger: Ledger;
  readonly workspace: Workspace;
}

export type EditProposal = Extract<Proposal, { kind: 'edit' }>;
export type ProposalOrigin = Pick<Payload<'proposed'>, 'proposer' | 'parent' | 'request' | 'retries'>;

/** Record a proposal. Returns its number. One that is too large is recorded without its edits, and refused. */
export function recordProposal(
  { ledger }: Pick<AdmissionDeps, 'ledger'>,
  { hypothesis, edits, knobs, why, note, program, words, call, adviser, near }: EditProposal,
  origin: ProposalOrigin,
): number {
  const n = ledger.state.experiments.length;
  const oversize = whyOversized(edits);
  ledger.append({
    type: 'proposed',
    n,
    kind: 'idea',
    hypothesis,
    edits: oversize ? {} : storeEdits(ledger, edits),
    ...defined({
      knobs,
      why: why || undefined,
      note,
      program,
      words,
      call,
      adviser,
      near: near && near.length > 0 ? near : undefined,
    }),
    ...origin,
  });
  if (oversize) refuseIdea({ ledger }, n, oversize);
  return n;
}

/**
 * An idea from outside. `parent` is the experiment whose files it was made on. Absent: the baseline, which is safe
 * whatever it was made on, because only what the incumbent lacks is carried over.
 */
export interface IncomingIdea {
  readonly id: string;
  readonly from: string;
  readonly hypothesis: string;
  readonly edits: readonly FileEdit[];
  readonly parent?: number;
  readonly note?: AgentNote;
}

/** Record an idea from outside. One on a base that there is not, or beyond its sender's budget, is refused. */
export function recordSubmission(
  deps: Pick<AdmissionDeps, 'ledger'>,
  { id, from, hypothesis, edits, parent, note }: IncomingIdea,
): void {
  const { experiments, incumbent } = deps.ledger.state;
  const isKnown = parent === undefined || parent < experiments.length;
  const base = isKnown ? (parent ?? 0) : incumbent;
  const proposal = { kind: 'edit' as const, hypothesis, edits, ...defined({ note }) };
  const overBudget = whyOverBudget(deps.ledger.state, from);
  const n = recordProposal(deps, proposal, { proposer: from, parent: base, request: id });
  if (overBudget !== undefined) refuseIdea(deps, n, { code: 'over-budget', reason: overBudget });
  const reason = `there is no experiment #${parent}, on which it says it was made`;
  if (!isKnown) refuseIdea(deps, n, { code: 'conflict', reason });
}

/** Record that an idea is refused, unless it is refused already. */
export function refuseIdea(
  { ledger }: Pick<AdmissionDeps, 'ledger'>,
  n: number,
  refusal: Omit<Payload<'refused'>, 'n'>,
): void {
  if (ledger.state.experiments[n]!.state === 'proposed') ledger.append({ type: 'refused', n, ...refusal });
}

/** Refuse a proposal, or commit it to the private store. */
export async function admitProposal(deps: AdmissionDeps, n: number): Promise<void> {
  const { workspace, ledger } = deps;
  const { state } = ledger;
  const { idea, state: progress } = state.experiments[n]!;
  if (progress !== 'proposed') return;
  const parent = state.experiments[idea.parent]!;
  // It waits until the code that it was made on is there.
  if (parent.state === 'proposed' && idea.kind !== 'baseline') return;
  const givenUp = state.steering.givenUp.get(n);
  if (givenUp)
    return refuseIdea(deps, n, { code: 'given-up', reason: `given up by ${givenUp.from}: ${givenUp.because}` });
  if (state.steering.skipped.has(n) || isRuledOut(state, idea.parent))
    return refuseIdea(deps, n, { code: 'vetoed', reason: 'it is built on an idea that a person ruled out' });
  if (parent.state === 'refused')
    return refuseIdea(deps, n, {
      code: 'conflict',
      reason: `#${idea.parent}, on which it was made, was refused and has no code: ${parent.reason}`,
    });
  const { commit: parentCommit, editable: parentHash } = codeOf(state, idea.parent)!;
  if (idea.kind === 'control') return takeSnapshot(deps, n, [], { editable: parentHash });
  const edits = loadEdits(ledger, idea.edits);
  const filesBefore = await readEditableFiles(deps, parentCommit);
  const filesAfter = applyEdits(filesBefore, edits);
  if (idea.kind === 'ablation') return takeSnapshot(deps, n, edits, { editable: hashEditable(filesAfter) });
  const parentPaths = (await workspace.listEntries(parentCommit)).map((entry) => entry.path);
  const admission = admitIdea(arenaOf(state), state, idea, filesBefore, edits, parentPaths);
  if (!admission.ok) {
    const { ok: _, ...refusal } = admission;
    ledger.append({ type: 'refused', n, ...refusal });
    return;
  }
  const { editable, normal } = admission;
  const addedDependencies = countAdded(dependenciesIn(filesBefore), dependenciesIn(filesAfter));
  await takeSnapshot(deps, n, edits, defined({ editable, normal, dependencies: addedDependencies || undefined }));
}

function countAdded(countBefore: number | undefined, countAfter: number | undefined): number | undefined {
  return countBefore === undefined || countAfter === undefined ? undefined : countAfter - countBefore;
}

async function takeSnapshot(
  { ledger, workspace }: AdmissionDeps,
  n: number,
  edits: readonly FileEdit[],
  facts: Pick<Payload<'snapshot'>, 'editable' | 'normal' | 'dependencies'>,
): Promise<void> {
  const { state } = ledger;
  const experiment = state.experiments[n]!;
  const { idea } = experiment;
  const parentCommit = codeOf(state, idea.parent)!.commit;
  const ref = refOf(state.lab!.lab, n, idea.attempts?.length);
  const snapshot = await workspace.snapshot(parentCommit, edits, ref, commitMessageOf(experiment), idea.at);
  ledger.append({ type: 'snapshot', n, ...snapshot, ...facts });
}

function commitMessageOf({ idea }: Experiment): string {
  return `#${idea.n} ${idea.hypothesis}\n\nProposer: ${idea.proposer}\nParent: #${idea.parent}\n`;
}

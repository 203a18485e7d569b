/**
 * Ideas that the harness proposes itself: A/A controls, ablations, bundles of near misses, crossovers, and earlier
 * ideas again. Each is recorded like any other proposal.
 */
import { defined } from '../base/defined.ts';
import type { Step } from '../core/plan/step.ts';
import { codeOf } from '../core/state.ts';
import { type AdmissionDeps, recordProposal, refuseIdea } from './admission.ts';
import { loadEdits, readEditableFiles, storeEdits } from './edits.ts';
import { conflictReason, mergeChange, recordConflict } from './merge-change.ts';
import { mergeMembers } from './merge-members.ts';
import { proposeBuild } from './requested-ideas.ts';

type IdeaStep = Extract<Step, { do: 'control' | 'ablate' | 'bundle' | 'retry' | 'build' }>;

export async function proposeOwnIdea(deps: AdmissionDeps, step: IdeaStep): Promise<void> {
  switch (step.do) {
    case 'control':
      return proposeControl(deps);
    case 'ablate':
      return proposeAblation(deps, step.n);
    case 'bundle':
      return proposeBundle(deps, step.of, step.why);
    case 'retry':
      return proposeRetry(deps, step.n);
    case 'build':
      return proposeBuild(deps, step.id);
    default:
      step satisfies never;
  }
}

/** The incumbent again, unchanged. */
export function proposeControl({ ledger }: Pick<AdmissionDeps, 'ledger'>): void {
  const { experiments, incumbent } = ledger.state;
  ledger.append({
    type: 'proposed',
    n: experiments.length,
    kind: 'control',
    parent: incumbent,
    proposer: 'harness',
    hypothesis: 'A/A control: the incumbent, unchanged',
    edits: {},
  });
}

/** The incumbent without one of its steps. Refused where later steps changed the same lines. */
export async function proposeAblation({ ledger, workspace }: AdmissionDeps, ablatedStep: number): Promise<void> {
  const { state } = ledger;
  const { incumbent } = state;
  const n = state.experiments.length;
  const { idea } = state.experiments[ablatedStep]!;
  const [tipCommit, afterCommit, beforeCommit] = [incumbent, ablatedStep, idea.parent].map(
    (experiment) => codeOf(state, experiment)!.commit,
  ) as [string, string, string];
  const edits = await workspace.editsWithout(tipCommit, afterCommit, beforeCommit);
  ledger.append({
    type: 'proposed',
    n,
    kind: 'ablation',
    parent: incumbent,
    proposer: 'harness',
    hypothesis: `Without #${ablatedStep}: ${idea.hypothesis}`,
    edits: storeEdits(ledger, edits ?? []),
    ablates: ablatedStep,
  });
  if (!edits) {
    const reason = 'later steps changed the same lines, so it cannot be taken out alone';
    ledger.append({ type: 'refused', n, code: 'conflict', reason });
  } else if (edits.length === 0)
    ledger.append({ type: 'refused', n, code: 'no-change', reason: 'nothing of it is left' });
}

/**
 * Near misses as one idea on today's incumbent. Members that change what an earlier member changed are left out, and
 * lose their turn. With `crossoverReason` it is a crossover, which is refused where one of the members does not merge.
 */
export async function proposeBundle(
  deps: AdmissionDeps,
  members: readonly number[],
  crossoverReason?: string,
): Promise<void> {
  const { ledger } = deps;
  const { state } = ledger;
  const { incumbent } = state;
  const n = state.experiments.length;
  const isCrossover = crossoverReason !== undefined;
  const { edits, joined, knobs } = await mergeMembers(deps, n, members);
  const describe = (experiment: number): string => `#${experiment} ${state.experiments[experiment]!.idea.hypothesis}`;
  const crossed = members.length > 1 ? members : [incumbent, ...members];
  ledger.append({
    type: 'proposed',
    n,
    kind: 'idea',
    parent: incumbent,
    proposer: 'harness',
    hypothesis: isCrossover
      ? `Crossed: ${crossed.map(describe).join(' with ')}`
      : `Together: ${joined.map(describe).join('; ')}`,
    edits: storeEdits(ledger, edits),
    bundles: members,
    ...(isCrossover && { crosses: true, why: crossoverReason }),
    ...defined({ knobs }),
  });
  const neededMembers = isCrossover ? members.length : 2;
  if (joined.length < neededMembers)
    ledger.append({ type: 'refused', n, code: 'conflict', reason: 'its parts change the same lines or knobs' });
}

/**
 * An earlier idea again, merged with today's incumbent. Refused where both change the same lines; one that was refused
 * and has no code is proposed as it was written, and refused where a file that it changes is another one today.
 */
export async function proposeRetry(deps: AdmissionDeps, earlierNumber: number): Promise<void> {
  const { ledger } = deps;
  const { state } = ledger;
  const { incumbent } = state;
  const { idea } = state.experiments[earlierNumber]!;
  const { knobs, hypothesis } = idea;
  if (codeOf(state, earlierNumber) && idea.parent !== incumbent) return proposeMergedRetry(deps, earlierNumber);
  const edits = loadEdits(ledger, idea.edits);
  const n = recordProposal(
    deps,
    { kind: 'edit', hypothesis, edits, ...defined({ knobs }) },
    { proposer: idea.proposer, parent: incumbent, retries: earlierNumber },
  );
  const parentCode = codeOf(state, idea.parent);
  if (!parentCode) {
    const reason = `#${idea.parent}, on which #${earlierNumber} was made, has no code`;
    return refuseIdea(deps, n, { code: 'conflict', reason });
  }
  const filesThen = await readEditableFiles(deps, parentCode.commit);
  const filesToday = await readEditableFiles(deps, codeOf(state, incumbent)!.commit);
  const changedEdit = edits.find(({ path }) => filesThen.get(path) !== filesToday.get(path));
  if (!changedEdit) return;
  const reason = `${changedEdit.path} has changed since #${idea.parent}, on which #${earlierNumber} was made`;
  refuseIdea(deps, n, { code: 'conflict', reason });
}

async function proposeMergedRetry(deps: AdmissionDeps, earlierNumber: number): Promise<void> {
  const { state } = deps.ledger;
  const { incumbent } = state;
  const { idea } = state.experiments[earlierNumber]!;
  const { edits, conflicts } = await mergeChange(deps, codeOf(state, incumbent)!.commit, idea.parent, earlierNumber);
  const conflict =
    conflicts.length > 0 ? await recordConflict(deps, idea.parent, earlierNumber, incumbent, conflicts) : undefined;
  const n = recordProposal(
    deps,
    { kind: 'edit', hypothesis: idea.hypothesis, edits: conflict ? [] : edits },
    { proposer: idea.proposer, parent: incumbent, retries: earlierNumber },
  );
  if (conflict) refuseIdea(deps, n, { code: 'conflict', reason: conflictReason(conflict, incumbent), conflict });
  else if (edits.length === 0)
    refuseIdea(deps, n, { code: 'contained', reason: `#${incumbent} has the change of #${earlierNumber} already` });
}

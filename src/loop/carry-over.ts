/**
 * Carries an idea over that is better than the older code it was built on: its change is made in the incumbent, which
 * is a new experiment, measured and judged there. A conflict, and a change that the incumbent has already, are recorded
 * as results.
 */
import { oneLine } from '../base/text.ts';
import type { FileEdit, Ledger } from '../core/ports.ts';
import { codeOf } from '../core/state.ts';
import type { AdmissionDeps } from './admission.ts';
import { storeEdits } from './edits.ts';
import { conflictReason, mergeChange, recordConflict } from './merge-change.ts';
import { mergeMembers, type MergedMembers } from './merge-members.ts';

/** Characters of the hypothesis of several ideas together. */
const MAX_HYPOTHESIS = 600;

/**
 * Records the experiment that carries `n`, and as many of `others` as merge with it; nothing where the incumbent moved
 * meanwhile: the plan asks again.
 */
export async function proposeCarryOver(deps: AdmissionDeps, n: number, others: readonly number[] = []): Promise<void> {
  const { ledger } = deps;
  const { state } = ledger;
  const { incumbent } = state;
  const experiment = state.experiments[n]!;
  if (experiment.state !== 'decided') throw new RangeError(`#${n} is not decided`);
  const base = experiment.decision.against;
  const alone = await mergeChange(deps, codeOf(state, incumbent)!.commit, base, n);
  const conflict =
    alone.conflicts.length > 0 ? await recordConflict(deps, base, n, incumbent, alone.conflicts) : undefined;
  const isMergeable = !conflict && alone.edits.length > 0;
  const { edits, joined } = (isMergeable && (await mergeTogether(deps, n, others))) || {
    edits: alone.edits,
    joined: [n],
  };
  if (state.incumbent !== incumbent || joined.some((member) => state.steering.vetoed.has(member))) return;
  const carrier = state.experiments.length;
  recordCarrier(ledger, joined, base, conflict ? [] : edits);
  if (conflict)
    ledger.append({
      type: 'refused',
      n: carrier,
      code: 'conflict',
      reason: `#${n} cannot be carried over: ${conflictReason(conflict, incumbent)}`,
      conflict,
    });
  else if (edits.length === 0)
    ledger.append({
      type: 'refused',
      n: carrier,
      code: 'contained',
      reason: `#${incumbent} has the change of #${n} already`,
    });
}

/** `n` and those of `others` that merge with the incumbent and with each other; undefined where only one does. */
async function mergeTogether(
  deps: AdmissionDeps,
  n: number,
  others: readonly number[],
): Promise<Pick<MergedMembers, 'edits' | 'joined'> | undefined> {
  const { state } = deps.ledger;
  const { incumbent, experiments } = state;
  const mergeable: number[] = [n];
  for (const other of others) {
    const experiment = experiments[other]!;
    const base = experiment.state === 'decided' ? experiment.decision.against : experiment.idea.parent;
    const { edits, conflicts } = await mergeChange(deps, codeOf(state, incumbent)!.commit, base, other);
    if (conflicts.length === 0 && edits.length > 0) mergeable.push(other);
  }
  if (mergeable.length < 2) return undefined;
  const merged = await mergeMembers(deps, experiments.length, mergeable, { base: incumbent });
  return merged.joined.length > 1 && merged.joined[0] === n ? merged : undefined;
}

function recordCarrier(ledger: Ledger, members: readonly number[], base: number, edits: readonly FileEdit[]): void {
  const { experiments, incumbent } = ledger.state;
  const [first, ...others] = members;
  const { idea } = experiments[first!]!;
  const hypotheses = members.map((member) => experiments[member]!.idea.hypothesis);
  const names = members.map((member) => `#${member}`).join(', ');
  ledger.append({
    type: 'proposed',
    n: experiments.length,
    kind: 'idea',
    parent: incumbent,
    proposer: idea.proposer,
    hypothesis: others.length === 0 ? idea.hypothesis : oneLine(hypotheses.join('; '), MAX_HYPOTHESIS),
    edits: storeEdits(ledger, edits),
    carries: first!,
    ...(others.length > 0 && { carriesToo: others }),
    why:
      others.length === 0
        ? `${names} carried over from #${base}, where it was better`
        : `${names} carried over together: each was better than what it was built on`,
  });
}

/**
 * Carries an idea over that is better than the older code it was built on: its change is made in the incumbent, which
 * is a new experiment, measured and judged there. A conflict, and a change that the incumbent has already, are recorded
 * as results.
 */
import { codeOf } from '../core/state.ts';
import { storeEdits } from './edits.ts';
import { conflictReason, mergeChange, type MergeDeps, recordConflict } from './merge-change.ts';

/** Records the experiment that carries `n`; nothing where the incumbent moved meanwhile: the plan asks again. */
export async function proposeCarryOver(deps: MergeDeps, n: number): Promise<void> {
  const { ledger } = deps;
  const { state } = ledger;
  const { incumbent } = state;
  const experiment = state.experiments[n]!;
  if (experiment.state !== 'decided') throw new RangeError(`#${n} is not decided`);
  const base = experiment.decision.against;
  const { idea } = experiment;
  const { edits, conflicts } = await mergeChange(deps, codeOf(state, incumbent)!.commit, base, n);
  const conflict = conflicts.length > 0 ? await recordConflict(deps, base, n, incumbent, conflicts) : undefined;
  if (state.incumbent !== incumbent || state.steering.vetoed.has(n)) return;
  const carrier = state.experiments.length;
  ledger.append({
    type: 'proposed',
    n: carrier,
    kind: 'idea',
    parent: incumbent,
    proposer: idea.proposer,
    hypothesis: idea.hypothesis,
    edits: conflict ? {} : storeEdits(ledger, edits),
    carries: n,
    why: `#${n} carried over from #${base}, where it was better`,
  });
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

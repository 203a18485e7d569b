/** Repairs of crashed candidates: what failed, what the proposer changes, and whether the repair may be tried. */
import { defined } from '../base/defined.ts';
import { admitIdea, whyOversized } from '../core/admission/policy.ts';
import type { CandidateFailure, Ledger, Proposer } from '../core/ports.ts';
import { arenaOf, codeOf, measurementsOf } from '../core/state.ts';
import type { AdmissionDeps } from './admission.ts';
import { callJournal } from './call-journal.ts';
import { loadEdits, readEditableFiles, storeEdits } from './edits.ts';

export interface RepairDeps extends AdmissionDeps {
  readonly proposer: Proposer;
  readonly session: number;
}

/**
 * Ask the proposer to repair a crashed candidate. Records the repair where it is accepted; resolves with false where
 * the candidate stays as it is.
 */
export async function repairCandidate(deps: RepairDeps, n: number, signal: AbortSignal): Promise<boolean> {
  const { proposer, ledger, workspace } = deps;
  const { state } = ledger;
  const arena = arenaOf(state);
  const failure = lastFailureOf(ledger, n);
  const { idea } = state.experiments[n]!;
  const { commit } = codeOf(state, n)!;
  const files = await readEditableFiles(deps, commit);
  const brief = { arena, state, n, commit, files, signal, journal: callJournal(deps, n) };
  const repair = await proposer.repair?.(brief, failure);
  if (repair?.kind !== 'edit' || repair.refusal || signal.aborted) return false;
  if (whyOversized(repair.edits)) return false;
  const repairEdits = storeEdits(ledger, repair.edits);
  const combinedEdits = loadEdits(ledger, { ...idea.edits, ...repairEdits });
  const parentCommit = codeOf(state, idea.parent)!.commit;
  const parentPaths = (await workspace.listEntries(parentCommit)).map((entry) => entry.path);
  const parentFiles = await readEditableFiles(deps, parentCommit);
  if (!admitIdea(arena, state, idea, parentFiles, combinedEdits, parentPaths).ok) return false;
  const { note, proposer: proposerName = proposer.name } = repair;
  const attempt = (idea.attempts?.length ?? 0) + 1;
  ledger.append({
    type: 'repaired',
    n,
    attempt,
    edits: repairEdits,
    proposer: proposerName,
    ...defined({ note }),
  });
  return true;
}

/** The newest failure of a candidate, with the end of its output. */
function lastFailureOf(ledger: Ledger, n: number): CandidateFailure {
  const { state } = ledger;
  const readLog = (hash: string | undefined): string | undefined => {
    const logBytes = hash === undefined ? undefined : ledger.getBlob(hash);
    return logBytes && Buffer.from(logBytes).toString('utf8');
  };
  const guardRun = (state.guardRunsOf.get(n) ?? []).map((g) => state.guardRuns[g]!).at(-1);
  if (guardRun?.state === 'finished' && guardRun.failure && guardRun.commit === codeOf(state, n)?.commit)
    return { n, ...guardRun.failure, ...defined({ log: readLog(guardRun.log) }) };
  const screenRuns = (state.screenRuns.get(n) ?? []).map((m) => state.measurements[m]!);
  const measurements = [...measurementsOf(state, n), ...screenRuns];
  const failed = measurements.findLast(
    (measurement) => measurement.state === 'finished' && measurement.outcome.kind !== 'measured',
  );
  if (failed?.state !== 'finished' || failed.outcome.kind === 'measured') throw new RangeError(`#${n} did not fail`);
  const { class: failureClass, message } = failed.outcome;
  return { n, class: failureClass, message, ...defined({ log: readLog(failed.conditions.log) }) };
}

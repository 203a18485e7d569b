/**
 * guards/1: no candidate is carried on that has not passed the arena's guards. What the ledger says of them: not needed
 * or passed, still to run, or failed.
 */
import type { Arena } from '../arena.ts';
import { comparisonBase } from '../bases/comparison-base.ts';
import type { Decision } from '../decision.ts';
import type { GuardFailure, GuardPhase, GuardRun } from '../guard-run.ts';
import { arenaOf, codeOf, type LabState } from '../state.ts';
import { decided, type Judgement } from './judgement.ts';

/** The guards that run in a phase. */
export const guardsIn = ({ guards }: Arena, when: GuardPhase): Arena['guards'] =>
  when === 'baseline' ? guards : guards.filter(({ early = false }) => early === (when === 'early'));

/** The finished runs of guards on the present code of an experiment. */
function finishedRuns(state: LabState, n: number, when: GuardPhase): Extract<GuardRun, { state: 'finished' }>[] {
  const commit = codeOf(state, n)?.commit;
  return (state.guardRunsOf.get(n) ?? []).flatMap((g) => {
    const run = state.guardRuns[g]!;
    return run.state === 'finished' && run.when === when && run.commit === commit ? [run] : [];
  });
}

/** Must the guards still pass on the unchanged code, before anything is compared with it? */
export const wantsBaselineGuards = (state: LabState): boolean =>
  arenaOf(state).guards.length > 0 && finishedRuns(state, 0, 'baseline').every(({ failure }) => failure !== undefined);

/** Undefined where nothing stands in the way. */
type GuardStatus = { readonly due: true } | { readonly failed: GuardFailure } | undefined;

/** Controls are the incumbent, which passed. Labs that never ran guards apart ran them inside the first measurement. */
export function guardStatus(state: LabState, n: number, when: 'early' | 'keep'): GuardStatus {
  if (guardsIn(arenaOf(state), when).length === 0 || !state.guardRunsOf.has(0)) return undefined;
  if (state.experiments[n]!.idea.kind === 'control') return undefined;
  const run = finishedRuns(state, n, when).at(-1);
  if (!run) return { due: true };
  return run.failure && { failed: run.failure };
}

/** Before the first measurement: what the early guards say, if anything. */
export function judgeEarlyGuards(state: LabState, n: number, rule: string): Judgement | undefined {
  const status = guardStatus(state, n, 'early');
  if (!status) return undefined;
  if ('due' in status) return { again: true, reason: 'its early guards have not run yet', guards: 'early' };
  const { class: failure, message } = status.failed;
  const against = comparisonBase(state, n);
  return decided({ verdict: 'crashed', reason: message, failure, rule, against, n: 0, nAgainst: 0 });
}

/** A candidate that its numbers would keep is kept when its guards have passed, and has crashed when one failed. */
export function requireGuards(state: LabState, n: number, judgement: Judgement): Judgement {
  if (judgement.again || judgement.decision.verdict !== 'kept') return judgement;
  const status = guardStatus(state, n, 'keep');
  if (!status) return judgement;
  if ('due' in status) return { again: true, reason: 'its guards have not run yet', guards: 'keep' };
  return decided(failedDecision(judgement.decision, status.failed));
}

/** Nothing is known against the incumbent, so no evidence is recorded; the measurements are there to be looked at. */
function failedDecision(kept: Decision, { class: failure, message }: GuardFailure): Decision {
  const { rule, against, n } = kept;
  const reason = `${message}\n(by its numbers it would have been kept: ${kept.reason})`;
  return { verdict: 'crashed', reason, failure, rule, against, n, nAgainst: 0 };
}

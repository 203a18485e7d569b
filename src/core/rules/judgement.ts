/** What a rule says about an open experiment: a verdict, or that it needs another measurement. */
import { BASES_RULE, isOnOlderBase, stepsNotIn } from '../bases/comparison-base.ts';
import type { Decision } from '../decision.ts';
import type { GuardPhase } from '../guard-run.ts';
import type { LabState } from '../state.ts';

export type Judgement =
  | {
      readonly again: true;
      readonly reason: string;
      /** It needs no measurement: these guards must run on it. */
      readonly guards?: Exclude<GuardPhase, 'baseline'>;
    }
  | { readonly again: false; readonly decision: Decision };

export const decided = (decision: Decision): Judgement => ({ again: false, decision });
export const needsMore = (reason: string): Judgement => ({ again: true, reason });

/** What every decision that rests on numbers records of them. */
export type RecordedEvidence = Omit<Decision, 'verdict' | 'reason' | 'kind'>;

/** A control is never kept; what counts is whether the rule would have kept it. */
export function decideControl(recorded: RecordedEvidence, wouldKeep: boolean, ruleReason: string): Decision {
  const reason = `the unchanged incumbent would ${wouldKeep ? '' : 'not '}have been kept: ${ruleReason}`;
  return { ...recorded, verdict: 'discarded', kind: 'control', wouldKeep, reason };
}

/**
 * bases/1: what was compared with older code than the incumbent is never kept there; what is better there is carried
 * over. What is kept says which kept steps it does not contain.
 */
export function concludeForBase(state: LabState, n: number, decision: Decision): Decision {
  const { incumbent } = state;
  if (!isOnOlderBase(state, n)) {
    const drops = decision.verdict === 'kept' ? stepsNotIn(state, n) : [];
    if (drops.length === 0) return decision;
    const names = drops.map((step) => `#${step}`).join(', ');
    return {
      ...decision,
      reason: `${decision.reason}; it takes the place of ${names}, which it does not contain`,
      drops,
    };
  }
  const moved = { incumbent, rule: BASES_RULE };
  if (decision.verdict !== 'kept') return { ...decision, moved };
  const reason = `${decision.reason}; the incumbent is #${incumbent}, so it is carried over to it`;
  return { ...decision, verdict: 'inconclusive', kind: 'carried', reason, moved };
}

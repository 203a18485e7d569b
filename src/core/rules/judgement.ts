/** What a rule says about an open experiment: a verdict, or that it needs another measurement. */
import type { Decision } from '../decision.ts';
import type { GuardPhase } from '../guard-run.ts';

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

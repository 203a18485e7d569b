/** What the planner may ask for next, and what it must know beside the ledger. */
import type { LiveBase } from '../bases/live-bases.ts';
import type { GuardPhase } from '../guard-run.ts';
import type { Purpose } from '../outcome.ts';
import type { StopReason } from '../session.ts';
import type { LabState } from '../state.ts';

export type Step =
  /** Admit a proposal that has no commit yet, and put it into git. */
  | { readonly do: 'admit'; readonly n: number }
  | {
      readonly do: 'measure';
      readonly n: number;
      readonly purpose: Purpose;
      readonly seed: number;
      /** With purpose `confirm`: the experiment whose claim this serves. */
      readonly claim?: number;
      /** In a paired comparison: the candidate whose comparison this serves. */
      readonly pair?: number;
      /** The measurement whose seeds it shares. */
      readonly like?: number;
    }
  /** Run guards on the code of an experiment. */
  | { readonly do: 'guard'; readonly n: number; readonly when: GuardPhase }
  /** Record the verdict on an experiment. */
  | { readonly do: 'decide'; readonly n: number }
  /** Have a crashed candidate repaired before it is decided. */
  | { readonly do: 'repair'; readonly n: number }
  /** Move the lab's branch to a kept experiment. */
  | { readonly do: 'advance'; readonly n: number }
  /** Record the noise of the device class from the baseline's repeats. */
  | { readonly do: 'calibrate' }
  /** Record whether the claim of `n` over `against` passes. */
  | { readonly do: 'confirm'; readonly n: number; readonly against: number }
  /** Ask for an idea; with `base` from another base than the incumbent, for the reason `why`. */
  | { readonly do: 'propose'; readonly base?: LiveBase; readonly why?: string }
  /** Finalize: try the incumbent without step `n`. */
  | { readonly do: 'ablate'; readonly n: number }
  /** Record the final comparison. */
  | { readonly do: 'finalize' }
  /** Try near misses together as one idea; with `why` they are a crossover. */
  | { readonly do: 'bundle'; readonly of: readonly number[]; readonly why?: string }
  /** Carry idea `n`, which is better than the older code it was built on, over to the incumbent; `others` with it. */
  | { readonly do: 'carry'; readonly n: number; readonly others: readonly number[] }
  /** Make the idea that request `id` asks for out of the changes of earlier ones. */
  | { readonly do: 'build'; readonly id: string }
  /** Ask for the profile of the incumbent `n`, which runs as a scratch try. */
  | { readonly do: 'profile'; readonly n: number }
  /** Run a scratch try: no measurement, no number. */
  | { readonly do: 'try-out'; readonly tryOut: number }
  /** Try idea `n` once more, because a person asked for it. */
  | { readonly do: 'retry'; readonly n: number }
  /** Take back the request for an idea: it would come too late. */
  | { readonly do: 'abandon' }
  /** Propose the incumbent itself, as a control. */
  | { readonly do: 'control' }
  /** Nothing can be done until somebody else is done. */
  | { readonly do: 'wait' }
  | StopStep;

export interface StopStep {
  readonly do: 'stop';
  readonly reason: StopReason;
  /** One sentence for people. */
  readonly detail: string;
}

/** What the planner must know beside the ledger. */
export interface PlanContext {
  /** Device class of this session. */
  readonly deviceClass: string;
  /** Ideas of the lab in all at which to stop proposing. */
  readonly experiments?: number;
  /** Seconds left until the deadline. */
  readonly leftS?: number;
  /** Stop when the incumbent's mean reaches this value. */
  readonly target?: number;
  /** A person asked to stop after the current experiment. */
  readonly stopRequested: boolean;
  /** Measurements that may run at once. */
  readonly slots: number;
  /** Slots that guards and scratch tries hold, which are no measurements. */
  readonly otherSlots?: number;
  /** A scratch try is running. */
  readonly isTrying?: boolean;
  /** Experiments that a worker is handling already: not to be touched. */
  readonly busyExperiments: { has(n: number): boolean };
  /** A proposer is working on an idea or on a repair. */
  readonly isThinking: boolean;
  /** Calls of proposers that are under way. */
  readonly callsUnderWay?: number;
  /** Calls of proposers that may be under way at once. Absent: one. */
  readonly maxCalls?: number;
  /** Seconds that an idea takes its proposer, as far as this session has seen. */
  readonly ideaS?: number;
  /** There are cores that no proposer needs, so measuring may go on meanwhile. */
  readonly hasSpareCores: boolean;
  /** Calls that may go into the repair of one experiment. */
  readonly repairs?: number;
  /** Crashed experiments that nobody can repair. */
  readonly unrepairable?: ReadonlySet<number>;
  /** Whoever proposes reads a brief, in which a profile is worth its time. */
  readonly readsProfiles?: boolean;
  /** Ideas come from outside alone; nobody is asked for one. */
  readonly acceptsSubmissionsOnly?: boolean;
  /** What the proposer is working on is a repair. */
  readonly isRepairing?: boolean;
  /** ISO time of now. */
  readonly currentTime?: string;
  /** Stop after so many ideas of this session without a lasting gain. */
  readonly plateau?: number;
  /** Stop when no measurement gave a number for so many seconds. */
  readonly idleS?: number;
  /** Nothing but the claim that a person asked for. */
  readonly confirm?: boolean;
  /** No new ideas: ablate the kept steps and make the final comparison (finalize.ts). */
  readonly finalize?: boolean;
}

/** Slots that nothing holds. */
export const freeSlots = (state: LabState, { slots, otherSlots = 0 }: PlanContext): number =>
  slots - otherSlots - state.running.size;

/** Somebody wants to stop, or the time is up: what is open is ended as it stands. */
export const mustStopNow = (context: PlanContext): boolean =>
  context.stopRequested || (context.leftS !== undefined && context.leftS <= 0);

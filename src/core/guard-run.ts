/** One run of the arena's guards on one commit, as the ledger holds it. */
import type { FailureClass } from './outcome.ts';

/** When guards run. */
export type GuardPhase =
  /** On the unchanged code, before its noise is measured. */
  | 'baseline'
  /** Before the first measurement of a candidate: the guards that say `early`. */
  | 'early'
  /** On a candidate that would be carried on by its numbers: the other guards. */
  | 'keep';

/** What one guard said. */
export interface GuardOutcome {
  readonly name: string;
  readonly passed: boolean;
  /** Seconds of the wall. */
  readonly wallS: number;
  /** The lines of its output that say most, joined by line feeds. */
  readonly lines: string;
}

export type GuardRun = {
  /** Counted from 0 over the lab. */
  readonly g: number;
  readonly n: number;
  readonly commit: string;
  readonly when: GuardPhase;
  /** Names of the guards, in their order. */
  readonly guards: readonly string[];
  readonly session: number;
  readonly startedAt: string;
} & (
  | { readonly state: 'running' }
  | { readonly state: 'lost'; readonly reason: string }
  | {
      readonly state: 'finished';
      readonly at: string;
      /** Of those that ran: the first that fails ends the run. */
      readonly outcomes: readonly GuardOutcome[];
      readonly failure?: GuardFailure;
      /** Blob of what they printed. */
      readonly log?: string;
    }
);

export interface GuardFailure {
  /** `guard`, or what was wrong with the run. */
  readonly class: FailureClass;
  readonly message: string;
}

/** Seconds of the wall that a run of guards took; 0 while it runs and where it was lost. */
export const secondsOfGuards = (run: GuardRun): number =>
  run.state === 'finished' ? run.outcomes.reduce((total, { wallS }) => total + wallS, 0) : 0;

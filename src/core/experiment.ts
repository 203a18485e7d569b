/**
 * An experiment is a union of states; what a state does not have cannot be read. Measurements hang below it.
 * Knows nothing about how it is measured or decided.
 */
import type { Conditions, Outcome, Purpose } from './outcome.ts';
import type { Decision, Verdict } from './decision.ts';
import type { MergeConflict, Payload, RefusalCode } from './event.ts';

/** What was proposed, and when. Its parent is the live base that it started from. */
export type Idea = Payload<'proposed'> & {
  readonly at: string;
  /** What crashed before it was repaired, oldest first. */
  readonly attempts?: readonly Attempt[];
};

/** Code that crashed before it was repaired, and the measurements in which it did. */
export interface Attempt {
  readonly snapshot: Code;
  readonly measurements: readonly number[];
}

export interface Code {
  readonly commit: string;
  readonly tree: string;
  /** Hash of the editable files: equal means the same candidate. */
  readonly editable: string;
  readonly added: number;
  readonly deleted: number;
  /** Packages that its package.json asks for more than its parent's, where that one may change. */
  readonly dependencies?: number;
}

export type Experiment =
  | { readonly state: 'proposed'; readonly idea: Idea }
  | {
      readonly state: 'refused';
      readonly idea: Idea;
      readonly code: RefusalCode;
      readonly reason: string;
      readonly earlier?: number;
      readonly conflict?: MergeConflict;
    }
  | { readonly state: 'open'; readonly idea: Idea; readonly snapshot: Code; readonly measurements: readonly number[] }
  | {
      readonly state: 'decided';
      readonly idea: Idea;
      readonly snapshot: Code;
      readonly measurements: readonly number[];
      readonly decision: Decision;
      /** Device class of the numbers that it was decided by; absent where it has none. */
      readonly deviceClass?: string;
      readonly at: string;
      /** The lab's branch moved to it. Only kept experiments move it. */
      readonly advanced: boolean;
    };

/** Undefined while it is not decided. */
export function verdictOf(experiment: Experiment): Verdict | undefined {
  switch (experiment.state) {
    case 'refused':
      return 'refused';
    case 'decided':
      return experiment.decision.verdict;
    case 'proposed':
    case 'open':
      return undefined;
    default:
      return experiment satisfies never;
  }
}

export type Measurement = {
  readonly m: number;
  readonly n: number;
  readonly purpose: Purpose;
  readonly seed: number;
  readonly session: number;
  readonly deviceClass: string;
  readonly startedAt: string;
  readonly claim?: number;
  readonly pair?: number;
  readonly judgeSeed: number;
  /** The place it runs in, where several measurements may run at once. */
  readonly slot?: number;
} & (
  | { readonly state: 'running' }
  | { readonly state: 'finished'; readonly outcome: Outcome; readonly conditions: Conditions; readonly at: string }
  | { readonly state: 'lost'; readonly reason: string }
);

/** The number that a measurement gave; undefined where it gave none, or none yet. */
export function valueOf(measurement: Measurement): number | undefined {
  return measurement.state === 'finished' && measurement.outcome.kind === 'measured'
    ? measurement.outcome.value
    : undefined;
}

/** One answer of the holdout. */
export interface HoldoutRead {
  /** The measurement that it belongs to. */
  readonly m: number;
  readonly deviceClass: string;
  readonly outcome: Outcome;
}

export type Confirmation = Payload<'confirmation'> & {
  /** Measurements of the lab when it was judged: later ones of the same claim serve another try. */
  readonly judgedAfter: number;
};

/** One call of an agent or a model; without an end while it runs. */
export interface AgentCall {
  readonly start: Payload<'calling'>;
  readonly at: string;
  readonly end?: Payload<'called'>;
}

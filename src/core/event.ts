/**
 * Every line the ledger may hold. Events are facts, in the past tense. They are never edited; a new meaning is a new
 * version (`v`). Everything else that is known about a lab is derived from them by replay.ts.
 */
import type { Noise } from '../base/stats.ts';
import type { AgentNote, CallFailure, Usage } from './agent-call.ts';
import type { Advice, AdviserTurn } from './advice.ts';
import type { Arena } from './arena.ts';
import type { Decision, FinalComparison } from './decision.ts';
import type { GuardFailure, GuardOutcome, GuardPhase } from './guard-run.ts';
import type { Conditions, Outcome, Purpose } from './outcome.ts';
import type { ItemCalibration } from './item-record.ts';
import type { LabRequest } from './requests.ts';
import type { Session, StopReason } from './session.ts';
import type { TryAsked, TryEnd } from './try-record.ts';

export type { AgentNote, CallFailure, Usage } from './agent-call.ts';
export type { Decision, DiscardKind, FinalComparison, Verdict } from './decision.ts';
export type { Conditions, FailureClass, Outcome, Purpose } from './outcome.ts';
export type { RunLimits, Session, StopReason } from './session.ts';

/** What kind of thing an experiment is. */
export type ExperimentKind =
  /** The unchanged code, experiment 0. */
  | 'baseline'
  /** A change that somebody proposed. */
  | 'idea'
  /** The incumbent again, measured as if it were an idea (A/A control). */
  | 'control'
  /** The incumbent without one of its steps. */
  | 'ablation';

/** Why an idea is not tried. */
export type RefusalCode =
  /** It changes nothing. */
  | 'no-change'
  /** Its code was tried before. */
  | 'duplicate'
  /** It changes a file that is not editable. */
  | 'not-editable'
  /** It is too much text. */
  | 'too-large'
  /** A file of it is no text. */
  | 'not-text'
  /** The proposer gave none. */
  | 'no-proposal'
  /** The search expects it to fail. */
  | 'infeasible'
  /** A guard command failed. No longer written; earlier ledgers hold it. */
  | 'guard'
  /** A person ruled it out. */
  | 'vetoed'
  /** Whoever proposed it gave it up before it was tried. */
  | 'given-up'
  /** Whoever proposed it has spent its budget. */
  | 'over-budget'
  /** Its edits cannot be merged with the incumbent. */
  | 'conflict'
  /** The incumbent has its change already. */
  | 'contained';

/** Two changes of the same code that cannot be merged. */
export interface MergeConflict {
  /** Files in which both changed the same lines. */
  readonly paths: readonly string[];
  /** The version that both were made from. */
  readonly base: number;
  /** Blob of what the idea changes in the base, a unified diff. */
  readonly idea: string;
  /** Blob of what the incumbent changed in the base in those files, a unified diff. */
  readonly incumbent: string;
}

interface Payloads {
  'lab.opened': {
    readonly lab: string;
    readonly tag: string;
    readonly arena: Arena;
    /** Hashes of the baseline's files. A lab is not continued when its frozen files changed. */
    readonly files: {
      readonly editable: string;
      readonly frozen: string;
      /** Of the kit for arenas, where a file of the arena names it. */
      readonly kit?: string;
    };
    /** Where the files came from; `dirty`: the repository had uncommitted changes. */
    readonly source: {
      readonly repository?: string;
      readonly commit?: string;
      readonly subfolder?: string;
      readonly dirty: boolean;
    };
    /** All seeds of the lab follow from it. */
    readonly seed: number;
  };
  'session.started': Session;
  'session.ended': { readonly session: number; readonly reason: StopReason; readonly detail: string };
  /** The session before never wrote its end; `processes` of it were still running. */
  'session.died': { readonly session: number; readonly detail: string; readonly processes: number };
  /** The last line was cut by a crash; its bytes are in `file`. */
  'tail.set_aside': { readonly bytes: number; readonly file: string };
  'stage.started': { readonly stage: 'setup' | 'prepare'; readonly key: string };
  'stage.finished': {
    readonly stage: 'setup' | 'prepare';
    readonly key: string;
    readonly wallS: number;
    readonly output: string;
    readonly reused: boolean;
  };
  'stage.failed': { readonly stage: 'setup' | 'prepare'; readonly key: string; readonly message: string };
  proposed: {
    readonly n: number;
    readonly kind: ExperimentKind;
    readonly parent: number;
    readonly proposer: string;
    readonly hypothesis: string;
    /** Blob of new content by path; `null` deletes. */
    readonly edits: Readonly<Record<string, string | null>>;
    readonly knobs?: Readonly<Record<string, number | string>>;
    /** Why the proposer chose it. */
    readonly why?: string;
    /** The request from the inbox that this idea answers. */
    readonly request?: string;
    /** The experiment that it tries again on purpose. */
    readonly retries?: number;
    /** What an agent left beside its edit. */
    readonly note?: AgentNote;
    /** The version of `program.md` that it was shown. */
    readonly program?: string;
    /** How many steering words were in force. */
    readonly words?: number;
    /** The call that gave it. */
    readonly call?: number;
    /** Beside an adviser: was its advice shown to whoever proposed this? */
    readonly adviser?: AdviserTurn;
    /** Earlier ideas that this one resembles; it is tried all the same. */
    readonly near?: readonly number[];
    /** Of an ablation: the kept step that it leaves out. */
    readonly ablates?: number;
    /** Near misses that are tried together as this one. */
    readonly bundles?: readonly number[];
    /** The idea that this one is: it was better than what it was built on, and is carried over to the incumbent. */
    readonly carries?: number;
    /** Further such ideas that are carried over together with it, as one. */
    readonly carriesToo?: readonly number[];
    /** They are a crossover: all of them merge with the incumbent, or it is refused. */
    readonly crosses?: true;
  };
  /**
   * A candidate that crashed was repaired: it is proposed again, with these edits on top of its own. The commit that
   * crashed stays under its ref.
   */
  repaired: {
    readonly n: number;
    /** 1 for the first repair. */
    readonly attempt: number;
    readonly edits: Readonly<Record<string, string | null>>;
    readonly proposer: string;
    readonly note?: AgentNote;
  };
  refused: {
    readonly n: number;
    readonly code: RefusalCode;
    readonly reason: string;
    readonly earlier?: number;
    /** Where its edits and the incumbent's change the same lines. */
    readonly conflict?: MergeConflict;
  };
  snapshot: {
    readonly n: number;
    readonly commit: string;
    readonly tree: string;
    readonly editable: string;
    readonly added: number;
    readonly deleted: number;
    /** Packages that package.json asks for more than the parent's; absent where that file is not editable. */
    readonly dependencies?: number;
    /** Hash of the editable files without white space at line ends, empty lines and how a knob's value is written. */
    readonly normal?: string;
  };
  measuring: {
    readonly m: number;
    readonly n: number;
    readonly purpose: Purpose;
    readonly seed: number;
    /** The evaluator's own seed, drawn by chance: a candidate must not know it before. */
    readonly judgeSeed: number;
    readonly session: number;
    readonly deviceClass: string;
    readonly cores: readonly number[];
    /** With purpose `confirm`: the experiment whose claim this serves. */
    readonly claim?: number;
    /** In a paired comparison: the candidate whose comparison this serves. Two in a row share their seeds. */
    readonly pair?: number;
    /** The place it runs in, counted from 0, where several may run at once. */
    readonly slot?: number;
    /** Measurements that were running when it started, where several may. */
    readonly beside?: number;
  };
  measured: { readonly m: number; readonly outcome: Outcome; readonly conditions: Conditions };
  /** The guards named are about to run on the code of experiment `n`. */
  guarding: {
    /** Counted from 0 over the lab. */
    readonly g: number;
    readonly n: number;
    readonly commit: string;
    readonly when: GuardPhase;
    /** Names of the guards, in their order. */
    readonly guards: readonly string[];
    readonly session: number;
  };
  /** What the guards said. Without `failure` and `lost` all of them passed. */
  guarded: {
    readonly g: number;
    readonly outcomes: readonly GuardOutcome[];
    readonly failure?: GuardFailure;
    /** Why they said nothing: the harness ended, not the candidate. They run again. */
    readonly lost?: string;
    /** Blob of what they printed. */
    readonly log?: string;
  };
  /** The harness died or was stopped while measuring: neither a result nor a failure of the idea. */
  lost: { readonly m: number; readonly reason: string };
  calibrated: {
    readonly deviceClass: string;
    readonly noise: Noise;
    /** What the items can show, where `decide.rule` is `items`. */
    readonly items?: ItemCalibration;
  };
  decided: { readonly n: number; readonly decision: Decision };
  advanced: { readonly n: number; readonly commit: string };
  confirmation: {
    readonly n: number;
    readonly against: number;
    readonly passed: boolean;
    /** Improvement in metric units, positive = better. */
    readonly effect: number;
    /** Its 95 % interval. */
    readonly interval: readonly [number, number];
    /** Probability that it is above 0. */
    readonly probability: number;
    readonly rule: string;
    readonly reason: string;
    /** The share of the error budget that this claim could spend; absent in confirm/1. */
    readonly alpha?: number;
    /** Numbers that it was judged on, of its own side and of the other; absent in confirm/1. */
    readonly numbers?: readonly [number, number];
  };
  /** What the holdout said in measurement `m`. Kept apart from it, since no proposer may see it. */
  held: { readonly m: number; readonly outcome: Outcome };
  /** The final comparison. It is the headline of the report from here on. */
  finalized: FinalComparison;
  note: { readonly from: string; readonly text: string };
  /** A scratch try was taken from the inbox; it runs between two measurements. It is no experiment. */
  'try.asked': TryAsked;
  /** How it ended. There is no number in it, and nothing is decided by it. */
  'try.ended': TryEnd;
  /** An agent or a model is about to be asked for experiment `n`. */
  calling: {
    readonly call: number;
    readonly n: number;
    /** `advice`: an adviser is asked; the call gives no idea. */
    readonly purpose: 'idea' | 'repair' | 'advice';
    readonly agent: string;
    readonly model?: string;
    readonly session: number;
    /** Blob of the brief that it is given. */
    readonly brief?: string;
    /** The version of `program.md` in the brief. */
    readonly program?: string;
  };
  called: {
    readonly call: number;
    readonly outcome: 'edit' | 'advice' | 'empty' | 'failed' | 'lost';
    readonly class?: CallFailure;
    readonly message?: string;
    readonly wallS: number;
    readonly usage?: Usage;
    /** ISO time before which asking again is pointless, as the provider said. */
    readonly retryAt?: string;
    /** Blob of what it said at the end. */
    readonly reply?: string;
    /** Blob of what it printed on the way. */
    readonly log?: string;
  };
  /** What an adviser said. */
  advised: Advice;
  /**
   * A request was taken from the inbox and is in force from here on; `refused` says why it has no effect. `id` is the
   * sender's: a request that is found again after a kill is not applied twice.
   */
  steered: { readonly id: string; readonly from: string; readonly wish: LabRequest; readonly refused?: string };
}

export type EventType = keyof Payloads;

export type Payload<T extends EventType> = Payloads[T];

/** An event before it has a place in the ledger. */
export type EventDraft = { readonly [T in EventType]: { readonly type: T } & Payloads[T] }[EventType];

/** Versions of each event that this Overnight reads. The last is the one it writes. */
export const EVENT_VERSION = 1;

/** The envelope of a line: `prev` is the SHA-256 of the bytes of the line before, 64 zeros for the first. */
export interface Envelope {
  readonly seq: number;
  readonly t: string;
  readonly v: number;
  readonly prev: string;
}

export type LedgerEvent = EventDraft & Envelope;

export const GENESIS = '0'.repeat(64);

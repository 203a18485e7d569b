/**
 * Every line the ledger may hold. Events are facts, in the past tense; they are never edited, and a new meaning is a
 * new version (`v`). Everything else a lab knows is derived from them by `replay`.
 */
import type { Arena } from './arena.ts';
import type { Noise } from '../base/stats.ts';
import type { LabRequest } from './requests.ts';

/**
 * Why a measurement was made. Only `idea` and `replicate` steer; `confirm` measurements are fresh and never chosen by
 * their value, and neither are `drift` ones, of baseline and champion on a schedule, `final` ones, of the last
 * comparison, and those whose artefact the holdout sees. `screen` is a short run: a rung of its own, whose number is
 * compared with no full one.
 */
export type Purpose = 'screen' | 'calibrate' | 'idea' | 'replicate' | 'confirm' | 'drift' | 'final' | 'holdout';

/**
 * What kind of thing an experiment is: the unchanged code, an idea, the incumbent again as if it were an idea (A/A
 * control), or the incumbent without one of its steps (ablation).
 */
export type ExperimentKind = 'baseline' | 'idea' | 'control' | 'ablation';

/** Where the fault lies when a measurement gives no number. */
export type FailureClass =
  | 'exit'
  | 'signal'
  | 'out-of-memory'
  | 'too-many-processes'
  | 'disk'
  | 'output-flood'
  | 'nan'
  | 'shape'
  | 'import'
  | 'data'
  | 'no-artefact'
  | 'guard'
  | 'evaluator-exit'
  | 'evaluator-timeout'
  | 'evaluator-silent'
  | 'evaluator-flood'
  | 'metric-missing'
  | 'metric-twice'
  | 'metric-nan'
  | 'metric-infinite'
  | 'metric-text'
  | 'metric-implausible'
  | 'nonce'
  | 'frozen-changed'
  | 'seed'
  | 'too-little-work'
  | 'data-changed'
  | 'timeout'
  | 'infrastructure';

export type Verdict =
  /** Better by the rule: it becomes the incumbent. */
  | 'kept'
  /** Worse, or no better; a control always. */
  | 'discarded'
  /** Better, but by less than the margin; or given up by a person. */
  | 'inconclusive'
  /** It gave no number. */
  | 'crashed'
  | 'timed out'
  /** It was never measured. */
  | 'refused';

/** A verdict with its evidence, as recorded. */
export interface Decision {
  readonly verdict: Exclude<Verdict, 'refused'>;
  /** One sentence for people. */
  readonly reason: string;
  /** Name and version of the rule. */
  readonly rule: string;
  /** The incumbent that it was compared with. */
  readonly against: number;
  /** Measurements of the candidate that it rests on. */
  readonly n: number;
  /** Measurements of the incumbent that it rests on. */
  readonly nAgainst: number;
  /** Improvement in metric units, positive = better. */
  readonly effect?: number;
  /** Its 95 % interval. */
  readonly interval?: readonly [number, number];
  /** Probability that it is above 0. */
  readonly probability?: number;
  /** Noise of one measurement at that time. */
  readonly sigma?: number;
  /** Class of the failure when crashed or timed out. */
  readonly failure?: FailureClass;
  readonly kind?: DiscardKind;
  /** Of an A/A control: would the unchanged code have been kept? */
  readonly wouldKeep?: boolean;
}

/** Why a candidate was discarded. */
export type DiscardKind =
  /** Clearly worse. */
  | 'refuted'
  /** It only failed to be better. */
  | 'within noise'
  /** It breaks a hard constraint. */
  | 'constraint'
  /** It is effectively the incumbent. */
  | 'no-op'
  /** It is the incumbent, measured as a control. */
  | 'control'
  /** It is the incumbent without one step; with verdict `kept` too. */
  | 'ablation'
  /** Its screening run ranked too low. */
  | 'screened';

export type Outcome =
  | {
      readonly kind: 'measured';
      readonly value: number;
      /** Secondary metrics that the evaluator wrote, and those the harness measured (memory_mb, wall_s, cpu_s). */
      readonly metrics: Readonly<Record<string, number>>;
      readonly samples?: readonly number[];
    }
  | { readonly kind: 'crashed' | 'timed out'; readonly class: FailureClass; readonly message: string };

/** Under what circumstances a measurement was made. Seconds and MiB. */
export interface Conditions {
  readonly startupS: number;
  readonly budgetedS: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly evaluateS: number;
  readonly memoryMb: number;
  readonly accounting: 'cgroup' | 'sampled';
  /** True when the training clock ended the candidate. */
  readonly cut: boolean;
  /** One-minute load of the machine before the start. */
  readonly load: number;
  /** Hash of the artefact's bytes. */
  readonly artefact?: string;
  /** Hash of the effective configuration that the candidate echoed. */
  readonly config?: string;
  /** Blobs: the output as kept, the curve. */
  readonly log?: string;
  readonly curve?: string;
}

export interface Session {
  readonly session: number;
  readonly pid: number;
  readonly processStart: string;
  readonly host: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly deviceClass: string;
  readonly device: string;
  readonly sandbox: { readonly level: string; readonly reason: string; readonly limits: string };
  readonly grade: TrustGrade;
  readonly gradeReason: string;
  readonly proposer: string;
  readonly proposerReason: string;
  readonly limits: RunLimits;
}

/** When a session ends by itself. Absent = no such limit. */
export interface RunLimits {
  /** Experiments of the lab in all, at which to stop. */
  readonly experiments?: number;
  /** ISO time at which to stop. */
  readonly deadline?: string;
  /** Stop when the incumbent reaches this value. */
  readonly target?: number;
  /** Tokens and dollars that the agents of the session may spend. */
  readonly tokens?: number;
  readonly usd?: number;
  /** The same over all sessions of the lab. */
  readonly labTokens?: number;
  readonly labUsd?: number;
  /** Stop after so many experiments without a keep that is confirmed or not yet refuted. */
  readonly plateau?: number;
  /** Stop when no measurement gave a number for so long. */
  readonly idleS?: number;
  /** No new ideas: test the kept stack step by step, and measure what is left of it against the baseline. */
  readonly finalize?: true;
}

export type TrustGrade = 'sealed' | 'guarded' | 'reported';

export type StopReason =
  | 'experiments'
  | 'deadline'
  | 'target'
  | 'asked'
  | 'finalized'
  | 'interrupted'
  | 'proposer exhausted'
  | 'budget'
  | 'plateau'
  | 'idle'
  | 'stuck'
  | 'error';

export interface FinalComparison {
  readonly n: number;
  readonly against: number;
  readonly pairs: number;
  readonly effect: number;
  readonly interval: readonly [number, number];
  readonly probability: number;
  readonly rule: string;
  /** Steps that did not pay and were left out. */
  readonly dropped: readonly number[];
  /** The same comparison on the holdout; why there is none, where there should be one. */
  readonly holdout?: { readonly effect: number } | { readonly problem: string };
}

interface Payloads {
  'lab.opened': {
    readonly lab: string;
    readonly tag: string;
    readonly arena: Arena;
    /** Hashes of the baseline's files: a lab whose frozen files changed is another lab. */
    readonly files: { readonly editable: string; readonly frozen: string };
    readonly source: {
      readonly repository?: string;
      readonly commit?: string;
      readonly subfolder?: string;
      readonly dirty: boolean;
    };
    readonly seed: number;
  };
  'session.started': Session;
  'session.ended': { readonly session: number; readonly reason: StopReason; readonly detail: string };
  /** A session that never wrote its end: found dead by the next one. */
  'session.died': { readonly session: number; readonly detail: string; readonly processes: number };
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
    readonly why?: string;
    /** The request from the inbox that this idea answers; the experiment that it deliberately tries again. */
    readonly request?: string;
    readonly retries?: number;
    /**
     * What an agent left beside its edit, the version of `program.md` it was shown, and the steering words then in
     * force.
     */
    readonly note?: AgentNote;
    readonly program?: string;
    readonly words?: number;
    /** The call that gave it. */
    readonly call?: number;
    /** Earlier ideas that this one resembles: told, not refused. */
    readonly near?: readonly number[];
    /** Of an ablation: the kept step that it leaves out. */
    readonly ablates?: number;
    /** Near misses that are tried together as this one. */
    readonly bundles?: readonly number[];
    /** The same, as a crossing on a plateau: all of them merge with the incumbent, or it is refused. */
    readonly crosses?: true;
  };
  /**
   * A candidate that crashed was mended: it is proposed again, with these edits on top of its own. What ran before
   * stays under its ref.
   */
  repaired: {
    readonly n: number;
    /** 1 for the first repair. */
    readonly attempt: number;
    readonly edits: Readonly<Record<string, string | null>>;
    readonly proposer: string;
    readonly note?: AgentNote;
  };
  refused: { readonly n: number; readonly code: RefusalCode; readonly reason: string; readonly earlier?: number };
  snapshot: {
    readonly n: number;
    readonly commit: string;
    readonly tree: string;
    readonly editable: string;
    readonly added: number;
    readonly deleted: number;
    /** Packages asked for in package.json, more than by the parent; none where that file is not editable. */
    readonly dependencies?: number;
    /**
     * The same hash of the editable files with spelling taken out: white space at line ends, empty lines, how a knob's
     * value is written.
     */
    readonly normal?: string;
  };
  measuring: {
    readonly m: number;
    readonly n: number;
    readonly purpose: Purpose;
    readonly seed: number;
    /** The evaluator's own seed, drawn by chance: a candidate must not foresee its judge's questions. */
    readonly judgeSeed: number;
    readonly session: number;
    readonly deviceClass: string;
    readonly cores: readonly number[];
    /** With purpose `confirm`: the experiment whose claim this serves. */
    readonly claim?: number;
    /** With the rule `paired`: the experiment whose comparison this serves. Two in a row share their seeds. */
    readonly pair?: number;
  };
  measured: { readonly m: number; readonly outcome: Outcome; readonly conditions: Conditions };
  /** A measurement whose harness died or was stopped: neither a result nor a failure of the idea. */
  lost: { readonly m: number; readonly reason: string };
  calibrated: { readonly deviceClass: string; readonly noise: Noise };
  decided: { readonly n: number; readonly decision: Decision };
  advanced: { readonly n: number; readonly commit: string };
  confirmation: {
    readonly n: number;
    readonly against: number;
    readonly passed: boolean;
    readonly effect: number;
    readonly interval: readonly [number, number];
    readonly probability: number;
    readonly rule: string;
    readonly reason: string;
    /** confirm/2: the share of the error budget that this claim was allowed to spend. */
    readonly alpha?: number;
    /** confirm/2: numbers it was judged on, of its own side and of the other. */
    readonly numbers?: readonly [number, number];
  };
  /** What the holdout said of the artefact of measurement `m`. Kept apart from it: nobody who proposes may see it. */
  held: { readonly m: number; readonly outcome: Outcome };
  /** The finish line: what is left of the stack against the baseline, side by side. The only headline from here on. */
  finalized: FinalComparison;
  note: { readonly from: string; readonly text: string };
  /** An agent or a model is about to be asked for experiment `n` (the next one when it was asked). */
  calling: {
    readonly call: number;
    readonly n: number;
    readonly purpose: 'idea' | 'repair';
    readonly agent: string;
    readonly model?: string;
    readonly session: number;
    /** Blob of the brief it was given, and the version of `program.md` in it. */
    readonly brief?: string;
    readonly program?: string;
  };
  called: {
    readonly call: number;
    readonly outcome: 'edit' | 'empty' | 'failed' | 'lost';
    readonly class?: CallFailure;
    readonly message?: string;
    readonly wallS: number;
    readonly usage?: Usage;
    /** ISO time before which asking again is pointless, as the provider said. */
    readonly retryAt?: string;
    /** Blobs of what it said at the end, and of what it printed on the way. */
    readonly reply?: string;
    readonly log?: string;
  };
  /**
   * A wish taken from the inbox, in force from here on. `id` is the sender's: found again after a kill, it is not
   * obeyed twice. `refused` says why it has no effect.
   */
  steered: { readonly id: string; readonly from: string; readonly wish: LabRequest; readonly refused?: string };
}

/** What an agent leaves beside its edit. Its hypothesis is the experiment's. */
export interface AgentNote {
  readonly mechanism?: string;
  readonly expected?: string;
  readonly next?: readonly string[];
  readonly heeds?: readonly string[];
  /** Earlier experiments that it would keep as live bases. */
  readonly park?: readonly number[];
  /** Why there is no more than this: the note was missing or could not be read. */
  readonly problem?: string;
}

/** Why a call of an agent gave nothing. */
export type CallFailure =
  'rate-limit' | 'quota' | 'server' | 'login' | 'model' | 'hung' | 'budget' | 'refused' | 'crashed' | 'aborted';

/** What calls cost. `usd` is absent where no price is known. */
export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly usd?: number;
  /** Counted by our gateway, or told by the agent itself. */
  readonly source: 'gateway' | 'agent';
}

export type RefusalCode =
  | 'no-change'
  | 'duplicate'
  | 'not-editable'
  | 'too-large'
  | 'not-text'
  | 'no-proposal'
  | 'infeasible'
  | 'guard'
  | 'vetoed'
  | 'conflict';

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

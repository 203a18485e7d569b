/** The ports of whoever gives ideas: proposers, and coding agents in their jail. */
import type { Advice, AdviserTurn } from './advice.ts';
import type { Arena } from './arena.ts';
import type { AgentNote, CallFailure, Usage } from './agent-call.ts';
import type { FailureClass } from './outcome.ts';
import type { Payload, RefusalCode } from './event.ts';
import type { LiveBase } from './bases/live-bases.ts';
import type { LabState } from './state.ts';

/** A change of editable files: new content by path, or `null` to delete. */
export interface FileEdit {
  readonly path: string;
  readonly content: string | null;
}

/** What a proposer gets. */
export interface Brief {
  readonly arena: Arena;
  readonly state: LabState;
  /** Editable files at the base, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Number of the experiment that the proposal will become: the seed of any chance. */
  readonly n: number;
  /** Commit that the edits are made on. */
  readonly commit: string;
  /** The base that it belongs to, and why; absent where that is the incumbent. */
  readonly base?: { readonly n: number; readonly why: string };
  /** Every live base with its editable files, the incumbent first. A proposal may name another than its own. */
  readonly bases?: readonly (LiveBase & { readonly files: () => Promise<ReadonlyMap<string, string>> })[];
  /** What an optimizer has learned about the knobs, in words, at most 2 KB. */
  readonly advice?: string;
  /** What an adviser said, where it is its turn. */
  readonly adviser?: Advice;
  /** Aborted when the idea is no longer wanted: the proposer then gives up and answers `none`. */
  readonly signal: AbortSignal;
  readonly journal: CallJournal;
}

/** Where a proposer that asks a model records each call. */
export interface CallJournal {
  /** Before the call; returns its number. */
  calling(call: Omit<Payload<'calling'>, 'call' | 'n' | 'session'>): number;
  /** After the call. */
  called(call: number, outcome: Omit<Payload<'called'>, 'call'>): void;
  /** What an adviser said in a call. */
  advised(advice: Advice): void;
  /** Store a text under its hash. */
  putBlob(text: string): string;
  getBlob(hash: string): Uint8Array | undefined;
}

export type Proposal =
  | {
      readonly kind: 'edit';
      readonly hypothesis: string;
      readonly edits: readonly FileEdit[];
      /** Knob values after the edit, where the proposer thinks in knobs. */
      readonly knobs?: Readonly<Record<string, number | string>>;
      /** How it was chosen, one line. */
      readonly why?: string;
      /** What an agent left beside its edit. */
      readonly note?: AgentNote;
      /** The version of `program.md` that it saw. */
      readonly program?: string;
      /** How many steering words were in force. */
      readonly words?: number;
      /** The call that gave it. */
      readonly call?: number;
      /** Was the advice of an adviser shown to whoever made it? Absent: there is none. */
      readonly adviser?: AdviserTurn;
      /** Earlier ideas that it resembles. */
      readonly near?: readonly number[];
      /** The live base that the edits are made on; the brief's own when absent. */
      readonly base?: number;
      /** Who of several made it; the proposer's own name when absent. */
      readonly proposer?: string;
      /** Why it is refused without being tried: its edits cannot even be recorded (a binary file, 10 MB). */
      readonly refusal?: { readonly code: RefusalCode; readonly reason: string };
    }
  /** No idea. `class` says why the call of an agent gave nothing; absent where no call failed. */
  | { readonly kind: 'none'; readonly reason: string; readonly class?: CallFailure };

/** Where ideas come from. Does not throw when it has no idea: that is `none`. */
export interface Proposer {
  readonly name: string;
  /** It has no ideas and is never asked: all ideas come through the inbox. */
  readonly mute?: boolean;
  propose(brief: Brief): Promise<Proposal>;
  /** Repair a crashed candidate: `files` and `commit` of the brief are the candidate's. Absent where it cannot. */
  repair?(brief: Brief, failure: CandidateFailure): Promise<Proposal>;
}

/** How a candidate that is to be repaired failed. The text is that of untrusted code. */
export interface CandidateFailure {
  readonly n: number;
  readonly class: FailureClass;
  readonly message: string;
  readonly log?: string;
}

/** One bounded piece of work for a coding agent: edit the files in `dir`, then say what was done. */
export interface AgentTask {
  readonly prompt: string;
  /** A fresh folder with what the agent may see. It is read afterwards; nothing else that the agent did counts. */
  readonly dir: string;
  /** Files and folders below `dir` that may be written; the rest is read-only where the jail can make it so. */
  readonly writable: readonly string[];
  readonly limits: { readonly wallMs: number; readonly tokens?: number; readonly usd?: number };
  /** Cores it may use; empty = no pinning. */
  readonly cores: readonly number[];
  /** Marks every process of this call, so that a later harness can end what a killed one left. */
  readonly tag: string;
  readonly signal: AbortSignal;
  /** What earlier experiment `n` changed and gave, in words; for agents that have a tool for it. */
  readonly earlier?: (n: number) => Promise<string>;
}

export type AgentResult =
  | {
      readonly kind: 'done';
      readonly text: string;
      readonly usage?: Usage;
      readonly wallS: number;
      /** It asks a question instead of working; nobody answers. */
      readonly asks?: boolean;
      /** What it did or tried against the rules, for people: other files, processes left behind, paths it tried. */
      readonly incidents?: readonly string[];
      /** What it printed on the way, for people: bounded, without keys. */
      readonly log?: string;
    }
  | {
      readonly kind: 'failed';
      readonly class: CallFailure;
      readonly message: string;
      /** ISO time before which asking again is pointless. */
      readonly retryAt?: string;
      readonly usage?: Usage;
      readonly wallS: number;
      readonly incidents?: readonly string[];
      readonly log?: string;
    };

/**
 * A coding agent in its jail. Never throws for what an agent or a provider does: that is `failed` with its class. No
 * process outlives `run`.
 */
export interface Agent {
  readonly name: string;
  readonly model?: string;
  /**
   * How it was found and what confines it, for people: "codex 0.135.0 (found on PATH), in bubblewrap, through the
   * gateway".
   */
  readonly reason: string;
  run(task: AgentTask): Promise<AgentResult>;
}

/** A second model that reads what was tried. Never throws for what a model or a provider does. */
export interface Adviser {
  readonly model: string;
  /** How it is reached, for people. */
  readonly reason: string;
  ask(
    question: string,
    options: { readonly signal: AbortSignal; readonly limits: AgentTask['limits'] },
  ): Promise<AgentResult>;
}

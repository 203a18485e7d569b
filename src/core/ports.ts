/**
 * The ports: everything the idea needs from the world, as contracts. Adapters implement them; the files of `src/app`
 * choose which. Nothing here does anything. Each member says whether it may throw, and what it leaves behind when it is
 * cut off.
 */
import type { Arena } from './arena.ts';
import type {
  CallFailure,
  EventDraft,
  FailureClass,
  LedgerEvent,
  AgentNote,
  Payload,
  RefusalCode,
  Usage,
} from './event.ts';
import type { LiveBase } from './plan/bases.ts';
import type { LabState } from './state.ts';
import type { InboxEntry } from './requests.ts';

// ---------------------------------------------------------------------------------------------- Clock

export interface Clock {
  /** Wall time as ISO 8601 in UTC, for the record only. May jump. */
  now(): string;
  /** Milliseconds on a clock that never jumps, for durations and limits. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

// --------------------------------------------------------------------------------------------- Ledger

/** The append-only record. One writer at a time; the adapter holds the lock from `open` to `close`. */
export interface Ledger {
  /** Everything recorded so far, folded: a live view that each append moves on. */
  readonly state: LabState;
  /** SHA-256 of the last line. */
  readonly tip: string;
  /**
   * Write one event and force it to disk before resolving. An event that cannot follow the state throws E_LEDGER_MOVE
   * and writes nothing; a full disk throws E_DISK_FULL and leaves the file as it was.
   */
  append(draft: EventDraft): LedgerEvent;
  /**
   * Store bytes under their hash, durable before the event that names them. Returns the hash. Calling twice is free.
   */
  putBlob(bytes: string | Uint8Array): string;
  getBlob(hash: string): Uint8Array | undefined;
  close(): void;
}

// ------------------------------------------------------------------------------------------ Workspace

/** A change of editable files: new content by path, or `null` to delete. */
export interface FileEdit {
  readonly path: string;
  readonly content: string | null;
}

export interface Snapshot {
  readonly commit: string;
  readonly tree: string;
  readonly added: number;
  readonly deleted: number;
}

/** A file of a commit. `mode` as git writes it: 100644, 100755 or 120000. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly oid: string;
}

/**
 * Code under version control, in a store of our own. Never writes into the person's checkout. Methods throw LabError
 * (E_GIT_*, E_DISK_FULL).
 */
export interface Workspace {
  /**
   * The person's files as they stand, as a parentless commit under `refName`. Reads the checkout, writes only the
   * private store.
   */
  importBaseline(refName: string, committedAt: string): Promise<Snapshot>;
  /**
   * Commit `edits` on top of `parent` under `refName`, dated `committedAt` (ISO), without any checkout. Doing it twice
   * gives the same commit.
   */
  snapshot(
    parent: string,
    edits: readonly FileEdit[],
    refName: string,
    message: string,
    committedAt: string,
  ): Promise<Snapshot>;
  /**
   * Lay the files of a commit into a fresh directory (created; must not exist), without those that `isSkipped` says.
   */
  checkout(commit: string, directory: string, isSkipped?: (filePath: string) => boolean): Promise<void>;
  /**
   * The first path below `dir` that is not as `checkout` of the commit lays it out: changed, missing or added. Reads
   * only.
   */
  findDifference(
    commit: string,
    directory: string,
    isSkipped?: (filePath: string) => boolean,
  ): Promise<string | undefined>;
  /** Remove a directory made by `checkout`. Missing is fine. */
  discardCheckout(directory: string): Promise<void>;
  /** Paths and object ids of a commit, sorted by path. */
  listEntries(commit: string): Promise<readonly TreeEntry[]>;
  /** Text of files of a commit, by path; those that do not exist are left out. */
  readFiles(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Edits of `tip` that take the change from `beforeCommit` to `afterCommit` out of it again; undefined where it cannot
   * be told apart from later ones.
   */
  editsWithout(tipCommit: string, afterCommit: string, beforeCommit: string): Promise<readonly FileEdit[] | undefined>;
  /** Unified diff of two commits. */
  diffCommits(fromCommit: string, toCommit: string): Promise<string>;
  /** Point the lab's branch at a commit. Repeating it is fine. */
  advanceBranch(refName: string, commit: string): Promise<void>;
  /** The commit a ref points to, if any. */
  resolveRef(refName: string): Promise<string | undefined>;
}

// -------------------------------------------------------------------------------------------- Sandbox

export interface Mount {
  /** Path on this machine. */
  readonly from: string;
  /** Absolute path inside. Without namespaces the adapter cannot move things: see `Sandbox.inside`. */
  readonly to: string;
  readonly mode: 'read' | 'write';
}

export interface ProcessLimits {
  /** Hard bound on the whole process tree, milliseconds. */
  readonly wallMs: number;
  readonly memoryMb: number;
  readonly pids: number;
  /** Bytes below the writable mounts, in MiB; watched, then killed. */
  readonly diskMb: number;
  /** Bytes of output after which the process is killed. Less is kept: see `CapturedOutput`. */
  readonly outputMb: number;
  /** Core numbers the process may use; empty = no pinning. */
  readonly cores: readonly number[];
}

/** The training clock: starts when `startFile` appears or after `graceMs`, cuts after `budgetMs`. */
export interface TrainingClock {
  readonly startFile: string;
  readonly graceMs: number;
  readonly budgetMs: number;
}

export interface RunSpec {
  /** A line for `sh -c`. */
  readonly command: string;
  /** Working directory inside. */
  readonly cwd: string;
  readonly mounts: readonly Mount[];
  /** The whole environment; PATH, HOME, TMPDIR, XDG_CACHE_HOME, LANG and TZ are set by the sandbox unless given. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: ProcessLimits;
  readonly clock?: TrainingClock;
  /** True only for the person's own setup and prepare. */
  readonly network?: boolean;
  readonly gpus?: number;
  /** Further read-only paths of this machine to show inside at the same place (toolchains). */
  readonly alsoRead?: readonly string[];
  /** Marks every process of this run, so that a later harness can find and end what a killed one left. */
  readonly tag: string;
  /** Called about four times a second while it runs. */
  readonly onTick?: (seconds: { readonly wall: number; readonly budgeted: number }) => void;
  /** Called with each piece of standard error as it comes; for progress only. */
  readonly onStderr?: (text: string) => void;
  /** Called with each piece of standard output as it comes, all of it (what is kept in the result is not all). */
  readonly onStdout?: (text: string) => void;
  /**
   * What it reads on standard input, then the end of file. Absent: no input at all. `open`: what `Running.send` gives
   * it, until that gives `null`.
   */
  readonly stdin?: string | { readonly open: true };
}

/** Output as kept: the first and the last part of it; `bytes` counts all. Escape sequences are still in it. */
export interface CapturedOutput {
  readonly text: string;
  readonly bytes: number;
}

/** Why a process tree ended. `cut` is the training clock, `wall` the hard limit, `aborted` our own stop. */
export type Ending = 'exited' | 'signalled' | 'cut' | 'wall' | 'memory' | 'pids' | 'disk' | 'output' | 'aborted';

export interface RunResult {
  readonly ending: Ending;
  /** Exit status, present when it exited by itself. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** Seconds from start to the start signal (or the end of the grace); the whole duration when neither came. */
  readonly startupS: number;
  /** Seconds on the training clock; 0 without one. */
  readonly budgetedS: number;
  readonly wallS: number;
  /** CPU seconds of the whole tree, and where the figure comes from. */
  readonly cpuS: number;
  readonly peakMemoryMb: number;
  readonly accounting: 'cgroup' | 'sampled';
  /** Processes that outlived the main one and had to be ended. */
  readonly leftovers: number;
}

export interface RunningProcess {
  readonly pid: number;
  /** Never rejects; a process that could not be started rejects `Sandbox.start` instead. */
  readonly done: Promise<RunResult>;
  /** End the whole tree now. `done` resolves with `aborted`. Calling twice is fine. */
  kill(): void;
  /** Write to an open standard input; `null` ends it. Nothing happens when the input is not open any more. */
  send?(text: string | null): void;
}

export interface SandboxInfo {
  readonly level: 'bubblewrap' | 'process';
  /** How this was chosen, for people: "bubblewrap 0.8.0 (found on PATH, probe passed)". */
  readonly reason: string;
  /** How memory and process limits are enforced: "cgroup v1", "cgroup v2", "watched". */
  readonly limits: string;
}

/** The only thing that starts candidate and evaluator code. */
export interface Sandbox {
  readonly info: SandboxInfo;
  /** Where `mount.to` is seen from inside: `to` itself with namespaces, `from` without. */
  inside(mount: Mount): string;
  /**
   * Throws E_SPAWN when the process cannot be started at all. Every process of the run is gone when `done` resolves.
   */
  start(spec: RunSpec): RunningProcess;
  /**
   * Start two and join them: the standard output of each is the standard input of the other (`stdout` is then empty and
   * not counted: no byte passes through us).
   */
  startJoined(first: RunSpec, second: RunSpec): readonly [RunningProcess, RunningProcess];
  /**
   * End every process that carries a tag with this prefix (left by a harness that was killed). Returns how many there
   * were.
   */
  sweep(tagPrefix: string): Promise<number>;
}

// ------------------------------------------------------------------------------------------- Proposer

/** What a proposer gets: the state, the arena, and the current content of the editable files at the base. */
export interface Brief {
  readonly arena: Arena;
  readonly state: LabState;
  readonly files: ReadonlyMap<string, string>;
  /** Number of the experiment that the proposal will become: the seed of any chance. */
  readonly n: number;
  /** Commit that the edits are made on: the incumbent's, or that of another base, and why it is another. */
  readonly commit: string;
  readonly base?: { readonly n: number; readonly why: string };
  /**
   * Every live base, the incumbent first, with its editable files: a proposal may name another than the one it was
   * given.
   */
  readonly bases?: readonly (LiveBase & { readonly files: () => Promise<ReadonlyMap<string, string>> })[];
  /** What an optimizer has learned about the knobs, in words, for a proposer that can read: at most 2 KB. */
  readonly advice?: string;
  /** Aborted when nobody wants the idea any more: give up, and answer `none`. */
  readonly signal: AbortSignal;
  readonly journal: CallJournal;
}

/** Where a proposer that asks a model writes each call down: intent before it, outcome after it. */
export interface CallJournal {
  calling(call: Omit<Payload<'calling'>, 'call' | 'n' | 'session'>): number;
  called(call: number, outcome: Omit<Payload<'called'>, 'call'>): void;
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
      /**
       * Beside an agent's edit: its note, the version of `program.md` it saw, how many steering words, which earlier
       * ideas it resembles.
       */
      readonly note?: AgentNote;
      readonly program?: string;
      readonly words?: number;
      readonly call?: number;
      readonly near?: readonly number[];
      /** The live base that the edits are made on; the brief's own when absent. */
      readonly base?: number;
      /** Who of several made it; the proposer's own name when absent. */
      readonly proposer?: string;
      /** It cannot be tried, and cannot even be recorded as edits (a binary file, 10 MB): recorded and refused. */
      readonly refusal?: { readonly code: RefusalCode; readonly reason: string };
    }
  /** `class`: why the call of an agent gave nothing; absent where nobody failed. */
  | { readonly kind: 'none'; readonly reason: string; readonly class?: CallFailure };

/** Where ideas come from. Must not throw for want of an idea: that is `none`. */
export interface Proposer {
  readonly name: string;
  /** Has no ideas of its own and is never asked: what comes through the inbox is all there is. */
  readonly mute?: boolean;
  propose(brief: Brief): Promise<Proposal>;
  /**
   * Mend a crashed candidate: `files` and `commit` are the candidate's, the edits are made on them. Absent where nobody
   * could.
   */
  repair?(brief: Brief, failure: CandidateFailure): Promise<Proposal>;
}

/** What a candidate to be repaired died of. Text of untrusted code. */
export interface CandidateFailure {
  readonly n: number;
  readonly class: FailureClass;
  readonly message: string;
  readonly log?: string;
}

// ---------------------------------------------------------------------------------------------- Agent

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
  /** What earlier experiment `n` was, changed and gave, in words; for agents of ours that have a tool for it. */
  readonly earlier?: (n: number) => Promise<string>;
}

export type AgentResult =
  | {
      readonly kind: 'done';
      readonly text: string;
      readonly usage?: Usage;
      readonly wallS: number;
      /** True when it asks back instead of working: nobody is there to answer. */
      readonly asks?: boolean;
      /**
       * What it did or tried that it must not, for people: files beside the writable ones, processes left behind, paths
       * it reached for.
       */
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
   * How it was found and what holds it, for people: "codex 0.135.0 (found on PATH), in bubblewrap, through the
   * gateway".
   */
  readonly reason: string;
  run(task: AgentTask): Promise<AgentResult>;
}

// ---------------------------------------------------------------------------------------------- Inbox

/** Wishes from outside, a file each; written by anybody, read by the running harness alone. */
export interface Inbox {
  /** Everything that waits, oldest first; what cannot be read is set aside and named. Must not throw for a bad file. */
  listRequests(): readonly { readonly request: InboxEntry; remove(): void }[];
}

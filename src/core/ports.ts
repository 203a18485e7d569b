/**
 * The ports: everything that the loop needs from the world, as contracts. Adapters implement them; `app/` chooses
 * which. Each member says whether it may throw, and what it leaves behind when it is cut off. Whoever gives ideas is in
 * idea-ports.ts, which is exported from here too.
 */
import type { GpuShare } from '../base/gpus.ts';
import type { EventDraft, LedgerEvent } from './event.ts';
import type { FileEdit } from './idea-ports.ts';
import type { InboxEntry } from './requests.ts';
import type { LabState } from './state.ts';

export type * from './idea-ports.ts';

export interface Clock {
  /** Wall time as ISO 8601 in UTC, for the record only. May jump. */
  now(): string;
  /** Milliseconds on a clock that never jumps, for durations and limits. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The append-only record. One writer at a time; the adapter holds the lock from `open` to `close`. */
export interface Ledger {
  /** Everything recorded so far, folded: a live view that each append moves on. */
  readonly state: LabState;
  /** SHA-256 of the last line. */
  readonly tip: string;
  /**
   * Write one event; it is on disk when this returns. An event that cannot follow the state throws E_LEDGER_MOVE and
   * writes nothing; a full disk throws E_DISK_FULL and leaves the file as it was.
   */
  append(draft: EventDraft): LedgerEvent;
  /**
   * Store bytes under their hash, on disk when this returns: call it before the event that names them. Calling it twice
   * is free.
   */
  putBlob(bytes: string | Uint8Array): string;
  getBlob(hash: string): Uint8Array | undefined;
  close(): void;
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

/** Two changes of the same code, merged. */
export interface Merge {
  readonly edits: readonly FileEdit[];
  /** Paths that could not be merged; then the edits are not the whole change. */
  readonly conflicts: readonly string[];
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
   * Lay the files of a commit into a fresh directory (created; must not exist), without those that `isSkipped` says. A
   * `reusedDirectory`, if there is one, becomes that directory, and only what differs in it is written.
   */
  checkout(
    commit: string,
    directory: string,
    isSkipped?: (filePath: string) => boolean,
    reusedDirectory?: string,
  ): Promise<void>;
  /**
   * The first path below `directory` that is not as `checkout` of the commit lays it out: changed, missing or added.
   * Reads only.
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
   * Edits of `tipCommit` that take the change from `beforeCommit` to `afterCommit` out of it again; undefined where
   * that change cannot be told apart from later ones.
   */
  editsWithout(tipCommit: string, afterCommit: string, beforeCommit: string): Promise<readonly FileEdit[] | undefined>;
  /**
   * Merge by three ways: edits of `oursCommit` that make the change from `baseCommit` to `theirsCommit` in it too, and
   * the files in which both changed the same lines. No edits and no conflicts: it has that change already.
   */
  mergeChange(oursCommit: string, baseCommit: string, theirsCommit: string): Promise<Merge>;
  /** Unified diff of two commits; with `paths` of these files only. */
  diffCommits(fromCommit: string, toCommit: string, contextLines?: number, paths?: readonly string[]): Promise<string>;
  /** Point the lab's branch at a commit. Repeating it is fine. */
  advanceBranch(refName: string, commit: string): Promise<void>;
  /** The commit a ref points to, if any. */
  resolveRef(refName: string): Promise<string | undefined>;
}

export interface Mount {
  /** Path on this machine. */
  readonly from: string;
  /** Absolute path inside. Without namespaces a path cannot be moved: see `Sandbox.inside`. */
  readonly to: string;
  readonly mode: 'read' | 'write';
}

export interface ProcessLimits {
  /** Hard bound on the whole process tree, milliseconds. */
  readonly wallMs: number;
  /** Memory of the whole process tree, MiB. */
  readonly memoryMb: number;
  /** Processes at once. */
  readonly pids: number;
  /** Bytes below the writable mounts, deleted open files included, in MiB. Watched; more ends the run. */
  readonly diskMb: number;
  /** Output in MB after which the process is ended. Less is kept: see `CapturedOutput`. */
  readonly outputMb: number;
  /** Core numbers the process may use; empty = no pinning. */
  readonly cores: readonly number[];
}

/** The training clock: starts when `startFile` appears or after `graceMs`, cuts after `budgetMs`. */
export interface TrainingClock {
  readonly startFile: string;
  /** Milliseconds of what it counts, as `budgetMs`. */
  readonly graceMs: number;
  readonly budgetMs: number;
  /** `cpu`: processor time of the whole process tree, all cores added up. Absent: `wall`. */
  readonly counts?: 'wall' | 'cpu';
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
  /** The only GPUs whose device files it sees. Absent: all of them. */
  readonly gpuShare?: GpuShare;
  /** Further read-only paths of this machine to show inside at the same place (toolchains). */
  readonly alsoRead?: readonly string[];
  /** Marks every process of this run, so that a later harness can find and end what a killed one left. */
  readonly tag: string;
  /** Called about four times a second while it runs. `budgeted` is what the training clock counts. */
  readonly onTick?: (seconds: { readonly wall: number; readonly budgeted: number }) => void;
  /** Called with each piece of standard error as it comes; for progress only. */
  readonly onStderr?: (text: string) => void;
  /** Called with every piece of standard output as it comes; the result keeps less. */
  readonly onStdout?: (text: string) => void;
  /**
   * What it reads on standard input before the end of file. Absent: no input. `open`: what `RunningProcess.send`
   * writes, until that writes `null`.
   */
  readonly stdin?: string | { readonly open: true };
}

/** Output as kept: the first and the last part of it; `bytes` counts all. Escape sequences are still in it. */
export interface CapturedOutput {
  readonly text: string;
  readonly bytes: number;
}

/**
 * Why a process tree ended. `cut` is the training clock, `wall` the hard limit, `aborted` our own stop. `cpu`: it ended
 * by itself or by the training clock, and had used more processor time than its cores have.
 */
export type Ending =
  'exited' | 'signalled' | 'cut' | 'wall' | 'memory' | 'pids' | 'disk' | 'output' | 'cpu' | 'aborted';

export interface RunResult {
  readonly ending: Ending;
  /** Exit status, present when it exited by itself. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /**
   * Seconds from start to the start signal (or the end of the grace), as the training clock counts them; the whole
   * duration when neither came.
   */
  readonly startupS: number;
  /** Seconds on the training clock; 0 without one. */
  readonly budgetedS: number;
  readonly wallS: number;
  /** Processor seconds of the whole tree. */
  readonly cpuS: number;
  readonly peakMemoryMb: number;
  /** Who counted processor time and memory: the kernel, or samples of the process list. */
  readonly accounting: 'cgroup' | 'sampled';
  /** Processes that outlived the main one and had to be ended. */
  readonly leftovers: number;
  /** Why the sandbox could not start the command, as a sentence without a full stop. Absent: it ran. */
  readonly startFailure?: string;
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
  /** What the sandbox should hold and, by its probe, does not, in words. Absent: nothing. Lowers the trust grade. */
  readonly gaps?: readonly string[];
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
   * Start two and join them: the standard output of each is the standard input of the other. Their `stdout` is empty
   * and not counted, since no byte passes through the harness.
   */
  startJoined(first: RunSpec, second: RunSpec): readonly [RunningProcess, RunningProcess];
  /**
   * End every process that carries a tag with this prefix (left by a harness that was killed). Returns how many there
   * were.
   */
  sweep(tagPrefix: string): Promise<number>;
}

/** Requests from outside, a file each: written by anybody, read by the running harness alone. */
export interface Inbox {
  /** Everything that waits, oldest first. A bad file is set aside and named, and does not throw. */
  listRequests(): readonly { readonly request: InboxEntry; remove(): void }[];
}

/**
 * The one exception of Overnight: a lab that cannot go on. A bad experiment is data, never an exception. Every code is
 * listed here with its exit status and documented in docs/errors.md; a test compares both ways.
 */

/**
 * Exit statuses: 2 = the person's input, 3 = the machine lacks something, 4 = the lab's record, 5 = somebody else has
 * it, 6 = the arena does not measure, 7 = nobody can propose an idea.
 */
export const ERROR_CODES = {
  E_USAGE: { exit: 2, title: 'The command line does not make sense' },
  E_NODE_OLD: { exit: 3, title: 'Node is older than 20.19' },
  E_NO_ARENA: { exit: 2, title: 'No arena.yaml in this folder' },
  E_MANIFEST: { exit: 2, title: 'arena.yaml does not validate' },
  E_FILES: { exit: 2, title: 'The globs of arena.yaml do not fit the files' },
  E_KNOB: { exit: 2, title: 'A knob does not match its file' },
  E_EXISTS: { exit: 2, title: 'The place to write to is already taken' },
  E_NOT_FOUND: { exit: 2, title: 'What was asked for is not in this lab' },
  E_TOOL: { exit: 3, title: 'A program that the arena requires is missing or has another version' },
  E_GIT_MISSING: { exit: 3, title: 'git is not installed' },
  E_GIT_OLD: { exit: 3, title: 'git is older than 2.25' },
  E_GIT_FAILED: { exit: 3, title: 'A git command failed' },
  E_GIT_OWNER: { exit: 2, title: 'git does not read a repository of another user' },
  E_GIT_SOURCE: { exit: 2, title: 'The repository of the arena cannot be read' },
  E_NO_COMMITS: { exit: 2, title: 'The repository has no commits' },
  E_SPAWN: { exit: 3, title: 'A process could not be started' },
  E_NOT_WRITABLE: { exit: 3, title: 'A folder cannot be written' },
  E_DISK_FULL: { exit: 3, title: 'The disk is full' },
  E_NO_LAB: { exit: 2, title: 'There is no lab here yet' },
  E_WISH: { exit: 2, title: 'A request cannot be applied as things stand' },
  E_LOCKED: { exit: 5, title: 'Another run works on this lab' },
  E_LEDGER_TORN: { exit: 4, title: 'The last line of the ledger is cut' },
  E_LEDGER_CORRUPT: { exit: 4, title: 'A line of the ledger cannot be read' },
  E_LEDGER_CHAIN: { exit: 4, title: 'The hash chain of the ledger is broken' },
  E_LEDGER_GAP: { exit: 4, title: 'The ledger lacks a line' },
  E_LEDGER_MOVE: { exit: 4, title: 'The ledger holds an event that cannot follow what stands before it' },
  E_LEDGER_VERSION: { exit: 4, title: 'The ledger was written by a newer Overnight' },
  E_ITEMS: { exit: 4, title: 'Stored items are missing or were changed' },
  E_RULES_OLD: { exit: 4, title: 'The lab was opened under earlier decision rules' },
  E_ARENA_CHANGED: { exit: 2, title: 'The frozen files or the manifest changed since the lab was opened' },
  E_SETUP: { exit: 6, title: 'The setup command failed' },
  E_PREPARE: { exit: 6, title: 'The prepare command failed' },
  E_BASELINE: { exit: 6, title: 'The unchanged code could not be measured' },
  E_UNSAFE: { exit: 3, title: 'An agent would run without a jail' },
  E_SUBMIT: { exit: 2, title: 'A submission cannot become an experiment' },
  E_AGENT: { exit: 3, title: 'An agent cannot be used as it is' },
  E_NOBODY: { exit: 7, title: 'Nobody can propose an idea' },
  E_MODEL: { exit: 3, title: 'The model that the arena asks cannot be reached' },
  E_LIVE_SOCKET: { exit: 2, title: 'A folder that candidates would see holds a live socket' },
  E_STUCK: { exit: 6, title: 'Nothing can be measured any more' },
  E_PORT: { exit: 3, title: 'The dashboard’s port is taken' },
  E_WEB: { exit: 3, title: 'The browser half of the dashboard is not built' },
  E_INTERNAL: { exit: 70, title: 'A mistake in Overnight itself' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What failed; why, with the value seen; what to do next. Each part is one sentence or two. */
export interface ErrorParts {
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

/** Thrown when the lab cannot go on. `code` is stable across releases. */
export class LabError extends Error {
  readonly code: ErrorCode;
  readonly parts: ErrorParts;

  constructor(code: ErrorCode, parts: ErrorParts, cause?: unknown) {
    super(`${parts.what} ${parts.why} ${parts.next}`, cause === undefined ? undefined : { cause });
    this.name = 'LabError';
    this.code = code;
    this.parts = parts;
  }

  /** The process exit status that belongs to the code. */
  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** Text of anything that was thrown, for a `why` part. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * How git is called: no user configuration, no prompts, no hooks, errors in three parts. The only file that starts git.
 */
import * as fs from 'node:fs';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { sleep } from '../os/clock.ts';
import { type CaptureOptions, type CaptureResult, captureOutput } from '../os/spawn.ts';

/** Oldest git whose `fast-import`, `cat-file --batch` and `update-ref` behave as used here. */
const MIN_GIT_VERSION = [2, 25] as const;

export interface GitOptions {
  /** The private bare store; without it git runs in `cwd`, reading only. */
  readonly store?: string;
  readonly cwd?: string;
  /**
   * Git as the person has it: their configuration counts (which files are ignored, which folders are safe). Otherwise
   * none does.
   */
  readonly asPerson?: true;
  readonly input?: CaptureOptions['input'];
  /** Receives the answer in pieces, so that it may have any length. */
  readonly onOutput?: (piece: Buffer) => void;
  /** Bytes that git has to move, for which it gets more time. */
  readonly movesBytes?: number;
  /** Exit statuses beside 0 that are an answer and not a failure. */
  readonly allow?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of the answer at most; absent: 64 MiB. */
  readonly maxBytes?: number;
}

const TIMEOUT_MS = 60_000;
/** git reads large files of the person again, through their filters, when their times have changed. */
const PERSON_TIMEOUT_MS = 600_000;
/** A slow disk of a busy machine is faster. */
const MIN_BYTES_PER_MS = 1000;

/** Objects are read as they are, not as replace refs or grafts would have them. */
const FIXED_ENV = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_DEFAULT_HASH: 'sha1',
  GIT_DEFAULT_REF_FORMAT: 'files',
  LC_ALL: 'C',
};
const NO_CONFIG_ENV = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' };
/** Where the person's configuration is, whose folders they may read, and where git stops looking for a repository. */
const PERSON_VARIABLES =
  /^(XDG_CONFIG_HOME|SUDO_UID|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|PARAMETERS|(KEY|VALUE)_\d+)|GIT_CEILING_DIRECTORIES|GIT_DISCOVERY_ACROSS_FILESYSTEM)$/;
/** Programs that a configuration could have git start are not started. */
const SAFE_CONFIG = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'advice.graftFileDeprecated=false'].flatMap(
  (setting) => ['-c', setting],
);

/**
 * The whole environment of a git process. Nothing else is passed on: GIT_DIR, GIT_OBJECT_DIRECTORY and their like would
 * lead git to another repository.
 */
function gitEnvironment({ asPerson, env }: GitOptions): Record<string, string> {
  const personEntries = Object.entries(process.env).filter(([name]) => PERSON_VARIABLES.test(name));
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: process.env.HOME ?? '/',
    ...(asPerson ? (Object.fromEntries(personEntries) as Record<string, string>) : NO_CONFIG_ENV),
    ...FIXED_ENV,
    ...env,
  };
}

/** Run git and answer how it ended, whatever that is. Throws only where there is no git. */
export async function askGit(gitArgs: readonly string[], options: GitOptions = {}): Promise<CaptureResult> {
  const storeArgs = options.store ? [`--git-dir=${options.store}`] : [];
  const callGit = (): Promise<CaptureResult> =>
    captureOutput('git', [...storeArgs, ...SAFE_CONFIG, ...gitArgs], {
      env: gitEnvironment(options),
      timeoutMs: (options.asPerson ? PERSON_TIMEOUT_MS : TIMEOUT_MS) + (options.movesBytes ?? 0) / MIN_BYTES_PER_MS,
      ...defined({
        cwd: options.cwd,
        input: options.input,
        maxBytes: options.maxBytes,
        onOutput: options.onOutput,
      }),
    });
  let gitResult = await callGit();
  const staleLockFile = options.store ? findStaleLock(options.store, gitResult.stderr) : undefined;
  if (staleLockFile) {
    await sleep(LOCK_GRACE_MS);
    fs.rmSync(staleLockFile, { force: true });
    gitResult = await callGit();
  }
  if (gitResult.failure === 'missing') {
    throw new LabError('E_GIT_MISSING', {
      what: 'git could not be started.',
      why: 'There is no git on PATH.',
      next: 'Install it (Debian: apt-get install git) and run again.',
    });
  }
  return gitResult;
}

export async function gitBytes(gitArgs: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const gitResult = await askGit(gitArgs, options);
  if (gitResult.status !== 0 && !options.allow?.includes(gitResult.status ?? -1)) throw gitError(gitArgs, gitResult);
  return Buffer.from(gitResult.bytes);
}

/** A git that still runs ends within this time; a lock in the private store that is older was left by a killed git. */
const LOCK_GRACE_MS = 300;

/**
 * The lock file of our own store that git complained about. The refs of a lab have one writer, which holds the ledger's
 * lock.
 */
function findStaleLock(store: string, stderr: string): string | undefined {
  const lockFile = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1];
  return lockFile?.startsWith(`${store}/`) ? lockFile : undefined;
}

export async function gitText(gitArgs: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(gitArgs, options)).toString('utf8');
}

export function gitError(gitArgs: readonly string[], gitResult: CaptureResult): LabError {
  const stderrText = gitResult.stderr.trim();
  const reason =
    stderrText.split('\n').slice(-3).join(' ') || `it ended with ${gitResult.failure ?? `status ${gitResult.status}`}`;
  if (/No space left|Disk quota/i.test(reason)) {
    return new LabError('E_DISK_FULL', {
      what: `git ${gitArgs[0]} could not write.`,
      why: `git says: ${reason}.`,
      next: 'Free some space and run again: nothing that was recorded is lost.',
    });
  }
  return new LabError('E_GIT_FAILED', {
    what: `git ${gitArgs[0]} failed.`,
    why: `git says: ${reason}.`,
    next: 'Run `overnight doctor`; if it persists, the store in .overnight may be damaged.',
  });
}

/** A commit or tree that a ledger names, checked: any other text could be an option of git. */
export function requireObjectId(objectId: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(objectId)) return objectId;
  throw new LabError('E_GIT_FAILED', {
    what: 'The record names no object of git.',
    why: `"${objectId.slice(0, 60)}" stands where a commit should.`,
    next: 'Run `overnight audit`; the ledger was edited or written by a faulty program.',
  });
}

/** The version of git, or E_GIT_MISSING / E_GIT_OLD. */
export async function requireGit(): Promise<string> {
  const versionText = (await gitText(['--version'])).trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(versionText) ?? [];
  const [minMajor, minMinor] = MIN_GIT_VERSION;
  if (Number(major) < minMajor || (Number(major) === minMajor && Number(minor) < minMinor)) {
    throw new LabError('E_GIT_OLD', {
      what: 'This git is too old.',
      why: `It says "${versionText}"; ${MIN_GIT_VERSION.join('.')} or newer is needed.`,
      next: 'Update git and run again.',
    });
  }
  return versionText.replace('git version ', '');
}

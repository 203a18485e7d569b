/**
 * How git is called: no user configuration, no prompts, no hooks, errors in three parts. The only file that starts git.
 */
import * as fs from 'node:fs';
import { LabError } from '../base/error.ts';
import { sleep } from '../os/clock.ts';
import { type CaptureResult, capture } from '../os/spawn.ts';

/** Oldest git whose `fast-import`, `cat-file --batch` and `update-ref` behave as used here. */
const OLDEST = [2, 25] as const;

export interface GitOptions {
  /** The private bare store; without it git runs in `cwd`, reading only. */
  readonly store?: string;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Exit statuses that are an answer, not a failure; 0 always is. */
  readonly allow?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
}

const BARE_ENV = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
};

export async function gitBytes(args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: process.env.HOME ?? '/',
    ...BARE_ENV,
    ...options.env,
  };
  const where = options.store ? [`--git-dir=${options.store}`] : [];
  const call = (): Promise<CaptureResult> =>
    capture('git', [...where, '-c', 'core.hooksPath=/dev/null', ...args], {
      env,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.input !== undefined && { input: options.input }),
    });
  let result = await call();
  const stale = options.store ? staleLock(options.store, result.stderr) : undefined;
  if (stale) {
    await sleep(LOCK_GRACE_MS);
    fs.rmSync(stale, { force: true });
    result = await call();
  }
  if (result.failure === 'missing') {
    throw new LabError('E_GIT_MISSING', {
      what: 'git could not be started.',
      why: 'There is no git on PATH.',
      next: 'Install it (Debian: apt-get install git) and run again.',
    });
  }
  if (result.status !== 0 && !options.allow?.includes(result.status ?? -1)) throw failed(args, result);
  return Buffer.from(result.bytes);
}

/** How long a git that still runs may need to end; then a lock in the private store is one that a killed git left. */
const LOCK_GRACE_MS = 300;

/**
 * The lock file of our own store that git complained about. The refs of a lab have one writer, which holds the ledger's
 * lock.
 */
function staleLock(store: string, stderr: string): string | undefined {
  const file = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1];
  return file?.startsWith(`${store}/`) ? file : undefined;
}

export async function gitText(args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8');
}

function failed(args: readonly string[], result: CaptureResult): LabError {
  const text = result.stderr.trim();
  const why = text.split('\n').slice(-3).join(' ') || `it ended with ${result.failure ?? `status ${result.status}`}`;
  if (/No space left|Disk quota/i.test(why)) {
    return new LabError('E_DISK_FULL', {
      what: `git ${args[0]} could not write.`,
      why: `git says: ${why}.`,
      next: 'Free some space and run again: nothing that was recorded is lost.',
    });
  }
  return new LabError('E_GIT_FAILED', {
    what: `git ${args[0]} failed.`,
    why: `git says: ${why}.`,
    next: 'Run `overnight doctor`; if it persists, the store in .overnight may be damaged.',
  });
}

/** The version of git, or E_GIT_MISSING / E_GIT_OLD. */
export async function requireGit(): Promise<string> {
  const text = (await gitText(['--version'])).trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const [wantMajor, wantMinor] = OLDEST;
  if (Number(major) < wantMajor || (Number(major) === wantMajor && Number(minor) < wantMinor)) {
    throw new LabError('E_GIT_OLD', {
      what: 'This git is too old.',
      why: `It says "${text}"; ${OLDEST.join('.')} or newer is needed.`,
      next: 'Update git and run again.',
    });
  }
  return text.replace('git version ', '');
}

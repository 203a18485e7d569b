/**
 * The small steps between the harness and a sandboxed program: a shell line that takes the limits on itself and becomes
 * the program, the defaults of its environment, and the two pipes that join a pair. Knows nothing about namespaces.
 */
import { closeSync, constants, existsSync, lstatSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import type { Mount, RunSpec } from '../core/ports.ts';
import { quoted } from '../os/cgroup.ts';
import { captureSync } from '../os/spawn.ts';

export interface LaunchOptions {
  /** Files of control groups to enter. */
  readonly entrances: readonly string[];
  readonly cores: readonly number[];
  /** Largest file in MiB. */
  readonly fileMb: number;
  /** Tasks the user may have in all, where nothing better bounds them. */
  readonly userTasks?: number;
}

/**
 * Program and arguments that enter groups, take limits and turn into `program`, keeping the pid. Pure but for finding
 * helpers.
 */
export function launchArgs(options: LaunchOptions, program: readonly string[]): readonly string[] {
  const enter = options.entrances.map((file) => `echo $$ >${quoted(file)} || exit 125`);
  const blocks = Math.ceil((options.fileMb * 1024 * 1024) / 512); // POSIX: units of 512 bytes
  const line = [...enter, 'ulimit -c 0', `ulimit -f ${blocks} 2>/dev/null`, 'exec "$@"'].join('\n');
  const taskset = options.cores.length > 0 ? findProgram('taskset') : undefined;
  const prlimit = options.userTasks === undefined ? undefined : findProgram('prlimit');
  return [
    '/bin/sh',
    '-c',
    line,
    'overnight',
    ...(prlimit ? [prlimit, `--nproc=${options.userTasks}`, '--'] : []),
    ...(taskset ? [taskset, '-c', options.cores.join(',')] : []),
    ...program,
  ];
}

const found = new Map<string, string | undefined>();

/** The absolute path of a program on PATH (or in the usual system directories); remembered. */
export function findProgram(name: string): string | undefined {
  if (!found.has(name)) {
    const dirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
    found.set(
      name,
      dirs
        .filter((dir) => dir.startsWith('/'))
        .map((dir) => join(dir, name))
        .find(isExecutable),
    );
  }
  return found.get(name);
}

function isExecutable(path: string): boolean {
  try {
    const stat = statSync(path);
    return stat.isFile() && (stat.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** What every program gets unless the spec says otherwise. `home` must be fresh, empty and writable. */
export function baseEnv(spec: RunSpec, path: string, home: string): Readonly<Record<string, string>> {
  return {
    PATH: path,
    HOME: home,
    TMPDIR: home,
    XDG_CACHE_HOME: join(home, '.cache'),
    LANG: process.env.LANG ?? 'C.UTF-8',
    TZ: process.env.TZ ?? 'UTC',
    ...spec.env,
  };
}

/** Throws E_SPAWN for a spec that cannot work, before anything is started. */
export function checkSpec(spec: RunSpec): void {
  const missing = spec.mounts.find((mount) => !existsSync(mount.from));
  if (missing) {
    throw new LabError('E_SPAWN', {
      what: 'A run could not be started.',
      why: `${missing.from}, which it needs as ${missing.to}, does not exist.`,
      next: 'If you removed it by hand, run again; otherwise this is a mistake in Overnight, please report it.',
    });
  }
}

/** Do what must be done before a start; whatever the system refuses becomes E_SPAWN or E_DISK_FULL. */
export function prepared<T>(prepare: () => T): T {
  try {
    return prepare();
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    const full = (thrown as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new LabError(
      full ? 'E_DISK_FULL' : 'E_SPAWN',
      {
        what: 'A run could not be prepared.',
        why: `Reason: ${reasonOf(thrown)}.`,
        next: full ? 'Free some space and run again.' : 'Run `overnight doctor`: it tries every part of the sandbox.',
      },
      thrown,
    );
  }
}

/** Where a path inside a run lies on this machine: below a mount's `to`, else as it stands. */
export function onThisMachine(path: string, mounts: readonly Mount[]): string {
  const holders = mounts.filter((mount) => path === mount.to || path.startsWith(`${mount.to}/`));
  const best = holders.sort((a, b) => b.to.length - a.to.length)[0];
  return best ? join(best.from, path.slice(best.to.length)) : path;
}

export interface JoinedEnds {
  readonly stdin: number;
  readonly stdout: number;
}

/**
 * Two pipes of the system between two processes. No byte passes through the harness, so its event loop cannot disturb
 * timings. The four descriptors must be closed here once both have started, or neither would ever see an end of file.
 */
export function joinedPipes(): readonly [JoinedEnds, JoinedEnds] {
  const dir = mkdtempSync(join(tmpdir(), 'overnight-join-'));
  try {
    const paths = [join(dir, 'ab'), join(dir, 'ba')];
    const made = captureSync('mkfifo', ['-m', '600', ...paths], { timeoutMs: 10_000 });
    if (made.status !== 0 || !paths.every((path) => lstatSync(path).isFIFO())) {
      throw new LabError('E_SPAWN', {
        what: 'Two processes could not be joined by pipes.',
        why: `mkfifo failed: ${made.stderr.trim() || made.failure}.`,
        next: 'Check that the temporary directory is writable and that mkfifo (coreutils) is installed.',
      });
    }
    const [ab, ba] = paths.map((path) => {
      const keeper = openSync(path, constants.O_RDWR); // so that neither of the next two waits for the other
      return { keeper, read: openSync(path, constants.O_RDONLY), write: openSync(path, constants.O_WRONLY) };
    });
    closeAll([ab!.keeper, ba!.keeper]);
    return [
      { stdin: ba!.read, stdout: ab!.write },
      { stdin: ab!.read, stdout: ba!.write },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}

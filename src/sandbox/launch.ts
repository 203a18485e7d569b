/**
 * The small steps between the harness and a sandboxed program: a shell line that takes the limits on itself and becomes
 * the program, the defaults of its environment, and the two pipes that join a pair. Knows nothing about namespaces.
 */
import { closeSync, constants, existsSync, lstatSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LabError, reasonOf } from '../base/error.ts';
import type { Mount, RunSpec } from '../core/ports.ts';
import { shellQuoted } from '../os/cgroup.ts';
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
  const enterLines = options.entrances.map((entrance) => `echo $$ >${shellQuoted(entrance)} || exit 125`);
  const maxBlocks = Math.ceil((options.fileMb * 1024 * 1024) / 512); // POSIX: units of 512 bytes
  const shellScript = [...enterLines, 'ulimit -c 0', `ulimit -f ${maxBlocks} 2>/dev/null`, 'exec "$@"'].join('\n');
  const taskset = options.cores.length > 0 ? findProgram('taskset') : undefined;
  const prlimit = options.userTasks === undefined ? undefined : findProgram('prlimit');
  return [
    '/bin/sh',
    '-c',
    shellScript,
    'overnight',
    ...(prlimit ? [prlimit, `--nproc=${options.userTasks}`, '--'] : []),
    ...(taskset ? [taskset, '-c', options.cores.join(',')] : []),
    ...program,
  ];
}

const foundPrograms = new Map<string, string | undefined>();

/** The absolute path of a program on PATH (or in the usual system directories); remembered. */
export function findProgram(programName: string): string | undefined {
  if (!foundPrograms.has(programName)) {
    const searchDirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
    foundPrograms.set(
      programName,
      searchDirs
        .filter((directory) => directory.startsWith('/'))
        .map((directory) => join(directory, programName))
        .find(isExecutable),
    );
  }
  return foundPrograms.get(programName);
}

function isExecutable(filePath: string): boolean {
  try {
    const fileStats = statSync(filePath);
    return fileStats.isFile() && (fileStats.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** What every program gets unless the spec says otherwise. `homeDir` must be fresh, empty and writable. */
export function baseEnv(spec: RunSpec, searchPath: string, homeDir: string): Readonly<Record<string, string>> {
  return {
    PATH: searchPath,
    HOME: homeDir,
    TMPDIR: homeDir,
    XDG_CACHE_HOME: join(homeDir, '.cache'),
    LANG: process.env.LANG ?? 'C.UTF-8',
    TZ: process.env.TZ ?? 'UTC',
    ...spec.env,
  };
}

/** Throws E_SPAWN for a spec that cannot work, before anything is started. */
export function checkSpec(spec: RunSpec): void {
  const missingMount = spec.mounts.find((mount) => !existsSync(mount.from));
  if (missingMount) {
    throw new LabError('E_SPAWN', {
      what: 'A run could not be started.',
      why: `${missingMount.from}, which it needs as ${missingMount.to}, does not exist.`,
      next: 'If you removed it by hand, run again; otherwise this is a mistake in Overnight, please report it.',
    });
  }
}

/** Do what must be done before a start; whatever the system refuses becomes E_SPAWN or E_DISK_FULL. */
export function prepareOrThrow<T>(prepare: () => T): T {
  try {
    return prepare();
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    const isDiskFull = (thrown as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new LabError(
      isDiskFull ? 'E_DISK_FULL' : 'E_SPAWN',
      {
        what: 'A run could not be prepared.',
        why: `Reason: ${reasonOf(thrown)}.`,
        next: isDiskFull
          ? 'Free some space and run again.'
          : 'Run `overnight doctor`: it tries every part of the sandbox.',
      },
      thrown,
    );
  }
}

/** Where a path inside a run lies on this machine: below a mount's `to`, else as it stands. */
export function hostPathOf(pathInside: string, mounts: readonly Mount[]): string {
  const holdingMounts = mounts.filter((mount) => pathInside === mount.to || pathInside.startsWith(`${mount.to}/`));
  const deepestMount = holdingMounts.sort((left, right) => right.to.length - left.to.length)[0];
  return deepestMount ? join(deepestMount.from, pathInside.slice(deepestMount.to.length)) : pathInside;
}

export interface JoinedEnds {
  readonly stdin: number;
  readonly stdout: number;
}

/**
 * Two pipes of the system between two processes. No byte passes through the harness, so its event loop cannot disturb
 * timings. The four descriptors must be closed here once both have started, or neither would ever see an end of file.
 */
export function openJoinedPipes(): readonly [JoinedEnds, JoinedEnds] {
  const pipeDir = mkdtempSync(join(tmpdir(), 'overnight-join-'));
  try {
    // Only this folder keeps others away: inside, another user may open /dev/stdin again.
    const pipePaths = [join(pipeDir, 'ab'), join(pipeDir, 'ba')];
    const mkfifoResult = captureSync('mkfifo', ['-m', '666', ...pipePaths], { timeoutMs: 10_000 });
    if (mkfifoResult.status !== 0 || !pipePaths.every((pipePath) => lstatSync(pipePath).isFIFO())) {
      throw new LabError('E_SPAWN', {
        what: 'Two processes could not be joined by pipes.',
        why: `mkfifo failed: ${mkfifoResult.stderr.trim() || mkfifoResult.failure}.`,
        next: 'Check that the temporary directory is writable and that mkfifo (coreutils) is installed.',
      });
    }
    const [firstToSecond, secondToFirst] = pipePaths.map((pipePath) => {
      const keeper = openSync(pipePath, constants.O_RDWR); // so that neither of the next two waits for the other
      return { keeper, read: openSync(pipePath, constants.O_RDONLY), write: openSync(pipePath, constants.O_WRONLY) };
    });
    closeAll([firstToSecond!.keeper, secondToFirst!.keeper]);
    return [
      { stdin: secondToFirst!.read, stdout: firstToSecond!.write },
      { stdin: firstToSecond!.read, stdout: secondToFirst!.write },
    ];
  } finally {
    rmSync(pipeDir, { recursive: true, force: true });
  }
}

export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}

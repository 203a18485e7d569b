/**
 * The fallback sandbox: a plain process in a group of its own, with a private home, exact environment (and the tag),
 * limits, tree kill. It does NOT hide anything: the program may read and write whatever the person may, use the
 * network, and see other processes. `read` mounts are not enforced. Where neither control groups nor a reaper work (no
 * perl), a daemon that clears its environment and leaves the group escapes the kill; without /proc (macOS) only the
 * process group is killed and memory and tasks are not bounded.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../base/defined.ts';
import type { Mount, RunningProcess, RunSpec, Sandbox, SandboxInfo } from '../core/ports.ts';
import { type ControlGroups, safeName, sweepGroups } from '../os/cgroup.ts';
import { sleep } from '../os/clock.ts';
import { hasProc, killHard, TAG_VARIABLE, taggedPids } from '../os/proc.ts';
import {
  baseEnv,
  checkSpec,
  closeAll,
  type JoinedEnds,
  openJoinedPipes,
  launchArgs,
  hostPathOf,
  prepareOrThrow,
} from './launch.ts';
import { GroupMeter, WatchedMeter } from './meter.ts';
import { reaperArgs } from './reaper.ts';
import { type PreparedRun, superviseRun } from './supervise.ts';

let runCount = 0;
/** Private homes carry the tag, so that those of a killed harness are found. */
const HOME_PREFIX = 'overnight-home-';
const MIB = 1024 * 1024;

export class ProcessSandbox implements Sandbox {
  readonly info: SandboxInfo;
  readonly #controlGroups: ControlGroups | string;

  constructor(reason: string, controlGroups: ControlGroups | string) {
    this.#controlGroups = controlGroups;
    this.info = { level: 'process', reason, limits: describeLimits(controlGroups) };
  }

  inside(mount: Mount): string {
    return mount.from;
  }

  start(spec: RunSpec): RunningProcess {
    return superviseRun(
      spec,
      prepareOrThrow(() => this.#prepareRun(spec)),
    );
  }

  startJoined(firstSpec: RunSpec, secondSpec: RunSpec): readonly [RunningProcess, RunningProcess] {
    return startPair(
      (joinedSpec, joinedEnds) =>
        superviseRun(
          joinedSpec,
          prepareOrThrow(() => this.#prepareRun(joinedSpec)),
          joinedEnds,
        ),
      firstSpec,
      secondSpec,
    );
  }

  sweep(tagPrefix: string): Promise<number> {
    return sweepTagged(tagPrefix);
  }

  #prepareRun(spec: RunSpec): PreparedRun {
    checkSpec(spec);
    const homeDir = mkdtempSync(join(tmpdir(), `${HOME_PREFIX}${safeName(spec.tag)}-`));
    mkdirSync(join(homeDir, '.cache'));
    const reaper = typeof this.#controlGroups === 'string' ? reaperArgs() : [];
    const hasReaper = reaper.length > 0;
    const runLimits = limitRun(spec, this.#controlGroups, { tasks: hasReaper ? 2 : 1, hasReaper });
    return {
      argv: launchArgs({ ...runLimits.launch, cores: spec.limits.cores }, [...reaper, '/bin/sh', '-c', spec.command]),
      hasReaper,
      env: {
        ...baseEnv(spec, process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', homeDir),
        [TAG_VARIABLE]: runLimits.uniqueTag,
      },
      cwd: hostPathOf(spec.cwd, spec.mounts),
      writable: [homeDir, ...writablePathsOf(spec)],
      ...defined({ startFile: spec.clock && hostPathOf(spec.clock.startFile, spec.mounts) }),
      meter: runLimits.meter,
      cleanUp: () => {
        runLimits.releaseGroup();
        rmSync(homeDir, { recursive: true, force: true });
      },
    };
  }
}

/** How limits are held, in words for `doctor`. */
export function describeLimits(controlGroups: ControlGroups | string): string {
  if (typeof controlGroups !== 'string') return `cgroup v${controlGroups.version}`;
  return hasProc ? `watched (${controlGroups})` : 'wall time and output only (no /proc)';
}

/** What a sandbox adds to a run. */
export interface RunHelpers {
  /** Tasks of the sandbox's own. */
  readonly tasks: number;
  readonly hasReaper?: boolean;
  /** Memory-backed folders that only this run has. */
  readonly memoryFolders?: readonly string[];
  /** Bounds that the kernel does not apply to root hold for it. Absent: as the harness itself. */
  readonly isOrdinaryUser?: boolean;
}

/** The limits of one run: what the launcher takes on itself, and the meter. */
export function limitRun(
  spec: RunSpec,
  controlGroups: ControlGroups | string,
  helpers: RunHelpers,
): {
  readonly launch: { entrances: readonly string[]; fileMb: number; userTasks?: number };
  readonly meter: PreparedRun['meter'];
  /** The tag made unique, so that two runs with one tag do not end each other; it begins with the tag. */
  readonly uniqueTag: string;
  /** Give back what was taken when the start fails; harmless afterwards. */
  readonly releaseGroup: () => void;
} {
  const { limits } = spec;
  const uniqueTag = `${spec.tag}#${process.pid}-${++runCount}`;
  const fileMb = limits.diskMb + 1; // the whole is watched; this stops one file that grows faster than the looks
  if (typeof controlGroups !== 'string') {
    const controlGroup = controlGroups.createGroup(uniqueTag, {
      memoryBytes: limits.memoryMb * MIB,
      tasks: limits.pids + helpers.tasks,
      cores: limits.cores,
    });
    return {
      launch: { entrances: controlGroup.entrances, fileMb },
      meter: () => new GroupMeter(controlGroup),
      uniqueTag,
      releaseGroup: () => void controlGroup.removeGroup(),
    };
  }
  const watchedLimits = {
    memoryMb: limits.memoryMb,
    pids: limits.pids + helpers.tasks,
    memoryFolders: helpers.memoryFolders ?? [],
    isRootReaper: helpers.hasReaper ?? false,
  };
  const isOrdinaryUser = helpers.isOrdinaryUser ?? process.getuid?.() !== 0;
  // the kernel does not apply it to root
  const userTasks = isOrdinaryUser ? userTaskLimit(watchedLimits.pids) : undefined;
  return {
    launch: { entrances: [], fileMb, ...defined({ userTasks }) },
    meter: (pid) => new WatchedMeter(pid, uniqueTag, watchedLimits),
    uniqueTag,
    releaseGroup: () => {},
  };
}

/** Tasks for the run, for what runs already, and for what the person starts meanwhile. */
function userTaskLimit(maxPids: number): number | undefined {
  return hasProc ? 2 * maxPids + 4096 : undefined;
}

export function writablePathsOf(spec: RunSpec): readonly string[] {
  return spec.mounts.filter((mount) => mount.mode === 'write').map((mount) => mount.from);
}

/** Join two starts by pipes; if the second fails, the first is ended before the error goes on. */
export function startPair(
  startJoinedRun: (joinedSpec: RunSpec, joinedEnds: JoinedEnds) => RunningProcess,
  firstSpec: RunSpec,
  secondSpec: RunSpec,
): readonly [RunningProcess, RunningProcess] {
  const [firstEnds, secondEnds] = openJoinedPipes();
  let firstRunning: RunningProcess | undefined;
  try {
    firstRunning = startJoinedRun(firstSpec, firstEnds);
    return [firstRunning, startJoinedRun(secondSpec, secondEnds)];
  } catch (thrown) {
    firstRunning?.kill();
    throw thrown;
  } finally {
    closeAll([firstEnds.stdin, firstEnds.stdout, secondEnds.stdin, secondEnds.stdout]);
  }
}

/**
 * End every process that carries a tag: first by control group, which none escapes, then by environment until none is
 * found.
 */
export async function sweepTagged(tagPrefix: string): Promise<number> {
  let endedCount = sweepGroups(tagPrefix);
  for (let attempt = 0; attempt < 200; attempt++) {
    const remainingPids = taggedPids(tagPrefix, 'prefix');
    if (remainingPids.length === 0) break;
    if (attempt === 0) endedCount += remainingPids.length;
    for (const pid of remainingPids) killHard(pid);
    await sleep(2);
  }
  const homePrefix = `${HOME_PREFIX}${safeName(tagPrefix)}`;
  for (const entryName of readdirSync(tmpdir())) {
    if (entryName.startsWith(homePrefix)) rmSync(join(tmpdir(), entryName), { recursive: true, force: true });
  }
  return endedCount;
}

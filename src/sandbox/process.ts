/**
 * The fallback sandbox: a plain process in a group of its own, with a private home, exact environment (and the tag),
 * limits, tree kill. It does NOT hide anything: the program may read and write whatever the person may, use the
 * network, and see other processes. `read` mounts are not enforced. A daemon that clears its environment and leaves the
 * group escapes the kill unless control groups work; without /proc (macOS) only the process group is killed and memory
 * and tasks are not bounded.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mount, Running, RunSpec, Sandbox, SandboxInfo } from '../core/ports.ts';
import { type ControlGroups, safeName, sweepGroups } from '../os/cgroup.ts';
import { sleep } from '../os/clock.ts';
import { hasProc, killHard, TAG_VARIABLE, taggedPids } from '../os/proc.ts';
import {
  baseEnv,
  checkSpec,
  closeAll,
  type JoinedEnds,
  joinedPipes,
  launchArgs,
  onThisMachine,
  prepared,
} from './launch.ts';
import { GroupMeter, WatchedMeter } from './meter.ts';
import { type Prepared, supervise } from './supervise.ts';

let runs = 0;
/** Private homes carry the tag, so that those of a killed harness are found. */
const HOME_PREFIX = 'overnight-home-';
const MIB = 1024 * 1024;

export class ProcessSandbox implements Sandbox {
  readonly info: SandboxInfo;
  readonly #groups: ControlGroups | string;

  constructor(reason: string, groups: ControlGroups | string) {
    this.#groups = groups;
    this.info = { level: 'process', reason, limits: describeLimits(groups) };
  }

  inside(mount: Mount): string {
    return mount.from;
  }

  start(spec: RunSpec): Running {
    return supervise(
      spec,
      prepared(() => this.#prepare(spec)),
    );
  }

  startJoined(first: RunSpec, second: RunSpec): readonly [Running, Running] {
    return startPair(
      (spec, ends) =>
        supervise(
          spec,
          prepared(() => this.#prepare(spec)),
          ends,
        ),
      first,
      second,
    );
  }

  sweep(tagPrefix: string): Promise<number> {
    return sweepTagged(tagPrefix);
  }

  #prepare(spec: RunSpec): Prepared {
    checkSpec(spec);
    const home = mkdtempSync(join(tmpdir(), `${HOME_PREFIX}${safeName(spec.tag)}-`));
    mkdirSync(join(home, '.cache'));
    const limits = limitRun(spec, this.#groups, 1);
    return {
      argv: launchArgs({ ...limits.launch, cores: spec.limits.cores }, ['/bin/sh', '-c', spec.command]),
      env: { ...baseEnv(spec, process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', home), [TAG_VARIABLE]: limits.mark },
      cwd: onThisMachine(spec.cwd, spec.mounts),
      writable: [home, ...writableOf(spec)],
      ...(spec.clock ? { startFile: onThisMachine(spec.clock.startFile, spec.mounts) } : {}),
      meter: limits.meter,
      cleanup: () => {
        limits.abandon();
        rmSync(home, { recursive: true, force: true });
      },
    };
  }
}

/** How limits are held, in words for `doctor`. */
export function describeLimits(groups: ControlGroups | string): string {
  if (typeof groups !== 'string') return `cgroup v${groups.version}`;
  return hasProc ? `watched (${groups})` : 'wall time and output only (no /proc)';
}

/**
 * The limits of one run: what the launcher takes on itself, and the meter. `helpers` are tasks of the sandbox's own.
 */
export function limitRun(
  spec: RunSpec,
  groups: ControlGroups | string,
  helpers: number,
): {
  readonly launch: { entrances: readonly string[]; fileMb: number; userTasks?: number };
  readonly meter: Prepared['meter'];
  /** The tag made unique, so that two runs with one tag do not end each other; it begins with the tag. */
  readonly mark: string;
  /** Give back what was taken when the start fails; harmless afterwards. */
  readonly abandon: () => void;
} {
  const { limits } = spec;
  const mark = `${spec.tag}#${process.pid}-${++runs}`;
  const fileMb = limits.diskMb + 1; // the whole is watched; this stops one file that grows faster than the looks
  if (typeof groups !== 'string') {
    const group = groups.create(mark, {
      memoryBytes: limits.memoryMb * MIB,
      tasks: limits.pids + helpers,
    });
    return {
      launch: { entrances: group.entrances, fileMb },
      meter: () => new GroupMeter(group),
      mark,
      abandon: () => void group.remove(),
    };
  }
  const bounds = { memoryMb: limits.memoryMb, pids: limits.pids + helpers };
  // the kernel does not apply it to root
  const userTasks = process.getuid?.() === 0 ? undefined : tasksOfUser(bounds.pids);
  return {
    launch: { entrances: [], fileMb, ...(userTasks === undefined ? {} : { userTasks }) },
    meter: (pid) => new WatchedMeter(pid, mark, bounds),
    mark,
    abandon: () => {},
  };
}

/** Room for the run on top of what is there now, and for as much again of the person's own doing meanwhile. */
function tasksOfUser(pids: number): number | undefined {
  return hasProc ? 2 * pids + 4096 : undefined;
}

export function writableOf(spec: RunSpec): readonly string[] {
  return spec.mounts.filter((mount) => mount.mode === 'write').map((mount) => mount.from);
}

/** Join two starts by pipes; if the second fails, the first is ended before the error goes on. */
export function startPair(
  start: (spec: RunSpec, ends: JoinedEnds) => Running,
  first: RunSpec,
  second: RunSpec,
): readonly [Running, Running] {
  const [a, b] = joinedPipes();
  let one: Running | undefined;
  try {
    one = start(first, a);
    return [one, start(second, b)];
  } catch (thrown) {
    one?.kill();
    throw thrown;
  } finally {
    closeAll([a.stdin, a.stdout, b.stdin, b.stdout]);
  }
}

/** End what carries a tag: first by control group, which nobody escapes, then by environment until nobody is found. */
export async function sweepTagged(tagPrefix: string): Promise<number> {
  let ended = sweepGroups(tagPrefix);
  for (let attempt = 0; attempt < 200; attempt++) {
    const left = taggedPids(tagPrefix, 'prefix');
    if (left.length === 0) break;
    if (attempt === 0) ended += left.length;
    for (const pid of left) killHard(pid);
    await sleep(2);
  }
  const homes = `${HOME_PREFIX}${safeName(tagPrefix)}`;
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(homes)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return ended;
}

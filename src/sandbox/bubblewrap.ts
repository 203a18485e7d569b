/**
 * The sandbox: bubblewrap with namespaces of its own. Covered: no network, only the mounts and a read-only system
 * visible, exact environment, own process list, no capabilities, the whole tree dies with its first process and with
 * the harness. NOT covered: no system call filter (a hole in the kernel is a way out; AF_UNIX and io_uring exist
 * inside), timing and load of the machine are visible, `cores` can be changed from inside, and with `gpus` the driver
 * is reachable in full.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { defined } from '../base/defined.ts';
import type { Mount, RunningProcess, RunSpec, Sandbox, SandboxInfo } from '../core/ports.ts';
import type { ControlGroups } from '../os/cgroup.ts';
import { TAG_VARIABLE } from '../os/proc.ts';
import { baseEnv, checkSpec, type JoinedEnds, launchArgs, hostPathOf, prepareOrThrow } from './launch.ts';
import { describeLimits, limitRun, startPair, sweepTagged, writablePathsOf } from './process.ts';
import { bubblewrapArgs, type HostLayout, readSystemLayout } from './profile.ts';
import { type PreparedRun, superviseRun } from './supervise.ts';

/** Tasks of the sandbox's own: bubblewrap outside, its first process inside, and the shell of the command. */
const HELPER_TASKS = 3;

export interface BubblewrapOptions {
  /** Absolute path of bwrap. */
  readonly program: string;
  readonly reason: string;
  readonly groups: ControlGroups | string;
  /** False only for root where user namespaces are not to be had. */
  readonly userNamespace: boolean;
}

export class BubblewrapSandbox implements Sandbox {
  readonly info: SandboxInfo;
  readonly #options: BubblewrapOptions;
  readonly #layout: HostLayout;

  constructor(options: BubblewrapOptions) {
    this.#options = options;
    this.#layout = readSystemLayout();
    this.info = { level: 'bubblewrap', reason: options.reason, limits: describeLimits(options.groups) };
  }

  inside(mount: Mount): string {
    return mount.to;
  }

  start(spec: RunSpec): RunningProcess {
    return this.#startSupervised(spec);
  }

  startJoined(firstSpec: RunSpec, secondSpec: RunSpec): readonly [RunningProcess, RunningProcess] {
    return startPair((joinedSpec, joinedEnds) => this.#startSupervised(joinedSpec, joinedEnds), firstSpec, secondSpec);
  }

  sweep(tagPrefix: string): Promise<number> {
    return sweepTagged(tagPrefix);
  }

  #startSupervised(spec: RunSpec, joinedEnds?: JoinedEnds): RunningProcess {
    checkSpec(spec);
    return superviseRun(
      spec,
      prepareOrThrow(() => this.#prepareRun(spec)),
      joinedEnds,
    );
  }

  #prepareRun(spec: RunSpec): PreparedRun {
    const { program, groups, userNamespace } = this.#options;
    const alsoRead = spec.alsoRead ?? [];
    const sandboxArgs = bubblewrapArgs({
      layout: this.#layout,
      mounts: spec.mounts,
      alsoRead,
      env: baseEnv(spec, pathInside(this.#layout, alsoRead), '/tmp'),
      cwd: spec.cwd,
      tmpMb: tmpSizeMb(spec),
      network: spec.network ?? false,
      userNamespace,
      devices: (spec.gpus ?? 0) > 0 ? listGpuDevices() : [],
    });
    const runLimits = limitRun(spec, groups, HELPER_TASKS);
    return {
      // By descriptor, not on the command line, which everybody on this machine may read: the environment holds the
      // nonce.
      argv: launchArgs({ ...runLimits.launch, cores: spec.limits.cores }, [
        program,
        '--args',
        '3',
        '--',
        '/bin/sh',
        '-c',
        spec.command,
      ]),
      sent: Buffer.from(sandboxArgs.map((argument) => `${argument}\0`).join('')),
      env: { [TAG_VARIABLE]: runLimits.uniqueTag, PATH: '/usr/bin:/bin' },
      cwd: '/',
      writable: writablePathsOf(spec),
      ...defined({ startFile: spec.clock && hostPathOf(spec.clock.startFile, spec.mounts) }),
      helper: 'bwrap',
      meter: runLimits.meter,
      cleanUp: runLimits.releaseGroup,
    };
  }
}

/** The memory-backed /tmp counts as memory of the run, so it gets a part of that. */
function tmpSizeMb(spec: RunSpec): number {
  return Math.max(16, Math.min(spec.limits.diskMb, Math.floor(spec.limits.memoryMb / 2)));
}

/** The person's PATH as far as it can be seen inside, the running Node first. */
function pathInside(layout: HostLayout, alsoRead: readonly string[]): string {
  const visibleDirs = ['/usr', '/bin', '/sbin', ...layout.toolchain, ...alsoRead];
  const isVisible = (directory: string): boolean =>
    visibleDirs.some((visibleDir) => directory === visibleDir || directory.startsWith(`${visibleDir}/`));
  const personDirs = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '' && isVisible(directory));
  const usualDirs = ['/usr/local/bin', '/usr/bin', '/bin'];
  return [...new Set([dirname(realpathSync(process.execPath)), ...personDirs, ...usualDirs])].join(delimiter);
}

/**
 * Best effort for NVIDIA and AMD, not tried on a machine that has one: device nodes, and the parts of /sys that their
 * libraries read. Missing ones are skipped.
 */
function listGpuDevices(): readonly string[] {
  const deviceNames = existsSync('/dev')
    ? readdirSync('/dev').filter((deviceName) => /^(nvidia.*|dri|kfd)$/.test(deviceName))
    : [];
  return deviceNames.map((deviceName) => join('/dev', deviceName));
}

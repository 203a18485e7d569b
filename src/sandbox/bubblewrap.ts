/**
 * The sandbox: bubblewrap with namespaces of its own. Covered: no network, only the mounts and a read-only system
 * visible, exact environment, own process list, no capabilities, the whole tree dies with its first process and with
 * the harness. NOT covered: no system call filter (a hole in the kernel is a way out; AF_UNIX and io_uring exist
 * inside), timing and load of the machine are visible, `cores` can be changed from inside, and with `gpus` the driver
 * is reachable in full.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Mount, Running, RunSpec, Sandbox, SandboxInfo } from '../core/ports.ts';
import type { ControlGroups } from '../os/cgroup.ts';
import { TAG_VARIABLE } from '../os/proc.ts';
import { baseEnv, checkSpec, type JoinedEnds, launchArgs, onThisMachine, prepared } from './launch.ts';
import { describeLimits, limitRun, startPair, sweepTagged, writableOf } from './process.ts';
import { bwrapArgs, type HostLayout, systemLayout } from './profile.ts';
import { type Prepared, supervise } from './supervise.ts';

/** Tasks of the sandbox's own: bubblewrap outside, its first process inside, and the shell of the command. */
const HELPERS = 3;

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
    this.#layout = systemLayout();
    this.info = { level: 'bubblewrap', reason: options.reason, limits: describeLimits(options.groups) };
  }

  inside(mount: Mount): string {
    return mount.to;
  }

  start(spec: RunSpec): Running {
    return this.#start(spec);
  }

  startJoined(first: RunSpec, second: RunSpec): readonly [Running, Running] {
    return startPair((spec, ends) => this.#start(spec, ends), first, second);
  }

  sweep(tagPrefix: string): Promise<number> {
    return sweepTagged(tagPrefix);
  }

  #start(spec: RunSpec, ends?: JoinedEnds): Running {
    checkSpec(spec);
    return supervise(
      spec,
      prepared(() => this.#prepare(spec)),
      ends,
    );
  }

  #prepare(spec: RunSpec): Prepared {
    const { program, groups, userNamespace } = this.#options;
    const alsoRead = spec.alsoRead ?? [];
    const args = bwrapArgs({
      layout: this.#layout,
      mounts: spec.mounts,
      alsoRead,
      env: baseEnv(spec, pathInside(this.#layout, alsoRead), '/tmp'),
      cwd: spec.cwd,
      tmpMb: tmpMb(spec),
      network: spec.network ?? false,
      userNamespace,
      devices: (spec.gpus ?? 0) > 0 ? gpuDevices() : [],
    });
    const limits = limitRun(spec, groups, HELPERS);
    return {
      // By descriptor, not on the command line, which everybody on this machine may read: the environment holds the
      // nonce.
      argv: launchArgs({ ...limits.launch, cores: spec.limits.cores }, [
        program,
        '--args',
        '3',
        '--',
        '/bin/sh',
        '-c',
        spec.command,
      ]),
      sent: Buffer.from(args.map((arg) => `${arg}\0`).join('')),
      env: { [TAG_VARIABLE]: limits.mark, PATH: '/usr/bin:/bin' },
      cwd: '/',
      writable: writableOf(spec),
      ...(spec.clock ? { startFile: onThisMachine(spec.clock.startFile, spec.mounts) } : {}),
      helper: 'bwrap',
      meter: limits.meter,
      cleanup: limits.abandon,
    };
  }
}

/** The memory-backed /tmp counts as memory of the run, so it gets a part of that. */
function tmpMb(spec: RunSpec): number {
  return Math.max(16, Math.min(spec.limits.diskMb, Math.floor(spec.limits.memoryMb / 2)));
}

/** The person's PATH as far as it can be seen inside, the running Node first. */
function pathInside(layout: HostLayout, alsoRead: readonly string[]): string {
  const visible = ['/usr', '/bin', '/sbin', ...layout.toolchain, ...alsoRead];
  const seen = (dir: string): boolean => visible.some((root) => dir === root || dir.startsWith(`${root}/`));
  const theirs = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '' && seen(dir));
  const usual = ['/usr/local/bin', '/usr/bin', '/bin'];
  return [...new Set([dirname(realpathSync(process.execPath)), ...theirs, ...usual])].join(delimiter);
}

/**
 * Best effort for NVIDIA and AMD, not tried on a machine that has one: device nodes, and the parts of /sys that their
 * libraries read. Missing ones are skipped.
 */
function gpuDevices(): readonly string[] {
  const nodes = existsSync('/dev') ? readdirSync('/dev').filter((name) => /^(nvidia.*|dri|kfd)$/.test(name)) : [];
  return nodes.map((name) => join('/dev', name));
}

/**
 * The sandbox: bubblewrap with namespaces of its own. Covered: no network, only the mounts and a read-only system
 * visible, exact environment, own process list, no capabilities, no further namespaces, no keyrings, nothing of the
 * kernel's settings writable, where root starts it an ordinary user inside; the whole tree dies with its first process
 * and with the harness. NOT covered: most system calls go to the kernel (a hole in it is a way out), timing and load of
 * the machine are visible, mountinfo tells where the shown folders lie on this machine, and with `gpus` the driver is
 * reachable in full.
 */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { belongsToShare, type GpuShare } from '../base/gpus.ts';
import { defined } from '../base/defined.ts';
import type { Mount, RunningProcess, RunSpec, Sandbox, SandboxInfo } from '../core/ports.ts';
import type { ControlGroups } from '../os/cgroup.ts';
import { TAG_VARIABLE } from '../os/proc.ts';
import { findKernelFiles } from './kernel-files.ts';
import { baseEnv, checkSpec, type JoinedEnds, launchArgs, hostPathOf, prepareOrThrow } from './launch.ts';
import { findMaskedPaths } from './masked-data.ts';
import { describeLimits, limitRun, startPair, sweepTagged, writablePathsOf } from './process.ts';
import { bubblewrapArgs, type HostLayout, readSystemLayout } from './profile.ts';
import { buildSeccompFilter, hasFilterFor } from './seccomp.ts';
import { type PreparedRun, superviseRun } from './supervise.ts';
import { handOver, Readability, type UnprivilegedUser } from './unprivileged.ts';

/** Tasks of the sandbox's own: bubblewrap outside, its first process inside, and the shell of the command. */
const HELPER_TASKS = 3;

export interface BubblewrapOptions {
  /** Absolute path of bwrap. */
  readonly program: string;
  readonly reason: string;
  readonly groups: ControlGroups | string;
  /** False only for root where user namespaces are not to be had. */
  readonly userNamespace: boolean;
  /** bwrap knows `--disable-userns`. */
  readonly forbidsNesting: boolean;
  /** Where root starts runs: whom to become, and the program that does it. Then no user namespace is made. */
  readonly dropTo?: { readonly user: UnprivilegedUser; readonly setpriv: string };
  /** What the probe found missing. Left out: nothing. */
  readonly gaps?: readonly string[];
}

/** What `setpriv` needs, and what bwrap needs to enter a working directory of that user's; `setpriv` gives all up. */
const DROP_CAPABILITIES = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_DAC_READ_SEARCH'];
/** Descriptors of the launcher: the arguments, the filter, empty files, and behind them its report. */
const ARGS_FD = 3;
const FILTER_FD = 4;
const FIRST_EMPTY_FD = 5;

export class BubblewrapSandbox implements Sandbox {
  readonly info: SandboxInfo;
  readonly #options: BubblewrapOptions;
  readonly #layout: HostLayout;
  readonly #kernelFiles = findKernelFiles();
  readonly #masked = findMaskedPaths();
  readonly #filter: Buffer | undefined;
  readonly #readability = new Readability();

  constructor(options: BubblewrapOptions) {
    this.#options = options;
    this.#layout = readSystemLayout();
    this.#filter = hasFilterFor(process.arch)
      ? buildSeccompFilter(process.arch, { deniesSharedSegments: typeof options.groups === 'string' })
      : undefined;
    const limits = describeLimits(options.groups);
    this.info = { level: 'bubblewrap', reason: options.reason, limits, ...defined({ gaps: options.gaps }) };
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

  /** Whom the run becomes. Nobody else where that user could not read its files or use its devices. */
  #dropFor(spec: RunSpec, devices: readonly string[]): BubblewrapOptions['dropTo'] {
    const { dropTo } = this.#options;
    if (!dropTo) return undefined;
    const readPaths = spec.mounts.filter((mount) => mount.mode === 'read').map((mount) => mount.from);
    const shownPaths = [...this.#layout.toolchain, ...(spec.alsoRead ?? []), ...readPaths];
    const maySee = shownPaths.every((shownPath) => this.#readability.mayEverybodyRead(shownPath));
    return maySee && mayEverybodyUse(devices) ? dropTo : undefined;
  }

  #prepareRun(spec: RunSpec): PreparedRun {
    const { program, groups, userNamespace, forbidsNesting } = this.#options;
    const alsoRead = spec.alsoRead ?? [];
    const devices = (spec.gpus ?? 0) > 0 ? listGpuDevices(spec.gpuShare) : [];
    const dropTo = this.#dropFor(spec, devices);
    if (dropTo) handOver(spec.mounts, dropTo.user);
    const { masked } = this.#kernelFiles;
    const sandboxArgs = bubblewrapArgs({
      layout: this.#layout,
      mounts: spec.mounts,
      alsoRead,
      env: baseEnv(spec, pathInside(this.#layout, alsoRead), '/tmp'),
      cwd: spec.cwd,
      tmpMb: tmpSizeMb(spec),
      network: spec.network ?? false,
      userNamespace: userNamespace && !dropTo,
      forbidsNesting,
      capabilities: dropTo ? DROP_CAPABILITIES : [],
      kernelFiles: this.#kernelFiles,
      masked: this.#masked,
      ...(this.#filter && { filterFd: FILTER_FD }),
      emptyFds: masked.map((_, i) => FIRST_EMPTY_FD + i),
      devices,
    });
    const runLimits = limitRun(spec, groups, {
      tasks: HELPER_TASKS,
      memoryFolders: ['/tmp', '/dev/shm'],
      ...(dropTo && { isOrdinaryUser: true }),
    });
    return {
      // By descriptor, not on the command line, which everybody on this machine may read: the environment holds the
      // nonce.
      argv: launchArgs({ ...runLimits.launch, cores: spec.limits.cores }, [
        program,
        '--args',
        String(ARGS_FD),
        '--json-status-fd',
        String(FIRST_EMPTY_FD + masked.length),
        '--',
        ...(dropTo ? becomeArgs(dropTo.setpriv, dropTo.user) : []),
        '/bin/sh',
        '-c',
        spec.command,
      ]),
      sent: [
        Buffer.from(sandboxArgs.map((argument) => `${argument}\0`).join('')),
        this.#filter ?? 'nothing',
        ...masked.map(() => 'nothing' as const),
      ],
      env: { [TAG_VARIABLE]: runLimits.uniqueTag, PATH: '/usr/bin:/bin' },
      cwd: '/',
      writable: writablePathsOf(spec),
      ...defined({ startFile: spec.clock && hostPathOf(spec.clock.startFile, spec.mounts) }),
      reportsStart: true,
      helper: 'bwrap',
      meter: runLimits.meter,
      cleanUp: runLimits.releaseGroup,
    };
  }
}

/** The words before a command that make it an ordinary user's, without a way back. */
function becomeArgs(setpriv: string, { uid, gid }: UnprivilegedUser): readonly string[] {
  const ids = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  return [setpriv, ...ids, '--inh-caps', '-all', '--ambient-caps', '-all', '--bounding-set', '-all', '--'];
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

/** True where everybody may open the devices. With NVIDIA those are enough that its libraries open to compute. */
function mayEverybodyUse(devices: readonly string[]): boolean {
  const forNvidia = devices.filter((devicePath) => /\/nvidia(\d+|ctl|-uvm)$/.test(devicePath));
  const isOpen = (devicePath: string): boolean => {
    const deviceStats = statSync(devicePath);
    if (!deviceStats.isDirectory()) return (deviceStats.mode & 0o006) === 0o006;
    return readdirSync(devicePath).every((entryName) => isOpen(join(devicePath, entryName)));
  };
  return (forNvidia.length > 0 ? forNvidia : devices).every(isOpen);
}

/**
 * Best effort for NVIDIA and AMD, not tried on a machine that has one: device nodes, and the parts of /sys that their
 * libraries read. Missing ones are skipped.
 */
function listGpuDevices(share: GpuShare | undefined): readonly string[] {
  const deviceNames = existsSync('/dev')
    ? readdirSync('/dev').filter((deviceName) => /^(nvidia.*|dri|kfd)$/.test(deviceName))
    : [];
  const shown = share ? deviceNames.flatMap(withCards).filter((name) => belongsToShare(name, share)) : deviceNames;
  return shown.map((deviceName) => join('/dev', deviceName));
}

/** The folder of display devices as its files, so that some of them can be shown. */
const withCards = (deviceName: string): string[] =>
  deviceName === 'dri' ? readdirSync('/dev/dri').map((cardName) => `dri/${cardName}`) : [deviceName];

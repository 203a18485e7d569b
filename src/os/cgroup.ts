/**
 * Control groups of Linux, version 1 and 2: hard limits on the memory and the number of tasks of a process tree, exact
 * accounting, and a list of members that a process cannot leave (as root and unsandboxed it can). Used when we may
 * create groups; says so when we may not. Not covered: limits of processor share and disk bandwidth; enabling
 * controllers that an administrator did not delegate.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readOrUndefined } from './attempt.ts';
import { killHard } from './proc.ts';
import { captureSync } from './spawn.ts';

export interface GroupLimits {
  readonly memoryBytes: number;
  readonly tasks: number;
  /** Cores that members may not leave, where such a group can be made. Empty: all. */
  readonly cores?: readonly number[];
}

/** In bytes. */
export interface GroupMemory {
  /** What only this tree needs. */
  readonly own: number;
  /** Page cache that is charged to it. */
  readonly cache: number;
  /** The exact maximum of all that was charged to it, page cache included. */
  readonly peak: number;
}

/** One group around one run. Methods do not throw once it exists: a group that vanished has no members. */
export interface ControlGroup {
  /** Files into which a process writes its own pid to enter. */
  readonly entrances: readonly string[];
  memberPids(): readonly number[];
  cpuSeconds(): number;
  memoryUse(): GroupMemory;
  /** How often the kernel ended a process of the group for want of memory. */
  oomKills(): number;
  /** How often a fork was refused. */
  forksRefused(): number;
  /** No member can start another one from now on. */
  forbidForks(): void;
  /** True when it is gone; false while it has members. */
  removeGroup(): boolean;
}

export interface ControlGroups {
  readonly version: 1 | 2;
  createGroup(groupName: string, limits: GroupLimits): ControlGroup;
}

/** Every group that we make starts with this; `sweepGroups` looks for it. */
const GROUP_PREFIX = 'overnight-';
const V1_CONTROLLERS = ['memory', 'pids', 'cpuacct'] as const;

/** Find a place where groups can be made, and prove it with a real process. A text says why there is none. */
export function findControlGroups(): ControlGroups | string {
  const mountinfo = readOrUndefined('/proc/self/mountinfo');
  const selfCgroup = readOrUndefined('/proc/self/cgroup');
  if (mountinfo === undefined || selfCgroup === undefined) return 'this system has no control groups';
  const groupPlaces = parsePlaces(mountinfo, selfCgroup);
  let reason = 'no memory and pids controllers are mounted';
  for (const controlGroups of [v1Groups(groupPlaces), v2Groups(groupPlaces)]) {
    if (controlGroups === undefined) continue;
    const refusal = tryGroups(controlGroups);
    if (refusal === undefined) return controlGroups;
    reason = refusal;
  }
  return reason;
}

/** Where each controller of version 1 is, relative to which our own group lies, and the tree of version 2. */
export interface GroupPlaces {
  readonly v1: Readonly<Record<string, string>>;
  readonly v2?: { readonly root: string; readonly own: string };
}

/** Pure: /proc/self/mountinfo and /proc/self/cgroup to directories of our own groups. */
export function parsePlaces(mountinfo: string, selfCgroup: string): GroupPlaces {
  const ownPaths = new Map<string, string>();
  for (const line of selfCgroup.split('\n')) {
    const [, controllers, ...pathParts] = line.split(':');
    for (const controller of (controllers ?? '').split(',')) ownPaths.set(controller, pathParts.join(':'));
  }
  const v1: Record<string, string> = {};
  let v2: GroupPlaces['v2'];
  for (const line of mountinfo.split('\n')) {
    const [mountPart, typePart] = line.split(' - ');
    const [, , , mountRoot = '/', mountPoint = ''] = (mountPart ?? '').split(' ');
    const [fileSystem, , mountOptions = ''] = (typePart ?? '').split(' ');
    const directoryOf = (groupPath: string): string =>
      groupPath === '/'
        ? mountPoint
        : join(
            mountPoint,
            mountRoot !== '/' && groupPath.startsWith(mountRoot) ? groupPath.slice(mountRoot.length) : groupPath,
          );
    if (fileSystem === 'cgroup2') v2 = { root: mountPoint, own: directoryOf(ownPaths.get('') ?? '/') };
    if (fileSystem !== 'cgroup') continue;
    for (const controller of mountOptions.split(','))
      if (ownPaths.has(controller)) v1[controller] = directoryOf(ownPaths.get(controller) ?? '/');
  }
  return v2 ? { v1, v2 } : { v1 };
}

/**
 * End the members of groups that a killed harness left, and remove the groups. Returns how many processes there were.
 */
export function sweepGroups(namePrefix: string): number {
  const wantedPrefix = `${GROUP_PREFIX}${safeName(namePrefix)}`;
  const endedPids = new Set<number>();
  for (const groupDir of findGroupsBelow('/sys/fs/cgroup', wantedPrefix, 8)) {
    for (let attempt = 0; attempt < 500 && !tryRemove(groupDir); attempt++) {
      for (const pid of pidsIn(join(groupDir, 'cgroup.procs'))) {
        endedPids.add(pid);
        killHard(pid);
      }
      blockFor(2);
    }
  }
  return endedPids.size;
}

function v1Groups(places: GroupPlaces): ControlGroups | undefined {
  const baseDirs = V1_CONTROLLERS.map((controller) => places.v1[controller]);
  if (baseDirs.some((baseDir) => baseDir === undefined || !existsSync(baseDir))) return undefined;
  const [memoryBase = '', pidsBase = '', cpuBase = ''] = baseDirs;
  return {
    version: 1,
    createGroup(groupName, limits) {
      const [memoryDir, pidsDir, cpuDir] = [memoryBase, pidsBase, cpuBase].map((baseDir) =>
        join(baseDir, GROUP_PREFIX + safeName(groupName)),
      );
      const ownDirs = [...new Set([memoryDir!, pidsDir!, cpuDir!])];
      for (const groupDir of ownDirs) mkdirSync(groupDir, { recursive: true });
      const coresDir = makeCoresGroup(places.v1.cpuset, GROUP_PREFIX + safeName(groupName), limits.cores ?? []);
      const groupDirs = coresDir === undefined ? ownDirs : [...new Set([...ownDirs, coresDir])];
      writeFileSync(join(memoryDir!, 'memory.limit_in_bytes'), String(limits.memoryBytes));
      writeIfThere(join(memoryDir!, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)); // no way out into swap
      writeFileSync(join(pidsDir!, 'pids.max'), String(limits.tasks));
      return {
        entrances: groupDirs.map((groupDir) => join(groupDir, 'cgroup.procs')),
        memberPids: () => pidsIn(join(pidsDir!, 'cgroup.procs')),
        cpuSeconds: () => Number(readOrUndefined(join(cpuDir!, 'cpuacct.usage')) ?? 0) / 1e9,
        memoryUse: () => {
          const memoryStat = readOrUndefined(join(memoryDir!, 'memory.stat')) ?? '';
          const sharedBytes = numberAfter(memoryStat, 'total_shmem');
          return {
            own: numberAfter(memoryStat, 'total_rss') + sharedBytes,
            cache: Math.max(0, numberAfter(memoryStat, 'total_cache') - sharedBytes),
            peak: Number(readOrUndefined(join(memoryDir!, 'memory.max_usage_in_bytes')) ?? 0),
          };
        },
        oomKills: () => numberAfter(readOrUndefined(join(memoryDir!, 'memory.oom_control')) ?? '', 'oom_kill'),
        forksRefused: () => numberAfter(readOrUndefined(join(pidsDir!, 'pids.events')) ?? '', 'max'),
        forbidForks: () => writeIfThere(join(pidsDir!, 'pids.max'), '0'),
        removeGroup: () => groupDirs.map(tryRemove).every((isGone) => isGone),
      };
    },
  };
}

/** A group of version 1 that holds its members to some cores. Undefined where there is none to be made. */
function makeCoresGroup(baseDir: string | undefined, groupName: string, cores: readonly number[]): string | undefined {
  if (baseDir === undefined || cores.length === 0) return undefined;
  const groupDir = join(baseDir, groupName);
  try {
    mkdirSync(groupDir, { recursive: true });
    writeFileSync(join(groupDir, 'cpuset.cpus'), cores.join(','));
    writeFileSync(join(groupDir, 'cpuset.mems'), readFileSync(join(baseDir, 'cpuset.mems')));
    return groupDir;
  } catch {
    tryRemove(groupDir);
    return undefined;
  }
}

function v2Groups(places: GroupPlaces): ControlGroups | undefined {
  if (places.v2 === undefined) return undefined;
  const baseDir = delegatedGroup(places.v2.root, places.v2.own);
  if (baseDir === undefined) return undefined;
  return {
    version: 2,
    createGroup(groupName, limits) {
      const groupDir = join(baseDir, GROUP_PREFIX + safeName(groupName));
      mkdirSync(groupDir, { recursive: true });
      writeFileSync(join(groupDir, 'memory.max'), String(limits.memoryBytes));
      writeIfThere(join(groupDir, 'memory.swap.max'), '0');
      writeIfThere(join(groupDir, 'memory.oom.group'), '1');
      writeFileSync(join(groupDir, 'pids.max'), String(limits.tasks));
      if (limits.cores?.length) writeIfThere(join(groupDir, 'cpuset.cpus'), limits.cores.join(','));
      return {
        entrances: [join(groupDir, 'cgroup.procs')],
        memberPids: () => pidsIn(join(groupDir, 'cgroup.procs')),
        cpuSeconds: () => numberAfter(readOrUndefined(join(groupDir, 'cpu.stat')) ?? '', 'usage_usec') / 1e6,
        memoryUse: () => {
          const memoryStat = readOrUndefined(join(groupDir, 'memory.stat')) ?? '';
          const sharedBytes = numberAfter(memoryStat, 'shmem');
          return {
            own: numberAfter(memoryStat, 'anon') + sharedBytes,
            cache: Math.max(0, numberAfter(memoryStat, 'file') - sharedBytes),
            peak: Number(
              readOrUndefined(join(groupDir, 'memory.peak')) ?? readOrUndefined(join(groupDir, 'memory.current')) ?? 0,
            ),
          };
        },
        oomKills: () => numberAfter(readOrUndefined(join(groupDir, 'memory.events')) ?? '', 'oom_kill'),
        forksRefused: () => numberAfter(readOrUndefined(join(groupDir, 'pids.events')) ?? '', 'max'),
        forbidForks: () => writeIfThere(join(groupDir, 'pids.max'), '0'),
        removeGroup: () => tryRemove(groupDir),
      };
    },
  };
}

/** The nearest group at or above our own that hands memory and pids to its children and that we may write. */
function delegatedGroup(rootDir: string, ownDir: string): string | undefined {
  for (let groupDir = ownDir; groupDir.startsWith(rootDir); groupDir = join(groupDir, '..')) {
    const controllers = ` ${(readOrUndefined(join(groupDir, 'cgroup.subtree_control')) ?? '').trim()} `;
    if (
      controllers.includes(' memory ') &&
      controllers.includes(' pids ') &&
      mayWrite(groupDir) &&
      mayWrite(join(groupDir, 'cgroup.procs'))
    ) {
      return groupDir;
    }
    if (groupDir === rootDir) break;
  }
  return undefined;
}

/** Make a group, let a real process enter it, remove it. A text says what went wrong. */
function tryGroups(groups: ControlGroups): string | undefined {
  try {
    const probeGroup = groups.createGroup(`probe-${process.pid}`, { memoryBytes: 64 * 1024 * 1024, tasks: 8 });
    const enterScript = probeGroup.entrances.map((entrance) => `echo $$ > ${shellQuoted(entrance)}`).join(' && ');
    const shellResult = captureSync('/bin/sh', ['-c', enterScript], { timeoutMs: 5000 });
    for (let attempt = 0; attempt < 50 && !probeGroup.removeGroup(); attempt++) blockFor(2);
    return shellResult.status === 0
      ? undefined
      : `a process could not enter a control group (${shellResult.stderr.trim()})`;
  } catch (thrown) {
    return `control groups cannot be created here: ${(thrown as NodeJS.ErrnoException).code ?? String(thrown)}`;
  }
}

/** Single quotes for a POSIX shell. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A tag as a part of a file name. Tags with a common prefix still have one. */
export function safeName(sourceText: string): string {
  return sourceText.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 200);
}

function findGroupsBelow(parentDir: string, wantedPrefix: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  return readSubdirs(parentDir).flatMap((directoryName) =>
    directoryName.startsWith(wantedPrefix)
      ? [join(parentDir, directoryName)]
      : findGroupsBelow(join(parentDir, directoryName), wantedPrefix, depth - 1),
  );
}

function readSubdirs(parentDir: string): readonly string[] {
  try {
    return readdirSync(parentDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function pidsIn(procsFile: string): readonly number[] {
  const pidLines = (readOrUndefined(procsFile) ?? '').split('\n').filter((line) => line !== '');
  return [...new Set(pidLines.map(Number))].filter((pid) => pid > 0);
}

/** The number after a key in a file of `key value` lines; 0 when it is not there. */
function numberAfter(sourceText: string, key: string): number {
  const matched = new RegExp(`^${key} (\\d+)`, 'm').exec(sourceText);
  return matched ? Number(matched[1]) : 0;
}

function tryRemove(groupDir: string): boolean {
  try {
    rmdirSync(groupDir);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function mayWrite(filePath: string): boolean {
  try {
    accessSync(filePath, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function writeIfThere(filePath: string, value: string): void {
  try {
    writeFileSync(filePath, value, { flag: 'r+' });
  } catch {
    // not every kernel has every file; the ones that must be there are written with writeFileSync
  }
}

/** Block for a moment. Only in start-up and sweeping, where nothing is being measured. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

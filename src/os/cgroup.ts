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
import { killHard } from './proc.ts';
import { captureSync } from './spawn.ts';

export interface GroupLimits {
  readonly memoryBytes: number;
  readonly tasks: number;
}

/** Bytes that only this tree needs (`own`), and all that is charged to it, page cache included (`peak`, exact). */
export interface GroupMemory {
  readonly own: number;
  readonly cache: number;
  readonly peak: number;
}

/** One group around one run. Methods do not throw once it exists: a group that vanished has no members. */
export interface ControlGroup {
  /** Files into which a process writes its own pid to enter. */
  readonly entrances: readonly string[];
  members(): readonly number[];
  cpuS(): number;
  memory(): GroupMemory;
  /** How often the kernel ended a process of the group for want of memory. */
  oomKills(): number;
  /** How often a fork was refused. */
  forksRefused(): number;
  /** No member can start another one from now on. */
  forbidForks(): void;
  /** True when it is gone; false while it has members. */
  remove(): boolean;
}

export interface ControlGroups {
  readonly version: 1 | 2;
  create(name: string, limits: GroupLimits): ControlGroup;
}

/** Every group that we make starts with this; `sweepGroups` looks for it. */
const PREFIX = 'overnight-';
const NEEDED_V1 = ['memory', 'pids', 'cpuacct'] as const;

/** Find a place where groups can be made, and prove it with a real process. A text says why there is none. */
export function findControlGroups(): ControlGroups | string {
  const mounts = read('/proc/self/mountinfo');
  const own = read('/proc/self/cgroup');
  if (mounts === undefined || own === undefined) return 'this system has no control groups';
  const places = parsePlaces(mounts, own);
  let why = 'no memory and pids controllers are mounted';
  for (const groups of [v1Groups(places), v2Groups(places)]) {
    if (groups === undefined) continue;
    const refusal = tryOut(groups);
    if (refusal === undefined) return groups;
    why = refusal;
  }
  return why;
}

/** Where each controller of version 1 is, relative to which our own group lies, and the tree of version 2. */
export interface Places {
  readonly v1: Readonly<Record<string, string>>;
  readonly v2?: { readonly root: string; readonly own: string };
}

/** Pure: /proc/self/mountinfo and /proc/self/cgroup to directories of our own groups. */
export function parsePlaces(mountinfo: string, selfCgroup: string): Places {
  const ownPath = new Map<string, string>();
  for (const line of selfCgroup.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    for (const name of (controllers ?? '').split(',')) ownPath.set(name, path.join(':'));
  }
  const v1: Record<string, string> = {};
  let v2: Places['v2'];
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const [, , , within = '/', point = ''] = (left ?? '').split(' ');
    const [type, , options = ''] = (right ?? '').split(' ');
    const below = (path: string): string =>
      path === '/' ? point : join(point, within !== '/' && path.startsWith(within) ? path.slice(within.length) : path);
    if (type === 'cgroup2') v2 = { root: point, own: below(ownPath.get('') ?? '/') };
    if (type !== 'cgroup') continue;
    for (const name of options.split(',')) if (ownPath.has(name)) v1[name] = below(ownPath.get(name) ?? '/');
  }
  return v2 ? { v1, v2 } : { v1 };
}

/**
 * End the members of groups that a killed harness left, and remove the groups. Returns how many processes there were.
 */
export function sweepGroups(namePrefix: string): number {
  const wanted = `${PREFIX}${safeName(namePrefix)}`;
  const ended = new Set<number>();
  for (const group of findBelow('/sys/fs/cgroup', wanted, 8)) {
    for (let attempt = 0; attempt < 500 && !tryRemove(group); attempt++) {
      for (const pid of pidsIn(join(group, 'cgroup.procs'))) {
        ended.add(pid);
        killHard(pid);
      }
      pause(2);
    }
  }
  return ended.size;
}

function v1Groups(places: Places): ControlGroups | undefined {
  const bases = NEEDED_V1.map((name) => places.v1[name]);
  if (bases.some((base) => base === undefined || !existsSync(base))) return undefined;
  const [memoryBase = '', pidsBase = '', cpuBase = ''] = bases;
  return {
    version: 1,
    create(name, limits) {
      const [memory, pids, cpu] = [memoryBase, pidsBase, cpuBase].map((base) => join(base, PREFIX + safeName(name)));
      const dirs = [...new Set([memory!, pids!, cpu!])];
      for (const dir of dirs) mkdirSync(dir, { recursive: true });
      writeFileSync(join(memory!, 'memory.limit_in_bytes'), String(limits.memoryBytes));
      writeIfThere(join(memory!, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)); // no way out into swap
      writeFileSync(join(pids!, 'pids.max'), String(limits.tasks));
      return {
        entrances: dirs.map((dir) => join(dir, 'cgroup.procs')),
        members: () => pidsIn(join(pids!, 'cgroup.procs')),
        cpuS: () => Number(read(join(cpu!, 'cpuacct.usage')) ?? 0) / 1e9,
        memory: () => {
          const stat = read(join(memory!, 'memory.stat')) ?? '';
          const shared = keyed(stat, 'total_shmem');
          return {
            own: keyed(stat, 'total_rss') + shared,
            cache: Math.max(0, keyed(stat, 'total_cache') - shared),
            peak: Number(read(join(memory!, 'memory.max_usage_in_bytes')) ?? 0),
          };
        },
        oomKills: () => keyed(read(join(memory!, 'memory.oom_control')) ?? '', 'oom_kill'),
        forksRefused: () => keyed(read(join(pids!, 'pids.events')) ?? '', 'max'),
        forbidForks: () => writeIfThere(join(pids!, 'pids.max'), '0'),
        remove: () => dirs.map(tryRemove).every((gone) => gone),
      };
    },
  };
}

function v2Groups(places: Places): ControlGroups | undefined {
  if (places.v2 === undefined) return undefined;
  const base = delegated(places.v2.root, places.v2.own);
  if (base === undefined) return undefined;
  return {
    version: 2,
    create(name, limits) {
      const dir = join(base, PREFIX + safeName(name));
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'memory.max'), String(limits.memoryBytes));
      writeIfThere(join(dir, 'memory.swap.max'), '0');
      writeIfThere(join(dir, 'memory.oom.group'), '1');
      writeFileSync(join(dir, 'pids.max'), String(limits.tasks));
      return {
        entrances: [join(dir, 'cgroup.procs')],
        members: () => pidsIn(join(dir, 'cgroup.procs')),
        cpuS: () => keyed(read(join(dir, 'cpu.stat')) ?? '', 'usage_usec') / 1e6,
        memory: () => {
          const stat = read(join(dir, 'memory.stat')) ?? '';
          const shared = keyed(stat, 'shmem');
          return {
            own: keyed(stat, 'anon') + shared,
            cache: Math.max(0, keyed(stat, 'file') - shared),
            peak: Number(read(join(dir, 'memory.peak')) ?? read(join(dir, 'memory.current')) ?? 0),
          };
        },
        oomKills: () => keyed(read(join(dir, 'memory.events')) ?? '', 'oom_kill'),
        forksRefused: () => keyed(read(join(dir, 'pids.events')) ?? '', 'max'),
        forbidForks: () => writeIfThere(join(dir, 'pids.max'), '0'),
        remove: () => tryRemove(dir),
      };
    },
  };
}

/** The nearest group at or above our own that hands memory and pids to its children and that we may write. */
function delegated(root: string, own: string): string | undefined {
  for (let dir = own; dir.startsWith(root); dir = join(dir, '..')) {
    const given = ` ${(read(join(dir, 'cgroup.subtree_control')) ?? '').trim()} `;
    if (
      given.includes(' memory ') &&
      given.includes(' pids ') &&
      mayWrite(dir) &&
      mayWrite(join(dir, 'cgroup.procs'))
    ) {
      return dir;
    }
    if (dir === root) break;
  }
  return undefined;
}

/** Make a group, let a real process enter it, remove it. A text says what went wrong. */
function tryOut(groups: ControlGroups): string | undefined {
  try {
    const group = groups.create(`probe-${process.pid}`, { memoryBytes: 64 * 1024 * 1024, tasks: 8 });
    const enter = group.entrances.map((file) => `echo $$ > ${quoted(file)}`).join(' && ');
    const done = captureSync('/bin/sh', ['-c', enter], { timeoutMs: 5000 });
    for (let attempt = 0; attempt < 50 && !group.remove(); attempt++) pause(2);
    return done.status === 0 ? undefined : `a process could not enter a control group (${done.stderr.trim()})`;
  } catch (thrown) {
    return `control groups cannot be created here: ${(thrown as NodeJS.ErrnoException).code ?? String(thrown)}`;
  }
}

/** Single quotes for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A tag as a part of a file name; what began with a prefix still does. */
export function safeName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 200);
}

function findBelow(dir: string, wanted: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  return readSubdirs(dir).flatMap((name) =>
    name.startsWith(wanted) ? [join(dir, name)] : findBelow(join(dir, name), wanted, depth - 1),
  );
}

function readSubdirs(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function pidsIn(file: string): readonly number[] {
  const pids = (read(file) ?? '').split('\n').filter((line) => line !== '');
  return [...new Set(pids.map(Number))].filter((pid) => pid > 0);
}

/** The number after a key in a file of `key value` lines; 0 when it is not there. */
function keyed(text: string, key: string): number {
  const found = new RegExp(`^${key} (\\d+)`, 'm').exec(text);
  return found ? Number(found[1]) : 0;
}

function tryRemove(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function writeIfThere(file: string, value: string): void {
  try {
    writeFileSync(file, value, { flag: 'r+' });
  } catch {
    // not every kernel has every file; the ones that must be there are written with writeFileSync
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Block for a moment. Only in start-up and sweeping, where nothing is being measured. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

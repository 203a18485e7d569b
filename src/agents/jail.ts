/**
 * The jail around an agent: the sandbox with the agent's program, a work folder of which only the editable part is
 * writable, a home of its own that is thrown away, and as its only way out a loopback port that leads to the gateway.
 * It does NOT protect what is in the work folder from being read, nor from being sent to the model; nor does it filter
 * system calls.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LabError } from '../base/error.ts';
import type { AgentTask, Mount, RunResult, RunSpec, Running, Sandbox } from '../core/ports.ts';
import { quoted, safeName } from '../os/cgroup.ts';
import { listTree, removeTree, stampTree } from '../os/files.ts';
import { exposureOf } from './exposure.ts';
import type { OpenCall } from './gateway/gateway.ts';
import { SOCKET_NAME } from './gateway/gateway.ts';
import { behindBridge, LEFT_MARK, PORT_INSIDE } from './inside.ts';

/** What the agent's program sees: the same in a jail and without one. */
export interface Place {
  /** Its work folder. */
  readonly dir: string;
  readonly home: string;
  /** Address of the gateway: `http://127.0.0.1:PORT`. */
  readonly gateway: string;
  readonly token: string;
}

export interface Confined {
  readonly argv: (place: Place) => readonly string[];
  readonly env: (place: Place) => Readonly<Record<string, string>>;
  /** Files of its home, by path below it. */
  readonly homeFiles?: (place: Place) => Readonly<Record<string, string>>;
  readonly stdin?: RunSpec['stdin'];
  readonly onStdout?: (text: string) => void;
  /** Where its program lies on this machine, shown read-only. */
  readonly alsoRead: readonly string[];
}

export interface JailLimits {
  readonly memoryMb: number;
  /** Threads count too, and agents have many. */
  readonly pids: number;
  readonly diskMb: number;
}

export const JAIL_LIMITS: JailLimits = { memoryMb: 4096, pids: 512, diskMb: 1024 };
const OUTPUT_MB = 64;
const WORK_INSIDE = '/task';
const HOME_INSIDE = '/home/agent';
const SOCKET_INSIDE = '/gateway';

/** Where one call keeps what is its own on this machine: its home, and the socket to the gateway. */
export interface Room {
  readonly home: string;
  readonly sockets: string;
  remove(): void;
}

/** The name carries the tag as homes of the sandbox do, so that the sweep after a killed harness finds it. */
export function openRoom(tag: string): Room {
  const name = `overnight-home-${safeName(tag)}-`;
  // The address of a socket holds 107 bytes.
  const base = tmpdir().length + name.length < 80 ? tmpdir() : '/tmp';
  const dir = mkdtempSync(join(base, name.slice(0, 70)));
  const [home, sockets] = [join(dir, 'home'), join(dir, 'gw')];
  for (const each of [home, sockets]) mkdirSync(each);
  return { home, sockets, remove: () => removeTree(dir) };
}

export interface Jail {
  /** For people: "in bubblewrap", "without a jail (--unsafe)". */
  readonly reason: string;
  /** False when the person accepted that nothing holds: then the agents' own permissions are all there is. */
  readonly holds: boolean;
  /** Throws E_SPAWN when it cannot be started. */
  start(task: AgentTask, confined: Confined, call: Call): Promise<Jailed>;
}

/** What a call needs beside its task. */
export interface Call {
  readonly open: OpenCall;
  readonly home: string;
}

export interface Jailed {
  readonly running: Running;
  readonly place: Place;
  /** When it has ended, with what it did beside its work. Never rejects. */
  readonly ended: Promise<{ readonly result: RunResult; readonly incidents: readonly string[] }>;
}

/** Throws E_UNSAFE where no sandbox holds and the person has not said that this is fine. */
export function openJail(sandbox: Sandbox, unsafe = false, limits: JailLimits = JAIL_LIMITS): Jail {
  const holds = sandbox.info.level === 'bubblewrap';
  if (!holds && !unsafe) {
    throw new LabError('E_UNSAFE', {
      what: 'An agent would run without a jail.',
      why: `There is no sandbox that holds: ${sandbox.info.reason}. It could read your files and keys, use the network, and change what measures it.`,
      next: 'Install bubblewrap (`overnight doctor` says what is missing), let the optimizer propose, or accept it with --unsafe.',
    });
  }
  return {
    holds,
    reason: holds ? 'in bubblewrap' : 'without a jail (--unsafe)',
    start: (task, confined, call) => start({ sandbox, limits, holds }, task, confined, call),
  };
}

interface Held {
  readonly sandbox: Sandbox;
  readonly limits: JailLimits;
  readonly holds: boolean;
}

async function start(held: Held, task: AgentTask, confined: Confined, { open, home: homeDir }: Call): Promise<Jailed> {
  const { sandbox, limits, holds } = held;
  const work: Mount = { from: task.dir, to: WORK_INSIDE, mode: 'write' };
  const home: Mount = { from: homeDir, to: HOME_INSIDE, mode: 'write' };
  const socket: Mount = { from: open.socketDir, to: SOCKET_INSIDE, mode: 'read' };
  const port = holds ? PORT_INSIDE : await open.port();
  const place: Place = {
    dir: sandbox.inside(work),
    home: sandbox.inside(home),
    gateway: `http://127.0.0.1:${port}`,
    token: open.call.token,
  };
  const files = confined.homeFiles?.(place) ?? {};
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(homeDir, path)), { recursive: true });
    writeFileSync(join(homeDir, path), content);
  }
  const exposure = exposureOf(task.dir, WORK_INSIDE, task.writable);
  const before = protectedStamp(task);
  const argv = confined.argv(place);
  const running = sandbox.start({
    command: holds ? behindBridge(join(SOCKET_INSIDE, SOCKET_NAME), argv) : `exec ${argv.map(quoted).join(' ')}`,
    cwd: place.dir,
    mounts: holds ? [...exposure.mounts, home, socket] : [work, home],
    env: { HOME: place.home, XDG_CACHE_HOME: join(place.home, '.cache'), ...confined.env(place) },
    limits: { ...limits, wallMs: task.limits.wallMs, outputMb: OUTPUT_MB, cores: task.cores },
    alsoRead: confined.alsoRead,
    tag: task.tag,
    ...(confined.stdin !== undefined && { stdin: confined.stdin }),
    ...(confined.onStdout && { onStdout: confined.onStdout }),
  });
  const ended = running.done.then((result) => ({
    result,
    incidents: [...aftermath(task, before), ...leftBehind(result)],
  }));
  return { running, place, ended };
}

interface Before {
  readonly stamp: string;
  readonly files: ReadonlySet<string>;
}

/** What must not change, before. Names, sizes and times: a change of content changes them. */
function protectedStamp(task: AgentTask): Before {
  return { stamp: stampTree(task.dir, mayWrite(task)), files: new Set(listTree(task.dir)) };
}

const mayWrite =
  (task: AgentTask) =>
  (path: string): boolean =>
    task.writable.some((each) => each === '.' || path === each || path.startsWith(`${each.replace(/\/+$/, '')}/`));

/** Files that came up or changed outside of the writable part. */
function aftermath(task: AgentTask, before: Before): readonly string[] {
  const may = mayWrite(task);
  const now = listTree(task.dir);
  const stray = now.filter((file) => !before.files.has(file) && !may(file));
  const gone = [...before.files].filter((file) => !may(file) && !now.includes(file));
  const found = [
    ...stray.map((file) => `made ${file}, which is not editable`),
    ...gone.map((file) => `removed ${file}, which is not editable`),
  ];
  const changed = found.length === 0 && stampTree(task.dir, may) !== before.stamp;
  return changed ? ['changed files that are not editable'] : found.slice(0, 20);
}

function leftBehind(result: RunResult): readonly string[] {
  const said = result.stderr.text
    .split('\n')
    .findLast((line) => line.startsWith(LEFT_MARK))
    ?.slice(LEFT_MARK.length)
    .trim();
  if (said) return [`left processes behind, ended: ${said}`];
  return result.leftovers > 0 ? [`left ${result.leftovers} processes behind, ended`] : [];
}

/**
 * The jail around an agent: the sandbox with the agent's program, a work folder of which only the editable part is
 * writable, a temporary home of its own, and as its only connection a loopback port that leads to the gateway. It does
 * NOT keep the agent from reading the work folder or from sending it to the model.
 */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { AgentTask, Mount, RunResult, RunSpec, RunningProcess, Sandbox } from '../core/ports.ts';
import { shellQuoted, safeName } from '../os/cgroup.ts';
import { listTree, removeTree, stampTree } from '../os/files.ts';
import { exposureOf } from './exposure.ts';
import type { OpenCall } from './gateway/gateway.ts';
import { SOCKET_NAME } from './gateway/gateway.ts';
import { commandBehindBridge, LEFT_MARK, PORT_INSIDE } from './inside.ts';

/** What the agent's program sees, in a jail and without one. */
export interface AgentLayout {
  /** Its work folder. */
  readonly dir: string;
  readonly home: string;
  /** Address of the gateway: `http://127.0.0.1:PORT`. */
  readonly gateway: string;
  readonly token: string;
}

export interface ConfinedProgram {
  readonly argv: (layout: AgentLayout) => readonly string[];
  readonly env: (layout: AgentLayout) => Readonly<Record<string, string>>;
  /** Files of its home, by path below it. */
  readonly homeFiles?: (layout: AgentLayout) => Readonly<Record<string, string>>;
  readonly stdin?: RunSpec['stdin'];
  readonly onStdout?: (piece: string) => void;
  /** Paths of this machine that belong to its program, visible read-only. */
  readonly alsoRead: readonly string[];
}

export interface JailLimits {
  readonly memoryMb: number;
  /** Processes and threads; agents have many threads. */
  readonly pids: number;
  readonly diskMb: number;
}

export const JAIL_LIMITS: JailLimits = { memoryMb: 4096, pids: 512, diskMb: 1024 };
const OUTPUT_MB = 64;
const WORK_INSIDE = '/task';
const HOME_INSIDE = '/home/agent';
const SOCKET_INSIDE = '/gateway';

/** The temporary folders of one call: its home, and the folder of the socket to the gateway. */
export interface CallDirs {
  readonly home: string;
  readonly socketDir: string;
  remove(): void;
}

/** The name contains the tag, as homes of the sandbox do, so that the cleanup after a killed harness finds it. */
export function makeCallDirs(tag: string): CallDirs {
  const dirPrefix = `overnight-home-${safeName(tag)}-`;
  // The path of a socket may have 107 bytes.
  const parentDir = tmpdir().length + dirPrefix.length < 80 ? tmpdir() : '/tmp';
  const callDir = mkdtempSync(join(parentDir, dirPrefix.slice(0, 70)));
  const [homeDir, socketDir] = [join(callDir, 'home'), join(callDir, 'gw')];
  for (const subDir of [homeDir, socketDir]) mkdirSync(subDir);
  return { home: homeDir, socketDir, remove: () => removeTree(callDir) };
}

export interface Jail {
  /** For people: "in bubblewrap", "without a jail (--unsafe)". */
  readonly reason: string;
  /** False when the person accepted to run without a jail: then only the agent's own permissions hold it. */
  readonly holds: boolean;
  /** Throws E_SPAWN when it cannot be started. */
  start(task: AgentTask, program: ConfinedProgram, resources: CallResources): Promise<JailedRun>;
}

/** What a call needs in addition to its task. */
export interface CallResources {
  readonly openCall: OpenCall;
  readonly home: string;
}

export interface JailedRun {
  readonly running: RunningProcess;
  readonly layout: AgentLayout;
  /** Resolves when it has ended, with what it did outside of its task. Never rejects. */
  readonly ended: Promise<{ readonly result: RunResult; readonly incidents: readonly string[] }>;
}

/** Throws E_UNSAFE when no sandbox can hold the agent and the person has not accepted that. */
export function openJail(sandbox: Sandbox, allowsUnsafe = false, limits: JailLimits = JAIL_LIMITS): Jail {
  const jailHolds = sandbox.info.level === 'bubblewrap';
  if (!jailHolds && !allowsUnsafe) {
    throw new LabError('E_UNSAFE', {
      what: 'An agent would run without a jail.',
      why: `No sandbox can hold it: ${sandbox.info.reason}. It could read your files and keys, use the network, and change the code that measures it.`,
      next: 'Install bubblewrap (`overnight doctor` says what is missing), let the optimizer propose, or accept it with --unsafe.',
    });
  }
  return {
    holds: jailHolds,
    reason: jailHolds ? 'in bubblewrap' : 'without a jail (--unsafe)',
    start: (task, program, resources) => startInJail({ sandbox, limits, holds: jailHolds }, task, program, resources),
  };
}

interface JailDeps {
  readonly sandbox: Sandbox;
  readonly limits: JailLimits;
  readonly holds: boolean;
}

async function startInJail(
  deps: JailDeps,
  task: AgentTask,
  program: ConfinedProgram,
  { openCall, home: homeDir }: CallResources,
): Promise<JailedRun> {
  const { sandbox, limits, holds } = deps;
  const workMount: Mount = { from: task.dir, to: WORK_INSIDE, mode: 'write' };
  const homeMount: Mount = { from: homeDir, to: HOME_INSIDE, mode: 'write' };
  const socketMount: Mount = { from: openCall.socketDir, to: SOCKET_INSIDE, mode: 'read' };
  const gatewayPort = holds ? PORT_INSIDE : await openCall.port();
  const layout: AgentLayout = {
    dir: sandbox.inside(workMount),
    home: sandbox.inside(homeMount),
    gateway: `http://127.0.0.1:${gatewayPort}`,
    token: openCall.call.token,
  };
  const homeFiles = program.homeFiles?.(layout) ?? {};
  for (const [relativePath, content] of Object.entries(homeFiles)) {
    mkdirSync(dirname(join(homeDir, relativePath)), { recursive: true });
    writeFileSync(join(homeDir, relativePath), content);
  }
  // The agent may be another user; only the folder, which belongs to the person, keeps others away from the socket.
  if (holds) chmodSync(join(openCall.socketDir, SOCKET_NAME), 0o666);
  const exposure = exposureOf(task.dir, WORK_INSIDE, task.writable);
  const stateBefore = readProtectedState(task);
  // Where root hands a whole folder to the agent's user, the stamps of its files change by that.
  const comparesStamps = !holds || exposure.open.length === 0 || process.getuid?.() !== 0;
  const programArgs = program.argv(layout);
  const running = sandbox.start({
    command: holds
      ? commandBehindBridge(join(SOCKET_INSIDE, SOCKET_NAME), programArgs)
      : `exec ${programArgs.map(shellQuoted).join(' ')}`,
    cwd: layout.dir,
    mounts: holds ? [...exposure.mounts, homeMount, socketMount] : [workMount, homeMount],
    env: { HOME: layout.home, XDG_CACHE_HOME: join(layout.home, '.cache'), ...program.env(layout) },
    limits: { ...limits, wallMs: task.limits.wallMs, outputMb: OUTPUT_MB, cores: task.cores },
    alsoRead: program.alsoRead,
    tag: task.tag,
    ...defined({ stdin: program.stdin, onStdout: program.onStdout }),
  });
  const endedRun = running.done.then((result) => ({
    result,
    incidents: [...findStrayChanges(task, stateBefore, comparesStamps), ...findLeftovers(result)],
  }));
  return { running, layout, ended: endedRun };
}

interface ProtectedState {
  readonly stamp: string;
  readonly files: ReadonlySet<string>;
}

/** Names, sizes and times of the files that must not change. A change of content changes them. */
function readProtectedState(task: AgentTask): ProtectedState {
  return { stamp: stampTree(task.dir, writableFilter(task)), files: new Set(listTree(task.dir)) };
}

const writableFilter =
  (task: AgentTask) =>
  (relativePath: string): boolean =>
    task.writable.some(
      (writablePath) =>
        writablePath === '.' ||
        relativePath === writablePath ||
        relativePath.startsWith(`${writablePath.replace(/\/+$/, '')}/`),
    );

/** Files outside of the writable part that were made, removed or changed. */
function findStrayChanges(task: AgentTask, stateBefore: ProtectedState, comparesStamps: boolean): readonly string[] {
  const isWritable = writableFilter(task);
  const filesNow = listTree(task.dir);
  const strayFiles = filesNow.filter((file) => !stateBefore.files.has(file) && !isWritable(file));
  const removedFiles = [...stateBefore.files].filter((file) => !isWritable(file) && !filesNow.includes(file));
  const incidents = [
    ...strayFiles.map((file) => `made ${file}, which is not editable`),
    ...removedFiles.map((file) => `removed ${file}, which is not editable`),
  ];
  const hasChanged = comparesStamps && incidents.length === 0 && stampTree(task.dir, isWritable) !== stateBefore.stamp;
  return hasChanged ? ['changed files that are not editable'] : incidents.slice(0, 20);
}

function findLeftovers(result: RunResult): readonly string[] {
  const leftProcesses = result.stderr.text
    .split('\n')
    .findLast((line) => line.startsWith(LEFT_MARK))
    ?.slice(LEFT_MARK.length)
    .trim();
  if (leftProcesses) return [`left processes behind, ended: ${leftProcesses}`];
  return result.leftovers > 0 ? [`left ${result.leftovers} processes behind, ended`] : [];
}

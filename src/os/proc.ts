/**
 * What the system says about processes: who is alive, since when, whose child, how much memory and processor time.
 * Reads /proc; without it (macOS) only `startTimeOf` and `isAlive` work, by `ps`. Knows nothing about experiments.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { orUndefined } from './attempt.ts';
import { captureSync } from './spawn.ts';

/** The variable that marks every process of a run. */
export const TAG_VARIABLE = 'OVERNIGHT_TAG';

/** Clock ticks a second of /proc times: 100 on every Linux that Node supports. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** One letter; Z (zombie) and X have ended. */
  readonly state: string;
  readonly threads: number;
  readonly rssBytes: number;
  /** Processor seconds of the process itself, and with the children it has waited for. */
  readonly cpuS: number;
  readonly cpuWithChildrenS: number;
  /** Ticks since boot: with the pid, the identity of a process within one boot. */
  readonly startTime: string;
}

/** True where /proc can be read as Linux has it. */
export const hasProc: boolean = readProcText('/proc/self/stat') !== undefined;

export function processInfo(pid: number): ProcessInfo | undefined {
  const statLine = readProcText(`/proc/${pid}/stat`);
  return statLine === undefined ? undefined : parseStat(statLine);
}

/** A line of /proc/PID/stat. The name is in parentheses and may itself hold spaces and parentheses. */
export function parseStat(statLine: string): ProcessInfo | undefined {
  const nameStart = statLine.indexOf('(');
  const nameEnd = statLine.lastIndexOf(')');
  if (nameStart < 0 || nameEnd < 0) return undefined;
  const fields = statLine.slice(nameEnd + 2).split(' '); // field[0] is the third of proc(5)
  const fieldNumber = (position: number): number => Number(fields[position - 3] ?? 0);
  const ownTicks = fieldNumber(14) + fieldNumber(15);
  return {
    pid: Number.parseInt(statLine, 10),
    parent: fieldNumber(4),
    name: statLine.slice(nameStart + 1, nameEnd),
    state: fields[0] ?? '?',
    threads: fieldNumber(20),
    rssBytes: fieldNumber(24) * PAGE_BYTES,
    cpuS: ownTicks / TICKS_PER_S,
    cpuWithChildrenS: (ownTicks + fieldNumber(16) + fieldNumber(17)) / TICKS_PER_S,
    startTime: fields[22 - 3] ?? '0',
  };
}

/** When a process started, as an opaque text that no later process with the same pid has within one boot. */
export function startTimeOf(pid: number): string | undefined {
  if (hasProc) {
    const info = processInfo(pid);
    return info && isRunning(info) ? info.startTime : undefined;
  }
  const startTime = captureSync('ps', ['-o', 'lstart=', '-p', String(pid)]).stdout.trim();
  return startTime === '' ? undefined : startTime;
}

/** True while the process that had this pid and start time lives (a zombie does not). */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

/** Changes with every boot; `undefined` where the system does not tell. */
export function bootId(): string | undefined {
  return readProcText('/proc/sys/kernel/random/boot_id')?.trim();
}

/** A process and all its descendants that live, the root first. Those that were re-parented away are not found. */
export function treeOf(root: number): readonly ProcessInfo[] {
  const liveProcesses: ProcessInfo[] = [];
  const pendingPids = [root];
  for (let nextPid = pendingPids.shift(); nextPid !== undefined; nextPid = pendingPids.shift()) {
    const liveInfo = processInfo(nextPid);
    if (!liveInfo || !isRunning(liveInfo)) continue;
    liveProcesses.push(liveInfo);
    pendingPids.push(...childrenOf(nextPid));
  }
  return liveProcesses;
}

/** Pids of all processes, ours included. */
export function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((entryName) => /^\d+$/.test(entryName))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * Live processes whose environment, as it was when they started, carries a tag: exactly this one, or with `prefix` any
 * that begins so. Never the caller or its ancestors. A process that cleared its environment is not found.
 */
export function taggedPids(tag: string, matchMode: 'exact' | 'prefix'): readonly number[] {
  const wantedEntry = `\0${TAG_VARIABLE}=${tag}${matchMode === 'exact' ? '\0' : ''}`;
  const sparedPids = new Set(ancestorsOf(process.pid));
  return allPids().filter((pid) => {
    if (sparedPids.has(pid)) return false;
    const environment = readProcText(`/proc/${pid}/environ`);
    if (environment === undefined || !`\0${environment}\0`.includes(wantedEntry)) return false;
    const candidateInfo = processInfo(pid);
    return candidateInfo !== undefined && isRunning(candidateInfo);
  });
}

/** The pid itself, its parent, and so on up to 1. */
function ancestorsOf(pid: number): readonly number[] {
  const ancestors: number[] = [];
  for (let ancestor = pid; ancestor > 0 && !ancestors.includes(ancestor); ancestor = processInfo(ancestor)?.parent ?? 0)
    ancestors.push(ancestor);
  return ancestors;
}

/** Send SIGKILL; true when a process received it. Negative pids mean process groups, as in kill(2). */
export function killHard(pid: number): boolean {
  return signalProcess(pid, 'SIGKILL');
}

/** Send a signal; true when a process received it. */
export function signalProcess(pid: number, signalName: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signalName);
    return true;
  } catch {
    return false;
  }
}

export function isRunning(processState: ProcessInfo): boolean {
  return processState.state !== 'Z' && processState.state !== 'X';
}

/** Children of all threads of a process; by a full scan where the kernel does not list them. */
function childrenOf(pid: number): readonly number[] {
  let threads: readonly string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  const childPids: number[] = [];
  for (const threadId of threads) {
    const childList = readProcText(`/proc/${pid}/task/${threadId}/children`);
    if (childList === undefined) return allPids().filter((otherPid) => processInfo(otherPid)?.parent === pid);
    for (const childPid of childList.split(' ')) if (childPid.trim() !== '') childPids.push(Number(childPid));
  }
  return childPids;
}

function readProcText(procPath: string): string | undefined {
  return orUndefined(() => readFileSync(procPath, 'latin1'));
}

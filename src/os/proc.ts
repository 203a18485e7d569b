/**
 * What the system says about processes: who is alive, since when, whose child, how much memory and processor time.
 * Reads /proc; without it (macOS) only `startTimeOf` and `isAlive` work, by `ps`. Knows nothing about experiments.
 */
import { readdirSync, readFileSync } from 'node:fs';
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
export const hasProc: boolean = text('/proc/self/stat') !== undefined;

export function processInfo(pid: number): ProcessInfo | undefined {
  const line = text(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
}

/** A line of /proc/PID/stat. The name is in parentheses and may itself hold spaces and parentheses. */
export function parseStat(line: string): ProcessInfo | undefined {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < 0) return undefined;
  const field = line.slice(close + 2).split(' '); // field[0] is the third of proc(5)
  const at = (n: number): number => Number(field[n - 3] ?? 0);
  const own = at(14) + at(15);
  return {
    pid: Number.parseInt(line, 10),
    parent: at(4),
    name: line.slice(open + 1, close),
    state: field[0] ?? '?',
    threads: at(20),
    rssBytes: at(24) * PAGE_BYTES,
    cpuS: own / TICKS_PER_S,
    cpuWithChildrenS: (own + at(16) + at(17)) / TICKS_PER_S,
    startTime: field[22 - 3] ?? '0',
  };
}

/** When a process started, as an opaque text that no later process with the same pid has within one boot. */
export function startTimeOf(pid: number): string | undefined {
  if (hasProc) {
    const info = processInfo(pid);
    return info && isRunning(info) ? info.startTime : undefined;
  }
  const answer = captureSync('ps', ['-o', 'lstart=', '-p', String(pid)]).stdout.trim();
  return answer === '' ? undefined : answer;
}

/** True while the process that had this pid and start time lives (a zombie does not). */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

/** Changes with every boot; `undefined` where the system does not tell. */
export function bootId(): string | undefined {
  return text('/proc/sys/kernel/random/boot_id')?.trim();
}

/** A process and all its descendants that live, the root first. Those that were re-parented away are not found. */
export function treeOf(root: number): readonly ProcessInfo[] {
  const found: ProcessInfo[] = [];
  const queue = [root];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const info = processInfo(next);
    if (!info || !isRunning(info)) continue;
    found.push(info);
    queue.push(...childrenOf(next));
  }
  return found;
}

/** Pids of all processes, ours included. */
export function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * Live processes whose environment, as it was when they started, carries a tag: exactly this one, or with `prefix` any
 * that begins so. Never the caller or its ancestors. A process that cleared its environment is not found.
 */
export function taggedPids(tag: string, match: 'exact' | 'prefix'): readonly number[] {
  const wanted = `\0${TAG_VARIABLE}=${tag}${match === 'exact' ? '\0' : ''}`;
  const spared = new Set(ancestry(process.pid));
  return allPids().filter((pid) => {
    if (spared.has(pid)) return false;
    const environ = text(`/proc/${pid}/environ`);
    if (environ === undefined || !`\0${environ}\0`.includes(wanted)) return false;
    const info = processInfo(pid);
    return info !== undefined && isRunning(info);
  });
}

/** The pid itself, its parent, and so on up to 1. */
function ancestry(pid: number): readonly number[] {
  const line: number[] = [];
  for (let at = pid; at > 0 && !line.includes(at); at = processInfo(at)?.parent ?? 0) line.push(at);
  return line;
}

/** Send SIGKILL; true when there was somebody to get it. Negative pids mean process groups, as in kill(2). */
export function killHard(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

export function isRunning(info: ProcessInfo): boolean {
  return info.state !== 'Z' && info.state !== 'X';
}

/** Children of all threads of a process; by a full scan where the kernel does not list them. */
function childrenOf(pid: number): readonly number[] {
  let threads: readonly string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  const found: number[] = [];
  for (const thread of threads) {
    const list = text(`/proc/${pid}/task/${thread}/children`);
    if (list === undefined) return allPids().filter((other) => processInfo(other)?.parent === pid);
    for (const child of list.split(' ')) if (child.trim() !== '') found.push(Number(child));
  }
  return found;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * Two ways to hold a process tree to its limits and to say what it used: by control group (enforced by the kernel,
 * exact) or by watching (sampled; a tree that is faster than the sampling gets past, mapped shared memory is counted
 * once per process).
 */
import type { RunResult } from '../core/ports.ts';
import type { ControlGroup } from '../os/cgroup.ts';
import { isAlive, isRunning, killHard, type ProcessInfo, processInfo, taggedPids, treeOf } from '../os/proc.ts';
import { captureSync } from '../os/spawn.ts';
import { findHeldStorage, memoryFolderBytes, residentSharedBytes, sharedSegmentsOf } from './held.ts';

export interface Meter {
  readonly accounting: RunResult['accounting'];
  /** A cheap look, about ten times a second: has a limit been reached? */
  findBreach(): 'memory' | 'pids' | undefined;
  /** Processor seconds of the whole tree so far. */
  cpuSeconds(): number;
  /** The pids that live as of the last look. Cheap. */
  memberPids(): readonly number[];
  /** The pids that live now, looked for everywhere. */
  livePids(): readonly number[];
  /** Stop new processes where that is possible, so that ending them cannot be outrun. */
  forbidForks(): void;
  usageTotals(): { readonly cpuS: number; readonly peakMemoryMb: number };
  /** Give back what was taken from the system. True when done. */
  releaseResources(): boolean;
}

const MIB = 1024 * 1024;

export class GroupMeter implements Meter {
  readonly accounting = 'cgroup';
  readonly #controlGroup: ControlGroup;
  #ownBytes = 0;
  #cacheBytes = 0;

  constructor(controlGroup: ControlGroup) {
    this.#controlGroup = controlGroup;
  }

  findBreach(): 'memory' | 'pids' | undefined {
    this.#sampleMemory();
    if (this.#controlGroup.oomKills() > 0) return 'memory';
    return this.#controlGroup.forksRefused() > 0 ? 'pids' : undefined;
  }

  cpuSeconds(): number {
    return this.#controlGroup.cpuSeconds();
  }

  memberPids(): readonly number[] {
    return this.#controlGroup.memberPids();
  }

  livePids(): readonly number[] {
    return this.#controlGroup.memberPids().filter((pid) => {
      const memberInfo = processInfo(pid);
      // older kernels list zombies, which wait for their parent only
      return memberInfo !== undefined && isRunning(memberInfo);
    });
  }

  forbidForks(): void {
    this.#controlGroup.forbidForks();
  }

  /**
   * The kernel's peak counts page cache, which is not need. Cache at the peak was at most what was ever seen, so peak
   * minus that is a floor of the need, and the largest sample is another one.
   */
  usageTotals(): { readonly cpuS: number; readonly peakMemoryMb: number } {
    this.#sampleMemory();
    const peakBytes = this.#controlGroup.memoryUse().peak;
    return {
      cpuS: this.#controlGroup.cpuSeconds(),
      peakMemoryMb: Math.max(this.#ownBytes, peakBytes - this.#cacheBytes) / MIB,
    };
  }

  releaseResources(): boolean {
    return this.#controlGroup.removeGroup();
  }

  #sampleMemory(): void {
    const currentMemory = this.#controlGroup.memoryUse();
    this.#ownBytes = Math.max(this.#ownBytes, currentMemory.own);
    this.#cacheBytes = Math.max(this.#cacheBytes, currentMemory.cache);
  }
}

export interface WatchedLimits {
  readonly memoryMb: number;
  readonly pids: number;
  /** Memory-backed folders that only this run has. */
  readonly memoryFolders: readonly string[];
  /** The root ends the others by itself when it is asked to, so it is ended last. */
  readonly isRootReaper: boolean;
}

export class WatchedMeter implements Meter {
  readonly accounting = 'sampled';
  readonly #root: number;
  readonly #tag: string;
  readonly #limits: WatchedLimits;
  /** Everything ever seen, by pid and start time: daemons that left the tree are still found. */
  readonly #seenProcesses = new Map<string, { readonly pid: number; readonly startTime: string; cpuS: number }>();
  readonly #startedAtS = Math.floor(Date.now() / 1000);
  #peakBytes = 0;
  #cpuSeconds = 0;

  constructor(root: number, tag: string, limits: WatchedLimits) {
    this.#root = root;
    this.#tag = tag;
    this.#limits = limits;
  }

  findBreach(): 'memory' | 'pids' | undefined {
    const processTree = this.#findMembers();
    let taskCount = 0;
    let residentBytes = 0;
    for (const member of processTree) {
      taskCount += member.threads;
      residentBytes += member.rssBytes;
    }
    const memoryBytes = residentBytes + this.#hiddenBytes(processTree);
    this.#peakBytes = Math.max(this.#peakBytes, memoryBytes);
    if (taskCount > this.#limits.pids) return 'pids'; // first: a fork bomb takes memory too
    return memoryBytes > this.#limits.memoryMb * MIB ? 'memory' : undefined;
  }

  /** The tree, and those seen before that left it. Adds what they used to the account. */
  #findMembers(): readonly ProcessInfo[] {
    const processTree = [...treeOf(this.#root)];
    const treePids = new Set(processTree.map((member) => member.pid));
    for (const { pid, startTime } of this.#seenProcesses.values()) {
      const processState = treePids.has(pid) ? undefined : processInfo(pid);
      if (processState?.startTime === startTime && isRunning(processState)) processTree.push(processState);
    }
    for (const { pid, startTime, cpuS } of processTree)
      this.#seenProcesses.set(`${pid}/${startTime}`, { pid, startTime, cpuS });
    // Children that ended unseen show in their parent's waited-for time, seen ones in the sum: the larger is the better
    // floor.
    const summedSeconds = [...this.#seenProcesses.values()].reduce((total, seenProcess) => total + seenProcess.cpuS, 0);
    const waitedSeconds = processTree.reduce((total, member) => total + member.cpuWithChildrenS, 0);
    this.#cpuSeconds = Math.max(this.#cpuSeconds, summedSeconds, waitedSeconds);
    return processTree;
  }

  /** Memory that is the tree's and shows in no resident size: files in memory, as far as they are not mapped. */
  #hiddenBytes(processTree: readonly ProcessInfo[]): number {
    const livePids = processTree.map((member) => member.pid);
    const innermostPid = livePids.at(-1);
    const segments = this.#sharedSegments();
    const fileBytes =
      findHeldStorage(livePids).memoryFileBytes +
      segments.reduce((total, segment) => total + segment.bytes, 0) +
      (innermostPid === undefined ? 0 : memoryFolderBytes(innermostPid, this.#limits.memoryFolders));
    if (fileBytes === 0) return 0;
    return Math.max(0, fileBytes - livePids.reduce((total, pid) => total + residentSharedBytes(pid), 0));
  }

  cpuSeconds(): number {
    this.#findMembers();
    return this.#cpuSeconds;
  }

  memberPids(): readonly number[] {
    return [...this.#seenProcesses.values()]
      .filter((seenProcess) => isAlive(seenProcess.pid, seenProcess.startTime))
      .map((seenProcess) => seenProcess.pid);
  }

  livePids(): readonly number[] {
    const membersPids = new Set([...this.memberPids(), ...taggedPids(this.#tag, 'exact')]);
    // While it lives, whoever loses its parent becomes its child, so looking at the tree finds everybody.
    if (this.#limits.isRootReaper && isRunningPid(this.#root)) {
      for (const member of treeOf(this.#root)) membersPids.add(member.pid);
      membersPids.delete(this.#root);
    }
    return [...membersPids];
  }

  forbidForks(): void {} // impossible without a control group; ending is repeated until no process is left

  usageTotals(): { readonly cpuS: number; readonly peakMemoryMb: number } {
    return { cpuS: this.#cpuSeconds, peakMemoryMb: this.#peakBytes / MIB };
  }

  #sharedSegments(): ReturnType<typeof sharedSegmentsOf> {
    return sharedSegmentsOf(new Set([...this.#seenProcesses.values()].map(({ pid }) => pid)), this.#startedAtS);
  }

  /** Segments stay after their makers; they are removed. */
  releaseResources(): boolean {
    const segments = this.#sharedSegments();
    if (segments.length > 0)
      captureSync(
        'ipcrm',
        segments.flatMap(({ id }) => ['-m', String(id)]),
        { timeoutMs: 5000 },
      );
    return true;
  }
}

function isRunningPid(pid: number): boolean {
  const processState = processInfo(pid);
  return processState !== undefined && isRunning(processState);
}

/** End everything a meter still finds; returns who was left. Call until it returns none. */
export function endMembers(meter: Meter): readonly number[] {
  const remainingPids = meter.livePids();
  if (remainingPids.length > 0) meter.forbidForks();
  for (const pid of remainingPids) killHard(pid);
  return remainingPids;
}

/**
 * Two ways to hold a process tree to its limits and to say what it used: by control group (enforced by the kernel,
 * exact) or by watching (sampled; a tree that is faster than the sampling gets past, shared memory is counted once per
 * process).
 */
import type { RunResult } from '../core/ports.ts';
import type { ControlGroup } from '../os/cgroup.ts';
import { isAlive, isRunning, killHard, processInfo, taggedPids, treeOf } from '../os/proc.ts';

export interface Meter {
  readonly accounting: RunResult['accounting'];
  /** A cheap look, about ten times a second: has a limit been reached? */
  look(): 'memory' | 'pids' | undefined;
  /** The pids that live now. */
  members(): readonly number[];
  /** Stop new processes where that is possible, so that ending them cannot be outrun. */
  forbidForks(): void;
  totals(): { readonly cpuS: number; readonly peakMemoryMb: number };
  /** Give back what was taken from the system. True when done. */
  release(): boolean;
}

const MIB = 1024 * 1024;

export class GroupMeter implements Meter {
  readonly accounting = 'cgroup';
  readonly #group: ControlGroup;
  #own = 0;
  #cache = 0;

  constructor(group: ControlGroup) {
    this.#group = group;
  }

  look(): 'memory' | 'pids' | undefined {
    this.#sample();
    if (this.#group.oomKills() > 0) return 'memory';
    return this.#group.forksRefused() > 0 ? 'pids' : undefined;
  }

  members(): readonly number[] {
    return this.#group.members().filter((pid) => {
      const info = processInfo(pid);
      return info !== undefined && isRunning(info); // older kernels list zombies, which wait for their parent only
    });
  }

  forbidForks(): void {
    this.#group.forbidForks();
  }

  /**
   * The kernel's peak counts page cache, which is not need. Cache at the peak was at most what was ever seen, so peak
   * minus that is a floor of the need, and the largest sample is another one.
   */
  totals(): { readonly cpuS: number; readonly peakMemoryMb: number } {
    this.#sample();
    const peak = this.#group.memory().peak;
    return { cpuS: this.#group.cpuS(), peakMemoryMb: Math.max(this.#own, peak - this.#cache) / MIB };
  }

  release(): boolean {
    return this.#group.remove();
  }

  #sample(): void {
    const now = this.#group.memory();
    this.#own = Math.max(this.#own, now.own);
    this.#cache = Math.max(this.#cache, now.cache);
  }
}

export interface WatchedLimits {
  readonly memoryMb: number;
  readonly pids: number;
}

export class WatchedMeter implements Meter {
  readonly accounting = 'sampled';
  readonly #root: number;
  readonly #tag: string;
  readonly #limits: WatchedLimits;
  /** Everything ever seen, by pid and start time: daemons that left the tree are still found. */
  readonly #seen = new Map<string, { readonly pid: number; readonly startTime: string; cpuS: number }>();
  #peak = 0;
  #cpuS = 0;

  constructor(root: number, tag: string, limits: WatchedLimits) {
    this.#root = root;
    this.#tag = tag;
    this.#limits = limits;
  }

  look(): 'memory' | 'pids' | undefined {
    const tree = [...treeOf(this.#root)];
    const inTree = new Set(tree.map((info) => info.pid));
    for (const { pid, startTime } of this.#seen.values()) {
      const info = inTree.has(pid) ? undefined : processInfo(pid);
      if (info?.startTime === startTime && isRunning(info)) tree.push(info);
    }
    let rss = 0;
    let tasks = 0;
    for (const info of tree) {
      rss += info.rssBytes;
      tasks += info.threads;
      this.#seen.set(`${info.pid}/${info.startTime}`, { pid: info.pid, startTime: info.startTime, cpuS: info.cpuS });
    }
    this.#peak = Math.max(this.#peak, rss);
    // Children that ended unseen show in their parent's waited-for time, seen ones in the sum: the larger is the better
    // floor.
    const summed = [...this.#seen.values()].reduce((sum, one) => sum + one.cpuS, 0);
    const waited = tree.reduce((sum, info) => sum + info.cpuWithChildrenS, 0);
    this.#cpuS = Math.max(this.#cpuS, summed, waited);
    if (tasks > this.#limits.pids) return 'pids'; // first: a fork bomb takes memory too
    return rss > this.#limits.memoryMb * MIB ? 'memory' : undefined;
  }

  members(): readonly number[] {
    const seen = [...this.#seen.values()].filter((one) => isAlive(one.pid, one.startTime)).map((one) => one.pid);
    return [...new Set([...seen, ...taggedPids(this.#tag, 'exact')])];
  }

  forbidForks(): void {} // nothing of the kind without a control group; ending is repeated until nobody is left

  totals(): { readonly cpuS: number; readonly peakMemoryMb: number } {
    return { cpuS: this.#cpuS, peakMemoryMb: this.#peak / MIB };
  }

  release(): boolean {
    return true;
  }
}

/** End everything a meter still finds; returns who was left. Call until it returns none. */
export function endMembers(meter: Meter): readonly number[] {
  const left = meter.members();
  if (left.length > 0) meter.forbidForks();
  for (const pid of left) killHard(pid);
  return left;
}

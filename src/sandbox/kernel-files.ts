/**
 * What lies directly below /proc and belongs to the whole machine. The kernel asks for the user there, not for a
 * capability, so a program that root started may write it, inside a sandbox too. What exists here is found out, not
 * listed: the next kernel brings other files.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface KernelFiles {
  /** To be mounted read-only over themselves: folders, and files that somebody may write. */
  readonly readOnly: readonly string[];
  /** To be covered by an empty file: they tell about memory, keys and programs of the machine. */
  readonly masked: readonly string[];
}

/** Files that tell of others, where their mode does not say so already. */
const TELLTALE_FILES = new Set([
  'kcore',
  'key-users',
  'keys',
  'kmsg',
  'latency_stats',
  'locks',
  'sched_debug',
  'timer_stats',
]);

export function findKernelFiles(procDir = '/proc'): KernelFiles {
  const readOnly: string[] = [];
  const masked: string[] = [];
  for (const entryName of readdirSync(procDir)) {
    if (/^\d+$/.test(entryName)) continue;
    const entryPath = join(procDir, entryName);
    const entryStats = lstatSync(entryPath);
    if (entryStats.isSymbolicLink()) continue; // self, thread-self, mounts, net: parts of the process itself
    const isSecret = TELLTALE_FILES.has(entryName) || (entryStats.mode & 0o077) === 0;
    if (entryStats.isDirectory()) readOnly.push(entryPath);
    else if (isSecret) masked.push(entryPath);
    else if ((entryStats.mode & 0o222) !== 0) readOnly.push(entryPath);
  }
  return { readOnly, masked };
}

// This process's peak memory. Knows nothing of limits.

import { readFileSync } from 'node:fs';

/** Peak resident memory in MB; from /proc where there is one, since rusage starts with the parent's peak on Linux. */
export function peakMemoryMb(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes) return Number(kilobytes) / 1024;
  } catch {
    // No /proc: not Linux.
  }
  return process.resourceUsage().maxRSS / 1024;
}

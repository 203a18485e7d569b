/** An arena whose measurements sleep, and who ran beside whom in its ledger. */
import { type Ended, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

export const SLEEPING = '#!/bin/sh\nX=9\n: > "$OVERNIGHT_START"\nsleep 0.5\necho "$X" > "$OVERNIGHT_OUT/x.txt"\n';
/** Nothing is late on a busy machine. */
export const PATIENT = MANIFEST.replace('seconds: 2, grace_s: 1, wall_s: 3', 'seconds: 60, grace_s: 20, wall_s: 90');
export const sleepy = (more = ''): string => smallArena({ candidate: SLEEPING, manifest: PATIENT + more });

/** The most measurements that ran at once, and whether a slot ever held two. */
export function occupancy(folder: string): {
  readonly most: number;
  readonly collisions: number;
  readonly slots: Set<unknown>;
} {
  const running = new Map<unknown, unknown>();
  const slots = new Set<unknown>();
  let [most, collisions] = [0, 0];
  for (const event of ledgerLines(folder)) {
    if (event.type === 'measuring') {
      if ([...running.values()].includes(event.slot)) collisions++;
      running.set(event.m, event.slot);
      slots.add(event.slot);
    }
    if (event.type === 'measured' || event.type === 'lost') running.delete(event.m);
    most = Math.max(most, running.size);
  }
  return { most, collisions, slots };
}

export const run = (folder: string, ...more: readonly string[]): Promise<Ended> =>
  overnight(['run', '--json', ...more], { cwd: folder });

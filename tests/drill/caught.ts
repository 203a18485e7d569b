/** What the drill must find in an arena. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import { DRILLED_ARENAS, drillArenas } from '../../src/drill/drill.ts';
import type { DrillLine } from '../../src/drill/drill-lab.ts';

export const ARENAS = fileURLToPath(new URL('../../arenas', import.meta.url));
/** Cheats that need no line in an arena's list: the drill does them from outside, everywhere. */
export const OUTSIDE = 2;
export const cheatsOf = (name: string) => DRILLED_ARENAS.find((arena) => arena.name === name)!.cheats;

export async function drilled(arenas: string, only: string, fast = false): Promise<DrillLine[]> {
  return drillArenas(openLab, { arenas, only, fast, onLine: () => {} });
}

/** Everything went as it must, and nothing was left out. The one line more says that no process is left. */
export function expectCaught(name: string, lines: readonly DrillLine[]): void {
  expect(lines.filter((line) => !line.ok)).toEqual([]);
  expect(lines.length).toBe(3 * (cheatsOf(name).length + OUTSIDE) + 1);
}

/**
 * The drill on every shipped arena: what is planted is caught, what is honest is measured, and the doctor's half of it
 * is a part of the whole.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DRILLED_ARENAS, drillArenas } from '../../src/drill/drill.ts';
import type { DrillLine } from '../../src/drill/drill-lab.ts';
import { removeTree } from '../../src/os/files.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { offlineNano } from '../fixtures/nano.ts';

const ARENAS = fileURLToPath(new URL('../../arenas', import.meta.url));
/** Cheats that need no line in an arena's list: the drill does them from outside, everywhere. */
const OUTSIDE = 2;
const cheatsOf = (name: string) => DRILLED_ARENAS.find((arena) => arena.name === name)!.cheats;

async function drilled(arenas: string, only: string, fast = false): Promise<DrillLine[]> {
  return drillArenas(openLab, { arenas, only, fast, onLine: () => {} });
}

/** Everything went as it must, and nothing was left out. The one line more says that no process is left. */
function expectCaught(name: string, lines: readonly DrillLine[]): void {
  expect(lines.filter((line) => !line.ok)).toEqual([]);
  expect(lines.length).toBe(3 * (cheatsOf(name).length + OUTSIDE) + 1);
}

describe('the drill', () => {
  it('catches every cheat planted in hello and measures every honest twin', { timeout: 300_000 }, async () => {
    const lines = await drilled(ARENAS, 'hello');
    expectCaught('hello', lines);
    const idle = lines.filter((line) => line.cheat === 'a diff that does nothing' && line.variant !== 'honest twin');
    expect(idle.map((line) => line.text)).toEqual(
      idle.map(() => expect.stringContaining('left the same artefact as #0')),
    );
  });

  it('catches every cheat planted in sort-speed and measures every honest twin', { timeout: 300_000 }, async () => {
    expectCaught('sort-speed', await drilled(ARENAS, 'sort-speed'));
  });

  it('catches every cheat planted in nano-llm and measures every honest twin', { timeout: 400_000 }, async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-drill-test-'));
    try {
      offlineNano(home);
      expectCaught('nano-llm', await drilled(home, 'nano-llm'));
    } finally {
      removeTree(home);
    }
  });

  it('has a fast half: the first variant of each, and no twins', { timeout: 120_000 }, async () => {
    const lines = await drilled(ARENAS, 'hello', true);
    expect(lines.filter((line) => !line.ok)).toEqual([]);
    expect(new Set(lines.map((line) => line.cheat)).size).toBe(cheatsOf('hello').length + OUTSIDE);
  });

  it('has two variants of everything that differ, and a twin that is neither', () => {
    const shipped =
      (arena: string) =>
      (file: string): string =>
        fs.readFileSync(path.join(ARENAS, arena, file), 'utf8');
    for (const { name: arena, cheats } of DRILLED_ARENAS) {
      for (const { name, variants, honest } of cheats) {
        const texts = [...variants.map(({ edits }) => edits), honest].map((edits) =>
          JSON.stringify(typeof edits === 'function' ? edits(shipped(arena)) : edits),
        );
        expect(new Set(texts).size, `${arena}: ${name}`).toBe(3);
      }
    }
  });
});

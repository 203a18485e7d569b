/** The drill as it is run before a night, on the arena that needs least; and that a hole would be seen. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CHEATS } from '../src/drill/cheats.ts';
import { type DrillLine, drill } from '../src/drill/drill.ts';
import { openLab } from '../src/wire.ts';

const ARENAS = fileURLToPath(new URL('../arenas', import.meta.url));

describe('the drill', () => {
  it('catches every planted cheat of hello and measures every honest twin', { timeout: 300_000 }, async () => {
    const lines: DrillLine[] = await drill(openLab, ARENAS, 'hello', () => {});
    expect(lines.filter((line) => !line.ok)).toEqual([]);
    expect(lines.length).toBe(3 * (CHEATS.filter((cheat) => cheat.arena === 'hello').length + 1));
    const idle = lines.filter((line) => line.cheat === 'a diff that does nothing' && line.variant !== 'honest twin');
    expect(idle.map((line) => line.text)).toEqual(
      idle.map(() => expect.stringContaining('left the same artefact as #0')),
    );
  });

  it('has two variants of everything that differ, and a twin that is neither', () => {
    for (const { name, variants, honest } of CHEATS) {
      const texts = [...variants, honest].map((edits) => JSON.stringify(edits));
      expect(new Set(texts).size, name).toBe(3);
    }
  });
});

/**
 * The drill on a shipped arena: what is planted is caught, what is honest is measured, and the doctor's half of it is a
 * part of the whole.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DRILLED_ARENAS } from '../../src/drill/drill.ts';
import { ARENAS, cheatsOf, drilled, expectCaught, OUTSIDE } from './caught.ts';

describe('the drill', () => {
  it('catches every cheat planted in hello and measures every honest twin', { timeout: 300_000 }, async () => {
    const lines = await drilled(ARENAS, 'hello');
    expectCaught('hello', lines);
    const idle = lines.filter((line) => line.cheat === 'a diff that does nothing' && line.variant !== 'honest twin');
    expect(idle.map((line) => line.text)).toEqual(
      idle.map(() => expect.stringContaining('left the same artefact as #0')),
    );
  });

  it(
    'catches what needs an artefact in a folder, a guard, the keyring or a terminal',
    { timeout: 300_000 },
    async () => {
      expectCaught('hello-folders', await drilled(ARENAS, 'hello-folders'));
    },
  );

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
    for (const { name: arena, shipped: folder = arena, cheats } of DRILLED_ARENAS) {
      for (const { name, variants, honest } of cheats) {
        const texts = [...variants.map(({ edits }) => edits), honest].map((edits) =>
          JSON.stringify(typeof edits === 'function' ? edits(shipped(folder)) : edits),
        );
        expect(new Set(texts).size, `${arena}: ${name}`).toBe(3);
      }
    }
  });
});

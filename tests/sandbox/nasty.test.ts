/**
 * Programs that do what a night will see: fork for ever, fill the disk, eat memory, print 100 MB, leave daemons, ignore
 * all signals.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProcessLimits } from '../../src/core/ports.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { processesWith, scene } from './support.ts';

const kinds = [
  ['bubblewrap', {}],
  ['bubblewrap, watched', { watched: true }],
  ['process', { forbid: 'bubblewrap' }],
  ['process, watched', { forbid: 'bubblewrap', watched: true }],
] as const;

for (const [name, options] of kinds) {
  const { sandbox } = await chooseSandbox(options);
  const absent = name.startsWith('bubblewrap') && sandbox.info.level !== 'bubblewrap';
  describe(absent ? `${name} (skipped: ${sandbox.info.reason})` : name, () => {
    /** Run one nasty program with a word in its environment by which any survivor is found. */
    const ordeal = async (program: string, limits: Partial<ProcessLimits> = {}) => {
      const word = randomUUID();
      const place = scene(sandbox, `nasty-${word}`);
      try {
        const running = sandbox.start(place.spec(program, limits, { env: { WORD: word } }));
        if (program === 'daemons.sh stay') {
          await expect.poll(() => processesWith(`WORD=${word}`).length, { timeout: 900 }).toBeGreaterThanOrEqual(4);
        }
        const result = await running.done;
        expect(processesWith(`WORD=${word}`)).toEqual([]);
        expect(await sandbox.sweep(`nasty-${word}`)).toBe(0);
        return result;
      } finally {
        place.remove();
      }
    };

    it.skipIf(absent)('ends a fork bomb at the limit of processes', async () => {
      const result = await ordeal('fork-bomb.sh', { pids: 60 });
      expect(result.ending).toBe('pids');
      expect(result.wallS).toBeLessThan(3);
    });

    it.skipIf(absent)('ends a memory hog at the limit of memory, and says it was memory', async () => {
      const result = await ordeal('eat-memory.mjs', { memoryMb: 200 });
      expect(result.ending).toBe('memory');
      expect(result.peakMemoryMb).toBeGreaterThan(100);
    });

    it.skipIf(absent)('ends what fills the disk with many files', async () => {
      const result = await ordeal('fill-disk.sh "$O"', { diskMb: 40 });
      expect(result.ending).toBe('disk');
      expect(result.wallS).toBeLessThan(5);
    });

    it.skipIf(absent)('ends what writes one file that is too big', async () => {
      const result = await ordeal('one-big-file.sh "$O"', { diskMb: 40 });
      expect(result.ending).toBe('disk');
    });

    it.skipIf(absent)('ends what prints too much, and keeps little of it', async () => {
      const result = await ordeal('print-much.sh', { outputMb: 2 });
      expect(result.ending).toBe('output');
      expect(result.stdout.bytes).toBeGreaterThan(2 * 1024 * 1024);
      expect(result.stdout.bytes).toBeLessThan(8 * 1024 * 1024);
      expect(result.stdout.text.length).toBeLessThan(140_000);
      expect(result.stdout.text).toMatch(/^first line/);
    });

    it.skipIf(absent)('ends daemons that a program left behind when it ended', async () => {
      const result = await ordeal('daemons.sh');
      expect(result.ending).toBe('exited');
      expect(result.exitCode).toBe(0);
      if (sandbox.info.level === 'process') expect(result.leftovers).toBeGreaterThanOrEqual(3);
    });

    it.skipIf(absent)('ends daemons together with the program at the wall limit', async () => {
      const result = await ordeal('daemons.sh stay', { wallMs: 1000 });
      expect(result.ending).toBe('wall');
      expect(result.stdout.text).toBe('ready\n');
    });

    it.skipIf(absent)('ends a program that ignores every signal', async () => {
      const result = await ordeal('deaf.sh', { wallMs: 400 });
      expect(result.ending).toBe('wall');
      expect(result.wallS).toBeLessThan(1.5);
    });
  });
}

describe('a training run', () => {
  it('is cut at its budget with its last file intact, by the path inside as well as the path outside', async () => {
    const { sandbox } = await chooseSandbox();
    for (const seenFrom of ['inside', 'outside'] as const) {
      const place = scene(sandbox, `train-${randomUUID()}`);
      const inside = sandbox.inside({ from: place.out, to: '/out', mode: 'write' });
      const startFile = join(seenFrom === 'inside' ? inside : place.out, 'start');
      const env = { OVERNIGHT_OUT: inside, OVERNIGHT_START: join(inside, 'start') };
      const clock = { startFile, graceMs: 5000, budgetMs: 500 };
      const result = await sandbox.start(place.spec('train.sh 0.2', {}, { env, clock })).done;
      expect(result.ending).toBe('cut');
      expect(result.startupS).toBeGreaterThan(0.2);
      expect(result.startupS).toBeLessThan(1.2);
      expect(result.budgetedS).toBeGreaterThanOrEqual(0.5);
      expect(result.budgetedS).toBeLessThan(0.8);
      expect(Number(readFileSync(join(place.out, 'count'), 'utf8'))).toBeGreaterThan(3);
      expect(existsSync(join(place.out, 'start'))).toBe(true);
      place.remove();
    }
  });

  it('is judged through pipes that no byte of which passes through the harness', async () => {
    const { sandbox } = await chooseSandbox();
    const place = scene(sandbox, `join-${randomUUID()}`);
    const [judge, candidate] = sandbox.startJoined(place.spec('ask.mjs 500'), place.spec('answer.sh'));
    const [a, b] = await Promise.all([judge.done, candidate.done]);
    expect(a.stderr.text).toBe('asked 500 wrong 0\n');
    expect([a.exitCode, b.exitCode]).toEqual([0, 0]);
    const [judge2, candidate2] = sandbox.startJoined(place.spec('ask.mjs 500'), place.spec('answer.sh 3'));
    const [c, d] = await Promise.all([judge2.done, candidate2.done]);
    expect(c.stderr.text).toBe('asked 4 wrong 0\n');
    expect(d.exitCode).toBe(7);
    place.remove();
  });
});

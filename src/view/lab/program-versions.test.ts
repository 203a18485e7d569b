/** Two versions of the instructions are told apart when they differ, and not when they do not. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../base/random.ts';
import { arenaWith, Script } from '../../testing/script.ts';
import { viewPrograms } from './program-versions.ts';

const facts = { now: '2026-03-07T21:00:00Z', alive: false, tip: '' };

/** A night in which ideas under `a` and `b` succeed with these chances, in this order. */
function night(order: readonly string[], chances: Readonly<Record<string, number>>, seed = 1): Script {
  const script = new Script(arenaWith()).addCalibration([100, 100.1, 99.9]);
  const chance = createRandom(seed);
  let best = 100;
  for (const program of order) {
    const n = script.state.experiments.length;
    const good = chance.uniform() < chances[program]!;
    script.addEvent({
      type: 'proposed',
      n,
      kind: 'idea',
      parent: script.state.incumbent,
      proposer: 'x',
      hypothesis: `${n}`,
      edits: {},
      program,
    });
    script
      .addSnapshot(n)
      .measure(n, good ? best - 1 : best + 1)
      .decide(n);
    if (!good) continue;
    script.advance(n);
    script.measure(n, best - 1, { purpose: 'replicate' });
    best -= 1;
  }
  return script;
}
const turns = (times: number): string[] => Array.from({ length: times }, () => ['a', 'b', 'b', 'a']).flat();

describe('two versions of program.md', () => {
  it('that were alternated are compared in pairs, and a real difference shows', () => {
    const { comparison, versions } = viewPrograms(night(turns(12), { a: 0.8, b: 0.1 }).state, facts, 'a', 'b');
    expect(versions.map(({ experiments }) => experiments)).toEqual([24, 24]);
    expect(comparison).toMatchObject({ pairs: 24, text: expect.stringMatching(/^a gains more: /) });
    expect(comparison!.interval[0]).toBeGreaterThan(0);
    expect(viewPrograms(night(turns(12), { a: 0.1, b: 0.8 }).state, facts, 'a', 'b').comparison!.text).toMatch(
      /^b gains more/,
    );
  });

  it('that are equal are rarely called different', () => {
    let called = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { interval } = viewPrograms(night(turns(6), { a: 0.4, b: 0.4 }, seed).state, facts, 'a', 'b').comparison!;
      if (interval[0] > 0 || interval[1] < 0) called++;
    }
    expect(called).toBeLessThanOrEqual(9);
  });

  it('that came one after the other are not believed', () => {
    const { comparison } = viewPrograms(
      night([...Array(8).fill('a'), ...Array(8).fill('b')], { a: 0.9, b: 0.2 }).state,
      facts,
      'a',
      'b',
    );
    expect(comparison).toMatchObject({ pairs: 0, text: expect.stringContaining('not alternated') });
  });

  it('are not compared when there is one, or none', () => {
    expect(viewPrograms(night(['a', 'a'], { a: 1 }).state, facts).comparison).toBeUndefined();
    expect(viewPrograms(new Script().addCalibration([1, 2, 3]).state, facts)).toEqual({ versions: [] });
  });
});

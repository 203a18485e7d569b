import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { createFold } from './replay.ts';
import { arenaOf, codeOf, inPairs, measurementsOf, values } from './state.ts';

describe('what everybody asks of a lab', () => {
  it('is its arena, once it is open', () => {
    const arena = arenaWith({ description: 'x' });
    expect(arenaOf(new Script(arena).state)).toEqual(arena);
    expect(() => arenaOf(createFold().state)).toThrow(LabError);
  });

  it.each([
    ['margin', false],
    ['greedy', false],
    ['paired', true],
    ['sequential', true],
  ])('is whether its verdicts rest on pairs: with the rule %s, %s', (rule, pairs) => {
    expect(inPairs(new Script(arenaWith({ decide: { rule } })).state)).toBe(pairs);
  });

  it('is what an experiment measured, by device class, while it is open and afterwards', () => {
    const script = new Script().addCalibration([5, 5.1, 4.9]).addIdea();
    script.measure(1, 9).measure(1, 'exit').measure(1, 8, { device: 'device-b' });
    const isAsIs = (): void => {
      expect(measurementsOf(script.state, 1).map(({ m }) => m)).toEqual([3, 4, 5]);
      expect(values(script.state, 1, 'device-a')).toEqual([9]);
      expect(values(script.state, 1, 'device-b')).toEqual([8]);
      expect(codeOf(script.state, 1)).toMatchObject({ added: 1, deleted: 1 });
    };
    isAsIs();
    script.decide(1);
    isAsIs();
  });

  it('is nothing of what was refused or never proposed', () => {
    const script = new Script().addCalibration([5, 5.1, 4.9]).propose();
    script.addEvent({ type: 'refused', n: 1, code: 'guard', reason: 'r' });
    for (const n of [1, 2]) {
      expect(measurementsOf(script.state, n)).toEqual([]);
      expect(codeOf(script.state, n)).toBeUndefined();
    }
  });
});

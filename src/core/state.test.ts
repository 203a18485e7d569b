import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { arenaWith, Script } from '../testing/script.ts';
import type { Arena } from './arena.ts';
import { createFold, replayEvents } from './replay.ts';
import {
  arenaOf,
  codeOf,
  currentDevice,
  inPairs,
  measurementsOf,
  noiseIn,
  requireCurrentRules,
  rulesOf,
  values,
} from './state.ts';

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

describe('the device class of a lab', () => {
  it('is that of the newest measurement; before there is one, that of the newest session', () => {
    expect(currentDevice(replayEvents([]))).toBe('');
    const script = new Script();
    expect(currentDevice(script.state)).toBe('device-a');
    expect(currentDevice(script.startSession('device-b').state)).toBe('device-b');
    script.propose('baseline').addSnapshot().measure(0, 5, { purpose: 'calibrate', device: 'device-b' });
    expect(currentDevice(script.startSession('device-c').state)).toBe('device-b');
  });

  it('has a noise of its own: all repeats of every commit, and none where nothing was measured', () => {
    const script = new Script().addCalibration([5, 5.2, 4.9]).addIdea().measure(1, 3).measure(1, 3.4);
    // Squares 0.14/3 of the baseline and 0.08 of the idea, three degrees of freedom.
    expect(noiseIn(script.state, 'device-a').dof).toBe(3);
    expect(noiseIn(script.state, 'device-a').sigma).toBeCloseTo(Math.sqrt((0.14 / 3 + 0.08) / 3), 12);
    expect(noiseIn(script.state, 'device-b')).toEqual({ sigma: 0, dof: 0 });
  });
});

describe('the version of the rules', () => {
  const under = (rules: number | undefined): Script => {
    const arena = arenaWith();
    return new Script({ ...arena, decide: { ...arena.decide, rules } } as unknown as Arena);
  };

  it('is the one that the lab was opened under, the first where none is written down', () => {
    expect([undefined, 1, 2, 3].map((rules) => rulesOf(under(rules).state))).toEqual([1, 1, 2, 3]);
  });

  it('must be the present one where a lab goes on', () => {
    expect(() => requireCurrentRules(under(3).state)).not.toThrow();
    for (const rules of [undefined, 1, 2]) expect(() => requireCurrentRules(under(rules).state)).toThrow(LabError);
  });
});

import { describe, expect, it } from 'vitest';
import { LabError } from '../base/error.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { type Arena, RULES_VERSION } from './arena.ts';
import { createFold, replayEvents } from './replay.ts';
import {
  arenaOf,
  codeOf,
  currentDevice,
  hasCompared,
  inPairs,
  isRuledOut,
  measurementsOf,
  noiseIn,
  requireCurrentRules,
  rulesOf,
  values,
} from './state.ts';

/** The call throws this code, and says what failed, why, and what to do next. */
function expectThreeParts(call: () => unknown, code: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(LabError);
  expect(thrown).toMatchObject({ code });
  const { what, why, next } = (thrown as LabError).parts;
  for (const part of [what, why, next]) expect(part).toMatch(/\w+ .*\.$/);
}

describe('what everybody asks of a lab', () => {
  it('is its arena, once it is open', () => {
    const arena = arenaWith({ description: 'x' });
    expect(arenaOf(new Script(arena).state)).toEqual(arena);
    expectThreeParts(() => arenaOf(createFold().state), 'E_NO_LAB');
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

describe('a lab has compared something', () => {
  it('once the noise of one device class is known', () => {
    expect(hasCompared(createFold().state)).toBe(false);
    const script = new Script().propose('baseline').addSnapshot(0);
    for (const value of [5, 5.1, 4.9]) script.measure(0, value, { purpose: 'calibrate', device: 'device-b' });
    expect(hasCompared(script.state)).toBe(false);
    expect(hasCompared(script.addCalibration([5, 5.1, 4.9]).state)).toBe(true);
  });

  it('once an idea was tried', () => {
    expect(hasCompared(new Script().propose('baseline').addSnapshot(0).propose().state)).toBe(true);
  });
});

describe('an experiment is ruled out', () => {
  it('by a veto of itself or of what it was built on', () => {
    const script = new Script().addCalibration([5, 5.1, 4.9]).addIdea();
    script.propose('built on it', { parent: 1 }).propose('beside it', { parent: 0 });
    const ruledOut = (): boolean[] => [0, 1, 2, 3].map((n) => isRuledOut(script.state, n));
    expect(ruledOut()).toEqual([false, false, false, false]);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'veto', n: 1 } });
    expect(ruledOut()).toEqual([false, true, true, false]);
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
    expect([undefined, 1, 2, 3, 4].map((rules) => rulesOf(under(rules).state))).toEqual([1, 1, 2, 3, 4]);
  });

  it('must be the present one where a lab goes on', () => {
    expect(() => requireCurrentRules(under(RULES_VERSION).state)).not.toThrow();
    for (const rules of [undefined, 1, 2, 3])
      expectThreeParts(() => requireCurrentRules(under(rules).state), 'E_RULES_OLD');
  });
});

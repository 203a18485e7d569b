import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { tQuantile } from '../../base/distributions.ts';
import { decisionOf, draftConfirmation } from '../../testing/drafts.ts';
import type { EventDraft } from '../event.ts';
import { noiseIn } from '../state.ts';
import { confirmedSteps, isClearlyAhead, isClearStep, isConfirmedStep } from './clear-steps.ts';
import { stepEffectsOf } from './step-effects.ts';
import { shrinkageOf } from './margin.ts';

/** Mean 5, standard deviation 0.0791. */
const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const plain = { controls: 0, drift: 0 };
const baseline = (decide: object = plain): Script => new Script(arenaWith({ decide })).addCalibration(quiet);

describe('a step that is clear by itself', () => {
  const { sigma, dof } = noiseIn(baseline().state, SCRIPT_DEVICE);
  const stepOf = (rule: string, effect: number | undefined, against = 0, nAgainst = 5): Script =>
    baseline({ ...plain, rule })
      .addIdea()
      .addIdea()
      .measure(2, 4)
      .addEvent({
        type: 'decided',
        n: 2,
        decision: decisionOf({ verdict: 'kept', ...(effect !== undefined && { effect }), against, n: 1, nAgainst }),
      });
  const isClearAt = (rule: string, z: number, against = 0, nAgainst = 5): boolean =>
    isClearStep(stepOf(rule, z * sigma * Math.sqrt(1 + 1 / nAgainst), against, nAgainst).state, 2);

  it('lies 1.2 standard errors above what both sides owe to chance', () => {
    const border = 1.2 + shrinkageOf(0, 1);
    expect([border - 0.01, border + 0.01].map((z) => isClearAt('margin', z))).toEqual([false, true]);
    // The other side was chosen by its numbers too, which makes it too good as well.
    const both = 1.2 + shrinkageOf(0, 1) - shrinkageOf(0, 3);
    expect([both - 0.01, both + 0.01].map((z) => isClearAt('margin', z, 1, 3))).toEqual([false, true]);
  });

  it('is surer by as many numbers of its own', () => {
    const four = shrinkageOf(0, 4) + 1.2;
    const isClear = (z: number): boolean => {
      const effect = z * sigma * Math.sqrt(1 / 4 + 1 / 5);
      const script = baseline().addIdea().measure(1, 4);
      script.addEvent({ type: 'decided', n: 1, decision: decisionOf({ verdict: 'kept', effect, n: 4, nAgainst: 5 }) });
      return isClearStep(script.state, 1);
    };
    expect([four - 0.01, four + 0.01].map(isClear)).toEqual([false, true]);
  });

  it('or has a probability of 0.915 where the rule measures in pairs', () => {
    const border = tQuantile(0.915, dof);
    expect([border - 0.01, border + 0.01].map((z) => isClearAt('paired', z))).toEqual([false, true]);
  });

  it('is none without a comparison, a decision or known noise; without noise at all any gain is clear', () => {
    expect(isClearStep(stepOf('margin', undefined).state, 2)).toBe(false);
    expect(isClearStep(stepOf('margin', 9).state, 1)).toBe(false);
    expect(isClearStep(stepOf('margin', 9).state, 7)).toBe(false);
    const of = (calibration: readonly number[], effect: number): boolean => {
      const script = new Script(arenaWith({ decide: plain })).addCalibration(calibration).addIdea().measure(1, 4);
      script.addEvent({ type: 'decided', n: 1, decision: decisionOf({ verdict: 'kept', effect, n: 1, nAgainst: 3 }) });
      return isClearStep(script.state, 1);
    };
    expect(of([5, 5, 5], 0.001)).toBe(true);
    expect(of([5, 5, 5], 0)).toBe(false);
    expect(of([5], 9)).toBe(false);
  });

  it('may be made of several: by all numbers of both ends of a line', () => {
    const gain = sigma * Math.sqrt(1 + 1 / 5) * (1.2 + shrinkageOf(0, 1));
    const isAhead = (value: number): boolean =>
      isClearlyAhead(baseline().addIdea().measure(1, value).state, 1, 0, SCRIPT_DEVICE);
    expect([5 - 0.99 * gain, 5 - 1.01 * gain].map(isAhead)).toEqual([false, true]);
    const none = baseline().addIdea();
    expect(isClearlyAhead(none.state, 1, 0, SCRIPT_DEVICE)).toBe(false);
    expect(isClearlyAhead(none.measure(1, 1, { device: 'device-b' }).state, 1, 0, 'device-b')).toBe(false);
    const arena = arenaWith({ decide: plain, metric: { name: 'm', direction: 'maximize' } });
    const larger = new Script(arena).addCalibration(quiet).addIdea().measure(1, 7);
    expect(isClearlyAhead(larger.state, 1, 0, SCRIPT_DEVICE)).toBe(true);
  });
});

describe('a step inside a confirmed stack', () => {
  const failures = new Array<number>(14).fill(4.95);

  it('is clear by itself only where its own numbers say so', () => {
    const script = baseline().addKeptIdea(3).addKeptIdea(2.97);
    expect([1, 2].map((n) => isClearStep(script.state, n))).toEqual([true, false]);
    expect(isClearStep(script.state, 0)).toBe(false);
  });

  it('is less clear the more ideas failed against it, and clearer the more failed against what it replaced', () => {
    const after = (...values: readonly number[]): Script =>
      [4.4, ...values, 4.28].reduce((script, value) => script.tryIdea(value), baseline());
    const isClear = (script: Script): boolean => isClearStep(script.state, script.state.incumbent);
    expect(isClear(after())).toBe(false);
    const script = after(...failures);
    const step = script.state.incumbent;
    expect(isClear(script)).toBe(true);
    for (const value of failures) script.tryIdea(value);
    expect(isClearStep(script.state, step)).toBe(false);
  });
});

describe('a step that is called confirmed by itself', () => {
  const effectOf = (help: number) => ({ effect: 1, help, nothing: 1 - help, harm: 0 });
  const kept = (decide: object, decision: object, calibration: readonly number[] = quiet): Script => {
    const script = new Script(arenaWith({ decide: { ...plain, ...decide } })).addCalibration(calibration);
    script.addIdea().measure(1, 4);
    return script.addEvent({ type: 'decided', n: 1, decision: decisionOf({ verdict: 'kept', ...decision }) });
  };

  it.each([
    ['margin', 1, 0.97],
    ['paired', 2, 0.97],
    ['paired', 1, 0.995],
  ])('by %s and %i measurements helps with a chance of %f by all numbers of the lab', (rule, n, chance) => {
    const { state } = kept({ rule }, { effect: 9, n, nAgainst: 5, probability: 1 });
    const isConfirmed = (help: number): boolean => isConfirmedStep(state, 1, [undefined, effectOf(help)]);
    expect([chance - 0.001, chance].map(isConfirmed)).toEqual([false, true]);
  });

  it('needs more than a clear step by its own numbers, where the lab has too few effects', () => {
    const { sigma, dof } = noiseIn(kept({}, { effect: 1, n: 1, nAgainst: 5 }).state, SCRIPT_DEVICE);
    const isConfirmed = (z: number): boolean => {
      const effect = z * sigma * Math.sqrt(1 + 1 / 5);
      return isConfirmedStep(kept({}, { effect, n: 1, nAgainst: 5 }).state, 1, undefined);
    };
    const border = tQuantile(0.99, dof) + shrinkageOf(0, 1);
    expect([border - 0.01, border + 0.01].map(isConfirmed)).toEqual([false, true]);
    const inPairs = (probability: number): boolean =>
      isConfirmedStep(kept({ rule: 'paired' }, { effect: 1, n: 1, nAgainst: 1, probability }).state, 1, undefined);
    expect([0.98, 0.99].map(inPairs)).toEqual([false, true]);
  });

  it('is the whole stack that a claim confirmed, and not one of several steps', () => {
    const claimed = (against: number, passed = true): boolean => {
      const { state } = baseline()
        .addKeptIdea(3)
        .addKeptIdea(2)
        .addEvent({ ...draftConfirmation(2, passed), against } as EventDraft);
      return isConfirmedStep(state, 2, [undefined, effectOf(0.5), effectOf(0.5)]);
    };
    expect([claimed(1), claimed(0), claimed(1, false)]).toEqual([true, false, false]);
  });

  it('without any noise seen needs so many agreeing repeats that luck is unlikely', () => {
    const isConfirmed = (repeats: number, effect = 1): boolean =>
      isConfirmedStep(kept({}, { effect, n: 1, nAgainst: 5 }, new Array<number>(repeats).fill(5)).state, 1, undefined);
    expect([2, 5, 8, 9].map((repeats) => isConfirmed(repeats))).toEqual([false, false, true, true]);
    expect([isConfirmed(9, 0), isConfirmed(1)]).toEqual([false, false]);
  });

  it('is a step of the confirmed stack, and there is none before', () => {
    const script = baseline().addKeptIdea(3);
    expect(confirmedSteps(script.state, SCRIPT_DEVICE)).toEqual([]);
    script.addEvent(draftConfirmation(1, true));
    expect(confirmedSteps(script.state, SCRIPT_DEVICE)).toEqual([1]);
    expect(isConfirmedStep(script.state, 0, undefined)).toBe(false);
  });
});

describe('what pairs say of steps', () => {
  const pair = (script: Script, n: number, differences: readonly number[]): Script => {
    script.addIdea();
    for (const difference of differences) script.measure(n, 5 - difference, { pair: n }).measure(0, 5, { pair: n });
    const effect = differences.reduce((total, value) => total + value, 0) / differences.length;
    const decision = decisionOf({ effect, n: differences.length, nAgainst: differences.length });
    return script.addEvent({ type: 'decided', n, decision });
  };

  it('rests on the spread of the pairs of the lab, which common seeds make small', () => {
    const beliefAfter = (spread: number) => {
      const script = baseline({ ...plain, rule: 'paired' });
      for (let n = 1; n <= 12; n++) pair(script, n, [-0.1 - spread, -0.1, -0.1 + spread]);
      return stepEffectsOf(pair(script, 13, [0.1]).state, SCRIPT_DEVICE)!;
    };
    expect(beliefAfter(0.001)[13]!.help).toBeGreaterThan(0.9);
    expect(beliefAfter(0.1)[13]!.help).toBeLessThan(0.9);
    expect(beliefAfter(0.1)[0]).toBeUndefined();
  });

  it('is nothing before there are eight effects', () => {
    const script = baseline({ ...plain, rule: 'paired' });
    for (let n = 1; n <= 7; n++) pair(script, n, [-0.1, 0]);
    expect(stepEffectsOf(script.state, SCRIPT_DEVICE)).toBeUndefined();
    expect(stepEffectsOf(pair(script, 8, [-0.1]).state, SCRIPT_DEVICE)).toHaveLength(9);
  });
});

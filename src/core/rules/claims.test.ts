import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { isClearStep, judgeClaim, sidesOf } from './claims.ts';

/** Mean 5, standard deviation 0.0791. */
const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const plain = { controls: 0, drift: 0 };
const baseline = (decide: object = plain): Script => new Script(arenaWith({ decide })).addCalibration(quiet);
const next = (script: Script, experiments = 1): Step => plan(script.state, { ...IDLE_CONTEXT, experiments });
const verdict = (script: Script) => judgeClaim(script.state, 1, 0, SCRIPT_DEVICE);
/** Fresh numbers for the claim of #1 over the baseline. */
function claimOf(script: Script, candidate: readonly number[], champion: readonly number[]): Script {
  for (const value of candidate) script.measure(1, value, { purpose: 'confirm', claim: 1 });
  for (const value of champion) script.measure(0, value, { purpose: 'confirm', claim: 1 });
  return script;
}

describe('a claim', () => {
  it('looks after each number of its own and stops as soon as it passes', () => {
    const script = baseline().addKeptIdea(3);
    const sides: number[] = [];
    for (let step = next(script); step.do === 'measure'; step = next(script)) {
      sides.push(step.n);
      script.measure(step.n, step.n === 1 ? 3 : 5, { purpose: step.purpose, claim: 1 });
    }
    expect(sides).toEqual([1, 0]);
    expect(next(script)).toEqual({ do: 'confirm', n: 1, against: 0 });
    expect(verdict(script)).toMatchObject({
      passed: true,
      rule: 'confirm/3',
      numbers: [1, 6],
      alpha: expect.closeTo(0.01094, 5),
    });
  });

  it('measures up to three numbers of its own in doubt, in turn with the champion, and then says no', () => {
    const script = baseline().addKeptIdea(4.7);
    const values = [4.95, 5, 4.9, 5];
    const sides: number[] = [];
    for (let step = next(script); step.do === 'measure'; step = next(script)) {
      script.measure(step.n, values[sides.length]!, { purpose: step.purpose, claim: 1 });
      sides.push(step.n);
    }
    expect(sides).toEqual([1, 0, 1, 1]);
    expect(verdict(script)).toMatchObject({
      passed: false,
      numbers: [3, 6],
      reason: expect.stringMatching(/^not shown to be better/),
    });
  });

  it('waits for numbers of both sides', () => {
    expect(verdict(baseline().addKeptIdea(4))).toBeUndefined();
    expect(verdict(claimOf(baseline().addKeptIdea(4), [4], []))).toBeUndefined();
    expect(verdict(claimOf(baseline().addKeptIdea(4), [4.95, 4.95], [5]))).toBeUndefined();
  });

  it('drops the earlier numbers when the fresh one says that the machine changed', () => {
    const script = claimOf(baseline().addKeptIdea(3), [3, 3, 3], [4.5]);
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ championValues: [-4.5], missing: [0, 2] });
    expect(verdict(claimOf(script, [], [4.55, 4.45]))).toMatchObject({ numbers: [3, 3], passed: true });
  });

  it('never counts a number that helped to choose', () => {
    const script = baseline().addKeptIdea(3);
    script.measure(1, 3, { purpose: 'replicate' }).measure(1, 3, { purpose: 'replicate' });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ candidateValues: [], missing: [3, 1] });
  });

  it('fails when one of its own fresh measurements fails, whatever else was measured', () => {
    const script = claimOf(baseline().addKeptIdea(3), [3], []).measure(1, 'nan', { purpose: 'confirm', claim: 1 });
    expect(verdict(script)).toMatchObject({ passed: false, reason: '1 of its fresh measurements failed' });
  });

  it('of a rule in pairs takes fresh numbers alone, and looks when both sides have as many', () => {
    const script = baseline({ ...plain, rule: 'paired' });
    script.addIdea().measure(1, 3, { pair: 1 }).measure(0, 5, { pair: 1, purpose: 'replicate' }).decide(1).advance(1);
    script.measure(1, 3, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([2, 3]);
    script.measure(0, 5, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([0, 0]);
    expect(verdict(script)).toMatchObject({ passed: true, numbers: [1, 1] });
  });
});

describe('the level of a claim', () => {
  it('is a third of the budget of its test, since it looks three times', () => {
    const result = verdict(claimOf(baseline().addKeptIdea(3), [3], [5]))!;
    expect(result.alpha).toBeCloseTo(0.025 / 2.2857656, 10);
    // 100 · (1 − 0.010937 / 3) = 99.635
    expect(result.reason).toMatch(/^better: 2 on 1 \+ 6 unselected measurements, one-sided 99\.64 % bound 1\.\d+$/);
  });

  it('grows by claims that passed, never by claims that failed', () => {
    const share = (test: number): number => test ** -1.6 / 2.2857656;
    const alphaAfter = (...outcomes: readonly boolean[]): number => {
      const script = baseline();
      for (const [i, passed] of outcomes.entries()) {
        const claim = { n: i + 1, against: 0, effect: 0, interval: [0, 0], probability: 0.5 } as const;
        script
          .addKeptIdea(4 - i / 10)
          .addEvent({ type: 'confirmation', passed, ...claim, rule: 'confirm/3', reason: '' });
      }
      const n = outcomes.length + 1;
      script.addKeptIdea(2).measure(n, 'nan', { purpose: 'confirm', claim: n });
      return judgeClaim(script.state, n, script.state.champion, SCRIPT_DEVICE)!.alpha!;
    };
    expect(alphaAfter()).toBeCloseTo(0.025 * share(1), 12);
    expect(alphaAfter(false)).toBeCloseTo(0.025 * share(2), 12);
    expect(alphaAfter(true)).toBeCloseTo(0.025 * share(2) + 0.025 * share(1), 12);
    expect(alphaAfter(false, true)).toBeCloseTo(0.025 * share(3) + 0.025 * share(1), 12);
    expect(alphaAfter(true, true)).toBeCloseTo(0.025 * share(3) + 0.025 * share(2) + 0.05 * share(1), 12);
  });
});

describe('a step inside a confirmed stack', () => {
  const failures = new Array<number>(14).fill(4.6);

  it('is clear by itself only where its own numbers say so', () => {
    const script = baseline().addKeptIdea(3).addKeptIdea(2.97);
    expect([1, 2].map((n) => isClearStep(script.state, n))).toEqual([true, false]);
    expect(isClearStep(script.state, 0)).toBe(false);
  });

  it('is less clear the more ideas failed against it, and clearer the more failed against what it replaced', () => {
    const after = (...values: readonly number[]): Script =>
      [4, ...values, 3.88].reduce((script, value) => script.tryIdea(value), baseline());
    const isClear = (script: Script): boolean => isClearStep(script.state, script.state.incumbent);
    expect(isClear(after())).toBe(false);
    const script = after(...failures);
    const step = script.state.incumbent;
    expect(isClear(script)).toBe(true);
    for (const value of failures) script.tryIdea(value);
    expect(isClearStep(script.state, step)).toBe(false);
  });
});

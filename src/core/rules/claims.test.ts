import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { compareSamples } from '../../base/stats.ts';
import { draftConfirmation } from '../../testing/drafts.ts';
import { noiseIn } from '../state.ts';
import { judgeClaim, sidesOf } from './claims.ts';
import { lordAlpha } from './error-budget.ts';

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
    expect(verdict(claimOf(baseline().addKeptIdea(4), [4, 4, 4], []))).toBeUndefined();
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

describe('the judgement of a claim', () => {
  it('has a third of the budget of its test as its level, since it looks three times', () => {
    const result = verdict(claimOf(baseline().addKeptIdea(3), [3], [5]))!;
    expect(result.alpha).toBeCloseTo(0.025 / 2.2857656, 10);
    // 100 · (1 − 0.010937 / 3) = 99.635
    expect(result.reason).toMatch(/^better: 2 on 1 \+ 6 unselected measurements, one-sided 99\.64 % bound 1\.\d+$/);
  });

  it('is the comparison of fresh with unselected numbers under the noise of all repeats', () => {
    const script = claimOf(baseline().addKeptIdea(4.6), [4.7, 4.8, 4.65], [5.02]);
    const { sigma, dof } = noiseIn(script.state, SCRIPT_DEVICE);
    const expected = compareSamples(
      [-4.7, -4.8, -4.65],
      [...quiet, 5.02].map((value) => -value),
      sigma,
      dof,
    );
    const found = verdict(script)!;
    expect(found.effect).toBeCloseTo(expected.difference, 12);
    expect(found.interval[0]).toBeCloseTo(expected.interval[0], 12);
    expect(found.interval[1]).toBeCloseTo(expected.interval[1], 12);
    expect(found.probability).toBeCloseTo(tCdf(expected.z, dof), 12);
    expect(found.numbers).toEqual([3, 6]);
  });

  it('passes where the bound at a third of its level is above zero', () => {
    const passesAt = (value: number): boolean =>
      verdict(claimOf(baseline().addKeptIdea(4.8), [value, value, value], [5, 5, 5]))!.passed;
    let [passing, failing] = [4.5, 5];
    for (let i = 0; i < 30; i++) {
      const middle = (passing + failing) / 2;
      if (passesAt(middle)) passing = middle;
      else failing = middle;
    }
    const { state } = claimOf(baseline().addKeptIdea(4.8), [passing, passing, passing], [5, 5, 5]);
    const { sigma, dof } = noiseIn(state, SCRIPT_DEVICE);
    const { championValues } = sidesOf(state, 1, 0, SCRIPT_DEVICE);
    const { difference, se } = compareSamples([-passing, -passing, -passing], championValues, sigma, dof);
    expect(difference / se).toBeCloseTo(tQuantile(1 - lordAlpha(1, []) / 3, dof), 5);
  });

  it('has the level that the claims before it leave, and more after one that passed', () => {
    const claimed = (...outcomes: boolean[]): number => {
      const script = baseline().addKeptIdea(3);
      for (const passed of outcomes) script.addEvent(draftConfirmation(1, passed));
      return judgeClaim(claimOf(script, [3], [5]).state, 1, 0, SCRIPT_DEVICE)!.alpha!;
    };
    expect(claimed()).toBeCloseTo(lordAlpha(1, []), 12);
    expect(claimed(false)).toBeCloseTo(lordAlpha(2, []), 12);
    expect(claimed(false, true, false)).toBeCloseTo(lordAlpha(4, [2]), 12);
  });

  it('fails where its own side failed once, or the champion three times, and is then complete', () => {
    const failed = (side: number, times: number): Script => {
      const script = baseline().addKeptIdea(3);
      for (let i = 0; i < times; i++) script.measure(side, 'exit', { purpose: 'confirm', claim: 1 });
      return script;
    };
    expect(verdict(failed(1, 1))).toMatchObject({ passed: false, effect: 0, interval: [0, 0], probability: 0 });
    expect(sidesOf(failed(1, 1).state, 1, 0, SCRIPT_DEVICE).missing).toEqual([0, 0]);
    expect(verdict(failed(0, 2))).toBeUndefined();
    expect(sidesOf(failed(0, 2).state, 1, 0, SCRIPT_DEVICE).unmeasured).toBeUndefined();
    expect(verdict(failed(0, 3))).toMatchObject({ passed: false });
    const elsewhere = baseline()
      .addKeptIdea(3)
      .measure(1, 'exit', { purpose: 'confirm', claim: 1, device: 'device-b' });
    expect(verdict(elsewhere)).toBeUndefined();
    const running = baseline().addKeptIdea(3).startMeasurement(1, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(running.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ fresh: 0, missing: [3, 1] });
  });
});

describe('the numbers of a claim', () => {
  it('are signed so that larger is better', () => {
    const arena = arenaWith({ decide: plain, metric: { name: 'm', direction: 'maximize' } });
    const script = claimOf(new Script(arena).addCalibration(quiet).addKeptIdea(7), [7], [5]);
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({
      candidateValues: [7],
      championValues: [...quiet, 5],
      fresh: 2,
    });
    expect(verdict(script)).toMatchObject({ passed: true });
  });

  it('of the champion are reused where they played no part in selecting it', () => {
    const script = baseline().addKeptIdea(3);
    script.measure(0, 5.01, { purpose: 'drift' }).measure(0, 5.02, { purpose: 'final' });
    script.measure(0, 5.03, { purpose: 'confirm', claim: 7 }).measure(0, 5.04, { purpose: 'replicate' });
    script.measure(0, 5.05, { purpose: 'holdout' }).measure(0, 5.06, { purpose: 'drift', device: 'device-b' });
    script.measure(0, 5.07, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).championValues).toEqual(
      [...quiet, 5.01, 5.02, 5.03, 5.07].map((value) => -value),
    );
  });

  it('are none of what was refused', () => {
    const script = baseline().addKeptIdea(3).propose();
    script.addEvent({ type: 'refused', n: 2, code: 'guard', reason: 'r' });
    for (const against of [2, 99])
      expect(sidesOf(script.state, 1, against, SCRIPT_DEVICE)).toMatchObject({ championValues: [], missing: [3, 3] });
  });

  it('of a champion that was chosen by its numbers are fresh', () => {
    const script = baseline().addKeptIdea(4).addKeptIdea(3);
    expect(sidesOf(script.state, 2, 1, SCRIPT_DEVICE)).toMatchObject({ championValues: [], missing: [3, 3] });
    script.measure(1, 4, { purpose: 'drift' });
    expect(sidesOf(script.state, 2, 1, SCRIPT_DEVICE)).toMatchObject({ championValues: [-4], missing: [3, 2] });
    script.measure(1, 4, { purpose: 'drift' }).measure(1, 4, { purpose: 'drift' }).measure(1, 4, { purpose: 'drift' });
    expect(sidesOf(script.state, 2, 1, SCRIPT_DEVICE)).toMatchObject({ missing: [3, 1] });
  });

  it('of before are stale beyond two standard errors', () => {
    const isStale = (offset: number): boolean => {
      const script = claimOf(baseline().addKeptIdea(3), [], [5 + offset]);
      return sidesOf(script.state, 1, 0, SCRIPT_DEVICE).championValues.length === 1;
    };
    let [fine, stale] = [0, 3];
    for (let i = 0; i < 40; i++) {
      const middle = (fine + stale) / 2;
      if (isStale(middle)) stale = middle;
      else fine = middle;
    }
    const { state } = claimOf(baseline().addKeptIdea(3), [], [5 + fine]);
    expect(fine / (noiseIn(state, SCRIPT_DEVICE).sigma * Math.sqrt(1 + 1 / 5))).toBeCloseTo(2, 6);
    expect(isStale(-stale)).toBe(true);
  });
});

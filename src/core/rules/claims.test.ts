import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { tCdf, tQuantile } from '../../base/distributions.ts';
import { draftConfirmation } from '../../testing/drafts.ts';
import { noiseIn } from '../state.ts';
import { compareFresh } from './claim-test.ts';
import { judgeClaim, sidesOf } from './claims.ts';
import { lordAlpha } from './error-budget.ts';

/** Mean 5, standard deviation 0.0791. */
const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const plain = { controls: 0, drift: 0 };
const baseline = (decide: object = plain): Script => new Script(arenaWith({ decide })).addCalibration(quiet);
const next = (script: Script, experiments = 1): Step => plan(script.state, { ...IDLE_CONTEXT, experiments });
const verdict = (script: Script) => judgeClaim(script.state, 1, 0, SCRIPT_DEVICE);
const sides = (script: Script) => sidesOf(script.state, 1, 0, SCRIPT_DEVICE);
/** Fresh numbers for the claim of #1 over the baseline. */
function claimOf(script: Script, candidate: readonly number[], champion: readonly number[]): Script {
  for (const value of candidate) script.measure(1, value, { purpose: 'confirm', claim: 1 });
  for (const value of champion) script.measure(0, value, { purpose: 'confirm', claim: 1 });
  return script;
}
/** Measures what the plan asks for until it asks for something else; which sides that were. */
function playClaim(script: Script, candidate: readonly number[], champion: readonly number[]): number[] {
  const turns: number[] = [];
  for (let step = next(script); step.do === 'measure'; step = next(script)) {
    const values = step.n === 1 ? candidate : champion;
    script.measure(step.n, values[turns.filter((n) => n === step.n).length]!, { purpose: step.purpose, claim: 1 });
    turns.push(step.n);
  }
  return turns;
}

describe('a claim', () => {
  it('looks after two fresh numbers of both sides and ends there when it passes', () => {
    const script = baseline().addKeptIdea(3);
    expect(playClaim(script, [3, 3.05], [5, 5.02])).toEqual([1, 0, 0, 1]);
    expect(next(script)).toEqual({ do: 'confirm', n: 1, against: 0 });
    expect(verdict(script)).toMatchObject({ passed: true, rule: 'confirm/4', numbers: [2, 7] });
    expect(verdict(script)!.alpha).toBeCloseTo(0.02, 12);
  });

  it('in doubt looks after four and six of its own, with three of the champion in turn, and then says no', () => {
    const script = baseline().addKeptIdea(4.7);
    const own = [4.86, 4.95, 4.9, 4.95, 5.02, 5.1];
    expect(playClaim(script, own, [5, 4.99, 5.01])).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
    expect(verdict(script)).toMatchObject({
      passed: false,
      numbers: [6, 8],
      reason: expect.stringMatching(/^not shown to be better: .* on 6 \+ 8 unselected measurements, look 3 of 3/),
    });
  });

  it('is given up at a look where it is hardly better or worse', () => {
    const afterTwo = baseline().addKeptIdea(4.7);
    expect(playClaim(afterTwo, [5.1, 5], [5, 5])).toEqual([1, 0, 0, 1]);
    expect(verdict(afterTwo)).toMatchObject({
      passed: false,
      reason: expect.stringMatching(/look 1 of 3.*; given up$/),
    });
    const afterFour = baseline().addKeptIdea(4.7);
    expect(playClaim(afterFour, [4.86, 4.95, 5.02, 5.02], [5, 4.99, 5.01])).toEqual([1, 0, 0, 1, 1, 0, 1]);
    expect(verdict(afterFour)).toMatchObject({ passed: false, reason: expect.stringContaining('look 2 of 3') });
  });

  it('waits for the numbers of the next look, and does not look in between', () => {
    expect(verdict(baseline().addKeptIdea(4))).toBeUndefined();
    for (const [own, other] of [
      [[4], []],
      [[4], [5]],
      [[4, 4.05], [5]],
      [
        [4.9, 4.95, 3],
        [5, 5],
      ],
      [
        [4.9, 4.95, 3, 3],
        [5, 5],
      ],
    ] as const)
      expect(verdict(claimOf(baseline().addKeptIdea(4), own, other))).toBeUndefined();
    expect(sides(claimOf(baseline().addKeptIdea(4.8), [4.85, 4.9], [5, 5]))).toMatchObject({
      missing: [2, 1],
      missingInAll: [4, 1],
    });
    expect(sides(baseline().addKeptIdea(4))).toMatchObject({ missing: [2, 2], missingInAll: [6, 3] });
  });

  it('takes as many times its numbers as the manifest has replicates', () => {
    const script = baseline({ ...plain, replicates: 3 })
      .addIdea()
      .measure(1, 3)
      .measure(1, 3)
      .measure(1, 3);
    script.decide(1).advance(1);
    expect(sides(script)).toMatchObject({ missing: [6, 6], missingInAll: [18, 9] });
    expect(playClaim(script, [3, 3, 3.1, 3.1, 3, 3], [5, 5, 5, 5.1, 5, 5])).toHaveLength(12);
    expect(verdict(script)).toMatchObject({ passed: true, numbers: [6, 11] });
  });

  it('never counts a number that helped to choose', () => {
    const script = baseline().addKeptIdea(3);
    script.measure(1, 3, { purpose: 'replicate' }).measure(1, 3, { purpose: 'replicate' });
    expect(sides(script)).toMatchObject({ candidateValues: [], missing: [2, 2] });
  });

  it('fails where its own side failed once, or the champion three times, and is then complete', () => {
    const failed = (side: number, times: number): Script => {
      const script = baseline().addKeptIdea(3);
      for (let i = 0; i < times; i++) script.measure(side, 'exit', { purpose: 'confirm', claim: 1 });
      return script;
    };
    const mixed = claimOf(baseline().addKeptIdea(3), [3], []).measure(1, 'nan', { purpose: 'confirm', claim: 1 });
    expect(verdict(mixed)).toMatchObject({ passed: false, reason: '1 of its fresh measurements failed' });
    expect(verdict(failed(1, 1))).toMatchObject({ passed: false, effect: 0, interval: [0, 0], probability: 0 });
    expect(sides(failed(1, 1))).toMatchObject({ missing: [0, 0], missingInAll: [0, 0] });
    expect(verdict(failed(0, 2))).toBeUndefined();
    expect(sides(failed(0, 2)).unmeasured).toBeUndefined();
    expect(verdict(failed(0, 3))).toMatchObject({ passed: false });
    const elsewhere = baseline()
      .addKeptIdea(3)
      .measure(1, 'exit', { purpose: 'confirm', claim: 1, device: 'device-b' });
    expect(verdict(elsewhere)).toBeUndefined();
    const running = baseline().addKeptIdea(3).startMeasurement(1, { purpose: 'confirm', claim: 1 });
    expect(sides(running)).toMatchObject({ fresh: 0, missing: [2, 2] });
  });

  it('that failed can be tried again on new numbers alone, at the level of the next claim', () => {
    const script = claimOf(baseline().addKeptIdea(4), [5, 5.1], [5, 5]);
    script.addEvent({ type: 'confirmation', n: 1, against: 0, ...verdict(script)! });
    expect(script.state.champion).toBe(0);
    expect(verdict(script)).toBeUndefined();
    expect(sides(script)).toMatchObject({ candidateValues: [], fresh: 0, missing: [2, 2] });
    const again = verdict(claimOf(script, [4, 4.05, 4, 4, 4, 4], [5, 5, 5]))!;
    // The champion's numbers of the first try are earlier ones by now.
    expect(again).toMatchObject({ numbers: [6, 10] });
    expect(again.alpha).toBeCloseTo(lordAlpha(2, []), 12);
  });
});

describe('the judgement of a claim', () => {
  it('has 6, 30 and 84 % of the budget of its test at its looks', () => {
    const result = verdict(claimOf(baseline().addKeptIdea(3), [3, 3.1], [5, 5]))!;
    // 100 · (1 − 0.02 · 0.06) = 99.88
    expect(result.reason).toMatch(
      /^better: 1\.95\d* on 2 \+ 7 unselected measurements, look 1 of 3, one-sided 99\.88 % bound 1\.\d+$/,
    );
    const second = verdict(claimOf(baseline().addKeptIdea(3), [4.7, 4.8, 4.7, 4.72], [5, 5, 5.01]))!;
    expect(second.reason).toMatch(/look 2 of 3, one-sided 99\.4 % bound/);
    const third = verdict(claimOf(baseline().addKeptIdea(3), [4.8, 4.9, 4.7, 4.9, 4.8, 4.8], [5, 5, 5.01]))!;
    expect(third.reason).toMatch(/look 3 of 3, one-sided 98\.32 % bound/);
  });

  it('is the comparison of fresh with unselected numbers under the noise of the lab and of the candidate', () => {
    const script = claimOf(baseline().addKeptIdea(4.6), [4.7, 4.78, 4.65, 4.7], [5.02, 5.01, 5]);
    const unselected = [...quiet, 5.02, 5.01, 5].map((value) => -value);
    const { difference, se, dof } = compareFresh(
      [-4.7, -4.78, -4.65, -4.7],
      unselected,
      noiseIn(script.state, SCRIPT_DEVICE),
    );
    const found = verdict(script)!;
    expect(found.effect).toBeCloseTo(difference, 12);
    expect(found.interval[0]).toBeCloseTo(difference - tQuantile(0.975, dof) * se, 12);
    expect(found.interval[1]).toBeCloseTo(difference + tQuantile(0.975, dof) * se, 12);
    expect(found.probability).toBeCloseTo(tCdf(difference / se, dof), 12);
    expect(found.numbers).toEqual([4, 8]);
  });

  it('does not confirm by chance a candidate that is only noisier', () => {
    // Its two numbers lie as far apart as its mean lies from the champion's, 25 times the noise of the lab.
    const noisy = claimOf(baseline().addKeptIdea(3), [5, 1], [5, 5]);
    expect(verdict(noisy)).toBeUndefined();
    expect(verdict(claimOf(baseline().addKeptIdea(3), [3.01, 3], [5, 5]))).toMatchObject({ passed: true });
  });

  it('has the level that the claims before it leave, and more after one that passed', () => {
    const claimed = (...outcomes: boolean[]): number => {
      const script = baseline().addKeptIdea(3).addIdea().measure(2, 2.9).decide(2).advance(2);
      for (const passed of outcomes) script.addEvent(draftConfirmation(1, passed));
      for (let i = 0; i < 6; i++) script.measure(2, 1, { purpose: 'confirm', claim: 2 });
      for (let i = 0; i < 3; i++) script.measure(0, 5, { purpose: 'confirm', claim: 2 });
      return judgeClaim(script.state, 2, 0, SCRIPT_DEVICE)!.alpha!;
    };
    expect(claimed()).toBeCloseTo(lordAlpha(1, []), 12);
    expect(claimed(false)).toBeCloseTo(lordAlpha(2, []), 12);
    expect(claimed(false, true, false)).toBeCloseTo(lordAlpha(4, [2]), 12);
  });

  it('without any noise seen rests on how often the numbers agreed', () => {
    const same = (calibration: number): Script =>
      new Script(arenaWith({ decide: plain, calibrate: { replicates: calibration } }))
        .addCalibration(new Array<number>(calibration).fill(5))
        .addKeptIdea(4);
    // Two against five: a score that is 4 in two runs of seven would look like this too often.
    expect(verdict(claimOf(same(3), [4, 4], [5, 5]))).toBeUndefined();
    const four = verdict(claimOf(same(5), [4, 4, 4, 4], [5, 5, 5]))!;
    expect(four).toMatchObject({ passed: true, effect: 1, numbers: [4, 8] });
    expect(four.reason).toMatch(/^better: 1 on 4 \+ 8 .*, no repeat of any code differed, chance of luck 0\.000\d+$/);
    expect(verdict(claimOf(same(3), [5, 5], [5, 5]))).toMatchObject({ passed: false, effect: 0 });
  });
});

describe('the numbers of a claim', () => {
  it('are signed so that larger is better', () => {
    const arena = arenaWith({ decide: plain, metric: { name: 'm', direction: 'maximize' } });
    const script = claimOf(new Script(arena).addCalibration(quiet).addKeptIdea(7), [7, 7.1], [5, 5]);
    expect(sides(script)).toMatchObject({ candidateValues: [7, 7.1], championValues: [...quiet, 5, 5], fresh: 4 });
    expect(verdict(script)).toMatchObject({ passed: true });
  });

  it('of the champion are reused where they played no part in selecting it', () => {
    const script = baseline().addKeptIdea(3);
    script.measure(0, 5.01, { purpose: 'drift' }).measure(0, 5.02, { purpose: 'final' });
    script.measure(0, 5.03, { purpose: 'confirm', claim: 7 }).measure(0, 5.04, { purpose: 'replicate' });
    script.measure(0, 5.05, { purpose: 'holdout' }).measure(0, 5.06, { purpose: 'drift', device: 'device-b' });
    script.measure(0, 5.02, { purpose: 'confirm', claim: 1 });
    expect(sides(script).championValues).toEqual([...quiet, 5.01, 5.02, 5.03, 5.02].map((value) => -value));
  });

  it('are none of what was refused', () => {
    const script = baseline().addKeptIdea(3).propose();
    script.addEvent({ type: 'refused', n: 2, code: 'guard', reason: 'r' });
    for (const against of [2, 99])
      expect(sidesOf(script.state, 1, against, SCRIPT_DEVICE)).toMatchObject({ championValues: [], missing: [2, 2] });
  });

  it('of a champion that was chosen by its numbers are fresh', () => {
    const script = baseline().addKeptIdea(4).addKeptIdea(3);
    expect(sidesOf(script.state, 2, 1, SCRIPT_DEVICE)).toMatchObject({ championValues: [], missing: [2, 2] });
    script.measure(1, 4, { purpose: 'drift' });
    expect(sidesOf(script.state, 2, 1, SCRIPT_DEVICE)).toMatchObject({ championValues: [-4], missing: [2, 2] });
  });

  it.each([
    ['0.75 standard errors better', -1, 0.75],
    ['two standard errors worse', 1, 2],
  ])('of before are stale when the fresh ones are more than %s', (_name, side, border) => {
    const countedAt = (offset: number): number =>
      sides(claimOf(baseline().addKeptIdea(3), [], [5 + side * offset])).championValues.length;
    let [fine, stale] = [0, 0.5];
    for (let i = 0; i < 40; i++) {
      const middle = (fine + stale) / 2;
      if (countedAt(middle) === 1) stale = middle;
      else fine = middle;
    }
    const { state } = claimOf(baseline().addKeptIdea(3), [], [5 + side * fine]);
    expect(fine / (noiseIn(state, SCRIPT_DEVICE).sigma * Math.sqrt(1 + 1 / 5))).toBeCloseTo(border, 5);
    expect([countedAt(fine), countedAt(stale)]).toEqual([6, 1]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eagerSpending, lordAlpha, patientSpending } from './error-budget.ts';
import { compareSamples } from '../../base/stats.ts';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { judgeClaim, isClearStep, sidesOf } from './claims.ts';
import { failedAgainst, judge } from './judge.ts';
import { plan, type Step } from '../plan/plan.ts';
import { measurementsOf } from '../state.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { shrinkageOf, marginRule2, marginRule3 } from './margin.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const third = { decide: { rules: 3, controls: 0, drift: 0 } };
const baseline = (change: object = third): Script =>
  new Script(arenaWith(change as Record<string, unknown>)).addCalibration(quiet);
const next = (script: Script, experiments = 1): Step => plan(script.state, { ...IDLE_CONTEXT, experiments });
const tried = (script: Script, value: number): Script => {
  const n = script.state.experiments.length;
  script.addIdea().measure(n, value).decide(n);
  const x = script.state.experiments[n]!;
  return x.state === 'decided' && x.decision.verdict === 'kept' ? script.advance(n) : script;
};
const after = (...values: readonly number[]): Script => values.reduce(tried, baseline());
const decisionOf = (script: Script, n: number) => {
  const x = script.state.experiments[n]!;
  return x.state === 'decided' ? x.decision : undefined;
};

describe('the third margin', () => {
  const comparison = fc.record({
    mine: fc.double({ min: -3, max: 3, noNaN: true }),
    sigma: fc.double({ min: 0, max: 2, noNaN: true }),
  });
  const verdict = (mine: number, sigma: number, stood: number, n = 1, steps = 1) =>
    marginRule3(compareSamples([mine], new Array<number>(n).fill(0), sigma, 10), steps, stood, n).verdict;

  it('melts with every idea that fails against the incumbent, and no further than to 0.5 standard errors below', () => {
    const kept = (z: number, stood: number): boolean => verdict(z * Math.SQRT2, 1, stood) === 'kept';
    expect([0.19, 0.21].map((z) => kept(z, 0))).toEqual([false, true]);
    expect([-0.05, 0.01].map((z) => kept(z, 4))).toEqual([false, true]);
    expect([-0.51, -0.49].map((z) => kept(z, 14))).toEqual([false, true]);
    expect(kept(-0.51, 1000)).toBe(false);
  });

  it('keeps more, never less, the more ideas failed and the better the candidate', () => {
    fc.assert(
      fc.property(comparison, fc.nat(40), fc.nat(40), ({ mine, sigma }, stood, more) => {
        if (verdict(mine, sigma, stood) !== 'kept') return;
        expect(verdict(mine, sigma, stood + more)).toBe('kept');
        expect(verdict(mine + 0.1, sigma, stood)).toBe('kept');
      }),
    );
  });

  it('is a margin/2 of twice the height where nothing stood against anything, and believes every difference where there is no noise', () => {
    fc.assert(
      fc.property(comparison, fc.nat(40), ({ mine, sigma }, stood) => {
        const c = compareSamples([mine], [0], sigma, 10);
        expect(marginRule3(c, 1, 0, 1).verdict).toBe(marginRule2(c, 1, 2).verdict);
        expect(verdict(mine, 0, stood)).toBe(mine > 0 ? 'kept' : 'discarded');
      }),
    );
  });

  it('takes a mean of many numbers for less lucky than one', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 30 }), (stood, n) => {
        expect(shrinkageOf(stood, n + 1)).toBeLessThan(shrinkageOf(stood, n));
      }),
    );
  });

  it('counts what failed since the incumbent was measured last, and never against the baseline', () => {
    const script = after(5.2, 5.3, 4, 4.5, 4.5, 4.6);
    expect(script.state.incumbent).toBe(3);
    expect([failedAgainst(script.state, 0), failedAgainst(script.state, 3)]).toEqual([2, 3]);
    expect(decisionOf(tried(after(5.2, 5.3, 5.3, 5.3, 5.3), 5.01), 6), 'the baseline was not chosen').toMatchObject({
      verdict: 'discarded',
    });
    // A little worse than the number that three ideas failed against: still no; after many, it is believed that the
    // number was lucky.
    expect(decisionOf(tried(script, 4.03), 7)).toMatchObject({
      verdict: 'discarded',
      kind: 'within noise',
      rule: 'margin/3',
    });
    for (let i = 0; i < 12; i++) tried(script, 4.6);
    const again = script.state.experiments.length;
    script.measure(3, 4, { purpose: 'replicate' });
    expect(decisionOf(tried(script, 4.03), again), 'measured again: its number stands for itself').toMatchObject({
      verdict: 'discarded',
    });
    for (let i = 0; i < 14; i++) tried(script, 4.6);
    const last = script.state.experiments.length;
    expect(decisionOf(tried(script, 4.02), last)).toMatchObject({
      verdict: 'kept',
      reason: expect.stringMatching(
        /^worse by 0\.02, less than the luck in a number that 15 ideas failed against: z = -0\.\d+ after 1, margin -/,
      ),
    });
  });
});

describe('the third confirmation', () => {
  it('looks after each number of its own and stops as soon as it may', () => {
    const script = after(3);
    const sides: number[] = [];
    for (let step = next(script); step.do === 'measure'; step = next(script)) {
      sides.push(step.n);
      script.measure(step.n, step.n === 1 ? 3 : 5, { purpose: step.purpose, claim: 1 });
    }
    expect(sides).toEqual([1, 0]);
    expect(next(script)).toEqual({ do: 'confirm', n: 1, against: 0 });
    expect(judgeClaim(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({
      passed: true,
      rule: 'confirm/3',
      numbers: [1, 6],
      alpha: expect.closeTo(0.01094, 5),
    });
  });

  it('goes on in doubt up to three, and then says no', () => {
    const script = after(4.7);
    const values = [4.95, 5, 4.9, 5];
    let made = 0;
    for (let step = next(script); step.do === 'measure'; step = next(script))
      script.measure(step.n, values[made++]!, { purpose: step.purpose, claim: 1 });
    expect(made).toBe(4);
    expect(judgeClaim(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ passed: false, numbers: [3, 6] });
  });

  it('ends a claim that was begun although there is time for another idea by then', () => {
    const script = after(3);
    const leftS = 5.1;
    const begun = plan(script.state, { ...IDLE_CONTEXT, leftS });
    expect(begun).toMatchObject({ do: 'measure', purpose: 'confirm' });
    script.measure(1, 3, { purpose: 'confirm', claim: 1 }).measure(0, 5, { purpose: 'confirm', claim: 1 });
    expect(plan(script.state, { ...IDLE_CONTEXT, leftS: leftS - 2 })).toMatchObject({ do: 'confirm', n: 1 });
  });

  it('of a rule in pairs looks when both sides have as many', () => {
    const script = baseline({ decide: { ...third.decide, rule: 'paired' } });
    script.addIdea().measure(1, 3, { pair: 1 }).measure(0, 5, { pair: 1, purpose: 'replicate' }).decide(1).advance(1);
    script.measure(1, 3, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([2, 3]);
    script.measure(0, 5, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([0, 0]);
  });

  it('gives the first claims more, and spends no more in all', () => {
    expect(lordAlpha(1, [], eagerSpending)).toBeGreaterThan(8 * lordAlpha(1, [], patientSpending));
    for (const spending of [eagerSpending, patientSpending]) {
      let [sum, last] = [0, 1];
      for (let k = 1; k <= 100_000; k++) {
        expect(spending(k)).toBeLessThanOrEqual(last);
        last = spending(k);
        sum += last;
      }
      expect(sum).toBeLessThan(1);
    }
  });
});

describe('a gain far above the usual ones', () => {
  it('is measured again in pairs too, where a second pair is allowed', () => {
    for (const [most, again] of [
      [3, true],
      [1, false],
    ] as const) {
      const script = baseline({ decide: { ...third.decide, rule: 'paired', max_replicates: most } });
      const pair = (n: number, mine: number, theirs: number): Script =>
        script.measure(n, mine, { pair: n }).measure(script.state.incumbent, theirs, { pair: n, purpose: 'replicate' });
      for (const value of [4.6, 4.2, 3.8, 3.4, 3]) {
        const n = script.state.experiments.length;
        script.addIdea();
        pair(n, value, value + 0.4)
          .decide(n)
          .advance(n);
      }
      script.addIdea();
      expect(judge(pair(6, 1, 3).state, 6, SCRIPT_DEVICE)).toMatchObject({ again });
      const { health } = viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });
      expect(health.filter(({ what }) => what === 'Review')).toEqual([]);
      if (again) pair(6, 1, 3);
      script.decide(6).advance(6);
      const after = viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' }).health.find(
        ({ what }) => what === 'Review',
      );
      expect(after).toMatchObject({
        warning: true,
        text: expect.stringMatching(/^#6 gained 5 times the usual, .*: look at what it does, `overnight diff 6`$/),
      });
    }
  });
});

describe('while an idea is thought about', () => {
  it('measures the incumbent, then the baseline, then unchanged code as a control, up to one in twenty ideas', () => {
    const script = baseline({ decide: { rules: 3, drift: 0 } });
    tried(script, 3);
    for (let i = 0; i < 19; i++) tried(script, 4);
    const idle = (): Step => plan(script.state, { ...IDLE_CONTEXT, isThinking: true, hasSpareCores: true });
    while (script.state.controls.all.length === 0 && idle().do === 'measure') {
      const step = idle();
      if (step.do === 'measure') script.measure(step.n, step.n === 0 ? 5 : 3, { purpose: step.purpose });
    }
    expect([1, 0].map((n) => measurementsOf(script.state, n).length)).toEqual([5, 10]);
    expect(idle()).toEqual({ do: 'control' });
    const n = script.state.experiments.length;
    const about = { n, parent: 1, proposer: 'harness', hypothesis: 'unchanged', edits: {} };
    script
      .addEvent({ type: 'proposed', kind: 'control', ...about })
      .addSnapshot(n)
      .measure(n, 3)
      .decide(n);
    expect(idle()).toEqual({ do: 'wait' });
  });
});

describe('a step inside a stack that was confirmed under the third rules', () => {
  it('is less clear the more ideas failed against it, and clearer the more failed against what it replaced', () => {
    const clear = (...values: readonly number[]): boolean => {
      const script = after(4, ...values, 3.88);
      return isClearStep(script.state, script.state.incumbent, SCRIPT_DEVICE);
    };
    expect(clear()).toBe(false);
    expect(clear(...new Array<number>(14).fill(4.6))).toBe(true);
    const script = after(4, ...new Array<number>(14).fill(4.6), 3.88);
    const step = script.state.incumbent;
    for (let i = 0; i < 14; i++) tried(script, 4.6);
    expect(isClearStep(script.state, step, SCRIPT_DEVICE)).toBe(false);
  });

  it('in a lab of the second rules is judged as it was', () => {
    const script = new Script(arenaWith({ decide: { ...third.decide, rules: 2 } })).addCalibration(quiet);
    for (const value of [4, ...new Array<number>(14).fill(4.6), 3.85]) tried(script, value);
    expect(isClearStep(script.state, script.state.incumbent, SCRIPT_DEVICE)).toBe(false);
    expect(judge(script.addIdea().measure(17, 3.87).state, 17, SCRIPT_DEVICE)).toMatchObject({
      decision: { rule: 'margin/2', verdict: 'discarded' },
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseIn } from '../state.ts';
import type { Decision } from '../decision.ts';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { plan } from '../plan/plan.ts';
import { judge } from './judge.ts';

const quiet = [5, 5.1, 4.9] as const; // sigma 0.1

/** Judge one idea with these values against a baseline with noise 0.1. */
function judged(script: Script, values: readonly number[], lines = { added: 1, deleted: 1 }): ReturnType<typeof judge> {
  const n = script.state.experiments.length;
  script.addIdea(lines);
  for (const [i, value] of values.entries()) script.measure(n, value, { purpose: i === 0 ? 'idea' : 'replicate' });
  return judge(script.state, n, SCRIPT_DEVICE);
}
const decisionOf = (judgement: ReturnType<typeof judge>): Decision => {
  if (judgement.again) throw new Error(judgement.reason);
  return judgement.decision;
};
const baseline = (change: Readonly<Record<string, unknown>> = {}, values: readonly number[] = quiet): Script =>
  new Script(arenaWith(change)).addCalibration(values);

describe('the rule "margin"', () => {
  // Baseline 5 from three numbers, noise 0.1: one measurement has a standard error of 0.1 · √(1 + 1/3) = 0.1155.
  const atZ = (z: number): number => 5 - z * 0.1 * Math.sqrt(4 / 3);

  it('keeps after one measurement what is better by the margin, and says by how much', () => {
    const decision = decisionOf(judged(baseline(), [4]));
    expect(decision).toMatchObject({ verdict: 'kept', rule: 'margin/4', against: 0, n: 1, nAgainst: 3 });
    expect(decision.effect).toBeCloseTo(1, 10);
    expect(decision.interval![0]).toBeGreaterThan(0);
    expect(decision.probability).toBeGreaterThan(0.98);
    expect(decision.reason).toBe('better by 1, z = 8.66 after 1, margin 0.2 (against #0, parent #0)');
    expect(decisionOf(judged(baseline(), [atZ(0.21)]))).toMatchObject({ verdict: 'kept', n: 1 });
  });

  it('drops at once what is not better, and says whether it is worse or only no better', () => {
    expect(decisionOf(judged(baseline(), [6]))).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
    expect(decisionOf(judged(baseline(), [atZ(-2.01)]))).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
    expect(decisionOf(judged(baseline(), [5.05]))).toMatchObject({ verdict: 'discarded', kind: 'within noise' });
  });

  it('says inconclusive between nothing and the margin, and asks for no second number', () => {
    const decision = decisionOf(judged(baseline(), [atZ(0.1)]));
    expect(decision).toMatchObject({ verdict: 'inconclusive', n: 1 });
    expect(decision.reason).toBe('z = 0.10 after 1, between nothing and the margin of 0.2 (against #0, parent #0)');
  });

  it('judges a candidate by the mean of all its numbers', () => {
    // Two numbers: a standard error of 0.1 · √(1/2 + 1/3).
    const decision = decisionOf(judged(baseline(), [4.9, 5.0]));
    expect(decision).toMatchObject({ verdict: 'kept', n: 2, effect: expect.closeTo(0.05, 10) });
  });

  it('keeps its margin against the baseline, however many ideas failed: the baseline was not chosen by its number', () => {
    const script = baseline({ decide: { controls: 0, drift: 0 } });
    for (let i = 0; i < 20; i++) script.tryIdea(6);
    const decision = decisionOf(judged(script, [5.005]));
    expect(decision).toMatchObject({ verdict: 'discarded', kind: 'within noise' });
    expect(decision.reason).toContain('margin 0.2 ');
  });

  it('makes long additions pay double and lets deletions through for an equal result', () => {
    const value = atZ(0.3);
    expect(decisionOf(judged(baseline(), [value], { added: 20, deleted: 0 }))).toMatchObject({ verdict: 'kept' });
    expect(decisionOf(judged(baseline(), [value], { added: 21, deleted: 0 }))).toMatchObject({
      verdict: 'inconclusive',
    });
    expect(decisionOf(judged(baseline(), [5], { added: 0, deleted: 9 }))).toMatchObject({ verdict: 'kept' });
    expect(decisionOf(judged(baseline(), [5]))).toMatchObject({ verdict: 'discarded' });
  });

  it('knows that larger can be better', () => {
    const larger = { metric: { name: 'acc', direction: 'maximize' } };
    expect(decisionOf(judged(baseline(larger), [6]))).toMatchObject({ verdict: 'kept', effect: expect.closeTo(1, 10) });
    expect(decisionOf(judged(baseline(larger), [4]))).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
  });

  it('takes every difference for real where repeats are identical, and equality for none', () => {
    const same = [5, 5, 5];
    expect(decisionOf(judged(baseline({}, same), [4.999]))).toMatchObject({ verdict: 'kept', sigma: 0 });
    expect(decisionOf(judged(baseline({}, same), [5.001]))).toMatchObject({ verdict: 'discarded' });
    expect(decisionOf(judged(baseline({}, same), [5]))).toMatchObject({ verdict: 'discarded', kind: 'within noise' });
  });

  it('judges minimizing a number as maximizing its negative', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    const three = fc.array(value, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(three, fc.array(value, { minLength: 1, maxLength: 3 }), (base, mine) => {
        const down = judged(baseline({}, base), mine);
        const negative = (x: number): number => -x;
        const up = judged(
          baseline({ metric: { name: 'acc', direction: 'maximize' } }, base.map(negative)),
          mine.map(negative),
        );
        expect(up).toEqual(down);
      }),
      { numRuns: 60 },
    );
  });

  it('has noise that grows more certain with every repeat of anything', () => {
    const script = baseline();
    const before = noiseIn(script.state, SCRIPT_DEVICE);
    expect(before).toEqual({ sigma: expect.closeTo(0.1, 10), dof: 2 });
    judged(script, [4.9, 4.95]);
    expect(noiseIn(script.state, SCRIPT_DEVICE).dof).toBe(3);
    expect(noiseIn(script.state, 'elsewhere')).toEqual({ sigma: 0, dof: 0 });
  });
});

describe('other ways to end', () => {
  it('the rule "greedy" ignores noise, and says so', () => {
    const greedy = { decide: { rule: 'greedy' } };
    expect(decisionOf(judged(baseline(greedy), [4.999]))).toMatchObject({
      verdict: 'kept',
      rule: 'greedy/2',
      reason: expect.stringContaining('noise ignored'),
    });
    expect(decisionOf(judged(baseline(greedy), [5]))).toMatchObject({ verdict: 'discarded' });
  });

  it('a failure is a verdict of its own with its class, also among good replicates', () => {
    const crashed = baseline().addIdea().measure(1, 'nan');
    expect(decisionOf(judge(crashed.state, 1, SCRIPT_DEVICE))).toMatchObject({
      verdict: 'crashed',
      failure: 'nan',
      n: 1,
    });
    const late = baseline().addIdea().measure(1, 'timeout');
    expect(decisionOf(judge(late.state, 1, SCRIPT_DEVICE))).toMatchObject({ verdict: 'timed out', failure: 'timeout' });
    const flaky = baseline().addIdea().measure(1, 4.9).measure(1, 'exit', { purpose: 'replicate' });
    const decision = decisionOf(judge(flaky.state, 1, SCRIPT_DEVICE));
    expect(decision).toMatchObject({
      verdict: 'crashed',
      n: 2,
      reason: expect.stringContaining('in 1 of 2 measurements'),
    });
  });

  it('a hard constraint drops even a better candidate, a soft one does not', () => {
    const run = (constraint: object, params: number): Decision => {
      const script = new Script(arenaWith({ constraints: [constraint] })).propose('b').addSnapshot();
      for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', metrics: { params: 100 } });
      script.addCalibration([]).addIdea().measure(1, 3, { metrics: { params } });
      return decisionOf(judge(script.state, 1, SCRIPT_DEVICE));
    };
    expect(run({ metric: 'params', max: 120 }, 121)).toMatchObject({
      verdict: 'discarded',
      kind: 'constraint',
      reason: 'constraint: params is 121, above 120',
    });
    expect(run({ metric: 'params', max: 120 }, 120).verdict).toBe('kept');
    expect(run({ metric: 'params', max: 1.1, relative: true }, 111).reason).toMatch(
      /above 110 \(1\.1 × that of the baseline, which it was built on\)/,
    );
    expect(run({ metric: 'params', min: 0.5, relative: true }, 49).kind).toBe('constraint');
    expect(run({ metric: 'params', max: 1.1, relative: true }, 105).verdict).toBe('kept');
    expect(run({ metric: 'params', max: 120, hard: false }, 121).verdict).toBe('kept');
    expect(run({ metric: 'speed', max: 1 }, 1).reason).toMatch(/did not report it/);
  });

  it('without a number of the incumbent on this device there is no verdict but inconclusive', () => {
    const script = baseline().addIdea().measure(1, 3, { device: 'device-b' });
    const decision = decisionOf(judge(script.state, 1, 'device-b'));
    expect(decision).toMatchObject({ verdict: 'inconclusive', nAgainst: 0 });
    expect(decision.effect).toBeUndefined();
    expect(JSON.stringify(decision)).not.toContain('null');
  });
});

describe('what cannot be an improvement', () => {
  it('the same artefact from other code is a no-op, unless the code only became shorter', () => {
    const script = new Script().propose('baseline').addSnapshot();
    const same = { conditions: { artefact: 'a1' } };
    for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', ...same });
    script.addCalibration([]).addIdea().measure(1, 4, same).decide(1);
    expect(script.state.experiments[1]).toMatchObject({ decision: { verdict: 'discarded', kind: 'no-op' } });
    script.addIdea({ added: 0, deleted: 3 }).measure(2, 4.9, same).decide(2);
    expect(script.state.experiments[2]).toMatchObject({ decision: { verdict: 'kept' } });
    script
      .addIdea()
      .measure(3, 4, { conditions: { artefact: 'a2' } })
      .decide(3);
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'kept' } });
  });
});

describe('a knob without effect', () => {
  const same = { conditions: { config: 'c1' } };
  const measured = (): Script => {
    const script = new Script().propose('baseline').addSnapshot();
    for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', ...same });
    return script.addCalibration([]);
  };

  it('is a no-op: the configuration that the candidate echoes is that of the incumbent', () => {
    const script = measured()
      .propose('A 1 → 2', { knobs: { A: 2 } })
      .addSnapshot()
      .measure(1, 4, same);
    expect(decisionOf(judge(script.state, 1, SCRIPT_DEVICE))).toMatchObject({
      verdict: 'discarded',
      kind: 'no-op',
      reason: 'its effective configuration is that of #0: the knob has no effect',
    });
  });

  it('is none where the code was edited: that may change what the configuration does not show', () => {
    const script = measured().addIdea().measure(1, 4, same);
    expect(decisionOf(judge(script.state, 1, SCRIPT_DEVICE))).toMatchObject({ verdict: 'kept' });
  });
});

describe('an ablation', () => {
  /** #1 and #2 are kept; #3 is the incumbent without #1, measured in three pairs with it. */
  const ablated = (difference: number): Decision => {
    const script = baseline({}, [5, 5, 5]).addKeptIdea(4).addKeptIdea(3);
    const { state } = script.propose('without #1', { kind: 'ablation', ablates: 1 }).addSnapshot();
    for (let pair = 0; pair < 3; pair++)
      script.measure(3, 3 - difference, { pair: 3 }).measure(2, 3, { pair: 3, purpose: 'replicate' });
    return decisionOf(judge(state, 3, SCRIPT_DEVICE));
  };

  it('that changes nothing is kept: the step is dropped', () => {
    expect(ablated(0)).toMatchObject({
      verdict: 'kept',
      kind: 'ablation',
      rule: 'ablation/2',
      reason: 'without the step it is no worse (0), so the step is dropped',
    });
    expect(ablated(0.1)).toMatchObject({ verdict: 'kept' });
    expect(ablated(-0.1)).toMatchObject({
      verdict: 'discarded',
      reason: 'the step pays: without it worse by 0.1',
    });
  });
});

describe('a gain far above the usual ones', () => {
  it('is measured again before it is kept', () => {
    const script = baseline({ decide: { controls: 0, drift: 0 } });
    for (const value of [4.8, 4.6, 4.4, 4.2, 4]) script.addKeptIdea(value);
    script.addIdea().measure(6, 3);
    expect(judge(script.state, 6, SCRIPT_DEVICE)).toMatchObject({
      again: true,
      reason: expect.stringMatching(/^quarantined/),
    });
    expect(plan(script.state, { ...IDLE_CONTEXT, experiments: 9 })).toMatchObject({
      do: 'measure',
      n: 6,
      purpose: 'replicate',
    });
    script.measure(6, 5.8, { purpose: 'replicate' });
    expect(judge(script.state, 6, SCRIPT_DEVICE)).toMatchObject({ again: false, decision: { n: 2 } });
  });

  it('is measured again in pairs too, where a second pair is allowed', () => {
    for (const [maxPairs, again] of [
      [3, true],
      [1, false],
    ] as const) {
      const script = baseline({ decide: { controls: 0, drift: 0, rule: 'paired', max_replicates: maxPairs } });
      const measurePair = (n: number, candidate: number, incumbent: number): Script =>
        script
          .measure(n, candidate, { pair: n })
          .measure(script.state.incumbent, incumbent, { pair: n, purpose: 'replicate' });
      for (const value of [4.6, 4.2, 3.8, 3.4, 3]) {
        const n = script.state.experiments.length;
        script.addIdea();
        measurePair(n, value, value + 0.4)
          .decide(n)
          .advance(n);
      }
      script.addIdea();
      expect(judge(measurePair(6, 1, 3).state, 6, SCRIPT_DEVICE)).toMatchObject({ again });
      const reviewOf = () =>
        viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' }).health.filter(
          ({ what }) => what === 'Review',
        );
      expect(reviewOf()).toEqual([]);
      if (again) measurePair(6, 1, 3);
      script.decide(6).advance(6);
      expect(reviewOf()).toMatchObject([
        {
          warning: true,
          text: expect.stringMatching(
            /^#6 gained 5 times the usual gain, .*: look at what it does, `overnight diff 6`$/,
          ),
        },
      ]);
    }
  });
});

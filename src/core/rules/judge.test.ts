import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judgeClaim } from './claims.ts';
import { type Decision, judge, noiseIn } from './judge.ts';

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
  it('keeps after one measurement what is better beyond doubt', () => {
    const decision = decisionOf(judged(baseline(), [4]));
    expect(decision).toMatchObject({ verdict: 'kept', rule: 'margin/1', against: 0, n: 1, nAgainst: 3 });
    expect(decision.effect).toBeCloseTo(1, 10);
    expect(decision.interval![0]).toBeGreaterThan(0);
    expect(decision.probability).toBeGreaterThan(0.98);
    expect(decision.reason).toMatch(/^better by 1, z = 8\.\d+ after 1 \(against #0, parent #0\)$/);
  });

  it('drops at once what is not better, and says whether it is worse or only no better', () => {
    expect(decisionOf(judged(baseline(), [6]))).toMatchObject({ verdict: 'discarded', kind: 'refuted' });
    expect(decisionOf(judged(baseline(), [5.05]))).toMatchObject({ verdict: 'discarded', kind: 'within noise' });
  });

  it('repeats in doubt up to the limit, then keeps at the margin or says inconclusive', () => {
    expect(judged(baseline(), [4.9])).toMatchObject({ again: true, reason: expect.stringMatching(/^in doubt/) });
    expect(decisionOf(judged(baseline(), [4.86, 4.86]))).toMatchObject({ verdict: 'kept', n: 2 });
    expect(judged(baseline(), [4.97, 4.96])).toMatchObject({ again: true });
    expect(decisionOf(judged(baseline(), [4.97, 4.96, 4.97]))).toMatchObject({ verdict: 'inconclusive', n: 3 });
    const once = baseline({ decide: { max_replicates: 1 } });
    expect(decisionOf(judged(once, [4.95]))).toMatchObject({ verdict: 'inconclusive', n: 1 });
  });

  it('makes long additions pay double and lets deletions through for an equal result', () => {
    expect(decisionOf(judged(baseline(), [4.97, 4.97], { added: 0, deleted: 9 }))).toMatchObject({ verdict: 'kept' });
    expect(judged(baseline(), [4.86, 4.86], { added: 21, deleted: 0 })).toMatchObject({ again: true });
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
  it('the rule "greedy" believes luck, and says so', () => {
    const greedy = { decide: { rule: 'greedy' } };
    expect(decisionOf(judged(baseline(greedy), [4.999]))).toMatchObject({
      verdict: 'kept',
      rule: 'greedy/1',
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
      /above 110 \(1\.1 × the incumbent’s\)/,
    );
    expect(run({ metric: 'params', min: 0.5, relative: true }, 49).kind).toBe('constraint');
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

describe('confirming a claim', () => {
  const claim = (mine: readonly number[], theirs: readonly number[]): Script => {
    const script = baseline().addKeptIdea(4);
    for (const value of mine) script.measure(1, value, { purpose: 'confirm', claim: 1 });
    for (const value of theirs) script.measure(0, value, { purpose: 'confirm', claim: 1 });
    return script;
  };
  const verdict = (script: Script) => judgeClaim(script.state, 1, 0, SCRIPT_DEVICE);

  it('waits for three fresh numbers of both sides, whatever was measured before', () => {
    expect(verdict(claim([4, 4.1], [5, 5, 5]))).toBeUndefined();
    expect(verdict(claim([4, 4.1, 4], [5, 5.1]))).toBeUndefined();
  });

  it('passes when the one-sided bound of the improvement is above zero', () => {
    expect(verdict(claim([4, 4.1, 4], [5, 5.1, 4.9]))).toMatchObject({ passed: true, rule: 'confirm/1' });
    const lucky = verdict(claim([5, 4.9, 5.1], [5, 5.1, 4.9]));
    expect(lucky).toMatchObject({ passed: false, reason: expect.stringMatching(/^not shown to be better/) });
  });

  it('fails when one of its own fresh measurements fails', () => {
    const script = claim([4, 4], [5, 5, 5]).measure(1, 'nan', { purpose: 'confirm', claim: 1 });
    expect(verdict(script)).toMatchObject({ passed: false, reason: '1 of its fresh measurements failed' });
  });
});

import { describe, expect, it } from 'vitest';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { brokenConstraint, secondaryMetric } from './constraints.ts';
import { compareWithBase, failedAgainst, failedSinceMeasured, pairedSoFar, stepsOf } from './evidence.ts';
import { findNoOp } from './no-op.ts';
import { usualGain } from './quarantine.ts';

const quiet = [5, 5.1, 4.9] as const; // sigma 0.1
const lab = (change: Readonly<Record<string, unknown>> = {}): Script =>
  new Script(arenaWith(change)).addCalibration(quiet);
const paired = { decide: { rule: 'paired' } };

describe('the comparison with the incumbent', () => {
  it('is of two means, positive where it is better', () => {
    const script = lab().addIdea().measure(1, 4.6).measure(1, 4.8).measure(1, 1, { device: 'device-b' });
    const evidence = compareWithBase(script.state, 1, SCRIPT_DEVICE);
    expect(evidence).toMatchObject({ isPaired: false, againstCount: 3 });
    expect(evidence.comparison).toMatchObject({ n: 2, difference: expect.closeTo(0.3, 12) });
    // Squares 0.02 of the baseline and 0.02 of the idea, three degrees of freedom.
    expect(evidence.sigma).toBeCloseTo(Math.sqrt(0.04 / 3), 12);
    expect(evidence.comparison.se).toBeCloseTo(Math.sqrt(0.04 / 3) * Math.sqrt(1 / 2 + 1 / 3), 12);
    const larger = lab({ metric: { name: 'm', direction: 'maximize' } })
      .addIdea()
      .measure(1, 4.6);
    expect(compareWithBase(larger.state, 1, SCRIPT_DEVICE).comparison.difference).toBeCloseTo(-0.4, 12);
  });

  it('is of pairs where the rule or an ablation asks for them, and there are any', () => {
    const script = lab(paired).addIdea().measure(1, 4.7, { pair: 1 });
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ isPaired: false, againstCount: 3 });
    script.measure(0, 5.2, { pair: 1, purpose: 'replicate' });
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE)).toMatchObject({
      isPaired: true,
      againstCount: 1,
      comparison: { n: 1, difference: expect.closeTo(0.5, 12) },
    });
    const margin = lab().addIdea().measure(1, 4.7, { pair: 1 }).measure(0, 5.2, { pair: 1 });
    expect(compareWithBase(margin.state, 1, SCRIPT_DEVICE).isPaired).toBe(false);
    const ablation = lab()
      .addEvent(draftProposal(1, { kind: 'ablation', ablates: 0 }))
      .addEvent(draftSnapshot(1));
    ablation.measure(1, 4.7, { pair: 1 }).measure(0, 5.2, { pair: 1 });
    expect(compareWithBase(ablation.state, 1, SCRIPT_DEVICE)).toMatchObject({ isPaired: true });
  });

  it('takes two in a row for a pair, whichever side came first, and leaves out what failed or ran elsewhere', () => {
    const script = lab(paired).addIdea();
    const run = (n: number, value: number | 'exit', device = SCRIPT_DEVICE): Script =>
      script.measure(n, value, { pair: 1, device });
    run(1, 4.5);
    run(0, 5);
    run(0, 5.2);
    run(1, 4.9);
    run(1, 'exit');
    run(0, 9, 'device-b');
    run(1, 4.4);
    const differences = [0.5, 0.3];
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE).comparison).toMatchObject({
      n: 2,
      difference: expect.closeTo(differences.reduce((a, b) => a + b) / 2, 12),
    });
    expect(pairedSoFar(script.state, 1, SCRIPT_DEVICE).map(({ m }) => m)).toEqual([3, 4, 5, 6, 9]);
    expect(pairedSoFar(script.state, 2, SCRIPT_DEVICE)).toEqual([]);
    run(0, 5);
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE).comparison.n).toBe(3);
    run(0, 5);
    run(0, 5);
    run(1, 4);
    run(1, 4);
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE).comparison.n).toBe(3);
  });
});

describe('the spread of pairs', () => {
  const pairsOf = (script: Script): unknown => script.state.noise.get(SCRIPT_DEVICE)!.pairs;
  const addPair = (script: Script, n: number, difference: number): Script =>
    script.measure(n, 5 - difference, { pair: n }).measure(0, 5, { pair: n });

  it('is pooled within the comparisons of the lab; each of n pairs adds n − 1 degrees of freedom', () => {
    const script = lab(paired).addIdea().addIdea();
    expect(pairsOf(script)).toBeUndefined();
    addPair(script, 1, 0.3);
    expect(pairsOf(script)).toEqual({ ss: 0, dof: 0 });
    addPair(addPair(addPair(script, 1, 0.5), 2, -9), 2, -8);
    expect(pairsOf(script)).toEqual({ ss: expect.closeTo(0.02 + 0.5, 10), dof: 2 });
    script.measure(2, 'exit', { pair: 2 }).measure(2, 1, { pair: 2 }).measure(2, 1, { pair: 2 });
    expect(pairsOf(script)).toMatchObject({ dof: 2 });
  });

  it('of the other comparisons decides, not that of the comparison itself', () => {
    const script = lab(paired).addIdea().addIdea();
    for (const difference of [0.3, 0.31, 0.3, 0.31, 0.3]) addPair(script, 1, difference);
    addPair(script, 2, 0.3);
    const others = compareWithBase(script.state, 2, SCRIPT_DEVICE).comparison;
    expect(others.se).toBeCloseTo(Math.sqrt(0.00012 / 4), 8);
    // Its own five pairs agree, but no other comparison tells: the noise counts as well.
    expect(compareWithBase(script.state, 1, SCRIPT_DEVICE).comparison.se).toBeGreaterThan(0.01);
  });
});

describe('challenges of the incumbent', () => {
  const tried = (script: Script, change: object = {}): Script => {
    const n = script.state.experiments.length;
    script.addIdea().measure(n, 9);
    return script.addEvent({
      type: 'decided',
      n,
      decision: decisionOf({ against: script.state.incumbent, ...change }),
    });
  };

  it('are the ideas that failed against it until one was kept', () => {
    const script = lab();
    for (let i = 0; i < 3; i++) tried(script);
    script.addKeptIdea(3);
    for (let i = 0; i < 2; i++) tried(script);
    expect([0, 1, 4].map((n) => failedAgainst(script.state, n))).toEqual([3, 0, 2]);
    expect(failedAgainst(script.state, 6)).toBe(0);
  });

  it('are no more where something else was the incumbent, and open or uncompared ideas are none', () => {
    const script = tried(lab());
    script.addIdea();
    tried(script, { nAgainst: 0 });
    tried(script);
    expect(failedAgainst(script.state, 0)).toBe(2);
    tried(script, { against: 1 });
    tried(script);
    expect(failedAgainst(script.state, 0)).toBe(2);
  });

  it('count from a measurement on, and against a baseline none does', () => {
    const script = lab().addKeptIdea(3);
    for (let i = 0; i < 3; i++) tried(script);
    const firsts = script.state.experiments
      .slice(2)
      .map((each) => ('measurements' in each ? each.measurements[0]! : 0));
    expect(failedAgainst(script.state, 1, firsts[1])).toBe(2);
    expect(failedAgainst(script.state, 1, firsts[1]! + 1)).toBe(1);
    expect(failedSinceMeasured(script.state, -1, SCRIPT_DEVICE)).toBe(3);
    script.measure(1, 3, { purpose: 'replicate', device: 'device-b' }).measure(1, 'exit', { purpose: 'replicate' });
    expect(failedSinceMeasured(script.state, -1, SCRIPT_DEVICE)).toBe(3);
    script.measure(1, 3, { purpose: 'replicate' });
    expect(failedSinceMeasured(script.state, -1, SCRIPT_DEVICE)).toBe(0);
    expect(failedSinceMeasured(script.state, -1, 'device-z')).toBe(3);
    expect(failedSinceMeasured(tried(tried(lab())).state, -1, SCRIPT_DEVICE)).toBe(0);
  });
});

describe('a secondary metric', () => {
  const measuredLab = (): Script => {
    const script = lab().addIdea();
    script
      .measure(1, 4, { metrics: { mb: 10 } })
      .measure(1, 4, { metrics: { mb: 20 } })
      .measure(1, 4);
    return script
      .measure(1, 4, { metrics: { mb: 90 }, device: 'device-b' })
      .measure(1, 'exit')
      .startMeasurement(1);
  };

  it('is the mean of what was reported on the device', () => {
    const { state } = measuredLab();
    expect(secondaryMetric(state, 1, SCRIPT_DEVICE, 'mb')).toBe(15);
    expect(secondaryMetric(state, 1, 'device-b', 'mb')).toBe(90);
    expect(secondaryMetric(state, 1, SCRIPT_DEVICE, 'other')).toBeUndefined();
    expect(secondaryMetric(state, 0, SCRIPT_DEVICE, 'mb')).toBeUndefined();
  });

  it('is held by hard constraints: each bound is allowed itself, relative ones are factors of the incumbent’s', () => {
    const broken = (constraint: object, candidate: number | undefined, incumbent?: number): boolean => {
      const arena = arenaWith({ constraints: [{ metric: 'ok', max: 1 }, constraint] });
      const script = new Script(arena).propose('b').addSnapshot();
      const metrics = (mb: number | undefined) => ({ ok: 1, ...(mb !== undefined && { mb }) });
      script.measure(0, 5, { purpose: 'calibrate', metrics: metrics(incumbent) });
      script.addIdea().measure(1, 4, { metrics: metrics(candidate) });
      return brokenConstraint(script.state, arena, 1, SCRIPT_DEVICE) !== undefined;
    };
    expect([9, 10, 11].map((mb) => broken({ metric: 'mb', max: 10 }, mb))).toEqual([false, false, true]);
    expect([9, 10, 11].map((mb) => broken({ metric: 'mb', min: 10 }, mb))).toEqual([true, false, false]);
    expect([9, 10, 20, 21].map((mb) => broken({ metric: 'mb', min: 10, max: 20 }, mb))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    const relative = { metric: 'mb', max: 1.5, min: 0.5, relative: true };
    expect([4, 5, 15, 16].map((mb) => broken(relative, mb, 10))).toEqual([true, false, false, true]);
    expect(broken(relative, 10)).toBe(true);
    expect(broken({ metric: 'mb', max: 10 }, undefined, 5)).toBe(true);
    expect(broken({ metric: 'mb', max: 10, hard: false }, 99)).toBe(false);
    expect(broken({ metric: 'mb', max: 10, hard: false }, undefined)).toBe(false);
  });
});

describe('the steps of the margin', () => {
  it('are fewer with fewer parameters on both sides, where the manifest counts them', () => {
    const steps = (decide: object, candidate: number | undefined, incumbent: number | undefined): number => {
      const script = new Script(arenaWith({ decide })).propose('b').addSnapshot();
      const metrics = (params: number | undefined) => (params === undefined ? {} : { params });
      script.measure(0, 5, { purpose: 'calibrate', metrics: metrics(incumbent) });
      script.addIdea().measure(1, 4, { metrics: metrics(candidate) });
      return stepsOf(script.state, 1, SCRIPT_DEVICE);
    };
    const counted = { parameters: 'params' };
    expect(steps(counted, 98, 100)).toBe(0);
    expect(steps(counted, 99, 100)).toBe(1);
    expect(steps(counted, 98, undefined)).toBe(1);
    expect(steps(counted, undefined, 100)).toBe(1);
    expect(steps({}, 98, 100)).toBe(1);
  });
});

describe('a candidate that is effectively the incumbent', () => {
  const reason = (
    mine: object,
    theirs: object,
    { lines = { added: 1, deleted: 1 }, knobs = false, device = SCRIPT_DEVICE } = {},
  ): boolean => {
    const script = new Script().propose('b').addSnapshot().measure(0, 5, { conditions: theirs, device });
    script.addEvent(draftProposal(1, knobs ? { knobs: { A: 1 } } : {})).addEvent(draftSnapshot(1, lines));
    script.measure(1, 4).measure(1, 'exit', { conditions: mine }).startMeasurement(1);
    return findNoOp(script.state, 1, 0, SCRIPT_DEVICE) !== undefined;
  };

  it('left the same artefact on the same device, and its code did not only become shorter', () => {
    expect(reason({ artefact: 'a' }, { artefact: 'a' })).toBe(true);
    expect(reason({ artefact: 'a' }, { artefact: 'b' })).toBe(false);
    expect(reason({}, {})).toBe(false);
    expect(reason({ artefact: 'a' }, { artefact: 'a' }, { lines: { added: 0, deleted: 1 } })).toBe(false);
    expect(reason({ artefact: 'a' }, { artefact: 'a' }, { device: 'device-b' })).toBe(false);
  });

  it('or moved a knob and echoes the same configuration', () => {
    expect(reason({ config: 'c' }, { config: 'c' }, { knobs: true })).toBe(true);
    expect(reason({ config: 'c' }, { config: 'c' })).toBe(false);
    expect(reason({ config: 'c' }, { config: 'd' }, { knobs: true })).toBe(false);
    expect(reason({ config: 'c' }, { artefact: 'c' }, { knobs: true })).toBe(false);
  });
});

describe('the usual gain', () => {
  it('is the mean of the newest ten kept ones, none below zero, once there are five', () => {
    const script = lab();
    const effects = [1, -3, 2, 4, 0, 6, 7, 8, 9, 10, 11, 12];
    for (const [i, effect] of effects.entries())
      script
        .addIdea()
        .addEvent({ type: 'decided', n: i + 1, decision: decisionOf({ verdict: 'kept', effect, against: i }) })
        .advance(i + 1);
    expect([0, 4].map((n) => usualGain(script.state, n))).toEqual([undefined, undefined]);
    expect(usualGain(script.state, 5)).toBeCloseTo((1 + 0 + 2 + 4 + 0) / 5, 12);
    expect(usualGain(script.state, 10)).toBeCloseTo((1 + 2 + 4 + 6 + 7 + 8 + 9 + 10) / 10, 12);
    expect(usualGain(script.state, 12)).toBeCloseTo((2 + 4 + 6 + 7 + 8 + 9 + 10 + 11 + 12) / 10, 12);
  });

  it('leaves out steps that were kept without a comparison', () => {
    const script = lab();
    for (let n = 1; n <= 6; n++)
      script
        .addIdea()
        .addEvent({
          type: 'decided',
          n,
          decision: decisionOf({ verdict: 'kept', ...(n !== 3 && { effect: n }) }),
        })
        .advance(n);
    expect(usualGain(script.state, 5)).toBeUndefined();
    expect(usualGain(script.state, 6)).toBeCloseTo((1 + 2 + 4 + 5 + 6) / 5, 12);
  });
});

import { describe, expect, it } from 'vitest';
import { paretoFront } from '../bases/pareto-front.ts';
import { plan } from '../plan/plan.ts';
import { isRepairable } from '../plan/repair.ts';
import { arenaWith, IDLE_CONTEXT, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import { judge } from './judge.ts';

const TESTS = { name: 'tests', command: 'true' };
const TYPES = { name: 'types', command: 'true', early: true };
const labWith = (guards: readonly object[], more: object = {}): Script =>
  new Script(arenaWith({ guards, decide: { controls: 0, drift: 0 }, ...more }));
const guarded = (guards: readonly object[] = [TESTS], more: object = {}): Script => {
  const script = labWith(guards, more).propose('baseline').addSnapshot(0).guard(0, 'baseline');
  return script.addCalibration([5, 5.1, 4.9]);
};
const next = (script: Script) => plan(script.state, { ...IDLE_CONTEXT, experiments: 9 });
const verdict = (script: Script, n = 1) => {
  const judgement = judge(script.state, n, SCRIPT_DEVICE);
  return judgement.again ? judgement : judgement.decision;
};

describe('the unchanged code', () => {
  it('is guarded before its noise is measured, and again until it passes', () => {
    const script = labWith([TESTS, TYPES]).propose('baseline').addSnapshot(0);
    expect(next(script)).toEqual({ do: 'guard', n: 0, when: 'baseline' });
    script.startGuards(0, 'baseline').addEvent({ type: 'guarded', g: 0, outcomes: [], lost: 'killed' });
    expect(next(script)).toMatchObject({ do: 'guard', n: 0 });
    script.guard(0, 'baseline', '3 failed');
    expect(next(script)).toMatchObject({ do: 'guard', n: 0 });
    script.guard(0, 'baseline');
    expect(next(script)).toMatchObject({ do: 'measure', n: 0, purpose: 'calibrate' });
    expect(script.state.guardRuns.at(-1)!.guards).toEqual(['tests', 'types']);
  });

  it('costs nothing where there are no guards', () => {
    const script = labWith([]).propose('baseline').addSnapshot(0);
    expect(next(script)).toMatchObject({ do: 'measure', purpose: 'calibrate' });
  });

  it('is not guarded by a session that must stop', () => {
    const script = labWith([TESTS]).propose('baseline').addSnapshot(0);
    expect(plan(script.state, { ...IDLE_CONTEXT, stopRequested: true })).toMatchObject({ do: 'stop' });
  });
});

describe('guards that are not early', () => {
  it('run once its numbers would keep a candidate, and then it is kept', () => {
    const script = guarded().addIdea();
    expect(next(script)).toMatchObject({ do: 'measure', n: 1, purpose: 'idea' });
    script.measure(1, 3);
    expect(next(script)).toEqual({ do: 'guard', n: 1, when: 'keep' });
    expect(verdict(script)).toMatchObject({ again: true, guards: 'keep' });
    script.guard(1, 'keep');
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(verdict(script)).toMatchObject({ verdict: 'kept', effect: 2 });
  });

  it('run never on a candidate that is no better', () => {
    const script = guarded().addIdea().measure(1, 9);
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(verdict(script)).toMatchObject({ verdict: 'discarded' });
  });

  it('run once, however often the candidate is measured', () => {
    const script = guarded([TESTS], { decide: { rule: 'paired', controls: 0, drift: 0 } });
    script.addIdea();
    let guardCount = 0;
    for (let steps = 0; steps < 20; steps++) {
      const step = next(script);
      if (step.do === 'decide') break;
      if (step.do === 'guard') script.guard(step.n, step.when);
      else if (step.do === 'measure')
        script.measure(step.n, step.n === 1 ? 3 : 5, { purpose: step.purpose, seed: step.seed, pair: step.pair! });
      guardCount += step.do === 'guard' ? 1 : 0;
    }
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(script.state.pairs.get(1)!.length).toBeGreaterThan(1);
    expect(guardCount).toBe(1);
  });

  it('make a candidate that fails one a crash that is no evidence for the incumbent, and repairable', () => {
    const script = guarded([TESTS]).propose('x', { note: {} }).addSnapshot(1).measure(1, 3);
    script.guard(1, 'keep', '● adds up\n1 failed');
    expect(verdict(script)).toEqual({
      verdict: 'crashed',
      reason: expect.stringMatching(/^guard tests failed: ● adds up\n1 failed\n\(by its numbers .*better by 2/),
      failure: 'guard',
      rule: 'margin/4',
      against: 0,
      n: 1,
      nAgainst: 0,
    });
    const judgement = judge(script.state, 1, SCRIPT_DEVICE);
    expect(!judgement.again && isRepairable(script.state, 1, judgement.decision, 2)).toBe(true);
    expect(plan(script.state, { ...IDLE_CONTEXT, repairs: 2 })).toEqual({ do: 'repair', n: 1 });
  });

  it('run again on repaired code, which is measured first', () => {
    const script = guarded([TESTS]).propose('x', { note: {} }).addSnapshot(1).measure(1, 3).guard(1, 'keep', 'no');
    script.addEvent({ type: 'repaired', n: 1, attempt: 1, edits: {}, proposer: 'p' });
    script.addEvent({ type: 'snapshot', n: 1, commit: 'mended', tree: 't', editable: 'e', added: 1, deleted: 0 });
    expect(next(script)).toMatchObject({ do: 'measure', n: 1 });
    script.measure(1, 3);
    expect(next(script)).toEqual({ do: 'guard', n: 1, when: 'keep' });
    script.guard(1, 'keep');
    expect(verdict(script)).toMatchObject({ verdict: 'kept' });
  });

  it('run again where the harness ended meanwhile', () => {
    const script = guarded().addIdea().measure(1, 3).startGuards(1, 'keep');
    script.addEvent({ type: 'guarded', g: 1, outcomes: [], lost: 'the harness was killed while they ran' });
    expect(next(script)).toEqual({ do: 'guard', n: 1, when: 'keep' });
  });

  it('are not needed for a control', () => {
    const script = guarded().propose('again', { kind: 'control' }).addSnapshot(1).measure(1, 3);
    expect(verdict(script)).toMatchObject({ verdict: 'discarded', kind: 'control', wouldKeep: true });
  });

  it('run on code that a leave-one-out test would carry on', () => {
    const script = guarded().addIdea().measure(1, 3).guard(1, 'keep').decide(1).advance(1);
    script.propose('without #1', { kind: 'ablation', ablates: 1 }).addSnapshot(2);
    const pair = { pair: 2 };
    for (const [own, other] of [
      [3, 3.1],
      [3, 3.1],
      [3, 3.1],
    ] as const)
      script.measure(2, own, pair).measure(1, other, { purpose: 'replicate', ...pair });
    expect(verdict(script, 2)).toMatchObject({ again: true, guards: 'keep' });
  });

  it('give way to a person who gave the idea up', () => {
    const script = guarded().addIdea().measure(1, 3);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'skip', n: 1 } });
    expect(verdict(script)).toMatchObject({ verdict: 'inconclusive', reason: 'given up by a person' });
  });
});

describe('early guards', () => {
  it('run before the first measurement, and the others before it is carried on', () => {
    const script = guarded([TESTS, TYPES]).addIdea();
    expect(next(script)).toEqual({ do: 'guard', n: 1, when: 'early' });
    script.guard(1, 'early');
    expect(script.state.guardRuns.at(-1)!.guards).toEqual(['types']);
    expect(next(script)).toMatchObject({ do: 'measure', n: 1 });
    script.measure(1, 3);
    expect(next(script)).toEqual({ do: 'guard', n: 1, when: 'keep' });
    script.guard(1, 'keep');
    expect(script.state.guardRuns.at(-1)!.guards).toEqual(['tests']);
    expect(verdict(script)).toMatchObject({ verdict: 'kept' });
  });

  it('cost a candidate that fails one no measurement', () => {
    const script = guarded([TYPES]).addIdea().guard(1, 'early', 'TS2322');
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(verdict(script)).toMatchObject({ verdict: 'crashed', failure: 'guard', n: 0, reason: /TS2322/ });
  });

  it('run before a screening run, too', () => {
    const screen = { screen: { seconds: 0.5, ranks: true } };
    expect(next(guarded([TYPES], screen).addIdea())).toEqual({ do: 'guard', n: 1, when: 'early' });
  });
});

it('a lab of earlier times, whose guards ran inside the first measurement, is judged as it was', () => {
  const script = labWith([TESTS]).addCalibration([5, 5.1, 4.9]).addIdea().measure(1, 3);
  expect(verdict(script)).toMatchObject({ verdict: 'kept' });
  expect(next(script), 'and goes on with guards of their own').toEqual({ do: 'guard', n: 0, when: 'baseline' });
});

it('a candidate that failed a guard is never part of the front', () => {
  const front = { front: [{ metric: 'size', direction: 'minimize' }] };
  const frontOf = (failure?: string): number[] => {
    const script = guarded([TESTS], front)
      .addIdea()
      .measure(1, 3, { metrics: { size: 1 } });
    return paretoFront(script.guard(1, 'keep', failure).decide(1).state);
  };
  expect(frontOf()).toContain(1);
  expect(frontOf('1 failed')).not.toContain(1);
});

it('events of guards that cannot follow are refused', () => {
  const script = guarded().addIdea();
  const end = { type: 'guarded', g: 0, outcomes: [] } as const;
  expect(() => script.addEvent(end)).toThrow('Guard run 0 is finished, not running.');
  expect(() => script.addEvent({ ...end, g: 7 })).toThrow('Guard run 7 is unknown, not running.');
  const start = { type: 'guarding', n: 1, commit: 'c', when: 'keep', guards: [], session: 0 } as const;
  expect(() => script.addEvent({ ...start, g: 3 })).toThrow('It says guard run 3; the next one is 1.');
  expect(() => script.addEvent({ ...start, g: 1, n: 9 })).toThrow('Experiment 9 is unknown');
});

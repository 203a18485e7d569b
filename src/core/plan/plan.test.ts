import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { judgeClaim } from '../rules/claims.ts';
import { measurementsOf } from '../state.ts';
import type { Purpose } from '../outcome.ts';
import { plan } from './plan.ts';
import { nextSeed } from './seed.ts';
import { ideasTried, typicalMeasurementS } from './pace.ts';
import type { PlanContext, Step } from './step.ts';

const now = (change: Partial<PlanContext> = {}): PlanContext => ({ ...IDLE_CONTEXT, ...change });
const next = (script: Script, change: Partial<PlanContext> = {}): Step => plan(script.state, now(change));
const measure = (n: number, purpose: Purpose): object => expect.objectContaining({ do: 'measure', n, purpose });
const opened = (): Script => new Script().propose('baseline').addSnapshot();
const quiet = [5, 5.02, 4.98] as const;

describe('while a proposer thinks', () => {
  const thinking = { isThinking: true, hasSpareCores: true };

  it('the incumbent is measured up to five times, then the baseline up to ten, and then nothing', () => {
    const script = new Script(arenaWith({ decide: { controls: 0 } })).addCalibration(quiet).addKeptIdea(3);
    for (let has = 1; has < 5; has++) {
      expect(next(script, thinking)).toEqual(measure(1, 'replicate'));
      script.measure(1, 3, { purpose: 'replicate' });
    }
    for (let has = 3; has < 10; has++) {
      expect(next(script, thinking)).toEqual(measure(0, 'replicate'));
      script.measure(0, 5, { purpose: 'replicate' });
    }
    expect(next(script, thinking)).toEqual({ do: 'wait' });
  });

  it('then unchanged code is measured as a control, up to one in twenty ideas', () => {
    const script = new Script(arenaWith({ decide: { drift: 0 } })).addCalibration(quiet).addKeptIdea(3);
    for (let n = 2; n <= 20; n++) script.addIdea().measure(n, 4).decide(n);
    for (let step = next(script, thinking); step.do === 'measure'; step = next(script, thinking))
      script.measure(step.n, step.n === 0 ? 5 : 3, { purpose: step.purpose });
    expect([1, 0].map((n) => measurementsOf(script.state, n).length)).toEqual([5, 10]);
    expect(next(script, thinking)).toEqual({ do: 'control' });
    const control = { n: 21, parent: 1, proposer: 'harness', hypothesis: 'unchanged', edits: {} };
    script
      .addEvent({ type: 'proposed', kind: 'control', ...control })
      .addSnapshot(21)
      .measure(21, 3)
      .decide(21);
    expect(next(script, thinking)).toEqual({ do: 'wait' });
  });

  it('nothing is measured when a measurement needs every core', () => {
    expect(next(opened().addCalibration(quiet).addKeptIdea(3), { isThinking: true, hasSpareCores: false })).toEqual({
      do: 'wait',
    });
  });

  it('it is taken back when the session must stop', () => {
    const script = opened().addCalibration(quiet);
    for (const over of [{ stopRequested: true }, { leftS: 0.5 }, { experiments: 0 }])
      expect(next(script, { ...thinking, ...over })).toEqual({ do: 'abandon' });
  });
});

describe('a candidate of an agent that crashed', () => {
  const crashed = (failure: 'exit' | 'frozen-changed' = 'exit', note: object | null = {}): Script => {
    const script = opened().addCalibration(quiet);
    script.addEvent({
      type: 'proposed',
      n: 1,
      kind: 'idea',
      parent: 0,
      proposer: 'a',
      hypothesis: 'h',
      edits: {},
      ...(note && { note }),
    });
    return script.addSnapshot(1).measure(1, failure);
  };
  const can = { repairs: 2 };

  it('is repaired first, and then measured like any other', () => {
    const script = crashed();
    expect(next(script, can)).toEqual({ do: 'repair', n: 1 });
    script.addEvent({ type: 'repaired', n: 1, attempt: 1, edits: {}, proposer: 'a' });
    expect(next(script, can)).toEqual({ do: 'admit', n: 1 });
    expect(next(script.addSnapshot(1), can)).toEqual(measure(1, 'idea'));
    expect(script.state.experiments[1]!.idea.attempts).toHaveLength(1);
  });

  it('is decided when nobody can repair it, it was tried too often, it is no agent’s, or it touched what it must not', () => {
    const decide = { do: 'decide', n: 1 };
    expect(next(crashed())).toEqual(decide);
    expect(next(crashed(), { ...can, unrepairable: new Set([1]) })).toEqual(decide);
    expect(next(crashed('exit', null), can)).toEqual(decide);
    expect(next(crashed('frozen-changed'), can)).toEqual(decide);
    expect(next(crashed(), { ...can, stopRequested: true })).toEqual(decide);
    const script = crashed();
    for (const call of [0, 1])
      script.addEvent({ type: 'calling', call, n: 1, purpose: 'repair', agent: 'a', session: 0 });
    expect(next(script, can)).toEqual(decide);
  });

  it('waits while a proposer thinks, and its repair goes on when the last experiment was reached', () => {
    const step = next(crashed(), { ...can, isThinking: true, hasSpareCores: true });
    expect(['decide', 'repair']).not.toContain(step.do);
    const repairing = { ...can, isThinking: true, hasSpareCores: true, isRepairing: true };
    expect(next(crashed(), { ...repairing, experiments: 1 }).do).not.toBe('abandon');
    expect(next(crashed(), { ...repairing, stopRequested: true })).toEqual({ do: 'abandon' });
  });
});

describe('stop rules', () => {
  it('a plateau is so many ideas of this session since a gain that stands', () => {
    const script = opened().addCalibration(quiet).addKeptIdea(3);
    for (let n = 2; n < 5; n++) script.addIdea().measure(n, 9).decide(n);
    expect(next(script, { plateau: 4 })).toEqual({ do: 'propose' });
    expect(['measure', 'stop']).toContain(next(script, { plateau: 3 }).do);
    expect(next(script.startSession(), { plateau: 3 })).toEqual({ do: 'propose' });
  });

  it('silence is measured from the last number, or from the start', () => {
    const script = opened().addCalibration(quiet);
    expect(next(script, { idleS: 600, currentTime: '2026-03-07T20:05:00Z' })).toEqual({ do: 'propose' });
    expect(next(script, { idleS: 600, currentTime: '2026-03-07T20:30:00Z' })).toMatchObject({
      do: 'stop',
      reason: 'idle',
      detail: expect.stringContaining('minutes'),
    });
  });

  it('nobody is asked for ideas where they come from outside; what came is measured', () => {
    const script = opened().addCalibration(quiet);
    // Until something comes, the machine makes later verdicts surer: ten numbers of the baseline, then it waits.
    for (let count = quiet.length; count < 10; count++) {
      expect(next(script, { acceptsSubmissionsOnly: true })).toEqual(measure(0, 'replicate'));
      script.measure(0, 5, { purpose: 'replicate' });
    }
    expect(next(script, { acceptsSubmissionsOnly: true })).toEqual({ do: 'wait' });
    expect(next(script.addIdea(), { acceptsSubmissionsOnly: true })).toEqual(measure(1, 'idea'));
    script.addEvent({ type: 'steered', id: 'wish-0009', from: 'me', wish: { verb: 'pause' } });
    expect(next(script, { acceptsSubmissionsOnly: true })).toEqual(measure(1, 'idea'));
  });
});

describe('requests of a person', () => {
  const id = 'wish-0001';
  const from = 'person';

  it('to pause keeps new ideas away until `resume`, not what is open', () => {
    const script = opened()
      .addCalibration(quiet)
      .addEvent({ type: 'steered', id, from, wish: { verb: 'pause' } });
    expect(next(script)).toEqual({ do: 'wait' });
    expect(
      next(
        opened()
          .addCalibration(quiet)
          .addIdea()
          .addEvent({ type: 'steered', id, from, wish: { verb: 'pause' } }),
      ),
    ).toEqual(measure(1, 'idea'));
    expect(next(script.addEvent({ type: 'steered', id: 'wish-0002', from, wish: { verb: 'resume' } }))).toEqual({
      do: 'propose',
    });
  });

  it('for another number of the incumbent or another try of an idea come before new ideas, once', () => {
    const script = opened().addCalibration(quiet).addIdea().measure(1, 9).decide(1);
    script.addEvent({ type: 'steered', id, from, wish: { verb: 'replicate' } });
    script.addEvent({ type: 'steered', id: 'wish-0002', from, wish: { verb: 'pin', n: 1 } });
    expect(next(script)).toEqual(measure(0, 'replicate'));
    expect(next(script.measure(0, 5, { purpose: 'replicate' }))).toEqual({ do: 'retry', n: 1 });
  });

  it('to skip an idea decides it without a number', () => {
    const script = opened().addCalibration(quiet).addIdea();
    script.addEvent({ type: 'steered', id, from, wish: { verb: 'skip', n: 1 } });
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(next(script.decide(1))).toEqual({ do: 'propose' });
    expect(script.state.experiments[1]).toMatchObject({ decision: { verdict: 'inconclusive', n: 0 } });
  });
});

describe('the order of a session', () => {
  it('repeats the baseline first, then writes its noise down, then asks for an idea', () => {
    const script = opened();
    for (const value of quiet) {
      expect(next(script)).toEqual(measure(0, 'calibrate'));
      script.measure(0, value, { purpose: 'calibrate' });
    }
    expect(next(script)).toEqual({ do: 'calibrate' });
    expect(next(script.addCalibration([]))).toEqual({ do: 'propose' });
  });

  it('admits an idea, measures it, decides, and advances what is kept', () => {
    const script = opened().addCalibration(quiet).propose();
    expect(next(script)).toEqual({ do: 'admit', n: 1 });
    expect(next(script.addSnapshot())).toEqual(measure(1, 'idea'));
    expect(next(script.measure(1, 3))).toEqual({ do: 'decide', n: 1 });
    expect(next(script.decide(1))).toEqual({ do: 'advance', n: 1 });
  });

  it('asks for the next idea once an idea is kept: its one number steers until a claim is due', () => {
    expect(next(opened().addCalibration(quiet).addKeptIdea(3))).toEqual({ do: 'propose' });
  });

  it('decides an idea after one number, also where it cannot tell, and goes on', () => {
    // Noise 0.02, a standard error of 0.0231: 0.002 better is less than the margin of 0.2.
    const script = opened().addCalibration(quiet).addIdea().measure(1, 4.998);
    expect(next(script)).toEqual({ do: 'decide', n: 1 });
    expect(next(script.decide(1))).toEqual({ do: 'propose' });
    expect(script.state.counts.inconclusive).toBe(1);
  });

  it('repeats a bundle until it has three numbers', () => {
    const script = opened().addCalibration(quiet);
    const bundle = { n: 1, parent: 0, proposer: 'harness', hypothesis: 'together', edits: {}, bundles: [] };
    script.addEvent({ type: 'proposed', kind: 'idea', ...bundle }).addSnapshot();
    expect(next(script)).toEqual(measure(1, 'idea'));
    for (let count = 1; count < 3; count++)
      expect(next(script.measure(1, 4.9, { purpose: count === 1 ? 'idea' : 'replicate' }))).toEqual(
        measure(1, 'replicate'),
      );
    expect(next(script.measure(1, 4.9, { purpose: 'replicate' }))).toEqual({ do: 'decide', n: 1 });
  });

  it('makes a measurement again that was lost', () => {
    const script = opened().addCalibration(quiet).addIdea().startMeasurement(1);
    expect(next(script)).toEqual({ do: 'wait' });
    script.addEvent({ type: 'lost', m: 3, reason: 'the harness was killed' });
    expect(next(script)).toEqual(measure(1, 'idea'));
  });

  it('tests the claim at the end: both sides in turn, then the judgement, then stop', () => {
    // Under a rule in pairs each number of the candidate has a partner.
    const script = new Script(arenaWith({ decide: { rule: 'paired' } })).addCalibration(quiet).addIdea();
    script.measure(1, 3, { pair: 1 }).measure(0, 5, { pair: 1, purpose: 'replicate' }).decide(1).advance(1);
    const sides: number[] = [];
    for (;;) {
      const step = next(script, { experiments: 1 });
      if (step.do !== 'measure') break;
      expect(step).toMatchObject({ purpose: 'confirm', claim: 1 });
      sides.push(step.n);
      script.measure(step.n, 5, { purpose: 'confirm', claim: 1 });
    }
    // It is given up after two pairs without a difference.
    expect(sides).toEqual([1, 0, 0, 1]);
    expect(next(script, { experiments: 1 })).toEqual({ do: 'confirm', n: 1, against: 0 });
    const result = judgeClaim(script.state, 1, 0, SCRIPT_DEVICE)!;
    script.addEvent({ type: 'confirmation', n: 1, against: 0, ...result });
    expect(next(script, { experiments: 1 })).toMatchObject({ do: 'stop', reason: 'experiments' });
  });

  it('ends a claim that was begun although there is time for another idea by then', () => {
    const script = opened().addCalibration(quiet).addKeptIdea(3);
    expect(next(script, { leftS: 10.1 })).toEqual(measure(1, 'confirm'));
    for (const [n, value] of [
      [1, 3],
      [0, 5],
      [0, 5.01],
      [1, 3.01],
    ] as const)
      script.measure(n, value, { purpose: 'confirm', claim: 1 });
    expect(next(script, { leftS: 60 })).toMatchObject({ do: 'confirm', n: 1 });
  });

  it('ends a claim whose own measurement fails, and makes again one that was lost', () => {
    const script = opened().addCalibration(quiet).addKeptIdea(3).startMeasurement(1, { purpose: 'confirm', claim: 1 });
    script.addEvent({ type: 'lost', m: 4, reason: 'killed' });
    expect(next(script, { experiments: 1 })).toEqual(measure(1, 'confirm'));
    script.measure(1, 'exit', { purpose: 'confirm', claim: 1 });
    expect(next(script, { experiments: 1 })).toEqual({ do: 'confirm', n: 1, against: 0 });
  });
});

describe('a claim whose other side fails', () => {
  it('is given up after three failures instead of measured for ever', () => {
    const script = opened().addCalibration(quiet).addKeptIdea(3);
    for (let i = 0; i < 20; i++) {
      const step = next(script, { experiments: 1 });
      if (step.do !== 'measure') break;
      script.measure(step.n, step.n === 0 ? 'exit' : 3, { purpose: 'confirm', claim: 1 });
    }
    expect(next(script, { experiments: 1 })).toEqual({ do: 'confirm', n: 1, against: 0 });
    expect(judgeClaim(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({
      passed: false,
      reason: '#0, which it is compared with, failed in 3 fresh measurements',
    });
  });
});

describe('ends', () => {
  const ready = (): Script => opened().addCalibration(quiet);

  it('stops at the number of experiments, never in the middle of one', () => {
    const script = ready().addIdea();
    expect(next(script, { experiments: 1 })).toEqual(measure(1, 'idea'));
    script.measure(1, 6).decide(1);
    expect(next(script, { experiments: 1 })).toMatchObject({ do: 'stop', reason: 'experiments' });
    expect(ideasTried(script.state)).toBe(1);
  });

  it('keeps time for testing the claim before the deadline', () => {
    const script = ready().addKeptIdea(3);
    expect(typicalMeasurementS(script.state)).toBe(1);
    // One idea takes a second, the claim six numbers of its own and three of the baseline.
    expect(next(script, { leftS: 10.3 })).toEqual({ do: 'propose' });
    expect(next(script, { leftS: 10.1 })).toEqual(measure(1, 'confirm'));
    expect(next(script, { leftS: 8.9 })).toEqual({ do: 'propose' });
    expect(next(script, { leftS: 1.1 })).toMatchObject({ do: 'stop', reason: 'deadline' });
    expect(next(ready(), { leftS: 2 })).toEqual({ do: 'propose' });
    expect(next(ready(), { leftS: 1 })).toMatchObject({ do: 'stop', reason: 'deadline' });
  });

  it('stops when the incumbent reaches the target, in the direction of the metric', () => {
    expect(next(ready(), { target: 4.9 })).toEqual({ do: 'propose' });
    expect(next(ready(), { target: 5.1 })).toMatchObject({ do: 'stop', reason: 'target' });
    // It is the mean of the incumbent that counts, not that of the baseline.
    expect(next(ready().addKeptIdea(3), { target: 3.1 }).do).not.toBe('propose');
    expect(next(ready().addKeptIdea(3), { target: 2.9 })).toEqual({ do: 'propose' });
    const larger = new Script(arenaWith({ metric: { name: 'acc', direction: 'maximize' } })).addCalibration(quiet);
    expect(next(larger, { target: 5.1 })).toEqual({ do: 'propose' });
    expect(next(larger, { target: 4.9 })).toMatchObject({ do: 'stop', reason: 'target' });
  });

  it('ends the experiment it is in when asked to stop, and begins nothing else', () => {
    const script = ready().addIdea();
    expect(next(script, { stopRequested: true })).toEqual(measure(1, 'idea'));
    script.measure(1, 3).decide(1);
    expect(next(script, { stopRequested: true })).toEqual({ do: 'advance', n: 1 });
    expect(next(script.advance(1), { stopRequested: true })).toMatchObject({ do: 'stop', reason: 'asked' });
  });

  it('does not go on calibrating when asked to stop: the next session does', () => {
    const script = opened().measure(0, 5, { purpose: 'calibrate' });
    expect(next(script, { stopRequested: true })).toMatchObject({ do: 'stop', reason: 'asked' });
    expect(next(script)).toEqual(measure(0, 'calibrate'));
  });

  it('stops when ten ideas in a row fail in the same way, and only then', () => {
    const script = ready();
    for (let n = 1; n <= 9; n++) script.addIdea().measure(n, 'import').decide(n);
    expect(next(script)).toEqual({ do: 'propose' });
    const other = ready();
    for (let n = 1; n <= 10; n++)
      other
        .addIdea()
        .measure(n, n === 4 ? 'nan' : 'import')
        .decide(n);
    expect(next(other)).toEqual({ do: 'propose' });
    script.addIdea().measure(10, 'import').decide(10);
    expect(next(script)).toMatchObject({ do: 'stop', reason: 'stuck', detail: expect.stringContaining('import') });
    expect(next(script.startSession()), 'a new session tries again: something may have been repaired').toEqual({
      do: 'propose',
    });
  });
});

describe('another machine', () => {
  const moved = { deviceClass: 'device-b' };

  it('has its own noise: the baseline is repeated there before anything else is measured', () => {
    const script = opened().addCalibration(quiet).addIdea().startSession('device-b');
    expect(next(script, moved)).toEqual(measure(0, 'calibrate'));
    script.addCalibration([9, 9.01, 8.99], 'device-b');
    expect(next(script, moved)).toEqual(measure(1, 'idea'));
  });

  it('measures the incumbent there before an open idea is compared with it', () => {
    const script = opened()
      .addCalibration(quiet)
      .addKeptIdea(3)
      .addIdea()
      .startSession('device-b')
      .addCalibration([9, 9.01, 8.99], 'device-b');
    expect(next(script, moved)).toEqual(measure(1, 'replicate'));
    script
      .measure(1, 7, { purpose: 'replicate', device: 'device-b' })
      .measure(1, 7, { purpose: 'replicate', device: 'device-b' });
    expect(next(script, moved)).toEqual(measure(2, 'idea'));
  });
});

describe('several workers', () => {
  it('leave alone what another one handles, and do not exceed the slots', () => {
    const script = opened().addCalibration(quiet).addIdea().startMeasurement(1);
    expect(next(script, { busyExperiments: new Set([1]) })).toEqual({ do: 'wait' });
    expect(next(script, { busyExperiments: new Set([1]), slots: 2 })).toEqual({ do: 'propose' });
  });
});

describe('seeds', () => {
  it('are the harness’s own: new for each measurement, the same for the same lab, and fixed where the arena says so', () => {
    const script = opened();
    const first = nextSeed(script.state);
    expect(nextSeed(opened().state)).toBe(first);
    expect(nextSeed(script.measure(0, 5, { purpose: 'calibrate' }).state)).not.toBe(first);
    const fixed = new Script(arenaWith({ seeds: { first: 42, fixed: true } })).propose('baseline').addSnapshot();
    expect(nextSeed(fixed.state)).toBe(42);
  });
});

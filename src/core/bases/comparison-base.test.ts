/** What an idea is compared with, when it is carried over, and why a step is lost. */
import { describe, expect, it } from 'vitest';
import { judge } from '../rules/judge.ts';
import { plan } from '../plan/plan.ts';
import { arenaWith, IDLE_CONTEXT, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import {
  baseToMeasure,
  comparisonBase,
  isOnOlderBase,
  lostSteps,
  stepsNotIn,
  undecidedBase,
} from './comparison-base.ts';
import { nextCarryOver } from './carry-overs.ts';

const plain = { controls: 0, drift: 0 };
const lab = (decide: object = {}, manifest: object = {}): Script =>
  new Script(arenaWith({ decide: { ...plain, ...decide }, ...manifest })).addCalibration([5, 5.1, 4.9, 5.1, 4.9]);
/** An idea on `parent`, from the inbox, in git. */
const submitted = (script: Script, parent: number): Script =>
  script.propose('an idea', { parent, request: `id-${script.state.experiments.length}` }).addSnapshot();
const veto = (script: Script, n: number): Script =>
  script.addEvent({ type: 'steered', id: `veto-${n}`, from: 'me', wish: { verb: 'veto', n } });
const context = { ...IDLE_CONTEXT, acceptsSubmissionsOnly: true };

describe('the base of an idea', () => {
  it('is what it was built on, whatever is the incumbent', () => {
    const script = lab().addKeptIdea(4);
    submitted(script, 0).measure(2, 4.6);
    expect([comparisonBase(script.state, 2), isOnOlderBase(script.state, 2)]).toEqual([0, true]);
    expect(judge(script.state, 2, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'inconclusive', kind: 'carried', against: 0, moved: { incumbent: 1, rule: 'bases/1' } },
    });
    submitted(script, 1).measure(3, 4.6);
    expect(judge(script.state, 3, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'discarded', against: 1 } });
    expect(isOnOlderBase(script.state, 3)).toBe(false);
  });

  it('that crashed is the one below it; an idea that mends it is compared with code that runs', () => {
    const script = lab();
    submitted(script, 0).measure(1, 'exit').decide(1);
    submitted(script, 1);
    expect(comparisonBase(script.state, 2)).toBe(0);
    expect(judge(script.measure(2, 4).state, 2, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'kept' } });
  });

  it('is the incumbent for a proposer’s idea from another live base, and never for a submission on it', () => {
    const script = lab({}, { search: { branches: 3 } })
      .tryIdea(5.01)
      .tryIdea(4.5);
    expect(script.state.incumbent).toBe(2);
    script.propose('branch', { parent: 1 }).addSnapshot();
    submitted(script, 1);
    expect([3, 4].map((n) => comparisonBase(script.state, n))).toEqual([2, 1]);
    expect(stepsNotIn(script.state, 3)).toEqual([2]);
    script.measure(3, 3).measure(3, 3, { purpose: 'replicate' });
    const judgement = judge(script.state, 3, SCRIPT_DEVICE);
    expect(judgement).toMatchObject({ decision: { verdict: 'kept', drops: [2] } });
    expect(judgement).toMatchObject({ decision: { reason: expect.stringContaining('takes the place of #2') } });
    script.decide(3).advance(3);
    expect(lostSteps(script.state)).toEqual([{ n: 2, because: 'replaced', by: 3 }]);
  });

  it('that is not decided is waited for, and one that has no number here is measured, once', () => {
    const script = lab();
    submitted(script, 0);
    submitted(script, 1);
    expect(undecidedBase(script.state, 2)).toBe(1);
    script.measure(1, 5.6).decide(1);
    expect(undecidedBase(script.state, 2)).toBeUndefined();
    const other = { device: 'device-b' };
    script.startSession('device-b');
    script.addCalibration([5, 5.1, 4.9], 'device-b').measure(2, 4, other);
    expect(baseToMeasure(script.state, 2, 'device-b')).toBe(1);
    expect(judge(script.state, 2, 'device-b')).toMatchObject({ again: true });
    expect(plan(script.state, { ...context, deviceClass: 'device-b' })).toMatchObject({ do: 'measure', n: 1 });
    script.measure(1, 'exit', { ...other, purpose: 'replicate' });
    expect(baseToMeasure(script.state, 2, 'device-b')).toBeUndefined();
    expect(judge(script.state, 2, 'device-b')).toMatchObject({ decision: { verdict: 'inconclusive', against: 1 } });
  });

  it('whose numbers are old is measured again: the machine may have changed', () => {
    const script = lab().addKeptIdea(4);
    submitted(script, 0).measure(2, 4.6);
    for (let i = 0; i < 49; i++) script.measure(1, 4, { purpose: 'replicate' });
    expect(baseToMeasure(script.state, 2, SCRIPT_DEVICE)).toBe(0);
    script.measure(0, 5, { purpose: 'replicate' });
    expect(baseToMeasure(script.state, 2, SCRIPT_DEVICE)).toBeUndefined();
  });

  it('is measured beside the idea where verdicts rest on pairs', () => {
    const script = lab({ rule: 'paired' }).addEvent({
      type: 'proposed',
      n: 1,
      kind: 'idea',
      parent: 0,
      proposer: 'p',
      hypothesis: 'h',
      edits: {},
    });
    script.addSnapshot();
    for (const [n, value] of [
      [1, 3],
      [0, 5],
    ] as const)
      script.measure(n, value, { pair: 1, seed: 9 });
    script.decide(1).advance(1);
    submitted(script, 0);
    expect(plan(script.state, context)).toMatchObject({ do: 'measure', n: 2, pair: 2 });
    script.measure(2, 4, { pair: 2, seed: 8 });
    expect(plan(script.state, context)).toMatchObject({ do: 'measure', n: 0, pair: 2 });
  });
});

describe('carrying over', () => {
  const carried = (): Script => {
    const script = lab().addKeptIdea(4);
    submitted(script, 0).measure(2, 4.6).decide(2);
    return submitted(script, 0).measure(3, 4.5).decide(3);
  };
  const carrier = (script: Script, carries: number): Script =>
    script.propose('again', { carries, parent: script.state.incumbent }).addSnapshot();

  it('is what the plan does next, one idea at a time, the oldest first, and before other open ideas', () => {
    const script = carried();
    submitted(script, 0);
    expect(plan(script.state, context)).toEqual({ do: 'carry', n: 2, others: [] });
    carrier(script, 2);
    expect(nextCarryOver(script.state)).toEqual([]);
    expect(plan(script.state, context)).toMatchObject({ do: 'measure', n: 5 });
    script.measure(5, 3.5).decide(5).advance(5);
    expect(plan(script.state, context)).toEqual({ do: 'carry', n: 3, others: [] });
  });

  it('waits for the next session when a person stops this one, and is not done for what was ruled out', () => {
    const script = carried();
    expect(plan(script.state, { ...context, stopRequested: true })).not.toMatchObject({ do: 'carry' });
    veto(script, 2);
    expect(nextCarryOver(script.state)).toEqual([3]);
    veto(script, 3);
    expect(nextCarryOver(script.state)).toEqual([]);
  });

  it('is done again when the step that it was carried over to is ruled out', () => {
    const script = carrier(carried(), 2).measure(4, 3.5).decide(4).advance(4);
    veto(script, 1);
    expect(script.state.incumbent).toBe(0);
    expect(nextCarryOver(script.state)).toEqual([2]);
    expect(lostSteps(script.state)).toEqual([
      { n: 1, because: 'ruled out' },
      { n: 4, because: 'ruled out' },
    ]);
  });

  it('of something that was not better than an older base is refused by the ledger', () => {
    const script = lab().addKeptIdea(4);
    expect(() => script.propose('again', { carries: 1 })).toThrow(/cannot stand/);
  });

  it('does not count as another idea, and is no near miss', () => {
    const script = carrier(carried(), 2);
    expect(script.state.marginal).toEqual([]);
    expect(plan(script.state, { ...context, experiments: 4 })).toMatchObject({ do: 'measure', n: 4 });
    script.measure(4, 3.5).decide(4).advance(4);
    expect(script.state.carryOvers.get(2)).toEqual([4]);
  });
});

describe('a veto', () => {
  it('goes back to a step, not to what a step happened to be built on', () => {
    const script = lab();
    submitted(script, 0).measure(1, 'exit').decide(1);
    submitted(script, 1).measure(2, 4).decide(2).advance(2);
    expect(veto(script, 2).state.incumbent).toBe(0);
  });
});

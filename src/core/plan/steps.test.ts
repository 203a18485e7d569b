/** The order of steps where several could be made, and how often each is due. */
import { describe, expect, it } from 'vitest';
import { decisionOf, draftConfirmation, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { measureWhileWaiting } from './idle.ts';
import { plan } from './plan.ts';
import { nextSeed } from './seed.ts';
import type { PlanContext, Step } from './step.ts';

const quiet = [5, 5.02, 4.98] as const;
const plain = { controls: 0, drift: 0 };
const lab = (change: object = {}): Script => new Script(arenaWith({ decide: plain, ...change })).addCalibration(quiet);
const next = (script: Script, change: Partial<PlanContext> = {}): Step =>
  plan(script.state, { ...IDLE_CONTEXT, ...change });
const measured = (step: Step): unknown => (step.do === 'measure' ? [step.n, step.purpose] : step.do);
const discard = (script: Script, count = 1): Script => {
  for (let i = 0; i < count; i++) {
    const n = script.state.experiments.length;
    script.addIdea().measure(n, 9).decide(n);
  }
  return script;
};

describe('the calibration', () => {
  it('is as many numbers of the baseline as the manifest says, running ones counted, in the slots that there are', () => {
    const script = new Script(arenaWith({ decide: plain })).propose('baseline').addSnapshot();
    expect(measured(next(script))).toEqual([0, 'calibrate']);
    script.startMeasurement(0, { purpose: 'calibrate' });
    expect(next(script)).toEqual({ do: 'wait' });
    expect(measured(next(script, { slots: 2 }))).toEqual([0, 'calibrate']);
    script.startMeasurement(0, { purpose: 'calibrate' }).startMeasurement(0, { purpose: 'calibrate' });
    expect(next(script, { slots: 3 })).toEqual({ do: 'wait' });
    script.finishMeasurement(5).measure(0, 5, { purpose: 'calibrate' });
    script.measure(0, 5, { purpose: 'calibrate' });
    expect(next(script, { slots: 3 })).toEqual({ do: 'calibrate' });
  });
});

describe('the number of the incumbent', () => {
  it('is made again after 25 experiments, after 50, and not before', () => {
    const script = lab().addIdea().measure(1, 3).decide(1).advance(1);
    discard(script, 23);
    expect(measured(next(script))).toEqual('propose');
    expect(measured(next(discard(script)))).toEqual([1, 'replicate']);
    script.measure(1, 3, { purpose: 'replicate' });
    expect(measured(next(discard(script, 24)))).toEqual('propose');
    expect(measured(next(discard(script)))).toEqual([1, 'replicate']);
    script.startMeasurement(1, { purpose: 'replicate' });
    expect(measured(next(script, { slots: 2 }))).toEqual('propose');
  });

  it('is never made again where it is the baseline', () => {
    expect(measured(next(discard(lab(), 80)))).toBe('propose');
  });

  it('is asked for by people first, of the baseline too', () => {
    const script = lab().addIdea();
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'replicate' } });
    expect(measured(next(script))).toEqual([0, 'replicate']);
    expect(measured(next(script.measure(0, 5, { purpose: 'replicate' })))).toEqual([1, 'idea']);
  });

  it('was lost or made elsewhere, and is made here', () => {
    const script = lab().addIdea();
    script.addEvent({ type: 'decided', n: 1, decision: decisionOf({ verdict: 'kept' }) }).advance(1);
    script.measure(1, 3, { device: 'device-b' }).startMeasurement(1);
    expect(measured(next(script, { slots: 2 }))).toEqual('propose');
    script.addEvent({ type: 'lost', m: 4, reason: 'r' });
    expect(measured(next(script))).toEqual([1, 'replicate']);
  });
});

describe('open ideas', () => {
  it('are admitted, advanced and measured one by one, except those that somebody handles', () => {
    const script = lab().propose().propose();
    expect(next(script)).toEqual({ do: 'admit', n: 1 });
    expect(next(script, { busyExperiments: new Set([1]) })).toEqual({ do: 'admit', n: 2 });
    script.addSnapshot(1).addSnapshot(2);
    expect(measured(next(script))).toEqual([1, 'idea']);
    expect(measured(next(script, { busyExperiments: new Set([1]) }))).toEqual([2, 'idea']);
    script.startMeasurement(1);
    expect(next(script)).toEqual({ do: 'wait' });
    expect(measured(next(script, { slots: 2 }))).toEqual([2, 'idea']);
    script.finishMeasurement(3);
    expect(next(script, { slots: 2 })).toEqual({ do: 'decide', n: 1 });
    expect(next(script.decide(1))).toEqual({ do: 'advance', n: 1 });
  });

  it('are measured again after a lost number as if it had not been', () => {
    const script = lab().addIdea().startMeasurement(1).addEvent({ type: 'lost', m: 3, reason: 'r' });
    expect(measured(next(script))).toEqual([1, 'idea']);
  });

  it('that are controls and ablations have their own ways', () => {
    const control = lab()
      .addEvent(draftProposal(1, { kind: 'control' }))
      .addEvent(draftSnapshot(1));
    expect(measured(next(control))).toEqual([1, 'idea']);
    const ablation = lab()
      .addKeptIdea(3)
      .addEvent(draftProposal(2, { kind: 'ablation', ablates: 1 }));
    ablation.addEvent(draftSnapshot(2));
    const turns: unknown[] = [];
    const seeds: number[] = [];
    for (let i = 0; i < 6; i++) {
      const step = next(ablation);
      if (step.do !== 'measure') throw new Error(step.do);
      turns.push([step.n, step.purpose, step.pair, step.like]);
      seeds.push(step.seed);
      ablation.measure(step.n, 4, { purpose: step.purpose, pair: 2, seed: step.seed });
    }
    // Measurements 4 to 9: the second of each pair shares the seeds of the first.
    expect(seeds).toEqual([seeds[0], seeds[0], seeds[2], seeds[2], seeds[4], seeds[4]]);
    expect(new Set(seeds).size).toBe(3);
    expect(turns).toEqual([
      [2, 'idea', 2, undefined],
      [1, 'replicate', 2, 4],
      [1, 'replicate', 2, undefined],
      [2, 'replicate', 2, 6],
      [2, 'replicate', 2, undefined],
      [1, 'replicate', 2, 8],
    ]);
    expect(next(ablation)).toEqual({ do: 'decide', n: 2 });
  });
});

describe('an idea of an arena whose short runs rank', () => {
  it('gets a short run first, with a seed of its own', () => {
    const script = lab({ screen: { seconds: 0.5, ranks: true } }).addIdea();
    expect(next(script)).toEqual({ do: 'measure', n: 1, purpose: 'screen', seed: nextSeed(script.state) });
    script.measure(1, 9, { purpose: 'screen' });
    expect(measured(next(script))).toEqual([1, 'idea']);
  });
});

describe('a control', () => {
  it('is due after half of the first interval, then after each whole one', () => {
    const dueAt = (controls: number, most: number): number[] => {
      const script = lab({ decide: { drift: 0, controls } });
      const due: number[] = [];
      for (let ideas = 0; ideas <= most; ideas++) {
        if (next(script).do === 'control') {
          due.push(ideas);
          const n = script.state.experiments.length;
          script
            .addEvent(draftProposal(n, { kind: 'control' }))
            .addEvent(draftSnapshot(n))
            .measure(n, 5)
            .decide(n);
        }
        discard(script);
      }
      return due;
    };
    expect(dueAt(0.2, 14)).toEqual([3, 8, 13]);
    expect(dueAt(0, 14)).toEqual([]);
  });
});

describe('a look for drift', () => {
  const drifting = (): Script => lab({ decide: { controls: 0, drift: 4 } });
  const look = (script: Script, n: number, device?: string): Script =>
    script.measure(n, n === 0 ? 5 : 3, { purpose: 'drift', ...(device && { device }) });

  it('is due after every so many ideas: the baseline, then the champion where there is one', () => {
    const script = drifting().addIdea().measure(1, 3).decide(1).advance(1).addEvent(draftConfirmation(1, true));
    discard(script, 2);
    expect(measured(next(script))).toBe('propose');
    discard(script);
    expect(measured(next(script))).toEqual([0, 'drift']);
    expect(measured(next(look(script, 0)))).toEqual([1, 'drift']);
    expect(measured(next(look(script, 1)))).toBe('propose');
    discard(script, 3);
    expect(measured(next(script))).toBe('propose');
    expect(measured(next(discard(script)))).toEqual([0, 'drift']);
  });

  it('counts on this device alone, lost ones not, and is taken beside other measurements', () => {
    const script = discard(drifting(), 4);
    expect(measured(next(script.startMeasurement(0), { slots: 9 }))).toEqual([0, 'drift']);
    script.finishMeasurement(5);
    expect(measured(next(script))).toEqual([0, 'drift']);
    look(script, 0, 'device-b').startMeasurement(0, { purpose: 'drift' });
    expect(next(script, { slots: 9 })).toEqual({ do: 'propose' });
    script.addEvent({ type: 'lost', m: script.state.measurements.length - 1, reason: 'r' });
    expect(measured(next(script))).toEqual([0, 'drift']);
    expect(measured(next(look(script, 0)))).toBe('propose');
  });
});

describe('a claim', () => {
  it('is tested in a night that goes on when it stood for ten experiments and the last claim lies 120 back', () => {
    const script = lab().addIdea().measure(1, 3).decide(1).advance(1);
    for (let n = 2; n <= 119; n++)
      script.propose().addEvent({ type: 'refused', n, code: n % 2 ? 'guard' : 'vetoed', reason: 'r' });
    for (let i = 0; i < 4; i++) script.measure(1, 3, { purpose: 'replicate' });
    expect(measured(next(script))).toBe('propose');
    script.propose().addEvent({ type: 'refused', n: 120, code: 'vetoed', reason: 'r' });
    expect(measured(next(script))).toEqual([1, 'confirm']);
    expect(next(script)).toMatchObject({ claim: 1 });
    const young = script.addIdea().measure(121, 1).decide(121).advance(121);
    expect(measured(next(young))).toBe('propose');
  });

  it('waits after the last one for 120 experiments, whatever their numbers are', () => {
    const script = lab();
    const refuse = (upTo: number): void => {
      for (let n = script.state.experiments.length; n <= upTo; n++)
        script.propose().addEvent({ type: 'refused', n, code: n % 2 ? 'guard' : 'vetoed', reason: 'r' });
    };
    refuse(49);
    script.addIdea().measure(50, 3).decide(50).advance(50).addEvent(draftConfirmation(50, true));
    script.addIdea().measure(51, 1).decide(51).advance(51);
    refuse(118);
    for (let i = 0; i < 3; i++) script.measure(51, 1, { purpose: 'replicate' });
    expect(measured(next(script))).toBe('propose');
    // At the end of the session it is tested all the same, although another one was.
    expect(measured(next(script, { experiments: 1 }))).toEqual([51, 'confirm']);
  });

  it('is measured in turn, but no side that has enough', () => {
    const script = lab().addKeptIdea(4.8);
    const sides: number[] = [];
    for (let step = next(script, { experiments: 1 }); step.do === 'measure'; step = next(script, { experiments: 1 })) {
      sides.push(step.n);
      script.measure(step.n, [4.85, 5, 5, 4.9, 4.9, 5, 4.9, 4.9, 4.9][sides.length - 1]!, {
        purpose: step.purpose,
        claim: 1,
      });
    }
    expect(sides).toEqual([1, 0, 0, 1, 1, 0, 1]);
    // A champion that was chosen by its number has no numbers to reuse.
    const later = lab().addKeptIdea(4).addEvent(draftConfirmation(1, true)).addKeptIdea(3.9);
    const turns: number[] = [];
    for (let step = next(later, { experiments: 2 }); step.do === 'measure'; step = next(later, { experiments: 2 })) {
      turns.push(step.n);
      later.measure(step.n, step.n === 2 ? 3.9 : 4, { purpose: step.purpose, claim: 2 });
    }
    expect(turns.slice(0, 4)).toEqual([2, 1, 1, 2]);
    const ahead = lab().addKeptIdea(4).addEvent(draftConfirmation(1, true)).addKeptIdea(3.9);
    for (let i = 0; i < 2; i++) {
      ahead.measure(2, 3.9, { purpose: 'confirm', claim: 2 });
    }
    expect(next(ahead, { experiments: 2 })).toMatchObject({ n: 1 });
  });

  it('needs time for all of its measurements, each as long as they take here', () => {
    const slow = { conditions: { wallS: 2 } };
    const script = new Script(arenaWith({ decide: plain })).propose('b').addSnapshot();
    for (const value of quiet) script.measure(0, value, { purpose: 'calibrate', ...slow });
    script.addCalibration([]).addIdea().measure(1, 3, slow).decide(1).advance(1);
    expect([17.9, 18].map((leftS) => next(script, { experiments: 1, leftS }).do)).toEqual(['stop', 'measure']);
    // Six numbers of its own and three of the champion.
    const later = lab().addKeptIdea(4).addEvent(draftConfirmation(1, true)).addKeptIdea(3);
    expect([10.1, 10.3].map((leftS) => next(later, { leftS }).do)).toEqual(['measure', 'propose']);
    // Another idea takes 2.4 s, and the claim 18 s.
    expect([20.3, 20.5].map((leftS) => next(script, { leftS }).do)).toEqual(['measure', 'propose']);
  });

  it('is made once, in turn, and not begun without the time to end it', () => {
    const script = lab().addKeptIdea(3);
    const over = { experiments: 1 };
    expect(measured(next(script, { ...over, leftS: 8.9 }))).toBe('stop');
    expect(measured(next(script, { ...over, leftS: 9 }))).toEqual([1, 'confirm']);
    expect(measured(next(script.startMeasurement(0), { ...over, slots: 5 }))).toBe('wait');
    script.finishMeasurement(5).addEvent(draftConfirmation(1, true));
    expect(measured(next(script, over))).toBe('stop');
    const refuted = lab().addKeptIdea(3).addEvent(draftConfirmation(1, false));
    expect(measured(next(refuted, over))).toBe('stop');
  });
});

describe('the holdout', () => {
  const withHoldout = { evaluate: { command: 'j' }, holdout: { command: 'j', data: ['hidden'] } };
  const over = { experiments: 1 };

  it('is asked about the baseline and the champion, once there is one and there is time', () => {
    const script = lab(withHoldout).addKeptIdea(3);
    expect(measured(next(lab(withHoldout)))).toBe('propose');
    script.addEvent(draftConfirmation(1, true));
    expect(measured(next(script, { ...over, leftS: 0.9 }))).toBe('stop');
    expect(measured(next(script, { ...over, leftS: 1 }))).toEqual([0, 'holdout']);
    expect(measured(next(script, { stopRequested: true }))).toBe('stop');
    script.measure(0, 5, { purpose: 'holdout' });
    script.addEvent({
      type: 'held',
      m: script.state.measurements.length - 1,
      outcome: { kind: 'measured', value: 5, metrics: {} },
    });
    expect(measured(next(script, over))).toEqual([1, 'holdout']);
  });
});

describe('near misses', () => {
  it('are tried together before anything new, where the manifest says so', () => {
    const script = lab({ decide: { ...plain, bundle: 2 } });
    script.addIdea().measure(1, 4.999).decide(1);
    expect(next(script)).toEqual({ do: 'propose' });
    script.addIdea().measure(2, 4.998).decide(2);
    expect(next(script)).toEqual({ do: 'bundle', of: [2, 1] });
  });
});

describe('while a proposer thinks and cores are free', () => {
  it('a control is due for each twenty ideas', () => {
    const script = lab({ decide: { drift: 0, controls: 0.01 } });
    for (let i = 0; i < 10; i++) script.measure(0, 5, { purpose: 'replicate' });
    const control = (): unknown => measureWhileWaiting(script.state, IDLE_CONTEXT)?.do;
    expect(control()).toBeUndefined();
    discard(script);
    expect(control()).toBe('control');
    script
      .addEvent(draftProposal(2, { kind: 'control' }))
      .addEvent(draftSnapshot(2))
      .measure(2, 5)
      .decide(2);
    discard(script, 19);
    expect(control()).toBeUndefined();
    expect([...discard(script).state.controls.all]).toEqual([2]);
    expect(control()).toBe('control');
  });
});

describe('on a plateau', () => {
  it('an idea starts from another base, or is made of two that were near misses, and says why', () => {
    const script = lab({ search: { branches: 2 } });
    for (const [i, file] of ['a', 'b'].entries()) script.tryIdea(5.001 + i / 1000, { edits: { [file]: '1' } });
    const steps: Step[] = [];
    for (let i = 0; i < 20; i++) {
      const step = next(script);
      steps.push(step);
      if (step.do === 'bundle') script.tryIdea(9, { bundles: step.of, crosses: true });
      else script.tryIdea(9, step.do === 'propose' && step.base ? { parent: step.base.n } : {});
    }
    const because = expect.stringContaining('no sure gain in');
    expect(steps[0]).toEqual({ do: 'propose' });
    expect(steps).toContainEqual({ do: 'propose', base: expect.objectContaining({ role: 'runner-up' }), why: because });
    expect(steps).toContainEqual({ do: 'bundle', of: [1, 2], why: because });
  });
});

describe('the next idea', () => {
  it('waits for a slot, for a person who paused, and for submissions where only they come', () => {
    const script = lab().addKeptIdea(3);
    expect(next(script.startMeasurement(1), { slots: 1 })).toEqual({ do: 'wait' });
    expect(next(script, { slots: 2 })).toEqual({ do: 'propose' });
    script.finishMeasurement(3).addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'pause' } });
    expect(next(script)).toEqual({ do: 'wait' });
    script.addEvent({ type: 'steered', id: 'wish-0002', from: 'me', wish: { verb: 'resume' } });
    expect(next(script, { acceptsSubmissionsOnly: true })).toMatchObject({ do: 'measure', purpose: 'replicate' });
    discard(script).addEvent({ type: 'steered', id: 'wish-0003', from: 'me', wish: { verb: 'pin', n: 2 } });
    expect(next(script, { acceptsSubmissionsOnly: true })).toEqual({ do: 'retry', n: 2 });
  });
});

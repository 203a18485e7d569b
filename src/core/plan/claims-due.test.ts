/** When a claim is tested in the middle of a session, and that a claim that was begun is finished. */
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { plan } from './plan.ts';
import type { Step } from './step.ts';

const baseline = (): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.1, 4.9, 5.05, 4.95]);
const claimed = {
  against: 0,
  passed: true,
  effect: 1,
  interval: [0.8, 1.2],
  probability: 1,
  rule: 'x',
  reason: '',
} as const;

/** Failing ideas until there are so many experiments; the incumbent is measured again when the plan asks for it. */
function fillUp(script: Script, experiments: number): Step {
  for (;;) {
    const step = plan(script.state, IDLE_CONTEXT);
    if (step.do === 'measure' && step.purpose === 'replicate') script.measure(step.n, 4, { purpose: 'replicate' });
    else if (script.state.experiments.length < experiments) script.tryIdea(9);
    else return step;
  }
}

describe('in the middle of a session', () => {
  it('a claim is tested once more than 120 experiments lie behind the last one', () => {
    const script = baseline()
      .addKeptIdea(4.5)
      .addEvent({ type: 'confirmation', n: 1, ...claimed })
      .addKeptIdea(4);
    expect(fillUp(script, 121)).toEqual({ do: 'propose' });
    expect(fillUp(script, 122)).toMatchObject({ do: 'measure', n: 2, purpose: 'confirm', claim: 2 });
  });

  it('the first claim too, and only for an incumbent that has stood for ten experiments', () => {
    const script = baseline();
    expect(fillUp(script, 130)).toEqual({ do: 'propose' });
    script.addKeptIdea(4);
    expect(fillUp(script, 140)).toEqual({ do: 'propose' });
    expect(fillUp(script, 141)).toMatchObject({ do: 'measure', n: 130, purpose: 'confirm' });
  });

  it('a claim that has one fresh number is finished, although no claim is due', () => {
    const script = baseline().addKeptIdea(4);
    expect(plan(script.state, IDLE_CONTEXT)).toEqual({ do: 'propose' });
    script.measure(1, 4, { purpose: 'confirm', claim: 1 });
    expect(plan(script.state, IDLE_CONTEXT)).toMatchObject({ do: 'measure', n: 0, purpose: 'confirm', claim: 1 });
  });
});

describe('a session of submissions', () => {
  const submissions = { ...IDLE_CONTEXT, acceptsSubmissionsOnly: true };
  const stopping = { ...submissions, stopRequested: true };
  const SECONDS = { wallS: 20, evaluateS: 0 };

  it('that is stopped tests its claim first, all looks of it, and then stops', () => {
    const script = baseline().addKeptIdea(4);
    expect(plan(script.state, { ...IDLE_CONTEXT, stopRequested: true })).toMatchObject({ do: 'stop', reason: 'asked' });
    const purposes: string[] = [];
    for (let step = plan(script.state, stopping); ; step = plan(script.state, stopping)) {
      if (step.do === 'stop') break;
      if (step.do === 'measure') {
        purposes.push(step.purpose);
        script.measure(step.n, step.n === 1 ? 4 : 5, { purpose: step.purpose, claim: 1 });
      } else if (step.do === 'confirm')
        script.addEvent({ type: 'confirmation', n: step.n, ...claimed, against: step.against });
      else throw new Error(`unexpected ${step.do}`);
      expect(purposes.length).toBeLessThan(30);
    }
    expect(purposes.length).toBeGreaterThan(1);
    expect(new Set(purposes)).toEqual(new Set(['confirm']));
    expect(script.state.champion).toBe(1);
  });

  it('that is stopped leaves a claim that would take more than five minutes', () => {
    const slow = baseline().addKeptIdea(4);
    for (let i = 0; i < 9; i++) slow.measure(1, 4, { purpose: 'replicate', conditions: { ...SECONDS, wallS: 200 } });
    expect(plan(slow.state, stopping)).toMatchObject({ do: 'stop', reason: 'asked' });
    const fast = baseline().addKeptIdea(4);
    for (let i = 0; i < 9; i++) fast.measure(1, 4, { purpose: 'replicate', conditions: SECONDS });
    expect(plan(fast.state, stopping)).toMatchObject({ do: 'measure', purpose: 'confirm' });
  });

  it('leaves to the next one what nobody has begun to measure when it is stopped', () => {
    const script = baseline().propose('late', { request: 'a-request' }).addSnapshot();
    expect(plan(script.state, submissions)).toMatchObject({ do: 'measure', n: 1, purpose: 'idea' });
    expect(plan(script.state, stopping)).toMatchObject({ do: 'stop', reason: 'asked' });
    script.measure(1, 4.95);
    expect(plan(script.state, stopping)).toMatchObject({ do: 'decide', n: 1 });
  });

  it('that nobody uses for ten minutes tests its claim meanwhile, once', () => {
    const script = baseline().addKeptIdea(4);
    for (let i = 0; i < 10; i++) script.measure(i % 2, 4, { purpose: 'replicate' });
    for (let i = 0; i < 10; i++) script.measure(0, 5, { purpose: 'replicate' });
    const at = (minutes: number): string =>
      new Date(Date.parse(script.state.experiments[1]!.idea.at) + 60_000 * minutes).toISOString();
    expect(plan(script.state, { ...submissions, currentTime: at(9.9) })).toEqual({ do: 'wait' });
    expect(plan(script.state, { ...submissions, currentTime: at(10.1) })).toMatchObject({
      purpose: 'confirm',
      claim: 1,
    });
    expect(plan(script.state, { ...IDLE_CONTEXT, currentTime: at(10.1) })).toEqual({ do: 'propose' });
    script.addEvent({ type: 'confirmation', n: 1, ...claimed, passed: false });
    expect(plan(script.state, { ...submissions, currentTime: at(30) })).toEqual({ do: 'wait' });
  });
});

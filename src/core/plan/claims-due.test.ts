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

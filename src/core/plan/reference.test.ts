import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { plan } from './plan.ts';

describe('the incumbent', () => {
  it('is measured again each time it has stood for 25 experiments', () => {
    const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.02, 4.98]);
    script.addKeptIdea(3);
    for (const stood of [25, 50]) {
      while (script.state.experiments.length - 1 < stood) {
        expect(plan(script.state, IDLE_CONTEXT)).toEqual({ do: 'propose' });
        script.tryIdea(9);
      }
      expect(plan(script.state, IDLE_CONTEXT)).toMatchObject({ do: 'measure', n: 1, purpose: 'replicate' });
      script.measure(1, 3, { purpose: 'replicate' });
    }
    expect(plan(script.state, IDLE_CONTEXT)).toEqual({ do: 'propose' });
  });

  it('is measured again by every request for it, the baseline too', () => {
    const script = new Script().addCalibration([5, 5.02, 4.98]);
    script.addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'replicate' } });
    expect(plan(script.state, IDLE_CONTEXT)).toMatchObject({ do: 'measure', n: 0, purpose: 'replicate' });
    script.measure(0, 5, { purpose: 'replicate' });
    expect(plan(script.state, IDLE_CONTEXT)).toEqual({ do: 'propose' });
  });
});

/** The plan of a session in which several measurements run at once. */
import { describe, expect, it } from 'vitest';
import { draftConfirmation } from '../../testing/drafts.ts';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { ideasAhead } from './ahead.ts';
import { plan } from './plan.ts';
import type { PlanContext, Step } from './step.ts';

const quiet = [5, 5.01, 4.99];
const lab = (): Script =>
  new Script(arenaWith({ decide: { drift: 0, controls: 0 } })).propose('baseline').addSnapshot().addCalibration(quiet);
const next = (script: Script, change: Partial<PlanContext> = {}): Step =>
  plan(script.state, { ...IDLE_CONTEXT, hasSpareCores: true, slots: 3, ...change });
const measured = (step: Step): unknown => (step.do === 'measure' ? [step.n, step.purpose] : step.do);

describe('calibration', () => {
  it('keeps all slots busy, as the session will: at least one run of the baseline in each', () => {
    const script = new Script(arenaWith()).propose('baseline').addSnapshot();
    for (let run = 0; run < 5; run++) {
      expect(measured(next(script, { slots: 5 }))).toEqual([0, 'calibrate']);
      script.startMeasurement(0, { purpose: 'calibrate' });
    }
    expect(next(script, { slots: 5 })).toEqual({ do: 'wait' });
  });
});

describe('ideas', () => {
  it('are measured in every slot, each experiment in one', () => {
    const script = lab().addIdea().addIdea().addIdea();
    expect(measured(next(script))).toEqual([1, 'idea']);
    expect(measured(next(script.startMeasurement(1)))).toEqual([2, 'idea']);
    expect(measured(next(script.startMeasurement(2), { busyExperiments: new Set([3]) }))).toBe('propose');
  });

  it('are asked for while all slots are busy, so many that none waits for its proposer', () => {
    const script = lab().addIdea().addIdea().addIdea();
    for (const n of [1, 2, 3]) script.startMeasurement(n);
    expect(next(script)).toEqual({ do: 'wait' });
    // A measurement takes a second here.
    expect(next(script, { ideaS: 0.5 })).toEqual({ do: 'wait' });
    expect(next(script, { ideaS: 2 })).toEqual({ do: 'propose' });
    expect(next(script, { ideaS: 2, isThinking: true, callsUnderWay: 1 })).toEqual({ do: 'wait' });
    expect(next(script, { ideaS: 2, isThinking: true, callsUnderWay: 1, maxCalls: 4 })).toEqual({ do: 'propose' });
    script.addIdea().addIdea().addIdea();
    expect(next(script, { ideaS: 2 })).toEqual({ do: 'wait' });
  });

  it('are not asked for ahead of need in one slot, nor by a session that ends or is paused', () => {
    const script = lab().addIdea().startMeasurement(1);
    expect(next(script, { slots: 1, ideaS: 60 })).toEqual({ do: 'wait' });
    const full = { slots: 2, otherSlots: 1, ideaS: 60 };
    expect(next(script, full)).toEqual({ do: 'propose' });
    expect(next(script, { ...full, experiments: 1 }).do).toBe('stop');
    expect(next(script, { ...full, acceptsSubmissionsOnly: true })).toEqual({ do: 'wait' });
    expect(next(script, { ...full, finalize: true })).toEqual({ do: 'wait' });
  });

  it('are as many ahead as measurements end while a proposer thinks, and one more', () => {
    expect(ideasAhead(0.2, 300, 4)).toBe(0);
    expect(ideasAhead(60, 300, 4)).toBe(2);
    expect(ideasAhead(60, 300, 16)).toBe(5);
    expect(ideasAhead(600, 300, 16)).toBe(16);
  });
});

describe('a claim', () => {
  const over = { experiments: 2 };
  const claimed = (): Script => lab().addKeptIdea(3);

  it('waits until the ideas have ended, and is then measured in all slots', () => {
    const script = claimed().addIdea().startMeasurement(2);
    expect(next(script, over)).toEqual({ do: 'wait' });
    script.finishMeasurement(9).decide(2);
    const sides: unknown[] = [];
    for (let slot = 0; slot < 3; slot++) {
      const step = next(script, over);
      sides.push(measured(step));
      script.startMeasurement((step as { n: number }).n, { purpose: 'confirm', claim: 1 });
    }
    expect(sides).toEqual(
      expect.arrayContaining([
        [1, 'confirm'],
        [0, 'confirm'],
      ]),
    );
    // The loop lets them end before it stops.
    expect(['wait', 'stop']).toContain(next(script, over).do);
  });

  it('that passed ends the session', () => {
    const script = claimed().addEvent(draftConfirmation(1, true)).addIdea().measure(2, 9).decide(2);
    expect(next(script, over).do).toBe('stop');
  });
});

describe('guards and scratch tries', () => {
  it('hold slots too', () => {
    const script = lab().addIdea();
    expect(next(script, { otherSlots: 3 })).toEqual({ do: 'wait' });
    expect(measured(next(script, { otherSlots: 2 }))).toEqual([1, 'idea']);
  });
});

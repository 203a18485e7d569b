/** bases/1 with several measurements at once: ideas that wait are carried over together, by halves where that fails. */
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import { carriedCount, nextCarryOver, waitsForCarrier } from './carry-overs.ts';

/** Four ideas on the baseline are measured at once; the first is a step, the others were better than the baseline. */
function fourAtOnce(): Script {
  const script = new Script(arenaWith({ decide: { drift: 0, controls: 0 } }))
    .propose('baseline')
    .addSnapshot()
    .addCalibration([5, 5.01, 4.99]);
  for (let n = 1; n <= 4; n++) script.propose(`idea ${n}`, { parent: 0 }).addSnapshot();
  script.measure(1, 4).decide(1).advance(1);
  for (const n of [2, 3, 4]) script.measure(n, 4.5).decide(n);
  return script;
}

const carry = (script: Script, carries: number, carriesToo?: readonly number[]): Script =>
  script
    .propose('together', { parent: script.state.incumbent, carries, ...(carriesToo && { carriesToo }) })
    .addSnapshot();

describe('ideas that were better than older code', () => {
  it('are carried over together, as many as there are slots', () => {
    const { state } = fourAtOnce();
    expect(nextCarryOver(state, 16)).toEqual([2, 3, 4]);
    expect(nextCarryOver(state, 2)).toEqual([2, 3]);
    expect(nextCarryOver(state)).toEqual([2]);
    expect(plan(state, { ...IDLE_CONTEXT, slots: 16 })).toEqual({ do: 'carry', n: 2, others: [3, 4] });
  });

  it('wait while some are being carried over, and count as no new idea', () => {
    const script = carry(fourAtOnce(), 2, [3]);
    expect(nextCarryOver(script.state, 16)).toEqual([]);
    expect(carriedCount(script.state)).toBe(1);
  });

  it('are done with when they are kept together', () => {
    const script = carry(fourAtOnce(), 2, [3, 4]).measure(5, 3).decide(5).advance(5);
    expect(script.state.incumbent).toBe(5);
    expect(nextCarryOver(script.state, 16)).toEqual([]);
  });

  it('are tried by halves where they were no better together, down to each alone', () => {
    const script = carry(fourAtOnce(), 2, [3, 4]).measure(5, 9).decide(5);
    expect(nextCarryOver(script.state, 16)).toEqual([2, 3]);
    carry(script, 2, [3]).measure(6, 9).decide(6);
    // The other half of the three first, then the two by themselves.
    expect(nextCarryOver(script.state, 16)).toEqual([2]);
    carry(script, 2).measure(7, 9).decide(7);
    expect(nextCarryOver(script.state, 16)).toEqual([3]);
    carry(script, 3).measure(8, 9).decide(8);
    expect(nextCarryOver(script.state, 16)).toEqual([4]);
    carry(script, 4).measure(9, 9).decide(9);
    expect(nextCarryOver(script.state, 16)).toEqual([]);
  });

  it('are not overtaken: what would be a step waits for their verdict, with several slots', () => {
    const script = carry(fourAtOnce(), 2, [3]).propose('fast', { parent: 1 }).addSnapshot().measure(6, 3);
    script.startMeasurement(5);
    expect(waitsForCarrier(script.state, 6, 'kept')).toBe(true);
    expect(waitsForCarrier(script.state, 6, 'discarded')).toBe(false);
    const step = (slots: number): unknown =>
      plan(script.state, { ...IDLE_CONTEXT, slots, hasSpareCores: true, busyExperiments: new Set([5]) });
    expect(step(1)).toEqual({ do: 'decide', n: 6 });
    expect(step(4)).not.toMatchObject({ do: 'decide' });
    script.finishMeasurement(9).decide(5);
    expect(step(4)).toEqual({ do: 'decide', n: 6 });
  });

  it('need no margin there, because they were better by it once', () => {
    const noisy = new Script(arenaWith({ decide: { drift: 0, controls: 0 } }))
      .propose('baseline')
      .addSnapshot()
      .addCalibration([4, 5, 6]);
    for (const n of [1, 2]) noisy.propose(`idea ${n}`, { parent: 0 }).addSnapshot();
    noisy.measure(1, 3).decide(1).advance(1).measure(2, 3).decide(2);
    carry(noisy, 2).measure(1, 3, { purpose: 'replicate' }).measure(3, 2.9).decide(3);
    expect(noisy.state.experiments[3]).toMatchObject({ decision: { verdict: 'kept' } });
  });
});

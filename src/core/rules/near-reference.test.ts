import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWith, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import { compareWithBase } from './evidence.ts';
import { referenceValues, sinceChange } from './near-reference.ts';

describe('the numbers that a candidate is compared with', () => {
  it('are those after the clearest change, and all of them where nothing changed', () => {
    expect(sinceChange([10, 10.1, 9.9, 14, 14.2], 0.2)).toEqual([14, 14.2]);
    expect(sinceChange([10, 10.1, 9.9, 10.2], 0.2)).toEqual([10, 10.1, 9.9, 10.2]);
    // The first number is a lucky one: two deviations from the later ones are no change.
    expect(sinceChange([10.4, 10, 10], 0.2)).toEqual([10.4, 10, 10]);
    expect(sinceChange([5, 9], Number.POSITIVE_INFINITY)).toEqual([5, 9]);
    expect(sinceChange([], 1)).toEqual([]);
  });

  it('are never none, and never others than those that were measured', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 }),
        (values) => {
          const kept = sinceChange(values, 1);
          expect(kept.length).toBeGreaterThan(0);
          expect(values.slice(-kept.length)).toEqual(kept);
        },
      ),
    );
  });

  it('hold the controls of the incumbent, and not those of the code before it', () => {
    const script = new Script(arenaWith({ decide: { controls: 0.5 } })).addCalibration([5, 5.6, 4.4]);
    const addControl = (value: number): void => {
      const n = script.state.experiments.length;
      script.propose('the same', { kind: 'control' }).addSnapshot().measure(n, value).decide(n);
    };
    addControl(5.2);
    expect(referenceValues(script.state, -1, SCRIPT_DEVICE)).toEqual([-5, -5.6, -4.4, -5.2]);
    // A control is not compared with itself.
    expect(referenceValues(script.state, 1, SCRIPT_DEVICE)).toEqual([-5, -5.6, -4.4]);
    script.addKeptIdea(3.5);
    const kept = script.state.incumbent;
    expect(referenceValues(script.state, -1, SCRIPT_DEVICE)).toEqual([-3.5]);
    addControl(4);
    expect(referenceValues(script.state, -1, SCRIPT_DEVICE)).toEqual([-3.5, -4]);
    expect(script.state.incumbent).toBe(kept);
  });

  it('of a machine that became faster are the new ones, so that an idea that does nothing is no gain', () => {
    const script = new Script(arenaWith({})).addCalibration([5, 5.1, 4.9, 5.05, 4.95]);
    script.measure(0, 4, { purpose: 'drift' }).measure(0, 4.1, { purpose: 'drift' });
    script.addIdea().measure(1, 4.05);
    const { comparison, againstCount } = compareWithBase(script.state, 1, SCRIPT_DEVICE);
    expect(againstCount).toBe(2);
    expect(Math.abs(comparison.difference)).toBeLessThan(0.01);
  });
});

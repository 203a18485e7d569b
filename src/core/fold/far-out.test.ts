/** A disturbed measurement is repeated and set aside; a real gain of the same size stays. */
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from '../rules/judge.ts';
import { noiseIn, values } from '../state.ts';
import { addResidual, farBound } from './far-out.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const lab = (calibration: readonly number[] = quiet): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration(calibration);
const numbersOf = (script: Script, n: number): number[] => values(script.state, n, SCRIPT_DEVICE);

describe('the bound of what lies far out', () => {
  it('is four robust deviations, and twice that while only four repeats tell how large one is', () => {
    expect(farBound([1, 1, 1])).toBe(Infinity);
    expect(farBound([1, 1, 1, 1])).toBeCloseTo(8 * 1.4826, 9);
    expect(farBound(new Array<number>(400).fill(1))).toBeCloseTo(4.04 * 1.4826, 9);
    // A disturbance among the repeats does not widen it.
    expect(farBound([1, 1, 1, 100, 1])).toBe(farBound([1, 1, 1, 1, 1]));
  });

  it('is not known where most repeats agree exactly: rare other values are the noise there', () => {
    expect(farBound([0, 0, 0, 0, 1])).toBe(Infinity);
    const script = lab([9, 9, 9, 9, 9, 9, 10]);
    expect(numbersOf(script, 0)).toContain(10);
  });

  it('comes from repeats that were not chosen: the first number of an idea is none of them', () => {
    expect(addResidual([], 0, [], 5)).toEqual([]);
    expect(addResidual([], 0, [5], 7)).toEqual([expect.closeTo(Math.SQRT2, 12)]);
    expect(addResidual([1], 3, [5], 7)).toEqual([1]);
    expect(addResidual([1], 3, [99, 5], 7)).toEqual([1, expect.closeTo(Math.SQRT2, 12)]);
    expect(addResidual(new Array<number>(200).fill(1), 0, [5], 7)).toHaveLength(200);
  });
});

describe('a number that lies far out', () => {
  it('among the numbers of the same code is set aside, in the noise too', () => {
    const script = lab().measure(0, 50, { purpose: 'drift' });
    expect(numbersOf(script, 0)).toEqual([...quiet]);
    expect([...script.state.farOut]).toEqual([5]);
    expect(noiseIn(script.state, SCRIPT_DEVICE)).toEqual(noiseIn(lab().state, SCRIPT_DEVICE));
    script.measure(0, 5, { purpose: 'drift' });
    expect(numbersOf(script, 0)).toEqual([...quiet, 5]);
  });

  it('is none of them where as many agree with it: then the machine has moved', () => {
    const script = lab();
    for (let i = 0; i < 3; i++) script.measure(0, 50, { purpose: 'drift' });
    expect(numbersOf(script, 0)).toHaveLength(8);
    expect(script.state.farOut.size).toBe(0);
  });

  it('of an idea is measured again before it is kept, and set aside where the second disagrees', () => {
    const script = lab().addIdea().measure(1, -5);
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ again: true });
    script.measure(1, 5.1, { purpose: 'replicate' });
    expect(numbersOf(script, 1)).toEqual([5.1]);
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'discarded', n: 1 } });
    expect(noiseIn(script.state, SCRIPT_DEVICE).sigma).toBeLessThan(0.1);
  });

  it('is kept where the second agrees: a real gain of a hundred sigma', () => {
    const script = lab().addIdea().measure(1, -5).measure(1, -5.1, { purpose: 'replicate' });
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'kept', n: 2, rule: 'margin/4' },
    });
    expect(script.state.farOut.size).toBe(0);
  });

  it('that is worse is not repeated, and a usual gain is kept at once', () => {
    expect(judge(lab().addIdea().measure(1, 50).state, 1, SCRIPT_DEVICE)).toMatchObject({ again: false });
    expect(judge(lab().addIdea().measure(1, 4.8).state, 1, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'kept', n: 1 },
    });
  });
});

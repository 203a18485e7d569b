import { describe, expect, it } from 'vitest';
import { confirmableGain, powerOfClaim, type PowerSettings } from './power.ts';
import { screenPower } from './screen-power.ts';

const usual: PowerSettings = { sigma: 1, dof: 4, calibration: 5, ideas: 60 };

describe('the power of a claim', () => {
  it.each([
    // Shares of simulated sessions of 60 ideas, of which one is better by that many sigma and the others do nothing:
    // `npm run bench:decide -- --only "one, " --sessions 3000`.
    [1, 0.081],
    [1.5, 0.253],
    [2, 0.513],
    [2.5, 0.74],
    [3, 0.875],
  ])('for a gain of %s sigma is within three points of simulated sessions', (gain, simulated) => {
    expect(Math.abs(powerOfClaim(gain, usual) - simulated)).toBeLessThan(0.03);
  });

  it('rises with the gain, with the measurements of each idea and with fewer ideas', () => {
    const rising = [0, 0.5, 1, 2, 3, 4].map((gain) => powerOfClaim(gain, usual));
    expect(rising).toEqual([...rising].sort((left, right) => left - right));
    expect(rising[0]).toBeLessThan(0.025);
    expect(powerOfClaim(2, { ...usual, replicates: 2 })).toBeGreaterThan(rising[3]! + 0.2);
    expect(powerOfClaim(2, { ...usual, ideas: 10 })).toBeGreaterThan(rising[3]!);
    expect(powerOfClaim(2, { ...usual, alpha: 0.001 })).toBeLessThan(rising[3]!);
  });

  it('is in the units of the metric', () => {
    expect(powerOfClaim(0.02, { ...usual, sigma: 0.01 })).toBe(powerOfClaim(2, usual));
    expect(confirmableGain({ ...usual, sigma: 0.01 })).toBeCloseTo(confirmableGain(usual) / 100, 12);
  });

  it('has an inverse: the gain that is confirmed in four of five sessions', () => {
    const gain = confirmableGain(usual);
    expect(gain).toBeGreaterThan(2.6);
    expect(gain).toBeLessThan(2.9);
    expect(powerOfClaim(gain, usual)).toBeGreaterThanOrEqual(0.8);
    expect(powerOfClaim(gain * 0.99, usual)).toBeLessThan(0.8);
    expect(confirmableGain(usual, 0.5)).toBeLessThan(gain);
    expect(confirmableGain({ ...usual, replicates: 3 })).toBeLessThan(gain * 0.7);
  });

  it('without noise is certain', () => {
    expect(powerOfClaim(1e-9, { ...usual, sigma: 0 })).toBe(1);
    expect(powerOfClaim(0, { ...usual, sigma: 0 })).toBe(0);
    expect(confirmableGain({ ...usual, sigma: 0 })).toBe(0);
  });

  it('is known for pairs too, whose incumbent is measured afresh', () => {
    const paired = { ...usual, rule: 'paired' };
    expect(powerOfClaim(0, paired)).toBeLessThan(0.025);
    expect(confirmableGain(paired)).toBeLessThan(4);
  });

  it('gives the same answer each time', () => {
    const first = powerOfClaim(1.7, usual);
    for (let i = 0; i < 20; i++) powerOfClaim(1, { ...usual, dof: 5 + i });
    expect(powerOfClaim(1.7, usual)).toBe(first);
  });
});

describe('the screen', () => {
  it('carries on the more of an idea, the fewer ideas made the incumbent lucky', () => {
    const at = (ideas: number, hasMargin = true): number =>
      screenPower({ ideas, calibration: 5, replicates: 1, hasMargin })(2);
    // One idea against five numbers of the baseline: Φ(2 − 0.2 · √1.2).
    expect(at(1)).toBeCloseTo(0.962, 1);
    expect(at(60)).toBeCloseTo(0.647, 1);
    expect(at(5)).toBeLessThan(at(1));
    expect(at(60, false)).toBeLessThan(at(60));
  });
});

/** Claims of labs whose rule measures in pairs: pairs under common seeds, tested as pairs. */
import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';
import { judgeClaim, sidesOf } from './claims.ts';

const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const decide = { controls: 0, drift: 0, rule: 'paired' };
/** A lab whose pairs differ by much less than its measurements: `pairSpread` against 0.08. */
function lab(): Script {
  const script = new Script(arenaWith({ decide })).addCalibration(quiet).addIdea();
  script.measure(1, 4.5, { pair: 1 }).measure(0, 5, { pair: 1, purpose: 'replicate' });
  return script.decide(1).advance(1);
}
const next = (script: Script) => plan(script.state, { ...IDLE_CONTEXT, experiments: 1 });
/** Measures what the claim asks for; the noise is that of the seed, so it is the same on both sides of a pair. */
function play(script: Script, gain: number, noise: readonly number[]) {
  const steps: { n: number; seed: number; like: number | undefined; m: number }[] = [];
  for (let step = next(script); step.do === 'measure'; step = next(script)) {
    const m = script.state.measurements.length;
    steps.push({ n: step.n, seed: step.seed, like: step.like, m });
    const shared = noise[Math.floor((steps.length - 1) / 2)]!;
    script.measure(step.n, 5 + shared - (step.n === 1 ? gain : 0), { purpose: 'confirm', claim: 1, seed: step.seed });
  }
  return steps;
}

describe('a claim in pairs', () => {
  it('measures both sides of each pair in a row under the same seeds, in turn', () => {
    const steps = play(lab(), 0.01, [0.1, -0.1, 0.05, -0.03, 0, 0.02]);
    expect(steps.map(({ n }) => n)).toEqual([1, 0, 0, 1]);
    for (let i = 0; i < steps.length; i += 2) {
      expect(steps[i]!.like).toBeUndefined();
      expect(steps[i + 1]).toMatchObject({ like: steps[i]!.m, seed: steps[i]!.seed });
    }
    expect(steps[2]!.seed).not.toBe(steps[0]!.seed);
  });

  it('takes fresh numbers alone and looks after two, four and six pairs', () => {
    const script = lab();
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ missing: [2, 2], missingInAll: [6, 6] });
    script.measure(1, 4.9, { purpose: 'confirm', claim: 1 });
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE)).toMatchObject({ missing: [1, 2], championValues: [] });
    for (const value of [5, 5.02, 4.9]) script.measure(value < 5 ? 1 : 0, value, { purpose: 'confirm', claim: 1 });
    expect(judgeClaim(script.state, 1, 0, SCRIPT_DEVICE)).toBeUndefined();
    expect(sidesOf(script.state, 1, 0, SCRIPT_DEVICE).missing).toEqual([2, 2]);
  });

  it('is judged on the differences within pairs, not on the means of both sides', () => {
    const shared = [1, -1, 0.5, -0.5, 0.8, -0.2];
    const steps = lab();
    play(steps, 2, shared);
    const found = judgeClaim(steps.state, 1, 0, SCRIPT_DEVICE)!;
    expect(found.effect).toBeCloseTo(2, 10);
    expect(found.reason).toMatch(/on \d fresh pairs, look/);
  });

  it('goes on with the next partner when a measurement of the champion fails', () => {
    const script = lab();
    script.measure(1, 4, { purpose: 'confirm', claim: 1, seed: 7 });
    script.measure(0, 'exit', { purpose: 'confirm', claim: 1, seed: 7 });
    const step = next(script);
    expect(step).toMatchObject({ do: 'measure', n: 0, seed: 7 });
  });
});

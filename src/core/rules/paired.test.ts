import { describe, expect, it } from 'vitest';
import { simulateNight } from '../../../bench/night.ts';
import { arenaWith, SCRIPT_DEVICE, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { judge } from './judge.ts';
import { plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import { comparePairs, emptyPool } from '../../base/stats.ts';

const paired = { decide: { rule: 'paired' } };
const quiet = [5, 5.1, 4.9, 5.05, 4.95] as const;
const next = (script: Script): Step => plan(script.state, { ...IDLE_CONTEXT, experiments: 9 });
const started = (): Script => new Script(arenaWith(paired)).addCalibration(quiet).addIdea();

/**
 * Let the planner run until the idea is decided; each measurement's value from its experiment and its place in the
 * night.
 */
function through(script: Script, value: (n: number, m: number) => number): { sides: number[]; seeds: number[] } {
  const [sides, seeds]: [number[], number[]] = [[], []];
  for (let step = next(script); step.do === 'measure'; step = next(script)) {
    const m = script.state.measurements.length;
    sides.push(step.n);
    seeds.push(step.seed);
    script.startMeasurement(step.n, {
      purpose: step.purpose,
      seed: step.seed,
      ...(step.pair !== undefined && { pair: step.pair }),
    });
    script.finishMeasurement(value(step.n, m));
  }
  return { sides, seeds };
}

describe('the rule "paired"', () => {
  it('measures candidate and incumbent in turn, A B B A, each two under the same seeds', () => {
    const script = started();
    const { sides, seeds } = through(script, (n, m) => (n === 1 ? 4.97 : 5) + 0.001 * m);
    expect(sides).toEqual([1, 0, 0, 1, 1, 0]);
    expect([seeds[0], seeds[2], seeds[4]]).toEqual([seeds[1], seeds[3], seeds[5]]);
    expect(new Set(seeds).size).toBe(3);
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { rule: 'paired/3', n: 3, nAgainst: 3 } });
  });

  it('needs no partner for what is hopeless, and one pair for what is clear', () => {
    const hopeless = started();
    expect(through(hopeless, () => 6).sides).toEqual([1]);
    expect(judge(hopeless.state, 1, SCRIPT_DEVICE)).toMatchObject({
      decision: { verdict: 'discarded', kind: 'refuted' },
    });
    const clear = started();
    expect(through(clear, (n) => (n === 1 ? 3 : 5)).sides).toEqual([1, 0]);
    expect(judge(clear.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'kept', n: 1 } });
  });

  it('does not keep what only the machine made faster, as the margin would', () => {
    const faster = (_: number, m: number): number => 5 - 0.2 * (m > 4 ? 1 : 0);
    const script = started();
    through(script, faster);
    expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'discarded', effect: 0 } });
    const alone = new Script(arenaWith({ decide: {} })).addCalibration(quiet).addIdea().measure(1, 4.8);
    expect(judge(alone.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict: 'kept' } });
  });

  it('finishes a simulated session within its measurements and finds something', () => {
    const {
      state,
      truth,
      usedMeasurements: used,
    } = simulateNight({ seed: 4, sigma: 0.0002, decide: { rule: 'paired' } });
    expect(used).toBeLessThanOrEqual(126);
    expect(truth[state.champion]!).toBeGreaterThan(0.002);
  });
});

describe('comparing pairs', () => {
  it('is never more certain of two pairs that agree by chance than their known noise allows', () => {
    const c = comparePairs([1, 1], { sigma: 1, dof: 8, pairs: emptyPool });
    expect(c.se).toBeCloseTo(Math.sqrt((8 * 2) / 9 / 2), 9);
    expect(comparePairs([1, 1], { sigma: 0, dof: 8, pairs: emptyPool }).z).toBe(Number.POSITIVE_INFINITY);
  });

  it('believes the pairs more than the known noise when they lie further apart', () => {
    const known = { sigma: 0.1, dof: 8, pairs: emptyPool };
    expect(comparePairs([10, -8, 9, -7], known).se).toBeGreaterThan(1);
  });
});

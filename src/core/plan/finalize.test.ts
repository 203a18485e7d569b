import { describe, expect, it } from 'vitest';
import { IDLE_CONTEXT, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { FINAL_PAIRS, finalResult, finalStep } from './finalize.ts';
import type { Step } from './step.ts';

const next = (script: Script, seed = 100 + script.state.measurements.length): Step =>
  finalStep(script.state, { ...IDLE_CONTEXT, finalize: true }, seed);

/** Follow the final comparison to its end; `valueOf` gives each side's number. Returns sides and seeds in order. */
function compare(script: Script, valueOf: (n: number) => number): { sides: number[]; seeds: number[] } {
  const [sides, seeds]: [number[], number[]] = [[], []];
  for (let step = next(script); step.do === 'measure'; step = next(script)) {
    sides.push(step.n);
    seeds.push(step.seed);
    script.measure(step.n, valueOf(step.n), { purpose: 'final', seed: step.seed });
  }
  return { sides, seeds };
}
const stacked = (): Script => new Script().addCalibration([5, 5.1, 4.9]).addKeptIdea(4);

describe('the final comparison', () => {
  it('measures incumbent and baseline in turn, A B B A, both of a pair under the same seeds', () => {
    const script = stacked();
    const first = next(script);
    expect(first).toEqual({ do: 'measure', n: 1, purpose: 'final', seed: expect.any(Number) });
    const m = script.state.measurements.length;
    script.measure(1, 4, { purpose: 'final', seed: 77 });
    expect(next(script)).toEqual({ do: 'measure', n: 0, purpose: 'final', seed: 77, like: m });
    script.measure(0, 5, { purpose: 'final', seed: 77 });
    const { sides, seeds } = compare(script, (n) => (n === 0 ? 5 : 4));
    expect([1, 0, ...sides]).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    for (let pair = 0; pair < 4; pair++) expect(seeds[2 * pair]).toBe(seeds[2 * pair + 1]);
    expect(new Set([77, ...seeds]).size).toBe(FINAL_PAIRS);
    expect(next(script)).toEqual({ do: 'finalize' });
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ n: 1, pairs: FINAL_PAIRS, effect: 1 });
  });

  it('of a further round uses measurements made since its incumbent was first measured for it, no older ones', () => {
    const script = stacked();
    compare(script, (n) => (n === 0 ? 5 : 4));
    script.addEvent({ type: 'finalized', ...finalResult(script.state, SCRIPT_DEVICE)! });
    script.addKeptIdea(3);
    for (const step of [1, 2]) {
      const n = script.state.experiments.length;
      script.propose('ablation', { kind: 'ablation', ablates: step }).addSnapshot();
      for (let pair = 0; pair < 3; pair++)
        script.measure(n, 9, { pair: n }).measure(2, 3, { pair: n, purpose: 'replicate' });
      script.decide(n);
    }
    // The machine is slower now: both sides measure 2 more. Old numbers of the baseline would hide it.
    const { sides } = compare(script, (n) => (n === 0 ? 7 : 5));
    expect(sides.filter((n) => n === 0)).toHaveLength(FINAL_PAIRS);
    expect(finalResult(script.state, SCRIPT_DEVICE)).toMatchObject({ n: 2, pairs: FINAL_PAIRS, effect: 2 });
  });

  it('is given up when one side fails three times', () => {
    const script = stacked();
    for (let i = 0; i < 3; i++) script.measure(1, 'nan', { purpose: 'final' });
    expect(next(script)).toMatchObject({ do: 'stop', reason: 'stuck', detail: expect.stringContaining('#1 failed 3') });
  });
});

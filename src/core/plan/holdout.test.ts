import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { holdoutEffect, holdoutReads, holdoutStep } from './holdout.ts';

const arena = (direction: 'minimize' | 'maximize', reads = 3) =>
  arenaWith({
    metric: { name: 'score', direction },
    evaluate: { command: 'true' },
    holdout: { command: 'true', data: ['held'], reads },
  });
/** The holdout is asked about `n` and says `value`. */
function ask(script: Script, n: number, value: number): Script {
  script.measure(n, 1, { purpose: 'holdout' });
  const m = script.state.measurements.length - 1;
  return script.addEvent({ type: 'held', m, outcome: { kind: 'measured', value, metrics: {} } });
}
const calibrated = (direction: 'minimize' | 'maximize' = 'minimize', reads = 3): Script =>
  new Script(arena(direction, reads)).addCalibration([5, 5.1, 4.9]);

describe('the holdout', () => {
  it('gives a positive effect to what is better there, in either direction', () => {
    for (const [direction, better] of [
      ['minimize', 3],
      ['maximize', 7],
    ] as const) {
      const script = calibrated(direction).addKeptIdea(better);
      ask(ask(script, 0, 10), 1, direction === 'minimize' ? 8 : 12);
      expect(holdoutEffect(script.state, 1)).toEqual({ effect: 2 });
    }
    const worse = calibrated().addKeptIdea(3);
    expect(holdoutEffect(ask(ask(worse, 0, 10), 1, 13).state, 1)).toEqual({ effect: -3 });
  });

  it('says why there is no effect', () => {
    const script = ask(calibrated().addKeptIdea(3), 0, 10);
    expect(holdoutEffect(script.state, 1)).toEqual({ problem: 'it was not asked about #1' });
  });

  it('is asked about each candidate once, and never more often than `reads` says', () => {
    const script = calibrated('minimize', 2).addKeptIdea(3).addKeptIdea(2);
    expect(holdoutStep(script.state, [0, 1], 7)).toEqual({ do: 'measure', n: 0, purpose: 'holdout', seed: 7 });
    expect(holdoutStep(ask(script, 0, 10).state, [0, 1], 7)).toMatchObject({ n: 1 });
    ask(script, 1, 9);
    expect(holdoutReads(script.state)).toBe(2);
    expect(holdoutStep(script.state, [0, 2], 7)).toBeUndefined();
  });

  it('that failed or was cut off counts as a read', () => {
    const script = calibrated('minimize', 2).startMeasurement(0, { purpose: 'holdout' });
    expect(holdoutStep(script.state, [0], 7), 'it waits for what runs').toBeUndefined();
    script.addEvent({ type: 'lost', m: 3, reason: 'killed' });
    script.measure(0, 'evaluator-exit', { purpose: 'holdout' });
    expect(holdoutStep(script.state, [0], 7)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../outcome.ts';
import { arenaWith, Script } from '../../testing/script.ts';
import { holdoutEffect, holdoutReads, holdoutStep } from './holdout.ts';

const withHoldout = {
  evaluate: { command: 'judge' },
  holdout: { command: 'judge', data: ['hidden'], reads: 3 },
};
const lab = (change: Readonly<Record<string, unknown>> = withHoldout): Script =>
  new Script(arenaWith(change)).addCalibration([5, 5.1, 4.9]).addKeptIdea(4);
const number = (value: number): Outcome => ({ kind: 'measured', value, metrics: {} });
const look = (script: Script, n: number, outcome: Outcome): Script => {
  script.measure(n, 5, { purpose: 'holdout' });
  return script.addEvent({ type: 'held', m: script.state.measurements.length - 1, outcome });
};

describe('the next look at the holdout', () => {
  it('is at the first candidate that has none', () => {
    const script = lab();
    expect(holdoutStep(script.state, [0, 1], 9)).toEqual({ do: 'measure', n: 0, purpose: 'holdout', seed: 9 });
    look(script, 0, number(5));
    expect(holdoutStep(script.state, [0, 1], 9)).toMatchObject({ n: 1 });
    expect(holdoutStep(script.state, [0], 9)).toBeUndefined();
    expect(holdoutStep(script.state, [], 9)).toBeUndefined();
  });

  it('waits while something runs, and is none without a holdout or a budget for it', () => {
    expect(holdoutStep(lab().startMeasurement(1).state, [0], 9)).toBeUndefined();
    expect(holdoutStep(lab({}).state, [0], 9)).toBeUndefined();
    const script = lab();
    for (let i = 0; i < 2; i++) script.measure(0, 'exit', { purpose: 'holdout' });
    expect(holdoutReads(script.state)).toBe(2);
    expect(holdoutStep(script.state, [0], 9)).toBeDefined();
    script.measure(0, 'exit', { purpose: 'holdout' });
    expect(holdoutStep(script.state, [0], 9)).toBeUndefined();
  });
});

describe('the improvement on the holdout', () => {
  it('is the newest number of each side, positive where it is better', () => {
    const script = look(look(look(lab(), 0, number(5)), 1, number(9)), 1, number(4.5));
    expect(holdoutEffect(script.state, 1)).toEqual({ effect: 0.5 });
    const larger = { ...withHoldout, metric: { name: 'm', direction: 'maximize' } };
    const upward = new Script(arenaWith(larger)).addCalibration([5, 5.1, 4.9]).addKeptIdea(6);
    expect(holdoutEffect(look(look(upward, 0, number(5)), 1, number(4.5)).state, 1)).toEqual({ effect: -0.5 });
  });

  it('is unknown where a side was not asked or gave no number, and says which', () => {
    const failed: Outcome = { kind: 'crashed', class: 'nan', message: 'no number' };
    const problem = (script: Script): string => (holdoutEffect(script.state, 1) as { problem: string }).problem;
    expect(problem(lab())).toMatch(/#1$/);
    expect(problem(look(lab(), 1, number(4)))).toMatch(/baseline$/);
    expect(problem(look(look(lab(), 0, number(5)), 1, failed))).toMatch(/#1: no number$/);
    expect(problem(look(look(lab(), 0, failed), 1, number(4)))).toMatch(/baseline: no number$/);
  });
});

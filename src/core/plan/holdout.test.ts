import { describe, expect, it } from 'vitest';
import type { Outcome } from '../outcome.ts';
import { arenaWith, Script, SCRIPT_DEVICE } from '../../testing/script.ts';
import { gapOf, holdoutAgrees, holdoutEffect, holdoutReads, holdoutStep, readsOfSide } from './holdout.ts';

const withReads = (reads: number) => ({
  evaluate: { command: 'judge' },
  prepare: { command: 'split' },
  holdout: { command: 'judge', data: ['hidden'], reads },
});
const lab = (change: Readonly<Record<string, unknown>> = withReads(3)): Script =>
  new Script(arenaWith(change)).addCalibration([5, 5.1, 4.9]).addKeptIdea(4);
const number = (value: number): Outcome => ({ kind: 'measured', value, metrics: {} });
const FAILED: Outcome = { kind: 'crashed', class: 'nan', message: 'no number' };
const look = (script: Script, n: number, outcome: Outcome, device = SCRIPT_DEVICE): Script => {
  script.measure(n, 5, { purpose: 'holdout', device });
  return script.addEvent({ type: 'held', m: script.state.measurements.length - 1, outcome });
};
/** The sides in the order in which they are asked, as long as every answer is a number. */
const order = (script: Script): number[] => {
  const asked: number[] = [];
  for (let step = stepOf(script); step?.do === 'measure'; step = stepOf(script)) {
    asked.push(step.n);
    look(script, step.n, number(5));
  }
  return asked;
};
const stepOf = (script: Script, candidates = [0, 1]) => holdoutStep(script.state, candidates, 9, SCRIPT_DEVICE);

describe('the next look at the holdout', () => {
  it('is at the first candidate that has none', () => {
    const script = lab();
    expect(stepOf(script)).toEqual({ do: 'measure', n: 0, purpose: 'holdout', seed: 9 });
    look(script, 0, number(5));
    expect(stepOf(script)).toMatchObject({ n: 1 });
    expect(stepOf(script, [0])).toBeUndefined();
    expect(stepOf(script, [])).toBeUndefined();
  });

  it('waits for the answer to the last one, and is none without a holdout or a budget for it', () => {
    expect(stepOf(lab().startMeasurement(1))).toBeDefined();
    expect(stepOf(lab().startMeasurement(0, { purpose: 'holdout' }))).toBeUndefined();
    expect(stepOf(lab({}))).toBeUndefined();
    const script = lab();
    for (let i = 0; i < 2; i++) script.measure(0, 'exit', { purpose: 'holdout' });
    expect(holdoutReads(script.state)).toBe(2);
    expect(stepOf(script)).toBeDefined();
    script.measure(0, 'exit', { purpose: 'holdout' });
    expect(stepOf(script)).toBeUndefined();
  });

  it('is repeated, both sides in turn, as often as the reads allow', () => {
    expect([2, 5, 6, 11, 12, 1000].map(readsOfSide)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(order(lab(withReads(5)))).toEqual([0, 1]);
    expect(order(lab(withReads(6)))).toEqual([0, 1, 0, 1]);
    expect(order(lab(withReads(20)))).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('is made again on another device, whose numbers cannot be compared', () => {
    const script = lab();
    look(look(script, 0, number(5), 'device-b'), 1, number(4), 'device-b');
    expect(stepOf(script)).toMatchObject({ n: 0 });
    expect(holdoutEffect(script.state, 1, SCRIPT_DEVICE)).toEqual({ problem: 'it was not asked about #1' });
    expect(holdoutEffect(script.state, 1, 'device-b')).toMatchObject({ effect: 1 });
  });
});

describe('the improvement on the holdout', () => {
  it('is the difference of the means of both sides, positive where it is better', () => {
    const script = look(look(look(lab(), 0, number(5)), 1, number(4.8)), 1, number(4.2));
    expect(holdoutEffect(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ effect: 0.5, reads: [2, 1] });
    const larger = { ...withReads(9), metric: { name: 'm', direction: 'maximize' } };
    const upward = new Script(arenaWith(larger)).addCalibration([5, 5.1, 4.9]).addKeptIdea(6);
    const both = look(look(upward, 0, number(5)), 1, number(4.5));
    expect(holdoutEffect(both.state, 1, SCRIPT_DEVICE)).toMatchObject({ effect: -0.5 });
  });

  it('has an interval from its own repeats, however quiet validation is', () => {
    const script = lab(withReads(9));
    for (const [n, value] of [[0, 5], [1, 4], [0, 7], [1, 6]] as const) look(script, n, number(value)); // prettier-ignore
    const answer = holdoutEffect(script.state, 1, SCRIPT_DEVICE);
    // Two differences of 2 a side: sigma √2 with 2 degrees of freedom; t is 4.303 and the standard error √2.
    expect(answer).toMatchObject({ effect: 1, reads: [2, 2], noise: 'holdout' });
    if ('problem' in answer) throw new Error(answer.problem);
    expect(answer.interval![0]).toBeCloseTo(1 - 4.303 * Math.SQRT2, 2);
    expect(answer.interval![1]).toBeCloseTo(1 + 4.303 * Math.SQRT2, 2);
  });

  it('has the interval that validation’s noise gives where nothing was repeated, or repeats are equal', () => {
    const once = look(look(lab(), 0, number(5)), 1, number(4));
    expect(holdoutEffect(once.state, 1, SCRIPT_DEVICE)).toMatchObject({ noise: 'validation', reads: [1, 1] });
    const equal = look(look(look(look(lab(withReads(9)), 0, number(5)), 1, number(4)), 0, number(5)), 1, number(4));
    const answer = holdoutEffect(equal.state, 1, SCRIPT_DEVICE);
    expect(answer).toMatchObject({ noise: 'validation', reads: [2, 2] });
    expect('problem' in answer || answer.interval![1] - answer.interval![0]).toBeGreaterThan(0);
  });

  it('is unknown where a side was not asked or gave no number, and says which', () => {
    const problem = (script: Script): string =>
      (holdoutEffect(script.state, 1, SCRIPT_DEVICE) as { problem: string }).problem;
    expect(problem(lab())).toMatch(/#1$/);
    expect(problem(look(lab(), 1, number(4)))).toMatch(/baseline$/);
    expect(problem(look(look(lab(), 0, number(5)), 1, FAILED))).toMatch(/#1: no number$/);
    expect(problem(look(look(lab(), 0, FAILED), 1, number(4)))).toMatch(/baseline: no number$/);
  });

  it('is unknown where half of the reads of a side failed; one of three is no half', () => {
    const script = look(look(look(lab(withReads(20)), 0, number(5)), 1, number(4)), 1, FAILED);
    expect(holdoutEffect(script.state, 1, SCRIPT_DEVICE)).toEqual({
      problem: 'it gave no number for #1 in 1 of 2 reads: no number',
    });
    expect(holdoutEffect(look(script, 1, number(4)).state, 1, SCRIPT_DEVICE)).toMatchObject({
      effect: 1,
      reads: [2, 1],
    });
  });
});

describe('what validation claims, beside the holdout', () => {
  const sure = (effect: number, half: number) => ({ effect, interval: [effect - half, effect + half] as const });

  it('has a gap whose interval holds the errors of both', () => {
    expect(gapOf(sure(5, 3), sure(1, 4))).toEqual({ effect: 4, interval: [-1, 9] });
    expect(gapOf({ effect: 5 }, sure(1, 4))).toEqual({ effect: 4 });
  });

  it.each([
    ['yes', sure(5, 1), sure(5, 1)],
    ['yes', sure(5, 1), sure(9, 1)],
    ['yes', sure(5, 3), sure(2, 1)],
    ['in part', sure(5, 1), sure(2, 1)],
    ['not at all', sure(5, 1), sure(0.5, 1)],
    ['not at all', sure(5, 1), sure(0, 90)],
    ['not at all', sure(5, 1), sure(-1, 90)],
    ['yes', { effect: 5 }, { effect: 2.6 }],
    ['not at all', { effect: 5 }, { effect: 2.4 }],
    ['in part', sure(5, 0), sure(2, 0)],
    ['yes', sure(5, 0), sure(3, 0)],
  ] as const)('is backed: %s (%j, %j)', (expected, validation, holdout) => {
    expect(holdoutAgrees(validation, holdout)).toBe(expected);
  });
});

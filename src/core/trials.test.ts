import { expect, it } from 'vitest';
import { Script } from '../testing/script.ts';
import { codeOf } from './state.ts';
import { countTrials } from './trials.ts';

const calibrated = (): Script => new Script().addCalibration([5, 5.1, 4.9]);

it('there are none before the first idea, however often the baseline was measured', () => {
  expect(countTrials(new Script().state)).toBe(0);
  expect(countTrials(calibrated().state)).toBe(0);
});

it('every version that gave a number is one, whatever its verdict; repeats add none', () => {
  const script = calibrated().addKeptIdea(4);
  expect(countTrials(script.state)).toBe(1);
  script.measure(1, 4.1, { purpose: 'replicate' }).measure(1, 4.1, { purpose: 'confirm', claim: 1 });
  expect(countTrials(script.state)).toBe(1);
  script.tryIdea(6);
  expect(script.state.experiments[2]).toMatchObject({ decision: { verdict: 'discarded' } });
  expect(countTrials(script.state)).toBe(2);
});

it('a version that only a screening run measured is one', () => {
  const script = calibrated().addIdea().measure(1, 4, { purpose: 'screen' });
  expect(countTrials(script.state)).toBe(1);
});

it('a version that crashed without a number is none', () => {
  const script = calibrated().addIdea().measure(1, 'exit');
  expect(script.state.experiments).toHaveLength(2);
  expect(countTrials(script.state)).toBe(0);
});

it('the code of the baseline under another number, as a control has it, is none', () => {
  const script = calibrated();
  const { commit, tree, editable } = codeOf(script.state, 0)!;
  script
    .propose('a control', { kind: 'control' })
    .addEvent({ type: 'snapshot', n: 1, commit, tree, editable, added: 0, deleted: 0 })
    .measure(1, 5.05);
  expect(countTrials(script.state)).toBe(0);
});

/** Advice in the record: it belongs to a call that asked for advice. */
import { expect, it } from 'vitest';
import { Script } from '../testing/script.ts';

const advice = (call: number) => ({ type: 'advised', call, n: 1, untried: ['x'], contradicts: [] }) as const;
const callFor = (purpose: 'idea' | 'advice') =>
  ({ type: 'calling', call: 0, n: 1, session: 0, purpose, agent: 'adviser', model: 'gpt-5' }) as const;

it('is known with its time, in order', () => {
  const script = new Script().addCalibration([5, 5.1, 4.9]);
  script.addEvent(callFor('advice'));
  script.addEvent({ type: 'called', call: 0, outcome: 'advice', wallS: 1 });
  script.addEvent(advice(0));
  expect(script.state.advice).toMatchObject([{ call: 0, n: 1, untried: ['x'], contradicts: [] }]);
  expect(Number.isNaN(Date.parse(script.state.advice[0]!.at))).toBe(false);
});

it('of a call that asked for something else, or of none, cannot stand there', () => {
  const script = new Script().addCalibration([5, 5.1, 4.9]);
  expect(() => script.addEvent(advice(0))).toThrow(/Call 0, which gave it, asked for no advice/);
  script.addEvent(callFor('idea'));
  expect(() => script.addEvent(advice(0))).toThrow(/asked for no advice/);
  expect(script.state.advice).toEqual([]);
});

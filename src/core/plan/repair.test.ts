import { describe, expect, it } from 'vitest';
import { decisionOf, draftProposal, draftSnapshot } from '../../testing/drafts.ts';
import type { FailureClass } from '../outcome.ts';
import { Script } from '../../testing/script.ts';
import { isRepairable } from './repair.ts';

const crashed = (failure: FailureClass | undefined) =>
  decisionOf({ verdict: 'crashed', ...(failure !== undefined && { failure }) });
const lab = (change: object = { note: {} }): Script =>
  new Script().addCalibration([5, 5.1, 4.9]).addEvent(draftProposal(1, change)).addEvent(draftSnapshot(1));

describe('a crashed candidate may be repaired', () => {
  it.each([
    'exit',
    'signal',
    'out-of-memory',
    'too-many-processes',
    'output-flood',
    'nan',
    'shape',
    'import',
    'no-artefact',
    'guard',
    'timeout',
  ] as const)('where the fault lies in its code: %s', (failure) => {
    expect(isRepairable(lab().state, 1, crashed(failure), 1)).toBe(true);
  });

  it.each(['disk', 'data', 'evaluator-exit', 'nonce', 'frozen-changed', 'infrastructure', undefined] as const)(
    'and not where it lies elsewhere: %s',
    (failure) => {
      expect(isRepairable(lab().state, 1, crashed(failure), 1)).toBe(false);
    },
  );

  it('by an agent that left a note, and only an idea that nobody gave up', () => {
    expect(isRepairable(lab({}).state, 1, crashed('exit'), 1)).toBe(false);
    expect(isRepairable(lab({ note: {}, kind: 'control' }).state, 1, crashed('exit'), 1)).toBe(false);
    const skipped = lab().addEvent({ type: 'steered', id: 'wish-0001', from: 'me', wish: { verb: 'skip', n: 1 } });
    expect(isRepairable(skipped.state, 1, crashed('exit'), 1)).toBe(false);
  });

  it('in as many calls as are allowed, counted for it alone', () => {
    const script = lab();
    const call = (n: number, purpose: 'idea' | 'repair'): Script =>
      script.addEvent({ type: 'calling', call: script.state.calls.length, n, purpose, agent: 'a', session: 0 });
    call(1, 'idea');
    call(2, 'repair');
    expect(isRepairable(script.state, 1, crashed('exit'), 0)).toBe(false);
    expect(isRepairable(script.state, 1, crashed('exit'), 1)).toBe(true);
    call(1, 'repair');
    expect(isRepairable(script.state, 1, crashed('exit'), 1)).toBe(false);
    expect(isRepairable(script.state, 1, crashed('exit'), 2)).toBe(true);
  });
});

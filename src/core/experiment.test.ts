import { describe, expect, it } from 'vitest';
import { decisionOf } from '../testing/drafts.ts';
import { Script } from '../testing/script.ts';
import { valueOf, verdictOf } from './experiment.ts';

describe('what became of an experiment', () => {
  const script = new Script().addCalibration([5, 5.1, 4.9]).addIdea().addIdea().propose().propose();
  script.addEvent({ type: 'refused', n: 4, code: 'guard', reason: 'r' });
  script.addEvent({ type: 'decided', n: 1, decision: decisionOf({ verdict: 'inconclusive' }) });

  it('is its verdict, or that it was refused; nothing while it is not decided', () => {
    expect(script.state.experiments.map(verdictOf)).toEqual([
      undefined,
      'inconclusive',
      undefined,
      undefined,
      'refused',
    ]);
  });

  it('is measured by what finished with a number', () => {
    script.measure(2, 4).measure(2, 'exit').measure(2, 'timeout').startMeasurement(2).startMeasurement(2);
    script.addEvent({ type: 'lost', m: 6, reason: 'r' });
    expect(script.state.measurements.map(valueOf)).toEqual([
      5,
      5.1,
      4.9,
      4,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

/**
 * The marginal pool: near misses are tried together once there are enough, measured three times, and have one turn
 * until the incumbent is far away.
 */
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from '../rules/judge.ts';
import { nextBundle } from './bases.ts';

const opened = (bundle = 2): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 0, bundle } })).addCalibration([5, 5.02, 4.98]);
const tried = (script: Script, value: number): Script => {
  const n = script.state.experiments.length;
  return script.addIdea().measure(n, value).decide(n);
};

function bundled(script: Script, bundles: readonly number[]): Script {
  const n = script.state.experiments.length;
  const about = { parent: script.state.incumbent, proposer: 'harness', hypothesis: 'together', edits: {}, bundles };
  return script.addEvent({ type: 'proposed', n, kind: 'idea', ...about }).addSnapshot();
}

describe('the marginal pool', () => {
  it('takes near misses, the likeliest first, and leaves out what is clearly worse', () => {
    const script = opened();
    for (const value of [5.004, 6, 5.001]) tried(script, value);
    expect(nextBundle(script.state)).toEqual([3, 1]);
    expect(nextBundle(tried(opened(), 5.001).state)).toBeUndefined();
  });

  it('is off unless the manifest says otherwise', () => {
    const script = opened(0);
    for (const value of [5.004, 5.001, 5.002]) tried(script, value);
    expect(nextBundle(script.state)).toBeUndefined();
  });

  it('measures a bundle three times, and gives each part one turn', () => {
    const script = opened();
    for (const value of [5.004, 5.001]) tried(script, value);
    bundled(script, [2, 1]).measure(3, 4.9);
    expect(judge(script.state, 3, SCRIPT_DEVICE)).toMatchObject({ again: true });
    script.measure(3, 4.9).measure(3, 4.9).decide(3);
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'kept', n: 3 } });
    expect(nextBundle(script.state)).toBeUndefined();
  });

  it('tries a near miss again once eight steps were kept since', () => {
    const script = opened();
    for (const value of [5.004, 5.001]) tried(script, value);
    bundled(script, [2, 1]).measure(3, 6).measure(3, 6).measure(3, 6).decide(3);
    for (let step = 1; step <= 8; step++) {
      expect(nextBundle(script.state)).toBeUndefined();
      const n = script.state.experiments.length;
      script
        .addIdea()
        .measure(n, 5 - step)
        .decide(n)
        .advance(n);
    }
    expect(nextBundle(script.state)).toEqual([2, 1]);
  });
});

/**
 * Near misses are tried together once there are enough of them, measured three times, and tried again only when the
 * incumbent is another one.
 */
import { describe, expect, it } from 'vitest';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from '../rules/judge.ts';
import { nextBundle } from './near-misses.ts';

const opened = (bundle = 2): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 0, bundle } })).addCalibration([5, 5.02, 4.98]);

function bundled(script: Script, bundles: readonly number[]): Script {
  const n = script.state.experiments.length;
  const about = { parent: script.state.incumbent, proposer: 'harness', hypothesis: 'together', edits: {}, bundles };
  return script.addEvent({ type: 'proposed', n, kind: 'idea', ...about }).addSnapshot();
}

describe('near misses', () => {
  it('are bundled, the likeliest first, without what is clearly worse', () => {
    const script = opened();
    for (const value of [5.004, 6, 5.001]) script.tryIdea(value);
    expect(nextBundle(script.state)).toEqual([3, 1]);
    expect(nextBundle(opened().tryIdea(5.001).state)).toBeUndefined();
  });

  it('are not bundled unless the manifest asks for it', () => {
    const script = opened(0);
    for (const value of [5.004, 5.001, 5.002]) script.tryIdea(value);
    expect(nextBundle(script.state)).toBeUndefined();
  });

  it('are measured three times together, and tried together once', () => {
    const script = opened();
    for (const value of [5.004, 5.001]) script.tryIdea(value);
    bundled(script, [2, 1]).measure(3, 4.9);
    expect(judge(script.state, 3, SCRIPT_DEVICE)).toMatchObject({ again: true });
    script.measure(3, 4.9).measure(3, 4.9).decide(3);
    expect(script.state.experiments[3]).toMatchObject({ decision: { verdict: 'kept', n: 3 } });
    expect(nextBundle(script.state)).toBeUndefined();
  });

  it('are tried again once eight steps were kept since', () => {
    const script = opened();
    for (const value of [5.004, 5.001]) script.tryIdea(value);
    bundled(script, [2, 1]).measure(3, 6).measure(3, 6).measure(3, 6).decide(3);
    for (let step = 1; step <= 8; step++) {
      expect(nextBundle(script.state)).toBeUndefined();
      script.addKeptIdea(5 - step);
    }
    expect(nextBundle(script.state)).toEqual([2, 1]);
  });

  it('are tried again after eight steps beside their own bundle, if that one was kept', () => {
    const script = opened();
    for (const value of [5.004, 5.001]) script.tryIdea(value);
    bundled(script, [2, 1]).measure(3, 4.5).measure(3, 4.5).measure(3, 4.5).decide(3).advance(3);
    expect(script.state.incumbent).toBe(3);
    for (let step = 1; step <= 8; step++) {
      expect(nextBundle(script.state)).toBeUndefined();
      script.addKeptIdea(4.5 - step / 2);
    }
    expect(nextBundle(script.state)).toEqual([2, 1]);
  });
});

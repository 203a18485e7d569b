/** Secondary metrics beside the score: soft limits warn, and the Pareto set names what no other beats in every respect. */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../testing/script.ts';
import { viewLab } from './lab.ts';

const opened = (): Script =>
  new Script(
    arenaWith({
      constraints: [{ metric: 'size', max: 1.5, relative: true, hard: false }],
      decide: { rules: 2, controls: 0 },
    }),
  );
const view = (script: Script) => viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });

describe('secondary metrics', () => {
  it('a broken soft limit is a warning on what is kept, not a verdict', () => {
    const script = opened().propose('baseline').snapshot();
    for (const value of [5, 5.1, 4.9]) script.measure(0, value, { purpose: 'calibrate', metrics: { size: 10 } });
    script.idea().measure(1, 3, { metrics: { size: 40 } }).decide(1).advance(1);
    expect(script.state.experiments[1]).toMatchObject({ decision: { verdict: 'kept' } });
    expect(view(script).health.find((line) => line.what === 'Soft limit')).toMatchObject({
      warning: true,
      text: '#1 breaks one: constraint: size is 40, above 15 (1.5 × the baseline’s)',
    });
  });

  it('the Pareto set has the best score, the smallest, and nothing that both beat', () => {
    const script = opened().propose('baseline').snapshot();
    for (const value of [5, 5.1, 4.9]) script.measure(0, value, { purpose: 'calibrate', metrics: { size: 10 } });
    const sizes = [
      [3, 40],
      [4, 20],
      [4.5, 30],
    ] as const;
    for (const [k, [value, size]] of sizes.entries()) script.idea().measure(k + 1, value, { metrics: { size } }).decide(k + 1);
    const text = view(script).finePrint.find((line) => line.label === 'Pareto set')?.text;
    expect(text?.match(/#\d/g)).toEqual(['#1', '#2', '#0']);
  });
});

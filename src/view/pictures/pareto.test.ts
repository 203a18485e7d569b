/**
 * Secondary metrics beside the score: soft limits warn, and the Pareto set names what no other beats in every respect.
 */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { viewFactors } from './factors.ts';
import { viewLab } from '../lab/lab.ts';

const opened = (): Script =>
  new Script(
    arenaWith({
      constraints: [{ metric: 'size', max: 1.5, relative: true, hard: false }],
      decide: { controls: 0 },
    }),
  );
const view = (script: Script) => viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });

describe('a front that the manifest asks for', () => {
  const asked = (direction: 'minimize' | 'maximize'): Script => {
    const knobs = [{ name: 'A', file: 'x.ts', kind: 'int', range: [0, 9] }];
    const script = new Script(arenaWith({ front: [{ metric: 'speed', direction }], knobs, decide: { controls: 0 } }));
    const about = { parent: 0, proposer: 'test', hypothesis: '', edits: {}, knobs: { A: 1 } };
    script.addEvent({ type: 'proposed', n: 0, kind: 'baseline', ...about }).addSnapshot();
    for (const value of [5, 5.1, 4.9])
      script.measure(0, value, { purpose: 'calibrate', metrics: { speed: 10, memory_mb: 5 } });
    for (const [n, speed] of [
      [1, 30],
      [2, 3],
    ] as const)
      script
        .addEvent({ type: 'proposed', n, kind: 'idea', ...about })
        .addSnapshot()
        .measure(n, 6, { metrics: { speed, memory_mb: 9 } })
        .decide(n);
    return script;
  };

  it('takes each metric in its own direction: in words, and in the picture', () => {
    for (const [direction, better, words] of [
      ['maximize', 1, 'more speed'],
      ['minimize', 2, 'less speed'],
    ] as const) {
      const script = asked(direction);
      const line = view(script).health.find(({ what }) => what === 'Front');
      expect(line?.text.match(/#\d/g), direction).toEqual(['#0', `#${better}`]);
      expect(line?.text).toContain(`less loss, ${words}`);
      const factors = viewFactors(script.state, { now: script.state.lastAt, alive: true, tip: '' });
      expect(factors).toMatchObject({ metrics: ['loss', 'speed'], second: direction });
      expect(factors.points.filter(({ front }) => front).map(({ n }) => n)).toEqual([0, better]);
    }
  });

  it('decides nothing: the scalar does', () => {
    expect(asked('maximize').state.experiments[1]).toMatchObject({ decision: { verdict: 'discarded' } });
  });
});

describe('secondary metrics', () => {
  it('a broken soft limit is a warning on what is kept, not a verdict', () => {
    const script = opened().propose('baseline').addSnapshot();
    for (const value of [5, 5.1, 4.9]) script.measure(0, value, { purpose: 'calibrate', metrics: { size: 10 } });
    script
      .addIdea()
      .measure(1, 3, { metrics: { size: 40 } })
      .decide(1)
      .advance(1);
    expect(script.state.experiments[1]).toMatchObject({ decision: { verdict: 'kept' } });
    expect(view(script).health.find((line) => line.what === 'Soft limit')).toMatchObject({
      warning: true,
      text: '#1 breaks one: size is 40, above 15 (1.5 × the baseline’s)',
    });
  });

  it('the Pareto set has the best score, the smallest, and nothing that both beat', () => {
    const script = opened().propose('baseline').addSnapshot();
    for (const value of [5, 5.1, 4.9]) script.measure(0, value, { purpose: 'calibrate', metrics: { size: 10 } });
    const sizes = [
      [3, 40],
      [4, 20],
      [4.5, 30],
    ] as const;
    for (const [k, [value, size]] of sizes.entries())
      script
        .addIdea()
        .measure(k + 1, value, { metrics: { size } })
        .decide(k + 1);
    const text = view(script).finePrint.find((line) => line.label === 'Pareto set')?.text;
    expect(text?.match(/#\d/g)).toEqual(['#1', '#2', '#0']);
  });
});

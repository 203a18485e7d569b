import { describe, expect, it } from 'vitest';
import { arenaWith, Script } from '../../testing/script.ts';
import { liveBases } from './live-bases.ts';
import { paretoFront } from './pareto-front.ts';

/** A lab with so many live bases. */
const opened = (branches = 3, manifest: object = {}): Script =>
  new Script(arenaWith({ search: { branches }, decide: { controls: 0, drift: 0 }, ...manifest })).addCalibration([
    5, 5.02, 4.98,
  ]);

describe('the Pareto front', () => {
  const arena = {
    front: [
      { metric: 'speed', direction: 'maximize' },
      { metric: 'size', direction: 'minimize' },
    ],
  };
  const measured = (script: Script, value: number, speed: number, size: number): Script => {
    const n = script.state.experiments.length;
    return script.addIdea().measure(n, value, { metrics: { speed, size } }).decide(n);
  };
  const some = (manifest: object): Script => {
    const script = opened(3, manifest).measure(0, 5, { purpose: 'drift', metrics: { speed: 10, size: 10 } });
    return measured(measured(measured(measured(script, 6, 20, 10), 7, 15, 12), 6.5, 9, 3), 6, 20, 10);
  };

  it('is what no other beats, each metric in its own direction; equals stand side by side', () => {
    const { state } = some(arena);
    expect(paretoFront(state)).toEqual([0, 1, 4, 3]);
    expect(
      liveBases(state)
        .slice(1)
        .map(({ n, role }) => [n, role]),
    ).toEqual([
      [1, 'front'],
      [4, 'front'],
    ]);
  });

  it('and the live bases stay when a session starts on another device class and nothing is measured there', () => {
    const before = some(arena);
    const [front, bases] = [paretoFront(before.state), liveBases(before.state)];
    const { state } = before.startSession('device-b');
    expect([paretoFront(state), liveBases(state)]).toEqual([front, bases]);
  });

  it('is none where the arena asks for none: then the scalar decides alone', () => {
    expect(paretoFront(some({}).state)).toEqual([]);
  });
});

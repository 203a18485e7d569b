import { describe, expect, it } from 'vitest';
import { arenaWith, IDLE_CONTEXT, Script } from '../../testing/script.ts';
import { plan } from '../plan/plan.ts';

const next = (script: Script) => plan(script.state, IDLE_CONTEXT);

describe('crossovers', () => {
  const knobs = [
    { name: 'A', file: 'x.ts', kind: 'int', range: [0, 9] },
    { name: 'B', file: 'x.ts', kind: 'int', range: [0, 9] },
  ];

  it('take two near misses that move different knobs before two that move the same', () => {
    const script = new Script(arenaWith({ search: { branches: 2 }, knobs, decide: { controls: 0, drift: 0 } }));
    script
      .addEvent({
        type: 'proposed',
        n: 0,
        kind: 'baseline',
        parent: 0,
        proposer: 'person',
        hypothesis: '',
        edits: {},
        knobs: { A: 1, B: 1 },
      })
      .addSnapshot(0);
    script.addCalibration([5, 5.02, 4.98]);
    for (const [value, A, B] of [
      [5.001, 2, 1],
      [5.002, 3, 1],
      [5.003, 1, 2],
    ] as const)
      script.tryIdea(value, { knobs: { A, B } });
    for (let k = 0; k < 16; k++) script.tryIdea(6, k % 4 === 3 ? { parent: 1 } : {});
    const crossed = Array.from({ length: 8 }, () => {
      const step = next(script);
      script.tryIdea(
        6,
        step.do === 'bundle'
          ? { bundles: step.of, crosses: true }
          : step.do === 'propose' && step.base
            ? { parent: step.base.n }
            : {},
      );
      return step;
    }).find(({ do: what }) => what === 'bundle');
    expect(crossed).toMatchObject({ of: [1, 3] });
  });
});

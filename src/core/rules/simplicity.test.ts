/** Penalties that enter the number that decides, and what makes one change simpler than another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependenciesIn } from '../admission/dependencies.ts';
import { arenaWith, SCRIPT_DEVICE, Script } from '../../testing/script.ts';
import { judge } from './judge.ts';
import type { Outcome } from '../outcome.ts';
import { followsFromPenalties, marginSteps, applyPenalties } from './simplicity.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const measured = (value: number, metrics: Record<string, number>): Outcome => ({ kind: 'measured', value, metrics });

describe('a penalty', () => {
  const arena = (direction: string) =>
    arenaWith({
      metric: { name: 'm', direction },
      penalties: [
        { metric: 'sample_sd', weight: 2 },
        { metric: 'mb', weight: 0.5 },
      ],
    });

  it('makes what is better worse by its weight, whichever way is better, and keeps the number as it was given', () => {
    fc.assert(
      fc.property(number, number, number, (value, spread, mb) => {
        const outcome = measured(value, { sample_sd: spread, mb });
        for (const [direction, sign] of [
          ['minimize', 1],
          ['maximize', -1],
        ] as const) {
          const found = applyPenalties(arena(direction), outcome);
          if (found.kind !== 'measured') throw new Error('no number');
          expect(found.value).toBe(value + sign * (2 * spread + 0.5 * mb));
          expect(found.metrics.before_penalties).toBe(value);
          expect(followsFromPenalties(arena(direction), found)).toBe(true);
          expect(
            followsFromPenalties(arena(direction), { ...found, value: found.value + 1 + Math.abs(found.value) }),
          ).toBe(false);
          expect(followsFromPenalties(arena(direction), outcome), 'without the number before').toBe(false);
        }
      }),
    );
  });

  it('that was not reported leaves no number, and an arena without any changes nothing', () => {
    expect(applyPenalties(arena('minimize'), measured(1, { mb: 1 }))).toMatchObject({
      kind: 'crashed',
      class: 'metric-missing',
      message: expect.stringContaining('sample_sd'),
    });
    const outcome = measured(1, { sample_sd: 5 });
    expect(applyPenalties(arenaWith(), outcome)).toBe(outcome);
    expect(followsFromPenalties(arenaWith(), outcome)).toBe(true);
    const failed: Outcome = { kind: 'crashed', class: 'nan', message: 'no' };
    expect(applyPenalties(arena('minimize'), failed)).toBe(failed);
    expect(followsFromPenalties(arena('minimize'), failed)).toBe(true);
  });
});

describe('simplicity', () => {
  it('asks nothing of what deletes lines, packages or parameters, and double of what adds many lines or a package', () => {
    expect(marginSteps({ added: 0, deleted: 5 })).toBe(0);
    expect(marginSteps({ added: 1, deleted: 5 })).toBe(1);
    expect(marginSteps({ added: 0, deleted: 0 })).toBe(1);
    expect(marginSteps({ added: 20, deleted: 0 })).toBe(1);
    expect(marginSteps({ added: 21, deleted: 0 })).toBe(2);
    expect(marginSteps({ added: 3, deleted: 3, dependencies: -1 })).toBe(0);
    expect(marginSteps({ added: 0, deleted: 3, dependencies: 1 })).toBe(2);
    expect(marginSteps({ added: 3, deleted: 3 }, [90, 100])).toBe(0);
    expect(marginSteps({ added: 3, deleted: 3 }, [99.5, 100])).toBe(1);
    expect(marginSteps({ added: 30, deleted: 3 }, [90, 100])).toBe(2);
  });

  it('never asks more of a change for fewer lines, packages or parameters', () => {
    const change = fc.record({ added: fc.nat(40), deleted: fc.nat(40), dependencies: fc.integer({ min: -2, max: 2 }) });
    fc.assert(
      fc.property(change, fc.nat(40), fc.nat(2), fc.nat(100), fc.nat(100), (more, lines, packages, a, b) => {
        const less = {
          ...more,
          added: Math.max(0, more.added - lines),
          deleted: Math.max(1, more.deleted),
          dependencies: more.dependencies - packages,
        };
        expect(marginSteps(less, [Math.min(a, b), 100])).toBeLessThanOrEqual(marginSteps(more, [Math.max(a, b), 100]));
      }),
    );
  });

  it('counts packages of all kinds once, and none where the file cannot be read', () => {
    const files = (text: string) => new Map([['package.json', text]]);
    expect(dependenciesIn(files('{"dependencies":{"a":"1","b":"1"},"devDependencies":{"b":"1","c":"1"}}'))).toBe(3);
    expect(dependenciesIn(files('{}'))).toBe(0);
    for (const text of ['', '{', 'null']) expect(dependenciesIn(files(text))).toBeUndefined();
    expect(dependenciesIn(new Map())).toBeUndefined();
  });

  it('breaks a tie in a lab: fewer parameters at the same number are kept, as many are not', () => {
    for (const [params, verdict] of [
      [80, 'kept'],
      [100, 'discarded'],
    ] as const) {
      const script = new Script(arenaWith({ decide: { controls: 0, parameters: 'params' } }))
        .propose('baseline')
        .addSnapshot();
      for (const value of [5, 5, 5]) script.measure(0, value, { purpose: 'calibrate', metrics: { params: 100 } });
      script.addCalibration([]).addIdea().measure(1, 5, { metrics: { params } });
      expect(judge(script.state, 1, SCRIPT_DEVICE)).toMatchObject({ decision: { verdict } });
    }
  });
});

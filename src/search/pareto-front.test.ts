/** The trials that no other beats in every objective. */
import { describe, expect, it } from 'vitest';
import { front, type Objective } from './pareto-front.ts';
import type { Told } from './trial.ts';

const told = (id: number, value: number, metrics: Record<string, number> = {}, over = 0): Told =>
  ({ trial: { id }, value, metrics, over }) as Told;
const both: Objective[] = [
  { metric: 'value', direction: 'minimize' },
  { metric: 'speed', direction: 'maximize' },
];
const idsOf = (trials: readonly Told[], objectives = both): number[] =>
  front(trials, objectives).map(({ trial }) => trial.id);

describe('the front', () => {
  it('holds what is best in one direction or the other, the best in the first objective first', () => {
    expect(idsOf([told(0, 3, { speed: 9 }), told(1, 1, { speed: 1 }), told(2, 2, { speed: 5 })])).toEqual([1, 2, 0]);
    expect(idsOf([told(0, 3, { speed: 1 }), told(1, 1, { speed: 1 }), told(2, 1, { speed: 0 })])).toEqual([1]);
    const turned: Objective[] = [
      { metric: 'value', direction: 'maximize' },
      { metric: 'speed', direction: 'minimize' },
    ];
    expect(idsOf([told(0, 3, { speed: 9 }), told(1, 4, { speed: 9 }), told(2, 2, { speed: 5 })], turned)).toEqual([
      1, 2,
    ]);
  });

  it('holds equals beside each other, the older first', () => {
    const equals = [told(4, 1, { speed: 1 }), told(2, 1, { speed: 1 }), told(3, 0, { speed: 0 })];
    expect(idsOf(equals)).toEqual([3, 2, 4]);
  });

  it('leaves out what breaks a limit or lacks a metric', () => {
    expect(idsOf([told(0, 0, { speed: 9 }, 0.1), told(1, 5, { speed: 1 }), told(2, 0)])).toEqual([1]);
    expect(idsOf([])).toEqual([]);
  });
});

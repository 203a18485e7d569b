import { describe, expect, it } from 'vitest';
import type { Arena } from '../../core/arena.ts';
import { arenaOf, type LabState } from '../../core/state.ts';
import { syntheticLab } from '../../testing/synthetic.ts';
import { viewFactors } from './factors.ts';

const made = syntheticLab({ n: 12, seed: 5, crashRate: 0, timeoutRate: 0 });
const facts = { now: made.now, alive: false, tip: made.tip };

/** The same night with other secondary metrics and constraints. */
function night(metrics: (m: number) => Record<string, number>, constraints: Arena['constraints'] = []): LabState {
  const { state } = made;
  const measurements = state.measurements.map((m) =>
    m.state === 'finished' && m.outcome.kind === 'measured'
      ? { ...m, outcome: { ...m.outcome, metrics: metrics(m.m) } }
      : m,
  );
  return { ...state, measurements, lab: { ...state.lab!, arena: { ...arenaOf(state), constraints } } };
}

const bound = (metric: string, side: object): Arena['constraints'][number] =>
  ({ metric, hard: true, ...side }) as Arena['constraints'][number];
const speed = (m: number): Record<string, number> => ({ bytes: 400, speed: 10 + ((7 * m) % 11), memory_mb: 300 + m });

describe('the trade against a second metric', () => {
  it('takes the one that a constraint names, better in the direction that it says', () => {
    const view = viewFactors(night(speed, [bound('speed', { min: 5 })]), facts);
    expect([view.metrics[1], view.second]).toEqual(['speed', 'maximize']);
    const most = view.points.reduce((a, b) => (b.values[1]! > a.values[1]! ? b : a));
    expect(view.points.filter((p) => p.front).map((p) => p.values[1])).toContain(most.values[1]);
    expect(viewFactors(night(speed, [bound('speed', { max: 5 })]), facts).second).toBe('minimize');
  });

  it('without one takes memory, less of it being better', () => {
    const view = viewFactors(night(speed), facts);
    expect([view.metrics[1], view.second]).toEqual(['memory_mb', 'minimize']);
  });

  it('is not drawn against what never changes', () => {
    expect(
      viewFactors(
        night(() => ({ memory_mb: 400 })),
        facts,
      ).points,
    ).toEqual([]);
    const view = viewFactors(
      night((m) => ({ ...speed(m), bytes: 400 }), [bound('bytes', { max: 500 })]),
      facts,
    );
    expect(view.metrics[1]).toBe('memory_mb');
  });
});

import { describe, expect, it } from 'vitest';
import type { Arena } from '../core/arena.ts';
import { arenaOf, type LabState } from '../core/state.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { viewFactors } from './factors.ts';

const made = syntheticLab({ n: 12, seed: 5, crashRate: 0, timeoutRate: 0 });
const facts = { now: made.now, alive: false, tip: made.tip };

/** The same night with other secondary metrics and constraints. */
function night(metrics: (m: number) => Record<string, number>, constraints: Arena['constraints'] = []): LabState {
  const { state } = made;
  const measurements = state.measurements.map((m) =>
    m.state === 'finished' && m.outcome.kind === 'measured' ? { ...m, outcome: { ...m.outcome, metrics: metrics(m.m) } } : m,
  );
  return { ...state, measurements, lab: { ...state.lab!, arena: { ...arenaOf(state), constraints } } };
}

const bound = (metric: string, side: object): Arena['constraints'][number] => ({ metric, hard: true, ...side }) as Arena['constraints'][number];
const speed = (m: number): Record<string, number> => ({ bytes: 400, speed: 10 + ((7 * m) % 11), memory: m });

describe('the trade against a second metric', () => {
  it('takes the one that a constraint names, better in the direction that it says', () => {
    const view = viewFactors(night(speed, [bound('speed', { min: 5 })]), facts);
    expect(view.second).toEqual({ name: 'speed', less: false, declared: true });
    const most = view.points.reduce((a, b) => (b.values[1]! > a.values[1]! ? b : a));
    expect(view.points.filter((p) => p.front).map((p) => p.values[1])).toContain(most.values[1]);
    expect(viewFactors(night(speed, [bound('speed', { max: 5 })]), facts).second).toMatchObject({ less: true, declared: true });
  });

  it('without one takes what varies, less being better, and says that nobody said so', () => {
    expect(viewFactors(night(speed), facts).second).toEqual({ name: 'speed', less: true, declared: false });
  });

  it('is not drawn against what never changes', () => {
    const view = viewFactors(night(() => ({ bytes: 400 })), facts);
    expect([view.second, view.points]).toEqual([undefined, []]);
  });
});

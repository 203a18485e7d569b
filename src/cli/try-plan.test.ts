import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArena } from '../core/manifest-check.ts';
import { planTry } from './try-plan.ts';

function arenaWith(budget: object, cpus = 2) {
  const parsed = parseArena({
    overnight: 1,
    name: 'a',
    metric: { name: 'm', direction: 'minimize' },
    editable: ['a'],
    run: { command: 'true' },
    resources: { cpus },
    try: { experiments: 12, minutes: 9, seconds: 24 },
    budget,
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.arena;
}

const byProcessorTime = arenaWith({ seconds: 40, clock: 'cpu', wall_s: 400 });
const byTheWall = arenaWith({ seconds: 40, wall_s: 400 });
const quiet = { isQuick: false, load: 0.4, cores: 2 };

describe('a try', () => {
  it('has the plan of the arena on a quiet machine, and says nothing', () => {
    expect(planTry(byProcessorTime, quiet)).toEqual({ experiments: 12, minutes: 9, seconds: 24 });
  });

  it('has shorter runs on a busy one where the clock counts processor time, and says so with both figures', () => {
    const plan = planTry(byProcessorTime, { ...quiet, load: 12 });
    expect(plan).toMatchObject({ experiments: 12, minutes: 9, seconds: 8, calibrate: 3 });
    expect(plan.remark).toBe(
      'This machine is busy (load 12 on 2 cores): a run gets 8 s of processor time instead of 24, so that the try ends in time.',
    );
  });

  it('is the same at any load where the clock counts the wall', () => {
    expect(planTry(byTheWall, { ...quiet, load: 30 })).toEqual(planTry(byTheWall, quiet));
  });

  it('that is quick has four seconds on each core', () => {
    expect(planTry(byProcessorTime, { ...quiet, isQuick: true })).toMatchObject({ seconds: 8, calibrate: 3 });
    expect(planTry(byTheWall, { ...quiet, isQuick: true })).toMatchObject({ seconds: 4, calibrate: 3 });
  });

  it('never gets longer runs by more load, and never less than three tenths', () => {
    const load = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(load, load, fc.integer({ min: 1, max: 128 }), (first, second, cores) => {
        const [quieter, busier] = [first, second].sort((a, b) => a - b) as [number, number];
        const secondsAt = (at: number): number => planTry(byProcessorTime, { ...quiet, cores, load: at }).seconds!;
        expect(secondsAt(busier)).toBeLessThanOrEqual(secondsAt(quieter));
        expect(secondsAt(busier)).toBeGreaterThanOrEqual(0.3 * 24);
      }),
    );
  });
});

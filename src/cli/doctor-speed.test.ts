import { describe, expect, it } from 'vitest';
import { arenaOf } from '../core/state.ts';
import { arenaWith, Script } from '../testing/script.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { expectedTime, loadCheck, reportGuards, reportSpeed, reportTiming } from './doctor-speed.ts';

const GUARDS = [
  { name: 'types', command: 'true', early: true },
  { name: 'tests', command: 'true' },
];
/** Each event of a script is a second after the last, so that a measurement takes one; each guard took 2 s. */
const measured = (change: Readonly<Record<string, unknown>>): Script => {
  const script = new Script(arenaWith(change)).propose('baseline').addSnapshot(0);
  if ('guards' in change) script.guard(0, 'baseline');
  return script.addCalibration([5, 5.1, 4.9]);
};
const timeOf = (change: Readonly<Record<string, unknown>>) => {
  const { state } = measured(change);
  return expectedTime(arenaOf(state), state);
};
function linesOf(report: (add: (check: DoctorCheck) => void) => void): DoctorCheck[] {
  const checks: DoctorCheck[] = [];
  report((check) => void checks.push(check));
  return checks;
}

describe('experiments an hour', () => {
  it('count repeats, both sides of pairs, and guards', () => {
    expect(timeOf({})).toMatchObject({ measurementS: 1, guardS: 0, ideaS: 1.4 });
    expect(timeOf({ decide: { replicates: 3 } }).ideaS).toBeCloseTo(4.2);
    expect(timeOf({ decide: { rule: 'paired' } }).ideaS).toBeCloseTo(2.8);
    expect(timeOf({ decide: { rule: 'sequential' } }).ideaS).toBeCloseTo(2.8);
    // An early guard runs on each idea, the other one on those that would be steps.
    expect(timeOf({ guards: GUARDS })).toMatchObject({ guardS: expect.closeTo(2 + 2 / 3) });
    expect(timeOf({ guards: GUARDS.slice(1), decide: { rule: 'paired' } }).ideaS).toBeCloseTo(2.8 + 2 / 3);
  });

  it('are said with what they count', () => {
    const { state } = measured({ guards: GUARDS, decide: { rule: 'paired' } });
    const [line] = linesOf((add) => reportSpeed(add, arenaOf(state), state));
    expect(line!.detail).toMatch(
      /about 659 experiments an hour with 2\.8 measurements an idea in pairs, 2\.7 s of guards/,
    );
  });
});

it('each guard is named with its seconds and its last words', () => {
  const lines = linesOf((add) => reportGuards(add, measured({ guards: GUARDS }).state));
  expect(lines.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    'guard types: passed on the unchanged code in 2.0 s: 40 tests passed',
    'guard tests: passed on the unchanged code in 2.0 s: 40 tests passed',
  ]);
});

describe('a warning', () => {
  it('is a load above the cores, and nothing below', () => {
    expect(loadCheck(2.6, 2)).toMatchObject({ ok: true, warning: true, detail: /2\.6 on 2 cores: other work/ });
    expect(loadCheck(1.9, 2)).toEqual({ name: 'load', ok: true, detail: '1.9 on 2 cores' });
  });

  it('is a timing that does not repeat, with the change that helps', () => {
    const noisy = new Script(arenaWith({ metric: { name: 'ms_per_op', direction: 'minimize' } }));
    const { state } = noisy.addCalibration([5, 6, 4]);
    const [line] = linesOf((add) => reportTiming(add, arenaOf(state), state, 2));
    expect(line).toMatchObject({ warning: true, change: { key: 'decide.rule', value: 'paired' } });
    expect(line!.detail).toContain('ms_per_op of the same code spreads by 20.0 %');
  });

  it('says how else to measure where there are pairs already', () => {
    const metric = { name: 'ms_per_op', direction: 'minimize' };
    const { state } = new Script(arenaWith({ metric, decide: { rule: 'paired' } })).addCalibration([5, 6, 4]);
    const [line] = linesOf((add) => reportTiming(add, arenaOf(state), state, 2));
    expect(line).toMatchObject({ warning: true, fix: /reference work/ });
    expect(line).not.toHaveProperty('change');
  });

  it('is none for what is no timing, and none for a timing that repeats', () => {
    const loss = measured({}).state;
    expect(linesOf((add) => reportTiming(add, arenaOf(loss), loss, 2))).toEqual([]);
    const steady = new Script(arenaWith({ metric: { name: 'ms_per_op', direction: 'minimize' } }));
    const { state } = steady.addCalibration([5, 5.1, 4.9]);
    expect(linesOf((add) => reportTiming(add, arenaOf(state), state, 2))).toEqual([]);
  });
});

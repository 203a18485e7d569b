/** Start-up is compared with the baseline's. */
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../core/experiment.ts';
import { SCRIPT_CONDITIONS } from '../testing/script.ts';
import { findSlowStart, remarkOnStartup, startupBoundsOf } from './startup.ts';

const run = (startupS: number, change: object = {}): Measurement =>
  ({
    state: 'finished',
    deviceClass: 'a',
    outcome: { kind: 'measured', value: 1, metrics: {} },
    conditions: { ...SCRIPT_CONDITIONS, startupS },
    ...change,
  }) as Measurement;

describe('start-up', () => {
  it('has no bounds before the baseline has a number on this device', () => {
    const failed = { outcome: { kind: 'crashed', class: 'exit', message: 'x' } };
    expect(startupBoundsOf([run(9, { deviceClass: 'b' }), run(9, failed)], 'a', 10)).toBeUndefined();
    expect(findSlowStart(undefined, 99)).toBeUndefined();
    expect(remarkOnStartup(undefined, { startupS: 99 })).toBeUndefined();
  });

  it('is bounded by the longest of the baseline, and by a share of the budget where that is more', () => {
    const runs = [run(1), run(2), run(90, { state: 'lost' })];
    expect(startupBoundsOf(runs, 'a', 1)).toEqual({ baselineS: 2, notedS: 3.25, failedS: 5 });
    expect(startupBoundsOf(runs, 'a', 100)).toEqual({ baselineS: 2, notedS: 8, failedS: 29 });
  });

  it('is noted above the first bound and fails above the second', () => {
    const bounds = { baselineS: 1, notedS: 2, failedS: 4 };
    expect(remarkOnStartup(bounds, { startupS: 2 })).toBeUndefined();
    expect(remarkOnStartup(bounds, { startupS: 2.1 })).toMatch(/took 2\.10 s/);
    expect(findSlowStart(bounds, 4)).toBeUndefined();
    expect(findSlowStart(bounds, 4.1)).toMatchObject({ kind: 'crashed', class: 'slow-start' });
  });
});

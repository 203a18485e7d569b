/**
 * Looks for drift: on a schedule, baseline and champion, only where the lab was opened with it; an alarm at two
 * standard errors.
 */
import { describe, expect, it } from 'vitest';
import { arenaWith, Script, IDLE_CONTEXT } from '../../testing/script.ts';
import { viewLab } from '../../view/lab/lab.ts';
import { plan } from './plan.ts';
import type { Step } from './step.ts';

const next = (script: Script, experiments?: number): Step =>
  plan(script.state, { ...IDLE_CONTEXT, ...(experiments !== undefined && { experiments }) });
const look = (n: number): object => expect.objectContaining({ do: 'measure', n, purpose: 'drift' });
const opened = (decide: object): Script =>
  new Script(arenaWith({ decide: { controls: 0, drift: 3, ...decide } })).addCalibration([5, 5.02, 4.98]);

describe('looking for drift', () => {
  it('measures the baseline again after so many ideas, once', () => {
    const script = opened({});
    for (let n = 1; n <= 2; n++) script.addIdea().measure(n, 6).decide(n);
    expect(next(script)).toEqual({ do: 'propose' });
    script.addIdea().measure(3, 6).decide(3);
    expect(next(script)).toEqual(look(0));
    expect(next(script, 3)).toMatchObject({ do: 'stop' });
    expect(next(script.measure(0, 5.01, { purpose: 'drift' }))).toEqual({ do: 'propose' });
  });

  it('measures the champion after the baseline', () => {
    const script = opened({}).addIdea().measure(1, 3).decide(1).advance(1);
    const passed = {
      n: 1,
      against: 0,
      passed: true,
      effect: 2,
      interval: [1, 3],
      probability: 1,
      rule: 'x',
      reason: '',
    };
    script.addEvent({ type: 'confirmation', ...passed, interval: [1, 3] });
    for (let n = 2; n <= 3; n++) script.addIdea().measure(n, 6).decide(n);
    expect(next(script.measure(0, 5, { purpose: 'drift' }))).toEqual(look(1));
    expect(next(script.measure(1, 3, { purpose: 'drift' }))).toEqual({ do: 'propose' });
  });

  it('does nothing in labs that were opened without it', () => {
    const script = opened({ drift: 0 });
    for (let n = 1; n <= 7; n++) script.addIdea().measure(n, 6).decide(n);
    expect(next(script)).toEqual({ do: 'propose' });
  });

  it('raises an alarm at two standard errors, and says so only then', () => {
    const health = (value: number) => {
      const script = opened({}).measure(0, value, { purpose: 'drift' });
      const { health } = viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });
      return health.find((line) => line.what === 'Drift');
    };
    expect(health(5.01)).toMatchObject({ warning: false, text: expect.stringContaining('none seen') });
    expect(health(5.3)).toMatchObject({ warning: true, text: expect.stringContaining('the machine changed') });
  });

  it('does not take the luck by which the champion was chosen for the start it has drifted from', () => {
    const drift = (later: number) => {
      const script = opened({}).addIdea().measure(1, 4.5).decide(1).advance(1).measure(1, 4.7, { purpose: 'confirm' });
      const passed = {
        n: 1,
        against: 0,
        passed: true,
        effect: 0.3,
        interval: [0.1, 0.5],
        probability: 1,
        rule: 'x',
        reason: '',
      };
      script.addEvent({ type: 'confirmation', ...passed, interval: [0.1, 0.5] });
      script.measure(0, 5, { purpose: 'drift' }).measure(1, later, { purpose: 'drift' });
      const { health } = viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });
      return health.filter((line) => line.what === 'Drift').map((line) => line.warning);
    };
    expect(drift(4.7)).toEqual([false, false]);
    expect(drift(5.2)).toEqual([false, true]);
  });
});

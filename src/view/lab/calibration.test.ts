/** What proposers expected stands beside what was measured, and only where both are known. */
import { describe, expect, it } from 'vitest';
import { Script } from '../../testing/script.ts';
import type { ExpectedEffect } from '../../core/expected-effect.ts';
import { wilsonInterval } from '../../base/stats.ts';
import { reportMarkdown } from '../../render/markdown.ts';
import { reportHtml } from '../../render/html.ts';
import { viewExperiment } from './experiment.ts';
import { viewLab } from './lab.ts';

const facts = { now: '2026-03-07T21:00:00Z', alive: true, tip: '' };

/** One idea of `proposer` that stated an effect, measured as `value`; the incumbent stays the baseline at 10. */
function addStated(script: Script, proposer: string, effect: ExpectedEffect | undefined, value: number | 'exit'): void {
  const n = script.state.experiments.length;
  script.propose(`an idea of ${proposer}`, { proposer, note: { ...(effect && { effect }), title: `Idea ${n}` } });
  script.addSnapshot().measure(n, value).decide(n);
}
const percent = (amount: number): ExpectedEffect => ({ amount, in: 'percent' });
const units = (amount: number): ExpectedEffect => ({ amount, in: 'metric' });
const calibrated = (): Script => new Script().addCalibration([10, 10.1, 9.9]);

describe('the calibration of a proposer', () => {
  it('counts directions, and compares the means in units of the metric', () => {
    const script = calibrated();
    addStated(script, 'ann', percent(10), 11); // expected 1 better, measured 1 worse
    addStated(script, 'ann', units(2), 10.02); // expected 2 better, measured nothing
    addStated(script, 'ann', percent(-5), 10.5); // expected 0.5 worse, measured so
    const [ann, ...others] = viewLab(script.state, facts).calibration;
    expect(others).toEqual([]);
    expect(ann).toMatchObject({ proposer: 'ann', stated: 3, measured: 3, directed: 3, signRight: 1 });
    expect(ann!.expectedMean).toBeCloseTo((1 + 2 - 0.5) / 3, 6);
    expect(ann!.measuredMean).toBeCloseTo((-1 - 0.02 - 0.5) / 3, 6);
    expect(ann!.signRange).toEqual(wilsonInterval(1, 3));
    expect(ann!.text).toMatch(/^3 ideas with a stated effect and a number; sign right in 1 of 3 .*expected better by/);
  });

  it('keeps proposers apart, and leaves out who stated nothing', () => {
    const script = calibrated();
    addStated(script, 'ann', units(1), 11);
    addStated(script, 'bob', units(-1), 11);
    addStated(script, 'bob', units(0), 10);
    addStated(script, 'eve', undefined, 11);
    const views = viewLab(script.state, facts).calibration;
    expect(views.map(({ proposer, stated, directed, signRight }) => [proposer, stated, directed, signRight])).toEqual([
      ['bob', 2, 1, 1],
      ['ann', 1, 1, 0],
    ]);
  });

  it('says how many got no number, and claims nothing of them', () => {
    const script = calibrated();
    addStated(script, 'ann', units(1), 'exit');
    script.propose('not yet', { proposer: 'ann', note: { effect: units(1) } });
    const [ann] = viewLab(script.state, facts).calibration;
    expect(ann).toMatchObject({ stated: 2, measured: 0, directed: 0, signRight: 0, signText: '', measuredText: '' });
    expect(ann).not.toHaveProperty('measuredMean');
    expect(ann!.text).toContain('2 more without a number');
  });

  it('stands in both reports with hostile names as text, and on the page of the experiment', () => {
    const script = calibrated();
    addStated(script, '<b>|x', percent(10), 11);
    const view = viewLab(script.state, facts);
    expect(reportMarkdown(view)).toMatch(/## Expected and measured[\s\S]*sign right in 0 of 1/);
    expect(reportMarkdown(view)).not.toContain('<b>|x');
    expect(reportHtml(view, {})).toContain('Expected and measured');
    expect(reportHtml(view, {})).not.toContain('<b>|x');
    const page = viewExperiment(script.state, 1, facts)!;
    expect(page.row.title).toBe('Idea 1');
    expect(page.decision).toContainEqual({ label: 'Expected effect', text: 'better by 10 %' });
    expect(reportMarkdown(viewLab(calibrated().state, facts))).not.toContain('Expected and measured');
  });
});

it('an interval of a share stays between 0 and 1, and holds the share', () => {
  for (const [successes, trials] of [
    [0, 1],
    [1, 1],
    [3, 40],
    [40, 40],
  ] as const) {
    const [low, high] = wilsonInterval(successes, trials);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    expect(low).toBeLessThanOrEqual(successes / trials + 1e-12);
    expect(high).toBeGreaterThanOrEqual(successes / trials - 1e-12);
  }
});

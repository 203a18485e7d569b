/** Several labs in one picture: what is compared, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { syntheticLab, type SyntheticOptions } from '../../testing/synthetic.ts';
import { viewLab } from '../lab/lab.ts';
import { labLine, type OverlayLab, viewOverlay } from './overlay.ts';

function labOf(id: string, options: SyntheticOptions): OverlayLab {
  const { state, now, tip } = syntheticLab({ noise: 0.0009, best: 0.9, ...options });
  return { id, line: labLine(viewLab(state, { now, alive: false, tip }))! };
}

const short = labOf('short', { n: 10 });
const long = labOf('long', { n: 30, seed: 3 });
const other = labOf('other', { n: 10, start: 40, best: 30, noise: 0.1 });

describe('the line of a lab', () => {
  it('is the running best from the baseline to the last experiment', () => {
    const { byExperiment, byHours, baseline, best, direction } = long.line;
    expect(byExperiment[0]).toEqual([0, baseline!.raw]);
    // The line does not move when the best is measured again.
    expect(byExperiment.at(-1)![1]).toBeCloseTo(best!.raw, 2);
    expect(byExperiment.at(-1)![0]).toBeGreaterThanOrEqual(30);
    expect(direction).toBe('minimize');
    expect(byHours.at(-1)![0]).toBeGreaterThan(0);
    for (const corners of [byExperiment, byHours])
      expect(corners.map(([x]) => x)).toEqual(corners.map(([x]) => x).sort((left, right) => left - right));
  });

  it('is missing while there is no number', () => {
    const { state, now, tip } = syntheticLab({ n: 3, until: ({ lab }) => lab !== undefined });
    expect(labLine(viewLab(state, { now, alive: false, tip }))).toBeUndefined();
  });
});

describe('several labs together', () => {
  it('show the metric itself where metric and start are the same', () => {
    const view = viewOverlay([short, long], 'experiment', '');
    expect(view).toMatchObject({ yAxis: 'value', canShowValue: true });
    expect(view.remark).toMatch(/The same metric and start/);
    expect(view.lines.map(({ label }) => label)).toEqual(['short', 'long']);
    expect(view.lines[1]!.corners).toEqual(long.line.byExperiment);
  });

  it('show each gain on its own baseline where the baselines differ, unless asked otherwise', () => {
    const view = viewOverlay([short, other], 'clock', '');
    expect(view).toMatchObject({ yAxis: 'gain', canShowValue: true, xTitle: 'time of work' });
    expect(view.remark).toMatch(/gain in percent of its own baseline/);
    for (const { corners } of view.lines) {
      expect(corners[0]![1]).toBe(0);
      expect(corners.at(-1)![1]).toBeGreaterThan(0);
    }
    expect(viewOverlay([short, other], 'clock', 'value').yAxis).toBe('value');
  });

  it('show gains where the metrics are others, and leave out a baseline of zero', () => {
    const renamed = { id: 'renamed', line: { ...other.line, metric: 'seconds' } };
    const zero = { id: 'zero', line: { ...short.line, baseline: { raw: 0, text: '0' } } };
    const view = viewOverlay([short, renamed, zero], 'experiment', 'value');
    expect(view).toMatchObject({ yAxis: 'gain', canShowValue: false });
    expect(view.remark).toMatch(/The metrics differ.*1 with a baseline of 0 cannot be drawn/);
    expect(view.lines.map(({ label }) => label)).toEqual(['short', 'renamed']);
  });

  it('counts a larger metric as a gain where larger is better', () => {
    const rising = {
      id: 'rising',
      line: {
        ...short.line,
        direction: 'maximize' as const,
        baseline: { raw: 2, text: '2' },
        byExperiment: [
          [0, 2],
          [5, 3],
        ] as const,
      },
    };
    expect(viewOverlay([rising], 'experiment', 'gain').lines[0]!.corners).toEqual([
      [0, 0],
      [5, 50],
    ]);
  });
});

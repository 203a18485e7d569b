/** The line shows what was known at the time; what measured differently later has a mark of its own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawChart } from '../../render/chart.ts';
import { staircaseSvg } from '../../render/svg.ts';
import { PLAIN } from '../../render/text.ts';
import { arenaWith, Script } from '../../testing/script.ts';
import { syntheticLab } from '../../testing/synthetic.ts';
import { viewLab } from '../lab/lab.ts';
import type { LabView } from '../types.ts';
import { viewStaircase } from './staircase.ts';

const viewOf = (script: Script): LabView => viewLab(script.state, { now: script.state.lastAt, alive: true, tip: '' });

/** #1 is kept at 4; #2 is kept at 3.5, and measures 4.5 three times when the claim is tested. */
function luckyStep(isConfirmed: boolean): Script {
  const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.1, 4.9]);
  for (const value of [4, 3.5]) {
    const n = script.state.experiments.length;
    script.addIdea().measure(n, value).decide(n).advance(n);
  }
  for (let k = 0; k < 3; k++) script.measure(2, 4.5, { purpose: 'confirm', claim: 2 });
  const claim = { n: 2, against: 0, effect: 0.5, interval: [0.3, 0.7], probability: 1, rule: 'confirm/4' } as const;
  return script.addEvent({ type: 'confirmation', ...claim, passed: isConfirmed, reason: '' });
}

describe('the line of the staircase', () => {
  it('does not rise because the incumbent was measured again', () => {
    const picture = viewStaircase(viewOf(luckyStep(false)));
    expect(picture.steps.map(({ y }) => y)).toEqual([5, 4, 3.5]);
    expect(picture.marks.find((mark) => mark.n === 2)).toMatchObject({ kind: 'unconfirmed', y: 3.5 });
  });

  it('never gets worse, whatever the lab and the axes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom('minimize', 'maximize'),
        fc.constantFrom('value', 'percent', 'noise'),
        (seed, direction, y) => {
          const range = direction === 'minimize' ? { start: 1, best: 0.8 } : { start: 50, best: 90 };
          const { state, now, tip } = syntheticLab({ n: 60, seed, direction, noise: 0.02, ...range });
          const { steps } = viewStaircase(viewLab(state, { now, tip, alive: false }), { y });
          const isSmallerBetter = direction === 'minimize' && y === 'value';
          for (const [k, step] of steps.slice(1).entries())
            if (isSmallerBetter) expect(step.y).toBeLessThanOrEqual(steps[k]!.y);
            else expect(step.y).toBeGreaterThanOrEqual(steps[k]!.y);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a step that was measured again', () => {
  const view = viewOf(luckyStep(false));
  const picture = viewStaircase(view);

  it('has a mark of its own at its mean of now, which says both numbers', () => {
    expect(picture.remeasured).toMatchObject([{ n: 2, from: 3.5, to: 4.5, hasOwnSign: true }]);
    expect(picture.remeasured[0]!.text).toMatch(/^#2 measured again: 4\.50, was 3\.5/);
    expect(picture.marks.find((mark) => mark.n === 2)!.text).toContain('measured again: 4.50, was 3.5');
  });

  it('is named in the legend of the picture and of the chart, and in the caption', () => {
    expect(staircaseSvg(picture)).toMatch(/measured again<\/text>/);
    expect(drawChart(picture, PLAIN).join('\n')).toContain('□ measured again');
    expect(picture.caption).toMatch(/Squares: steps that were measured again; the line stays where it was/);
  });
});

describe('the champion', () => {
  const view = viewOf(luckyStep(true));
  const picture = viewStaircase(view);

  it('is marked as such, and stands at its own number', () => {
    expect(picture.marks.find((mark) => mark.kind === 'champion')).toMatchObject({ n: 2, y: 4.5 });
    expect(picture.labels[0]!.text).toMatch(/^champion #2: 4\.50 ± 0\.\d\d$/);
    expect(picture.remeasured).toMatchObject([{ n: 2, to: 4.5, hasOwnSign: false }]);
    expect(drawChart(picture, PLAIN).join('\n')).toContain('★ champion, confirmed');
    expect(staircaseSvg(picture)).toContain('champion #2: 4.50');
  });

  it('is one experiment, in rows as in the picture', () => {
    expect(view.experiments.filter((row) => row.isChampion).map(({ n }) => n)).toEqual([view.champion!.n]);
  });
});

describe('the scale', () => {
  it('is not ruled by one outlier, and the caption says how many attempts lie beyond', () => {
    const script = new Script(arenaWith({ decide: { controls: 0, drift: 0 } })).addCalibration([5, 5.1, 4.9]);
    for (const value of [5.1, 5.2, 5.05, 4.95, 5.15, 5.3, 5.2, 5.1, 500]) {
      const n = script.state.experiments.length;
      script.addIdea().measure(n, value).decide(n);
    }
    const picture = viewStaircase(viewOf(script));
    expect(picture.y[1]).toBeLessThan(10);
    expect(picture.marks.at(-1)).toMatchObject({ clipped: 'top' });
    expect(picture.caption).toContain('1 attempt beyond the scale: a triangle at the edge');
  });
});

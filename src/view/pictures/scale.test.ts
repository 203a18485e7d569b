import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../testing/synthetic.ts';
import { boardOf } from '../board.ts';
import { viewLab } from '../lab/lab.ts';
import { limitsOnScale, logTicks, stepsInWindow, usableScale, yTickPositions } from './scale.ts';
import { viewStaircase } from './staircase.ts';

const lab = syntheticLab({ n: 400, noise: 0.0009, best: 0.7, seed: 4 });
const board = boardOf(viewLab(lab.state, { now: lab.now, alive: false, tip: lab.tip }));

describe('the scale of the y axis', () => {
  const kept = (values: readonly number[]) => values.map((y) => ({ y, kept: true }));
  const plateau = [5, 1.01, 1.02, 1, 1.03, 0.99, 1, 1.01, 0.98, 0.99, 1];

  it('is not set by one kept value that is far from all others, unless all are asked for', () => {
    const typical = limitsOnScale(kept(plateau), 5, 0.01, true, 'typical');
    expect(typical[1]).toBeLessThan(1.2);
    expect(typical[0]).toBeLessThan(0.98);
    expect(limitsOnScale(kept(plateau), 5, 0.01, true, 'all')[1]).toBeGreaterThan(5);
  });

  it('shows a climb in whole where its steps are alike, and where there are few', () => {
    const climb = [2, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1];
    expect(limitsOnScale(kept(climb), 2, 0.01, true, 'typical')).toEqual(
      limitsOnScale(kept(climb), 2, 0.01, true, 'all'),
    );
    const few = [5, 1, 1.01];
    expect(limitsOnScale(kept(few), 5, 0.01, true, 'typical')).toEqual(limitsOnScale(kept(few), 5, 0.01, true, 'all'));
  });

  it('is logarithmic only over values above zero', () => {
    expect(usableScale('log', kept([1, 2]))).toBe('log');
    expect(usableScale('log', kept([0, 2]))).toBe('typical');
    expect(usableScale('log', [])).toBe('typical');
    const [low, high] = limitsOnScale(kept([1000, 100, 10, 1]), 1000, 0.1, true, 'log');
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1000);
    expect(logTicks(0.9, 1100, 5)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
    expect(yTickPositions([0.7, 0.72], 'log').positions.length).toBeGreaterThan(2);
  });
});

describe('a part of the staircase', () => {
  it('begins at the level that the line has there', () => {
    const steps = [
      { x: 0, y: 9 },
      { x: 5, y: 7 },
      { x: 8, y: 6 },
    ];
    expect(stepsInWindow(steps, [6, 20])).toEqual([
      { x: 6, y: 7 },
      { x: 8, y: 6 },
    ]);
    expect(stepsInWindow(steps, [-3, 4])).toEqual([{ x: 0, y: 9 }]);
  });

  it('has the marks, labels and ticks inside of it, and a y axis of its own', () => {
    const whole = viewStaircase(board);
    const part = viewStaircase(board, { window: [200, 300] });
    expect(part.marks.map((mark) => mark.n)).toEqual(
      whole.marks.filter((mark) => mark.n >= 200 && mark.n <= 300).map((mark) => mark.n),
    );
    expect([part.x, part.wholeX]).toEqual([[200, 300], whole.x]);
    for (const { at } of part.xTicks) expect(at >= 200 && at <= 300).toBe(true);
    for (const { x } of part.labels) expect(x >= 200 && x <= 300).toBe(true);
    expect(part.y[1] - part.y[0]).toBeLessThan((whole.y[1] - whole.y[0]) / 4);
    // A baseline that is out of sight is not drawn at the edge.
    expect([whole.baseline?.y, part.baseline]).toEqual([board.baseline!.mean!.raw, undefined]);
    expect(viewStaircase(board, { window: [9000, 9001] }).empty).toBe('No experiment lies in this part.');
  });

  it('counts the marks beyond the edge, whatever the scale', () => {
    for (const scale of ['typical', 'all', 'log'] as const) {
      const { marks, clipped, caption, y } = viewStaircase(board, { scale });
      const count = marks.filter((mark) => mark.clipped).length;
      expect(clipped.top + clipped.bottom).toBe(count);
      if (count > 0) expect(caption).toContain(`${count} attempt`);
      for (const mark of marks) if (mark.y !== undefined) expect(mark.y >= y[0] && mark.y <= y[1]).toBe(true);
    }
  });
});

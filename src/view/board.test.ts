/** Boards and curves: what the browser holds is what the view says, and thinning never loses an extreme. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFold } from '../core/replay.ts';
import { syntheticLab } from '../testing/synthetic.ts';
import { type Board, boardOf, boardRow, changedHead, packRow, applyPatch, unpackRow } from './board.ts';
import { atSameStep, bucketsOf, parseCurve, sameStepText } from './pictures/curve.ts';
import { viewLab, viewRows } from './lab/lab.ts';
import { viewStaircase } from './pictures/staircase.ts';

const lab = syntheticLab({ n: 60, noise: 0.0009, best: 0.8, refuseRate: 0.1, crashRate: 0.2 });
const facts = { now: lab.now, alive: false, tip: lab.tip };
const view = viewLab(lab.state, facts);
const board = boardOf(view);

describe('a board', () => {
  it('comes out of its packed rows as it went in', () => {
    for (const row of board.experiments)
      expect(unpackRow(JSON.parse(JSON.stringify(packRow(row))) as unknown[])).toEqual(row);
  });

  it('draws the same staircase as the whole view', () => {
    for (const y of ['value', 'percent', 'noise'] as const)
      expect(viewStaircase(board, { y })).toEqual(viewStaircase(view, { y }));
  });

  it('is the newest one after any split of the night into patches', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: lab.events.length - 1 }), { maxLength: 4 }), (cuts) => {
        const { state, apply } = createFold();
        let at = 0;
        let held = { experiments: [] } as unknown as Board;
        let known: Board = held;
        for (const cut of [...cuts.sort((a, b) => a - b), lab.events.length]) {
          for (; at < cut; at++) apply(lab.events[at]!);
          const now = boardOf(viewLab(state, facts));
          const { experiments, ...head } = now;
          const { experiments: before, ...headBefore } = known;
          const rows = experiments.filter((row) => JSON.stringify(row) !== JSON.stringify(before[row.n])).map(packRow);
          held = applyPatch(held, { head: changedHead(headBefore, head), rows, count: experiments.length });
          known = now;
        }
        expect(JSON.parse(JSON.stringify(held))).toEqual(JSON.parse(JSON.stringify(board)));
      }),
      { numRuns: 20 },
    );
  });

  it('has the same rows when only some are asked for', () => {
    expect(viewRows(lab.state, facts, [3, 17, 999])).toEqual([view.experiments[3], view.experiments[17]]);
    expect(boardRow(view.experiments[3]!, view.knobList)).toEqual(board.experiments[3]);
  });
});

describe('a curve', () => {
  it('keeps its first and last step, its least and its greatest value, however few buckets there are', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 50 }), (loss, most) => {
        const curve = { columns: ['step', 'loss'], points: loss.map((value, k) => [k, value]) };
        const { x, low, high, last } = bucketsOf(curve, 1, most);
        expect(x.length).toBeLessThanOrEqual(most);
        expect([x[0], x.at(-1)]).toEqual([0, loss.length - 1]);
        expect(Math.min(...low)).toBe(Math.min(...loss));
        expect(Math.max(...high)).toBe(Math.max(...loss));
        expect(last.at(-1)).toBe(loss.at(-1));
      }),
    );
  });

  it('is read leniently: half a line, text and blanks are left out', () => {
    expect(parseCurve('step,loss\n1,2\n2,x\n\n3,1.5\n4')).toEqual({
      columns: ['step', 'loss'],
      points: [
        [1, 2],
        [2, Number.NaN],
        [3, 1.5],
      ],
    });
    expect(parseCurve('')).toBeUndefined();
    expect(parseCurve('step,loss\n')).toBeUndefined();
  });

  it('is compared at the last step that both reached', () => {
    const mine = parseCurve('step,seconds,loss\n1,0.1,5\n2,0.2,4\n')!;
    const other = parseCurve('step,seconds,loss\n1,0.1,6\n2,0.2,3.5\n3,0.3,3\n')!;
    expect(atSameStep(mine, other)).toEqual({ step: 2, mine: 4, other: 3.5 });
    expect(sameStepText(mine, other)).toBe('loss 4.0000, incumbent 3.5000 at step 2');
    expect(sameStepText(mine, undefined)).toBe('loss 4.0000 at step 2');
  });
});

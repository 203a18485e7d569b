import { describe, expect, it } from 'vitest';
import type { BoardRow } from './board.ts';
import { knobsWorthShowing } from './knob-columns.ts';

const knobList = ['A', 'B', 'C', 'D'].map((name) => ({ name, kind: 'number' as const }));
const rowOf = (verdict: BoardRow['verdict'], ...changed: number[]): BoardRow =>
  ({ verdict, changed }) as unknown as BoardRow;

describe('the knobs that a table shows at first', () => {
  it('are those that kept steps changed, then those that ideas changed, and none that nothing changed', () => {
    const rows = [
      rowOf('discarded', 0),
      rowOf('discarded', 0, 1),
      rowOf('kept', 2),
      rowOf('crashed', 1),
      rowOf('refused', 1),
    ];
    expect(knobsWorthShowing({ experiments: rows, knobList }, 9)).toEqual(['C', 'B', 'A']);
    expect(knobsWorthShowing({ experiments: rows, knobList }, 1)).toEqual(['C']);
    expect(knobsWorthShowing({ experiments: [], knobList }, 3)).toEqual([]);
  });
});

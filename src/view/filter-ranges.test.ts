import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoardRow } from './board.ts';
import { parseFilter } from './filter.ts';
import { coveredParts, rangeBetween, rangeInFilter, rangeText, withRange } from './filter-ranges.ts';
import { knobAxis, metricAxis, positionOnAxis } from './pictures/factor-axes.ts';
import type { KnobView } from './types.ts';

const knobList: readonly KnobView[] = [
  { name: 'DEPTH', kind: 'number' },
  { name: 'LR', kind: 'number', log: true },
  { name: 'OPT', kind: 'choice' },
  { name: 'n', kind: 'number' },
];
const depth = knobAxis('DEPTH', [2, 4, 12], false);
const rate = knobAxis('LR', [0.001, 0.1], true);
const optimizer = knobAxis('OPT', ['sgd', 'adam', 'two words', 'a=b'], false);
const named = knobAxis('n', [1, 5], false);
const loss = metricAxis('loss', [1, 1.1, 1.2, 1.3, 1.4], true, String);

describe('a range of an axis in the filter', () => {
  it('is written as the filter is typed, and read back', () => {
    const query = withRange('status:kept words', depth, { low: 2, high: 4 }, knobList);
    expect(query).toBe('status:kept words DEPTH>=2 DEPTH<=4');
    expect(rangeInFilter(query, depth, knobList)).toEqual({ low: 2, high: 4 });
    expect(withRange(query, depth, { low: 3 }, knobList)).toBe('status:kept words DEPTH>=3');
    expect(withRange(query, depth, undefined, knobList)).toBe('status:kept words');
    expect(withRange('', named, { high: 4 }, knobList)).toBe('knob.n<=4');
    expect(withRange('', loss, { high: 1.2 }, knobList)).toBe('metric<=1.2');
    expect(withRange('', depth, { low: 2, high: 2 }, knobList)).toBe('DEPTH=2');
  });

  it('names levels of a choice, in quotes where a filter needs them', () => {
    const query = withRange('', optimizer, { levels: ['adam', 'two words', 'a=b'] }, knobList);
    expect(query).toBe('OPT=adam,"two words","a=b"');
    expect(parseFilter(query, knobList).problems).toEqual([]);
    expect(rangeInFilter(query, optimizer, knobList)?.levels).toEqual(['a=b', 'adam', 'two words']);
  });

  it('knows a knob however its key is spelled, and leaves all other parts alone', () => {
    const query = 'depth>=3 knob.DEPTH<=5 -DEPTH=4 n<9 DEPTH!=7 "DEPTH>=1" LR>0.01';
    expect(rangeInFilter(query, depth, knobList)).toEqual({ low: 3, high: 5 });
    expect(withRange(query, depth, undefined, knobList)).toBe('-DEPTH=4 n<9 DEPTH!=7 "DEPTH>=1" LR>0.01');
    expect(rangeInFilter('n<9', named, knobList)).toBeUndefined();
    expect(rangeInFilter('value<=1.2', loss, knobList)).toEqual({ high: 1.2 });
  });

  it('between two places of an axis holds exactly the experiments that lie between them', () => {
    const place = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const values = fc.array(fc.double({ min: 0.001, max: 0.1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(place, place, values, (from, to, rates) => {
        const range = rangeBetween(rate, from, to)!;
        const { fits } = parseFilter(withRange('', rate, range, knobList), knobList);
        for (const value of rates) {
          const position = positionOnAxis(rate, value)!;
          const distance = Math.min(Math.abs(position - from), Math.abs(position - to));
          // Ends are written with four figures.
          if (distance < 0.001) continue;
          const isBetween = position > Math.min(from, to) && position < Math.max(from, to);
          expect(fits({ knobs: [null, value, null, null] } as unknown as BoardRow)).toBe(isBetween);
        }
      }),
    );
  });

  it('is open where it reaches the end of the axis, so that what lies beyond is in it', () => {
    expect(rangeBetween(depth, 0.5, 1)).toEqual({ low: 7 });
    expect(rangeBetween(depth, 0, 0.5)).toEqual({ high: 7 });
    expect(rangeBetween(depth, 0, 1)).toBeUndefined();
    // The best is on top, and it is the smallest.
    expect(rangeBetween(loss, 0.5, 1)).toEqual({ high: 1.2 });
    expect(rangeBetween(optimizer, 0, 0.4)).toEqual({ levels: ['a=b', 'adam'] });
    expect(rangeBetween(optimizer, 0, 1)).toBeUndefined();
  });

  it('covers the same part of the axis again', () => {
    expect(coveredParts(depth, { low: 7 })).toEqual([[0.5, 1]]);
    expect(coveredParts(loss, { high: 1.2 })[0]![0]).toBeCloseTo(0.5);
    expect(coveredParts(loss, { high: 1.2 })[0]![1]).toBe(1);
    expect(coveredParts(optimizer, { levels: ['a=b', 'sgd'] })).toHaveLength(2);
  });

  it('is said in words', () => {
    expect(
      [{ low: 2, high: 4 }, { low: 2 }, { high: 4 }, { low: 2, high: 2 }, { levels: ['a', 'b'] }].map(rangeText),
    ).toEqual(['2 to 4', 'at least 2', 'at most 4', '2', 'a, b']);
  });
});

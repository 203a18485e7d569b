/** Which way knobs were moved: what counts as tried alone, and that a step goes where it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepTo, triedAlone, untried } from './directions.ts';
import { createSearch } from './search.ts';

const search = () =>
  createSearch({
    space: [
      { name: 'a', kind: 'float', low: 0, high: 1, default: 0.5 },
      { name: 'n', kind: 'int', low: 1, high: 4, default: 1 },
      { name: 'c', kind: 'categorical', values: ['x', 'y'] },
    ],
  });

describe('directions', () => {
  it('are tried by trials that moved the knob alone, failed and running ones included', () => {
    const s = search();
    const from = s.space.encode(s.space.start);
    s.add({ a: 0.7 }, 1);
    s.add({ a: 0.3 }, { failed: 'it crashed' });
    s.add({ a: 0.9, n: 3 }, 1);
    expect([...triedAlone(s.history, from, 0)].sort()).toEqual([-1, 1]);
    expect(triedAlone(s.history, from, 1).size).toBe(0);
    s.add({ n: 2 });
    expect([...triedAlone(s.history, from, 1)]).toEqual([1]);
  });

  it('that were never tried and have room are listed, half-tried knobs first; categories have none', () => {
    const s = search();
    const from = s.space.encode(s.space.start);
    expect(untried(s.history, from)).toEqual([
      { knob: 0, sign: 1 },
      { knob: 0, sign: -1 },
      { knob: 1, sign: 1 },
    ]);
    s.add({ a: 0.7 }, 1);
    expect(untried(s.history, from)[0]).toEqual({ knob: 0, sign: -1 });
  });

  it('that were tried from another standing place with the same value of the knob need no second try', () => {
    const s = search();
    const [from, near, far] = [
      { a: 0.5, n: 1, c: 'x' },
      { a: 0.45, n: 1, c: 'y' },
      { a: 0.1, n: 3, c: 'y' },
    ].map((values) => s.space.encode(values));
    s.add({ a: 0.45, n: 2, c: 'y' }, 1);
    s.add({ a: 0.8, n: 1, c: 'y' }, 1);
    s.add({ a: 0.05, n: 3, c: 'y' }, 1);
    const both = [
      { knob: 0, sign: 1 },
      { knob: 0, sign: -1 },
    ];
    expect(untried(s.history, from!)).toEqual([...both, { knob: 1, sign: 1 }]);
    expect(untried(s.history, from!, [near!])).toEqual([{ knob: 0, sign: -1 }]);
    // Down from 0.1 says nothing about down from 0.5.
    expect(untried(s.history, from!, [far!])).toEqual([...both, { knob: 1, sign: 1 }]);
  });

  it('lead to another value of that knob alone, on the side they name', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 4 }), (a, n) => {
        const s = search();
        const from = s.space.encode({ a, n, c: 'y' });
        for (const direction of untried(s.history, from)) {
          const to = stepTo(s.history, from, direction);
          const moved = to.flatMap((u, j) => (u === from[j] ? [] : [j]));
          expect(moved).toEqual([direction.knob]);
          expect(Math.sign(to[direction.knob]! - from[direction.knob]!)).toBe(direction.sign);
        }
      }),
    );
  });
});

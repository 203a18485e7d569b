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
    const other = search();
    other.add({ a: 0.5, n: 3, c: 'x' }, 1);
    expect(untried(other.history, other.space.encode({ a: 0.5, n: 2, c: 'x' }))).toEqual([
      { knob: 1, sign: -1 },
      { knob: 0, sign: 1 },
      { knob: 0, sign: -1 },
    ]);
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

  it('are tried where both trials leave the same other knob out', () => {
    const conditional = createSearch({
      space: [
        { name: 'c', kind: 'categorical', values: ['x', 'y'] },
        { name: 'a', kind: 'float', low: 0, high: 1, default: 0.5 },
        { name: 'm', kind: 'float', low: 0, high: 1, when: { param: 'c', in: ['y'] } },
      ],
    });
    const from = conditional.space.encode({ c: 'x', a: 0.5 });
    conditional.add({ c: 'x', a: 0.7 }, 1);
    conditional.add({ c: 'y', a: 0.3, m: 0.1 }, 1);
    expect([...triedAlone(conditional.history, from, 1)]).toEqual([1]);
    expect(untried(conditional.history, from)).toEqual([{ knob: 1, sign: -1 }]);
    expect([...triedAlone(conditional.history, conditional.space.encode({ c: 'x', a: 0.7 }), 1)]).toEqual([]);
    // A choice that brings another knob with it did not move alone.
    expect([...triedAlone(conditional.history, conditional.space.encode({ c: 'x', a: 0.3 }), 0)]).toEqual([]);
  });

  it('need room: a fiftieth of a continuous scale, another value of a discrete one', () => {
    const s = search();
    const directionsAt = (a: number, n: number): string[] =>
      untried(s.history, s.space.encode({ a, n, c: 'x' })).map(({ knob, sign }) => `${knob} ${sign}`);
    expect(directionsAt(0.985, 1)).toEqual(['0 -1', '1 1']);
    expect(directionsAt(0.97, 4)).toEqual(['0 1', '0 -1', '1 -1']);
    expect(directionsAt(0.015, 2)).toEqual(['0 1', '1 1', '1 -1']);
    expect(directionsAt(0.03, 2)).toEqual(['0 1', '0 -1', '1 1', '1 -1']);
  });

  it('are no longer tried from a place that is further than half a step away', () => {
    const s = search();
    const from = s.space.encode({ a: 0.5, n: 1, c: 'x' });
    const upFrom = (a: number): boolean => {
      const trial = createSearch({ space: s.space });
      trial.add({ a: a + 0.2, n: 1, c: 'y' }, 1);
      const place = trial.space.encode({ a, n: 1, c: 'y' });
      return !untried(trial.history, from, [place]).some(({ knob, sign }) => knob === 0 && sign === 1);
    };
    expect([0.43, 0.44, 0.56, 0.57].map(upFrom)).toEqual([false, true, true, false]);
  });

  it('of a discrete knob are tried from a place with the same value alone', () => {
    const fine = createSearch({
      space: [
        { name: 'n', kind: 'int', low: 0, high: 99, default: 50 },
        { name: 'c', kind: 'categorical', values: ['x', 'y'] },
      ],
    });
    fine.add({ n: 60, c: 'y' }, 1);
    const [from, same, next] = [
      { n: 50, c: 'x' },
      { n: 50, c: 'y' },
      { n: 51, c: 'y' },
    ].map((values) => fine.space.encode(values));
    const isUpTried = (place: typeof from): boolean =>
      !untried(fine.history, from!, [place!]).some(({ sign }) => sign === 1);
    expect([isUpTried(same), isUpTried(next)]).toEqual([true, false]);
  });

  it('lead an eighth of the scale away, or to the next value, and never beyond the end', () => {
    const s = search();
    const stepped = (a: number, n: number, knob: number, sign: 1 | -1): unknown[] => {
      const to = stepTo(s.history, s.space.encode({ a, n, c: 'y' }), { knob, sign });
      const values = s.space.decode(to);
      return [values['a'], values['n'], values['c']];
    };
    expect(stepped(0.5, 2, 0, 1)).toEqual([0.625, 2, 'y']);
    expect(stepped(0.5, 2, 0, -1)).toEqual([0.375, 2, 'y']);
    expect(stepped(0.95, 2, 0, 1)).toEqual([1, 2, 'y']);
    expect(stepped(0.05, 2, 0, -1)).toEqual([0, 2, 'y']);
    expect(stepped(0.5, 2, 1, 1)).toEqual([0.5, 3, 'y']);
    expect(stepped(0.5, 2, 1, -1)).toEqual([0.5, 1, 'y']);
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

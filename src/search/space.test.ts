/** Spaces: every kind of knob there and back, conditions, constraints, and every mistake with its message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { SearchError } from './error.ts';
import type { Param } from './param.ts';
import { randomPoint } from './model-free.ts';
import { createSpace } from './space.ts';

const mixed: Param[] = [
  { name: 'lr', kind: 'float', low: 1e-4, high: 1, log: true, digits: 4, default: 0.01 },
  { name: 'depth', kind: 'int', low: 1, high: 12, default: 4 },
  { name: 'width', kind: 'int', low: 8, high: 512, log: true },
  { name: 'batch', kind: 'pow2', low: 16, high: 1024, default: 64 },
  { name: 'opt', kind: 'categorical', values: ['sgd', 'adam'], default: 'adam' },
  { name: 'beta', kind: 'float', low: 0.5, high: 0.99, when: { param: 'opt', in: ['adam'] } },
  { name: 'size', kind: 'ordinal', values: ['s', 'm', 'l'], default: 'm' },
  { name: 'drop', kind: 'float', low: 0, high: 0.5, step: 0.1, default: 0.1 },
];

describe('a space', () => {
  it('starts at the defaults, and leaves out knobs that are not active', () => {
    const space = createSpace(mixed);
    expect(space.start).toEqual({
      lr: 0.01,
      depth: 4,
      width: 62,
      batch: 64,
      opt: 'adam',
      beta: 0.745,
      size: 'm',
      drop: 0.1,
    });
    const sgd = space.snap({ ...space.start, opt: 'sgd' });
    expect(sgd).not.toHaveProperty('beta');
    expect(space.key(sgd)).not.toBe(space.key(space.start));
    expect(space.key(space.snap({ opt: 'sgd', beta: 0.6 }))).toBe(space.key(space.snap({ opt: 'sgd', beta: 0.7 })));
  });

  it('decodes every point to values that encode and snap to themselves', () => {
    const space = createSpace(mixed);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
        const values = space.decode(randomPoint(space, createRandom(seed)));
        expect(space.snap(values)).toEqual(values);
        expect(space.decode(space.encode(values))).toEqual(values);
      }),
    );
  });

  it('gives every value of a discrete knob an interval, and the intervals cover the scale', () => {
    for (const dim of createSpace(mixed).dims) {
      if (dim.kind === 'category' || dim.levels === Number.POSITIVE_INFINITY) continue;
      let at = 0;
      for (let i = 0; i < dim.levels; i++) {
        const [low, high] = dim.edges(at + 1e-9);
        expect(low).toBeCloseTo(at, 9);
        at = high;
      }
      expect(at).toBeCloseTo(1, 12);
    }
  });

  it('snaps what comes from outside: clamps numbers, fills in defaults, rounds to powers of two', () => {
    const space = createSpace(mixed);
    expect(space.snap({ lr: 7, depth: 3.4, batch: 100, drop: 0.26 })).toMatchObject({
      lr: 1,
      depth: 3,
      batch: 128,
      drop: 0.3,
    });
    expect(() => space.snap({ depht: 3 })).toThrow('There is no knob "depht"');
    expect(() => space.snap({ opt: 'lion' })).toThrow('is "lion", not one of ["sgd","adam"]');
  });

  it('names the constraint that does not hold', () => {
    const space = createSpace({
      params: mixed,
      constraints: [{ name: 'fits into memory', holds: (v) => Number(v.depth) * Number(v.batch) <= 1024 }],
    });
    expect(space.broken(space.start)).toBeUndefined();
    expect(space.broken(space.snap({ depth: 12, batch: 1024 }))).toBe('fits into memory');
  });
});

describe('a mistake in a space is an error with its reason', () => {
  const float = (extra: object): Param[] => [{ name: 'x', kind: 'float', low: 0, high: 1, ...extra } as Param];
  it.each([
    ['no knobs', [], 'The space is empty'],
    ['min = max', float({ low: 1 }), 'one value'],
    ['min > max', float({ low: 2 }), 'swapped'],
    ['an infinite end', float({ high: Number.POSITIVE_INFINITY }), 'must be finite'],
    ['log of zero', float({ log: true }), 'log scale and its range starts at 0'],
    ['log of a negative number', float({ low: -1, log: true }), 'starts at -1'],
    ['a default outside', float({ default: 3 }), 'is 3, outside 0 to 1'],
    ['a default that is no number', float({ default: Number.NaN }), 'not a finite number'],
    ['a fractional whole number', [{ name: 'n', kind: 'int', low: 0.5, high: 2 }], 'must be whole'],
    ['a fractional default', [{ name: 'n', kind: 'int', low: 0, high: 2, default: 0.5 }], 'not a whole number'],
    ['no power of two', [{ name: 'p', kind: 'pow2', low: 3, high: 8 }], 'powers of two'],
    ['one category', [{ name: 'c', kind: 'categorical', values: ['a'] }], 'at least two'],
    ['a category twice', [{ name: 'c', kind: 'categorical', values: ['a', 'a'] }], 'lists "a" twice'],
    ['step and log', float({ low: 0.1, step: 0.1, log: true }), 'both `step` and `log`'],
    ['a step too wide', float({ step: 3 }), 'Its step is 3'],
    ['an unknown kind', [{ name: 'x', kind: 'real' }], 'Its kind is "real"'],
    ['two knobs on one name', [...float({}), ...float({})], 'declared twice'],
    [
      'a condition on a later knob',
      [
        { name: 'a', kind: 'int', low: 0, high: 1, when: { param: 'b', in: [1] } },
        { name: 'b', kind: 'int', low: 0, high: 1 },
      ],
      'not declared before',
    ],
    [
      'a condition on a value that cannot be',
      [
        { name: 'b', kind: 'int', low: 0, high: 1 },
        { name: 'a', kind: 'int', low: 0, high: 1, when: { param: 'b', in: [7] } },
      ],
      'is 7, outside',
    ],
    ['501 knobs', Array.from({ length: 501 }, (_, i) => ({ ...float({})[0]!, name: `x${i}` })), 'the limit is 500'],
  ] as [string, Param[], string][])('%s', (_, params, message) => {
    expect(() => createSpace(params)).toThrow(SearchError);
    expect(() => createSpace(params)).toThrow(message);
  });

  it('a default that breaks a constraint', () => {
    expect(() => createSpace({ params: mixed, constraints: [{ name: 'never', holds: () => false }] })).toThrow(
      'breaks the constraint "never"',
    );
  });
});

/** Spaces: every kind of knob there and back, conditions, constraints, and every mistake with its message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../base/random.ts';
import { SearchError } from './error.ts';
import type { Param } from './param.ts';
import { randomPoint } from './model-free.ts';
import { countKnobKinds, createSpace, type Values } from './space.ts';

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

describe('knobs that depend on others', () => {
  const nested = createSpace([
    { name: 'opt', kind: 'categorical', values: ['sgd', 'adam'] },
    { name: 'warm', kind: 'int', low: 0, high: 2, default: 0, when: { param: 'opt', in: ['adam'] } },
    { name: 'steps', kind: 'float', low: 0, high: 1, default: 0.25, when: { param: 'warm', in: [1, 2] } },
  ]);

  it('are there only under the values that they name, and under knobs that are there', () => {
    expect(nested.start).toEqual({ opt: 'sgd' });
    expect(nested.snap({ opt: 'adam' })).toEqual({ opt: 'adam', warm: 0 });
    expect(nested.snap({ opt: 'adam', warm: 2 })).toEqual({ opt: 'adam', warm: 2, steps: 0.25 });
    expect(nested.snap({ opt: 'sgd', warm: 2, steps: 0.5 })).toEqual({ opt: 'sgd' });
    expect(nested.conditions).toEqual([undefined, { parent: 0, values: ['adam'] }, { parent: 1, values: [1, 2] }]);
  });

  it('have no coordinate while they are not there, and their default where they have none', () => {
    expect(nested.encode({ opt: 'adam', warm: 0 })).toEqual([1, expect.closeTo(1 / 6, 12), Number.NaN]);
    expect(nested.decode([1, 0.9, Number.NaN])).toEqual({ opt: 'adam', warm: 2, steps: 0.25 });
    expect(nested.decode([0, 0.9, 0.5])).toEqual({ opt: 'sgd' });
    expect(nested.decode([1, 0.5, 0.75])).toEqual({ opt: 'adam', warm: 1, steps: 0.75 });
  });

  it('make configurations different by being there', () => {
    expect(nested.key({ opt: 'adam', warm: 0 })).not.toBe(nested.key({ opt: 'adam' }));
    expect(nested.key({ warm: 0, opt: 'adam' })).toBe(nested.key({ opt: 'adam', warm: 0 }));
  });

  it('are counted by kind', () => {
    expect(countKnobKinds(nested)).toEqual({ numeric: 2, category: 1, conditional: 2, discrete: 1 });
    expect(countKnobKinds(createSpace(mixed))).toEqual({ numeric: 7, category: 1, conditional: 1, discrete: 5 });
  });

  it('multiply the size of the space, which is infinite with a continuous knob', () => {
    expect(nested.size).toBe(Number.POSITIVE_INFINITY);
    expect(
      createSpace([
        { name: 'n', kind: 'int', low: 1, high: 4 },
        { name: 'c', kind: 'categorical', values: [1, 2, 3] },
      ]).size,
    ).toBe(12);
  });
});

describe('a configuration from outside', () => {
  const space = createSpace([
    { name: 'x', kind: 'float', low: 0, high: 1, default: 0.5 },
    { name: 'c', kind: 'categorical', values: ['a', 'b'] },
  ]);

  it.each([
    [{ x: Number.NaN }, 'The value of "x" is NaN'],
    [{ c: 'z' }, 'The value of "c" is "z"'],
    [{ c: 7 }, 'The value of "c" is 7'],
    [{ y: 1 }, 'There is no knob "y". The knobs are x, c.'],
  ])('is refused with its value: %j', (values, message) => {
    expect(() => space.snap(values)).toThrow(SearchError);
    expect(() => space.snap(values)).toThrow(message);
    expect(() => space.snap(values)).toThrow(expect.objectContaining({ code: 'E_VALUE' }));
  });

  it('is clamped where it lies beyond an end', () => {
    expect(space.snap({ x: 9 })).toEqual({ x: 1, c: 'a' });
    expect(space.snap({ x: Number.NEGATIVE_INFINITY, c: 'b' })).toEqual({ x: 0, c: 'b' });
  });

  it('breaks the first constraint that does not hold', () => {
    const constraints = [
      { name: 'small', holds: ({ x }: Values) => Number(x) < 0.8 },
      { name: 'smaller', holds: ({ x }: Values) => Number(x) < 0.6 },
    ];
    const { broken } = createSpace({ params: [{ name: 'x', kind: 'float', low: 0, high: 1 }], constraints });
    expect([0.5, 0.7, 0.9].map((x) => broken({ x }))).toEqual([undefined, 'smaller', 'small']);
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
    [
      'a condition on a knob that is not there',
      [{ name: 'a', kind: 'int', low: 0, high: 1, when: { param: 'z', in: [1] } }],
      '"z" is not declared before',
    ],
    [
      'a condition on itself',
      [{ name: 'a', kind: 'int', low: 0, high: 1, when: { param: 'a', in: [1] } }],
      '"a" is not declared before',
    ],
    [
      'a condition without values',
      [
        { name: 'b', kind: 'int', low: 0, high: 1 },
        { name: 'a', kind: 'int', low: 0, high: 1, when: { param: 'b', in: [] } },
      ],
      'It lists no values',
    ],
    [
      'a name twice, with the numbers of both',
      [...float({}), { ...float({})[0]!, name: 'y' }, ...float({})],
      'number 1 and number 3',
    ],
    ['501 knobs', Array.from({ length: 501 }, (_, i) => ({ ...float({})[0]!, name: `x${i}` })), 'the limit is 500'],
  ] as [string, Param[], string][])('%s', (_, params, message) => {
    expect(() => createSpace(params)).toThrow(SearchError);
    expect(() => createSpace(params)).toThrow(message);
  });

  it('no list of knobs at all', () => {
    expect(() => createSpace({} as never)).toThrow('The space is empty');
    expect(() => createSpace(float({}))).not.toThrow();
    const most = Array.from({ length: 500 }, (_, i) => ({ ...float({})[0]!, name: `x${i}` }) as Param);
    expect(createSpace(most).dims).toHaveLength(500);
  });

  it('a default that breaks a constraint', () => {
    expect(() => createSpace({ params: mixed, constraints: [{ name: 'never', holds: () => false }] })).toThrow(
      'breaks the constraint "never"',
    );
  });
});

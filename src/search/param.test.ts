/** One knob: where its values lie on the scale, and which values it refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileParam, type Dim, type Param, type Value } from './param.ts';
import { SearchError } from './error.ts';

const dim = (param: object): Dim => compileParam({ name: 'p', ...param } as Param);
const valuesOf = (dimension: Dim): Value[] => {
  const values: Value[] = [];
  for (let coordinate = 0; values.length < dimension.levels; coordinate = dimension.edges(coordinate)[1] + 1e-9)
    values.push(dimension.decode(coordinate));
  return values;
};

describe('a knob that is continuous', () => {
  it('goes from end to end, linearly or by factors', () => {
    const linear = dim({ kind: 'float', low: 2, high: 6 });
    expect([0, 0.25, 0.5, 1].map((coordinate) => linear.decode(coordinate))).toEqual([2, 3, 4, 6]);
    expect([2, 3, 6].map((value) => linear.encode(value))).toEqual([0, 0.25, 1]);
    expect(linear).toMatchObject({ kind: 'numeric', levels: Number.POSITIVE_INFINITY, log: false, default: 4 });
    const log = dim({ kind: 'float', low: 0.01, high: 100, log: true });
    expect(log.decode(0.5)).toBeCloseTo(1, 12);
    expect(log.encode(10)).toBeCloseTo(0.75, 12);
    expect(log).toMatchObject({ log: true, default: expect.closeTo(1, 12) });
    expect(log.edges(0.3)).toEqual([0.3, 0.3]);
  });

  it('has its ends exactly, and nothing beyond them', () => {
    for (const dimension of [
      dim({ kind: 'float', low: 0.1, high: 0.7 }),
      dim({ kind: 'float', low: 0.1, high: 0.7, log: true }),
      dim({ kind: 'float', low: 0.1, high: 0.7, digits: 1 }),
    ]) {
      expect([-1, 0, 1, 2].map((coordinate) => dimension.decode(coordinate))).toEqual([0.1, 0.1, 0.7, 0.7]);
      expect([-5, 5].map((value) => dimension.encode(value))).toEqual([0, 1]);
    }
    const rounded = dim({ kind: 'float', low: 0.16, high: 0.84, digits: 1 });
    expect([0.01, 0.99].map((coordinate) => rounded.decode(coordinate))).toEqual([0.2, 0.8]);
    const inside = dim({ kind: 'float', low: 0.13, high: 0.84, digits: 1 });
    expect(inside.decode(0.001)).toBe(0.13);
    expect(dim({ kind: 'float', low: 0, high: 1, digits: 2 }).decode(1 / 3)).toBe(0.33);
  });

  it.each([1, 17])('is rounded to 1 to 17 digits: %d', (digits) => {
    expect(() => dim({ kind: 'float', low: 0, high: 1, digits })).not.toThrow();
  });

  it.each([0, 18, 1.5, -1])('is not rounded to %d digits', (digits) => {
    expect(() => dim({ kind: 'float', low: 0, high: 1, digits })).toThrow(`rounded to ${digits} digits`);
  });
});

describe('a knob of single values', () => {
  it.each([
    [{ kind: 'int', low: 1, high: 4 }, [1, 2, 3, 4]],
    [{ kind: 'int', low: 1, high: 4, log: true }, [1, 2, 3, 4]],
    [{ kind: 'int', low: -1, high: 1 }, [-1, 0, 1]],
    [{ kind: 'pow2', low: 4, high: 32 }, [4, 8, 16, 32]],
    [{ kind: 'pow2', low: 0.25, high: 1 }, [0.25, 0.5, 1]],
    [{ kind: 'float', low: 0, high: 1, step: 0.25 }, [0, 0.25, 0.5, 0.75, 1]],
    [{ kind: 'float', low: 0.1, high: 0.75, step: 0.2 }, [0.1, 0.3, 0.5, 0.7]],
    [{ kind: 'float', low: 0, high: 0.3, step: 0.1 }, [0, 0.1, 0.2, 0.3]],
    [{ kind: 'float', low: 0, high: 2, step: 2 }, [0, 2]],
    [{ kind: 'ordinal', values: ['s', 'm', 'l'] }, ['s', 'm', 'l']],
  ] as const)('has them in their order: %j', (param, values) => {
    const dimension = dim(param);
    expect(dimension.levels).toBe(values.length);
    expect(valuesOf(dimension)).toEqual(values);
    for (const value of values) expect(dimension.decode(dimension.encode(value))).toBe(value);
    expect([-1, 2].map((coordinate) => dimension.decode(coordinate))).toEqual([values[0], values.at(-1)]);
    expect(dimension.edges(0)[0]).toBe(0);
    expect(dimension.edges(1)[1]).toBe(1);
  });

  it('gives each of them the same part of a linear scale, and of a scale of factors the part of its factor', () => {
    expect(dim({ kind: 'int', low: 1, high: 4 }).edges(0.3)).toEqual([0.25, 0.5]);
    expect(dim({ kind: 'ordinal', values: ['s', 'm'] }).edges(0.7)).toEqual([0.5, 1]);
    expect(dim({ kind: 'int', low: 1, high: 4 }).encode(2)).toBe(0.375);
    const [low, high] = dim({ kind: 'int', low: 1, high: 4, log: true }).edges(0.5);
    expect(low).toBeCloseTo(Math.log(1.5 / 0.5) / Math.log(4.5 / 0.5), 12);
    expect(high).toBeCloseTo(Math.log(2.5 / 0.5) / Math.log(4.5 / 0.5), 12);
    expect(dim({ kind: 'int', low: 1, high: 4, log: true }).log).toBe(true);
    expect(dim({ kind: 'pow2', low: 1, high: 4 }).log).toBe(false);
  });

  it('takes the nearest of them for any number', () => {
    expect([-3, 1.4, 2.6, 99].map((value) => dim({ kind: 'int', low: 1, high: 4 }).encode(value))).toEqual([
      0.125, 0.125, 0.625, 0.875,
    ]);
    const powers = dim({ kind: 'pow2', low: 4, high: 32 });
    expect([5, 6, 1, 0, -8, 100].map((value) => powers.decode(powers.encode(value)))).toEqual([4, 8, 4, 4, 4, 32]);
    const factors = dim({ kind: 'int', low: 1, high: 4, log: true });
    expect([-8, 0, 9].map((value) => factors.decode(factors.encode(value)))).toEqual([1, 1, 4]);
    const steps = dim({ kind: 'float', low: 1, high: 2, step: 0.25 });
    expect([1.1, 1.13, 0, 9].map((value) => steps.decode(steps.encode(value)))).toEqual([1, 1.25, 1, 2]);
    const sizes = dim({ kind: 'ordinal', values: ['s', 'm', 'l'] });
    expect(sizes.decode(sizes.encode('unknown'))).toBe('s');
  });

  it('holds for any whole numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), fc.boolean(), (low, more, log) => {
        const dimension = dim({ kind: 'int', low, high: low + more, log });
        expect(valuesOf(dimension)).toEqual(Array.from({ length: more + 1 }, (_, i) => low + i));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a knob of choices', () => {
  it('has an index for each, and none between', () => {
    const choices = dim({ kind: 'categorical', values: ['a', 'b', 3] });
    expect(choices).toMatchObject({ kind: 'category', levels: 3, log: false, default: 'a' });
    expect(['a', 'b', 3, 'unknown'].map((value) => choices.encode(value))).toEqual([0, 1, 2, 0]);
    expect([0, 1.4, 1.6, -3, 9].map((coordinate) => choices.decode(coordinate))).toEqual(['a', 'b', 3, 'a', 3]);
    expect(choices.edges(1)).toEqual([1, 1]);
  });
});

describe('the default of a knob', () => {
  it('is the middle of its scale, or its first choice, where it is not declared', () => {
    expect(dim({ kind: 'int', low: 1, high: 5 }).default).toBe(3);
    expect(dim({ kind: 'ordinal', values: ['s', 'm', 'l'] }).default).toBe('m');
    expect(dim({ kind: 'categorical', values: ['s', 'm', 'l'] }).default).toBe('s');
    expect(dim({ kind: 'categorical', values: ['s', 'm', 'l'], default: 'l' }).default).toBe('l');
    expect(dim({ kind: 'float', low: 0, high: 1, default: 0 }).default).toBe(0);
    expect(dim({ kind: 'float', low: 0, high: 1, default: 0.123, digits: 1 }).default).toBe(0.1);
  });
});

describe('a value that a knob cannot have', () => {
  it.each([
    [{ kind: 'float', low: 0, high: 1 }, [0, 0.5, 1], [-0.1, 1.1, '0.5', Number.NaN, undefined]],
    [{ kind: 'int', low: 1, high: 3 }, [1, 2, 3], [0, 4, 1.5, '2', null]],
    [{ kind: 'pow2', low: 2, high: 8 }, [2, 4, 8], [1, 3, 16, '4']],
    [{ kind: 'float', low: 0, high: 1, step: 0.5 }, [0, 1], [-1, 2]],
    [{ kind: 'ordinal', values: ['s', 2] }, ['s', 2], ['2', 's ', undefined]],
    [{ kind: 'categorical', values: ['s', 2] }, ['s', 2], ['2', 's ', undefined]],
  ])('is named: %j', (param, allowed, refused) => {
    const dimension = dim(param);
    for (const value of allowed) expect(dimension.fault(value), String(value)).toBeUndefined();
    for (const value of refused)
      expect(dimension.fault(value), String(value)).toContain(`is ${JSON.stringify(value) ?? String(value)}`);
  });
});

describe('a declaration that is refused', () => {
  it.each([
    [{ kind: 'float', low: 0, high: 1, name: '' }, 'Its name is empty'],
    [{ kind: 'float', low: 0, high: 1, name: 7 }, 'The knob "7"'],
    [{ kind: 'float', low: Number.NaN, high: 1 }, 'must be finite'],
    [{ kind: 'float', low: 0, high: 1, step: 0 }, 'Its step is 0'],
    [{ kind: 'float', low: 0, high: 1, step: -0.1 }, 'Its step is -0.1'],
    [{ kind: 'float', low: 0, high: 1, step: 1.01 }, 'Its step is 1.01'],
    [{ kind: 'float', low: 1, high: 2, step: 1.5 }, 'Its step is 1.5'],
    [{ kind: 'float', low: 1, high: 0, step: 0.1 }, 'the ends are swapped'],
    [{ kind: 'int', low: 0, high: 1.5 }, 'must be whole'],
    [{ kind: 'int', low: 0, high: 4, log: true }, 'log scale and its range starts at 0'],
    [{ kind: 'pow2', low: 4, high: 12 }, 'powers of two'],
    [{ kind: 'pow2', low: 0, high: 4 }, 'log scale and its range starts at 0'],
    [{ kind: 'ordinal', values: ['a'] }, 'It has 1 values'],
    [{ kind: 'ordinal' }, 'It has no values'],
    [{ kind: 'categorical', values: 'ab' }, 'List at least two'],
    [{ kind: 'ordinal', values: [1, 2, 1] }, 'It lists 1 twice'],
    [{ kind: 'int', low: 0, high: 4, default: 5 }, 'Its default is 5, outside 0 to 4'],
    [{ kind: 'nothing' }, 'Its kind is "nothing"'],
  ])('says what is wrong with it: %j', (param, message) => {
    const compile = (): Dim => dim(param);
    expect(compile).toThrow(SearchError);
    expect(compile).toThrow(message);
  });

  it('is not one that is at its bounds', () => {
    for (const param of [
      { kind: 'float', low: 0, high: 1, step: 1 },
      { kind: 'float', low: -2, high: -1 },
      { kind: 'float', low: 1e-9, high: 1, log: true },
      { kind: 'categorical', values: ['a', 'b'] },
      { kind: 'int', low: 0, high: 1 },
    ])
      expect(() => dim(param)).not.toThrow();
  });
});

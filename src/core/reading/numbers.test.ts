/** Numbers and units as programs print them. */
import { describe, expect, it } from 'vitest';
import { escapePattern, findNumbers, inUnit, parseNumber } from './numbers.ts';

const seen = (line: string): unknown[] => findNumbers(line).map(({ value, unit }) => (unit ? [value, unit] : value));

describe('the numbers of a line', () => {
  it.each([
    ['1 -2 +3 −4', [1, -2, 3, -4]],
    ['1.5 .5 2. 1e3 1E-2 1.5e+10', [1.5, 0.5, 2, 1000, 0.01, 1.5e10]],
    ["1,234.5 12_345 1'234'567 1\u2009234 1\u202f234", [1234.5, 12345, 1234567, 1234, 1234]],
    ['1,23 0,91', []],
    ['1.2.3 v1 x2 a-3 b.4', []],
    ['1,23, 4; 5, 6', [4, 5, 6]],
    ['12,5 1,2,3', []],
    ['nan NaN inf -Infinity +inf', [Number.NaN, Number.NaN, Infinity, -Infinity, Infinity]],
    ['nano infinite', []],
    ['3rd 4_x 5é', []],
    ['(6) [7] "8" =9', [6, 7, 8, 9]],
    ['', []],
  ] as const)('of %j are %j', (line, numbers) => {
    expect(seen(line)).toEqual(numbers);
  });

  it('carry their unit, with a space or without', () => {
    expect(seen('12ms 3 s 4  s 5 KiB 6% 7 sx 8 s/op 9 MB/s 10 ns/op 1.5x 2 fps')).toEqual([
      [12, 'ms'],
      [3, 's'],
      4,
      [5, 'KiB'],
      [6, '%'],
      7,
      [8, 's/op'],
      [9, 'MB/s'],
      [10, 'ns/op'],
      [1.5, 'x'],
      [2, 'fps'],
    ]);
  });

  it('say where they begin and end, their unit with them', () => {
    expect(findNumbers('a: 12 ms, 7')).toEqual([
      { value: 12, unit: 'ms', start: 3, end: 8 },
      { value: 7, unit: '', start: 10, end: 11 },
    ]);
  });

  it('are one where a length of time is printed in parts', () => {
    expect(findNumbers('real 1m2.5s 3')).toEqual([
      { value: 62.5, unit: 's', start: 5, end: 11 },
      { value: 3, unit: '', start: 12, end: 13 },
    ]);
    expect(seen('1h2m3s 10m0s x1m2s 1m2sx')).toEqual([
      [3723, 's'],
      [600, 's'],
    ]);
    expect(seen('7 1m1s 8')).toEqual([7, [61, 's'], 8]);
    expect(seen('12h34m56s')).toEqual([[45296, 's']]);
  });
});

describe('a text that is one number', () => {
  it.each([
    [' 1.5 ms ', 1.5],
    ['-3', -3],
    ['1 2', undefined],
    ['x 1', undefined],
    ['1 y', undefined],
    ['one', undefined],
    ['', undefined],
  ])('%j: %j', (text, value) => {
    expect(parseNumber(text)?.value).toBe(value);
  });
});

describe('a number in the unit of the metric', () => {
  it.each([
    [120, 'ms', '', 0.12],
    [120, 'ms', 'ms', 120],
    [1.1, 's', 'ms', 1100],
    [3, 'min', 's', 180],
    [2, 'h', 'minutes', 120],
    [7, 'µs', 's', 7e-6],
    [7, 'ns', '', 7e-9],
    [2048, 'B', 'KiB', 2],
    [1, 'MiB', '', 1048576],
    [3, 'GB', 'MB', 3000],
    [1024, 'kB', 'KiB', 1000],
    [1000, 'KiB', 'kB', 1024],
    [1.024, 'MB', 'KiB', 1000],
    [950, 'us', 'ms', 0.95],
    [5, 'MB/s', '', 5e6],
    [52, 'ns/op', '', 5.2e-8],
    [91, '%', '', 91],
    [91, '%', 'points', 91],
    [91, '%', 's', 91],
    [4, '', 'ms', 4],
    [60, 'fps', 's', 60],
    [60, 'fps', '', 60],
    [4, 's', 'laps', 4],
    [4, 's', 'MB', undefined],
    [4, 's', 'fps', undefined],
    [4, 'B', 'B/s', undefined],
  ] as const)('%d %s for the unit %j is %j', (value, unit, metricUnit, expected) => {
    expect(inUnit({ value, unit }, metricUnit)).toBe(expected);
  });
});

describe('a text in a pattern', () => {
  it('means exactly that text', () => {
    const text = '.*+?^${}()|[]\\/a-b';
    expect(new RegExp(`^${escapePattern(text)}$`).test(text)).toBe(true);
    expect(new RegExp(`^${escapePattern('a.b')}$`).test('axb')).toBe(false);
  });
});

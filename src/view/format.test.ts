import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockTime,
  dateTime,
  decimalsOfExact,
  decimalsOfMagnitude,
  decimalsOfSpread,
  formatDuration,
  formatFixed,
  metricFormat,
  formatPercent,
  formatSigned,
  knobText,
  ownDecimals,
  rawText,
  secondaryTextOf,
  spreadText,
  withRealMinus,
} from './format.ts';

describe('numbers', () => {
  it('shows two significant digits of an uncertainty, and rounds to tens where it is large', () => {
    expect([0.0004, 0.00012, 0.05, 0.0996, 3, 40, 123, 0].map(decimalsOfSpread)).toEqual([
      5,
      5,
      3,
      2,
      1,
      0,
      -1,
      undefined,
    ]);
    expect([0.0004, 0.0996, 9.96, 123, 1.2e-9, 3e15, 0].map(spreadText)).toEqual([
      '0.00040',
      '0.10',
      '10',
      '120',
      '1.2e−9',
      '3.0e15',
      '0',
    ]);
    expect(formatFixed(12_345, -2)).toBe('12,300');
  });

  it('falls back to five figures where the noise is unknown, and to what is there where values are exact', () => {
    expect(decimalsOfMagnitude(1.5)).toBe(4);
    expect(decimalsOfExact([41, 40])).toBe(0);
    expect(decimalsOfExact([0.25, 0.5])).toBe(2);
    expect(decimalsOfExact([1 / 3, 0.5])).toBe(5);
    expect(decimalsOfExact([0.333333333, 0.333333334])).toBe(9);
    expect(decimalsOfExact([])).toBe(3);
  });

  it('writes a measurement with its own digits', () => {
    expect([0.00063, 0.0026, 1200, 12_345.6, -0.5, 0, -0, 3e-9, 1e300].map(rawText)).toEqual([
      '0.00063',
      '0.0026',
      '1200',
      '12,345.6',
      '−0.5',
      '0',
      '0',
      '3e−9',
      '1e300',
    ]);
    expect(rawText(0.1 + 0.2)).toBe('0.3');
    expect([0.00063, 1250, 12_345.678].map(secondaryTextOf)).toEqual(['0.00063', '1250', '12,346']);
    expect([0.0125, 3e-9, 1200, 1.25e-7].map(ownDecimals)).toEqual([4, 9, 0, 9]);
  });

  it('writes a real minus, no negative zero, and separates thousands', () => {
    expect(formatFixed(-0.0001, 2)).toBe('0.00');
    expect(formatFixed(-1.5, 1)).toBe('−1.5');
    expect(formatFixed(1234567.8, 1)).toBe('1,234,567.8');
    expect(formatSigned(0.004, 2)).toBe('0.00');
    expect(formatSigned(0.014, 2)).toBe('+0.01');
    expect(formatPercent(0.0203, 1)).toBe('2.0 %');
  });

  it('gives recorded sentences a real minus before numbers, and nowhere else', () => {
    expect(withRealMinus('z = -1.2, margin -.15, -0.00, (-3 to -2), +4 -2, 1e-7, 2026-03-07, val-2, #1-3')).toBe(
      'z = −1.2, margin −.15, 0.00, (−3 to −2), +4 −2, 1e-7, 2026-03-07, val-2, #1-3',
    );
    expect([knobText(-0.25), knobText(1e-7), knobText(20_000), knobText('adam-w')]).toEqual([
      '−0.25',
      '1e−7',
      '20,000',
      'adam-w',
    ]);
  });

  it('survives every number', () => {
    fc.assert(
      fc.property(fc.double(), fc.integer({ min: -20, max: 330 }), (x, d) => {
        const text = formatFixed(x, d);
        expect(text).not.toMatch(/NaN|undefined|-|^−0(\.0*)?$/);
        expect(text.length).toBeLessThan(40);
      }),
    );
  });

  it('never rounds a spread down to nothing', () => {
    expect(metricFormat('', 2, 1).spread(0.0003)).toBe('0.00030');
    expect(metricFormat('ms', 2, 1).value(1.234)).toBe('1.23 ms');
  });
});

const parse = (text: string): number => Number(text.replaceAll(',', '').replaceAll('−', '-'));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Doubles as programs print them: of every size, with at most fifteen significant digits. */
const printed = fc
  .oneof(finite, fc.double({ min: -1e6, max: 1e6, noNaN: true }))
  .map((x) => Number(x.toPrecision(15)))
  .filter(Number.isFinite);

describe('for every number', () => {
  it('a measurement reads back as the number that was measured', () => {
    fc.assert(
      fc.property(printed, (x) => parse(rawText(x)) === (x === 0 ? 0 : x)),
      { numRuns: 500 },
    );
  });

  it('different measurements never look equal', () => {
    fc.assert(
      fc.property(printed, printed, (x, y) => (x === y) === (rawText(x) === rawText(y))),
      { numRuns: 500 },
    );
  });

  it('an uncertainty has two significant digits, and lies within a twentieth of the true one', () => {
    const spreads = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(spreads, fc.double({ min: 1e-9, max: 1e9, noNaN: true })), (x) => {
        const text = spreadText(x);
        const significant = text.replace(/e.*/, '').replace(/[,.]/g, '').replace(/^0+/, '');
        expect(significant.replace(/(?<=^..)0+$/, '')).toHaveLength(2);
        expect(Math.abs(parse(text) / x - 1)).toBeLessThanOrEqual(0.0501);
      }),
      { numRuns: 500 },
    );
  });

  it('a mean ends at the last digit of its uncertainty', () => {
    const spreads = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), spreads, (x, spread) => {
        const [mean, half] = [formatFixed(x, decimalsOfSpread(spread)!), spreadText(spread)];
        expect(mean.split('.')[1]?.length ?? 0).toBe(half.split('.')[1]?.length ?? 0);
        expect(Math.abs(parse(mean) - x)).toBeLessThanOrEqual(0.0501 * spread);
      }),
    );
  });

  it('exact values that differ in fourteen digits look different in a column', () => {
    const values = fc.array(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => Number(x.toFixed(8))),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(values, (xs) => {
        const decimals = decimalsOfExact(xs);
        expect(new Set(xs.map((x) => formatFixed(x, decimals))).size).toBe(new Set(xs.map((x) => x + 0)).size);
      }),
    );
  });
});

describe('times', () => {
  it('reads as people say it', () => {
    expect([0.44, 24, 302, 15000, 3 * 86400].map((seconds) => formatDuration(seconds))).toEqual([
      '0.4 s',
      '24 s',
      '5 min 02 s',
      '4 h 10 min',
      '3.0 days',
    ]);
    expect([formatDuration(5400, 'min'), formatDuration(7200, 'h'), formatDuration(86400, 'day')]).toEqual([
      '90 min',
      '2 h',
      '1 day',
    ]);
    expect(formatDuration(Number.NaN)).toBe('–');
  });

  it('follows the reader’s clock', () => {
    expect(clockTime('2026-03-07T23:31:00.000Z', 0)).toBe('23:31');
    expect(clockTime('2026-03-07T23:31:00.000Z', 60)).toBe('00:31');
    expect(dateTime('2026-03-07T23:31:00.000Z', 60)).toBe('2026-03-08 00:31 +01:00');
    expect(dateTime('never', 0)).toBe('–');
  });
});

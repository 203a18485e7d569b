import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockTime,
  dateTime,
  decimalsOf,
  decimalsOfExact,
  formatDuration,
  formatFixed,
  metricFormat,
  formatPercent,
  formatSigned,
  knobText,
  withRealMinus,
} from './format.ts';

describe('numbers', () => {
  it('shows as many digits as the noise gives a meaning to', () => {
    expect([0.0004, 0.00012, 0.05, 0.011, 3, 40].map((sigma) => decimalsOf(sigma, 1))).toEqual([4, 5, 2, 3, 0, 0]);
  });

  it('falls back to five figures where the noise is unknown, and to what is there where values are exact', () => {
    expect(decimalsOf(0, 1.5)).toBe(4);
    expect(decimalsOfExact([41, 40])).toBe(0);
    expect(decimalsOfExact([0.25, 0.5])).toBe(2);
    expect(decimalsOfExact([])).toBe(3);
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
      fc.property(fc.double(), fc.integer({ min: 0, max: 15 }), (x, d) => {
        const text = formatFixed(x, d);
        expect(text).not.toMatch(/NaN|undefined|-|^−0(\.0*)?$/);
        expect(text.length).toBeLessThan(40);
      }),
    );
  });

  it('never rounds a spread down to nothing', () => {
    expect(metricFormat('', 2, 1).spread(0.0003)).toBe('0.0003');
    expect(metricFormat('ms', 2, 1).value(1.234)).toBe('1.23 ms');
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

/** What proposers expect is read as they write it, and what may mean two things is not read. */
import { describe, expect, it } from 'vitest';
import { expectedText, readExpectedEffect } from './expected-effect.ts';

const metric = { name: 'loss', unit: 'ms' };
const amountOf = (text: string): unknown => {
  const reading = readExpectedEffect(text, metric);
  return reading.ok ? [reading.effect.amount, reading.effect.in] : reading.problem;
};

describe('an expected effect', () => {
  it.each([
    ['better by 3 %', 3, 'percent'],
    ['3%', 3, 'percent'],
    ['+3 percent', 3, 'percent'],
    ['about 2–4 % better', 3, 'percent'],
    ['better by about 2 to 4 %, mostly while parsing', 3, 'percent'],
    ['worse by 0.02', -0.02, 'metric'],
    ['0.02 ms', 0.02, 'metric'],
    ['.5 loss', 0.5, 'metric'],
    ['1e-3', 0.001, 'metric'],
    ['~ 12 ms (a guess)', 12, 'metric'],
    ['0', 0, 'metric'],
    ['none', 0, 'metric'],
    ['no difference: it is simpler', 0, 'metric'],
  ] as const)('%s', (text, amount, unit) => {
    expect(amountOf(text)).toEqual([expect.closeTo(amount, 12), unit]);
  });

  it.each([
    ['-3 %', /minus may mean better or worse/],
    ['−0.02', /minus may mean better or worse/],
    ['better by -3 %', /minus and the word "better"/],
    ['faster', /no number is at its beginning/],
    ['', /no number is at its beginning/],
    ['3 kg', /its unit "kg" is neither % nor the metric's \(ms\)/],
    ['1e999', /too large/],
  ])('%s is not read, with the reason', (text, problem) => {
    expect(amountOf(text)).toMatch(problem);
  });

  it('says the same again when its words are read', () => {
    for (const effect of [
      { amount: 3, in: 'percent' },
      { amount: -0.25, in: 'metric' },
      { amount: 0, in: 'metric' },
    ] as const)
      expect(readExpectedEffect(expectedText(effect, metric.unit), metric)).toEqual({ ok: true, effect });
  });
});

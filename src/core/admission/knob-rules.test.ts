/**
 * Comparisons as people write them into manifests: read by precedence, evaluated without running anything, refused in
 * words.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamedValues, parseComparison } from './knob-rules.ts';

const holds = (text: string, values: NamedValues = {}): boolean => {
  const parsed = parseComparison(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.holds(values);
};

describe('a comparison', () => {
  it('is arithmetic with the usual precedence on both sides of one sign', () => {
    expect(holds('1 + 2 * 3 ** 2 == 19')).toBe(true);
    expect(holds('(1 + 2) * 3 - -1 == 10')).toBe(true);
    expect(holds('2 ** 3 ** 0 == 2')).toBe(true);
    expect(holds('10 - 4 - 3 == 3')).toBe(true);
    expect(holds('0.1 + 0.2 == 0.3')).toBe(true);
    expect(holds('7 % 4 >= 3')).toBe(true);
  });

  it('uses names, and words in quotes', () => {
    const values = { WIDTH: 96, HEAD_DIM: 32, MODE: 'fast' };
    expect(holds('WIDTH % HEAD_DIM == 0', values)).toBe(true);
    expect(holds("MODE != 'fast'", values)).toBe(false);
    expect(parseComparison('A + B * A < C')).toMatchObject({ names: ['A', 'B', 'C'] });
  });

  it('does not hold where a name has no value or the arithmetic gives no number', () => {
    for (const text of ['GONE < 1', 'GONE != 1', '1 / 0 > 0', "'a' + 1 != 2"]) expect(holds(text), text).toBe(false);
  });

  it.each([
    ['A', /it ends where a comparison must stand/],
    ['A = 3', /"=" cannot be read/],
    ['A < 3 < 4', /"<" is left over/],
    ['A < (3', /a parenthesis is not closed/],
    ['A < * 3', /"\*" stands where a name or a number must/],
    ['A 3', /"3" stands where one of == != < <= > >= must/],
    ['', /it ends where a name or a number must stand/],
    ['process.exit() == 1', /"\." cannot be read/],
  ])('%j is refused in words', (text, problem) => {
    const parsed = parseComparison(text);
    expect('problem' in parsed && parsed.problem).toMatch(problem);
  });

  it('agrees with JavaScript on any arithmetic of whole numbers', () => {
    const number = fc.integer({ min: 1, max: 40 }).map(String);
    const { expression } = fc.letrec((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        number,
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '%'), tie('expression'))
          .map(([a, o, b]) => `(${a} ${o} ${b})`),
        fc.tuple(tie('expression'), fc.constantFrom('+', '-', '*'), number).map(([a, o, b]) => `${a} ${o} ${b}`),
      ),
    }));
    fc.assert(
      fc.property(expression, fc.constantFrom('<', '<=', '>', '>='), number, (left, sign, right) => {
        const text = `${left} ${sign} ${right}`;
        const value = Number(new Function(`return ${left}`)());
        fc.pre(Number.isFinite(value));
        expect(holds(text), text).toBe(new Function(`return ${text}`)());
      }),
    );
  });
});

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

  it.each([
    ['-2 ** 2 == -4', true],
    ['2 ** -1 == 0.5', true],
    ['- - 3 == 3', true],
    ['6 / 3 / 2 == 1', true],
    ['7 % 4 * 2 == 6', true],
    ['1e3 == 1000', true],
    ['1.5E-1 == .15', true],
    ['2. == 2', true],
    ['12.34e+2 == 1234', true],
    ['(((4))) == 4', true],
    ['(1 + 2) * (3 + 4) == 21', true],
    ['1<2', true],
    ['2 < 2', false],
    ['2 <= 2', true],
    ['3 <= 2', false],
    ['2 > 2', false],
    ['3 > 2', true],
    ['2 >= 2', true],
    ['1 >= 2', false],
    ['2 == 2', true],
    ['2 == 3', false],
    ['2 != 2', false],
    ['2 != 3', true],
    ['0.1 + 0.2 != 0.3', false],
    ["'a' == 'a'", true],
    [`'a' == "a"`, true],
    ["'a' == 'b'", false],
    ["'a' != 'b'", true],
    ["'2' == 2", false],
    ["'2' != 2", true],
    ["'' == ''", true],
    [`"ab" == 'ab'`, true],
    ["2 == '2'", false],
    ["2 != '2'", true],
    [' 1 < 2 ', true],
    ["'a' < 'b'", true],
    ['1e-15 == 0', true],
    ['1e-9 == 0', false],
    ['1e15 + 1 == 1e15', true],
    ['1000000 == 1000001', false],
    ['1 == 1.00000000001', false],
  ])('%s: %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each([
    '0 / 0 == 0',
    '0 / 0 != 0',
    '1 / 0 > 5',
    '5 % 0 == 5',
    '10 ** 400 > 1',
    "1 + 'a' < 9",
    "- 'a' == 'a'",
    "'6' - 1 == 5",
    "6 - '1' == 5",
    "'6' * '2' == 12",
    '1 < GONE',
    '1 != GONE',
    '1 + GONE < 9',
  ])('%s does not hold, because a side of it is no number', (text) => {
    expect(holds(text)).toBe(false);
  });

  it('knows names by letters, digits and underscores, each once, in their order', () => {
    expect(parseComparison('_b9 + A < A * c_d')).toMatchObject({ names: ['_b9', 'A', 'c_d'] });
    expect(parseComparison("'A' == 'B'")).toMatchObject({ names: [] });
    expect(holds('_b9 + A < A * c_d', { _b9: 1, A: 2, c_d: 3 })).toBe(true);
    expect(holds('A9 == 9', { A9: 9 })).toBe(true);
  });

  it.each([
    '1',
    '(1 < 2',
    '1 <',
    '< 1',
    '1 + < 2',
    '1 2 < 3',
    '1 < 2)',
    '()',
    '1 < 2 3',
    'A B < 1',
    '1 & 2',
    'A! < 1',
    "'a < 1",
    '* 2 < 3',
    '1 ** < 2',
    '-',
    '1 < (2 + 3',
    '1 = 1',
    "1 '==' 1",
    '!1 < 2',
  ])('%j is refused', (text) => {
    expect(parseComparison(text)).toMatchObject({ problem: expect.any(String) });
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

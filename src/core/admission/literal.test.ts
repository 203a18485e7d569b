import { describe, expect, it } from 'vitest';
import { findLiteral } from './literal.ts';

const valueIn = (source: string, name = 'A'): number | string | undefined => {
  const found = findLiteral(name, source);
  return found.ok ? found.value : undefined;
};

describe('a line that sets a constant', () => {
  it.each([
    'A = 5',
    'A=5',
    '  \tA\t=\t5',
    'const A = 5;',
    'let A = 5,',
    'var A = 5',
    'static A = 5;',
    'final A = 5;',
    'readonly A = 5;',
    'export const A = 5;',
    'export   const   A = 5;',
    'pub const A: usize = 5;',
    'export pub static A: a<b> = 5 ;',
    'A: int = 5  # why',
    'A = 5// why',
    'A = 5 /* why */',
    'A = 5 as const;',
    'A = 5\t\r',
    'A = 5, B = 6',
  ])('may look like %j', (line) => {
    expect(valueIn(line)).toBe(5);
    expect(valueIn(`x\n${line}\ny = 1`)).toBe(5);
  });

  it.each([
    'A == 5',
    'A => 5',
    'B = A = 5',
    'AA = 5',
    'A.b = 5',
    'xA = 5',
    'if A = 5',
    'A = 5 + 1',
    'A = 5 assets',
    'A = 5x',
    'A = f(5)',
    'A = -',
    'A = ',
    'A = .',
    'A = e5',
    'A = "x" + "y"',
    "A = 'x\ny'",
    'A = "x\ny"',
    'A = \'x"',
    'A: x\ny = 5',
    '// A = 5',
    'pubconst A = 5',
    'exportconst A = 5',
  ])('does not look like %j', (line) => {
    expect(valueIn(line)).toBeUndefined();
  });

  it.each([
    ['5', 5],
    ['0', 0],
    ['+12_000_000', 12_000_000],
    ['-5.', -5],
    ['.75', 0.75],
    ['12.34', 12.34],
    ['1_0.5_0', 10.5],
    ['1e3', 1000],
    ['1E+12', 1e12],
    ['2.5e-10', 2.5e-10],
    ['2**10', 1024],
    ['3 ** 2', 9],
    ['2  **  12', 4096],
    ['5<<3', 40],
    ['1  <<  10', 1024],
    ['1_0 << 2', 40],
    [`'a "b" c'`, 'a "b" c'],
    [`"it's"`, "it's"],
    [`''`, ''],
    [`""`, ''],
  ])('%s is the literal of %j', (literal, value) => {
    const source = `const A = ${literal};`;
    const found = findLiteral('A', source);
    expect(found).toMatchObject({ ok: true, value, start: 10, end: 10 + literal.length });
    expect(found.ok && found.quote).toBe(/['"]/.test(literal[0]!) ? literal[0] : '');
  });

  it('is one line: two are one too many, and other constants do not matter', () => {
    expect(findLiteral('A', 'A = 1\nB = 2\nA = 3')).toMatchObject({ ok: false });
    expect(findLiteral('A', 'A = 1\nA = 2\nA = 3')).toMatchObject({ problem: expect.stringContaining('3') });
    expect(valueIn('B = 2\nA = 3\nAB = 4')).toBe(3);
    expect(findLiteral('A', '')).toMatchObject({ ok: false, code: 'absent' });
  });
});

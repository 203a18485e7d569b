import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Knob } from '../arena.ts';
import { findKnob, snapKnob, writeKnob } from './knobs.ts';

const float: Knob = { name: 'RATE', file: 'f', kind: 'float', range: [1e-6, 10], log: true };
const int: Knob = { name: 'DEPTH', file: 'f', kind: 'int', range: [1, 64], log: false };
const pow2: Knob = { name: 'BATCH', file: 'f', kind: 'pow2', range: [1, 1024] };
const choice: Knob = { name: 'PIVOT', file: 'f', kind: 'choice', values: ['first', 'median3', 'ninther'] };

/** How a language sets a constant, around the literal. */
const LANGUAGES: Readonly<Record<string, (name: string, literal: string) => string>> = {
  TypeScript: (name, literal) =>
    `import a from 'b';\nexport const ${name}: number = ${literal}; // why\nconst ${name}_2 = 7;\n`,
  JavaScript: (name, literal) => `const x = 1;\n  let ${name} = ${literal};\nlog(${name} == 3, ${name});\n`,
  Python: (name, literal) =>
    `import os\n# ${name} was 3 once\n${name}: float = ${literal}  # tuned\nif ${name} == 3: pass\n`,
  shell: (name, literal) => `#!/bin/sh\nset -eu\n${name}=${literal}\nexport OTHER_${name}=4\necho "$${name}"\n`,
  Rust: (name, literal) => `pub const ${name}: f64 = ${literal};\nfn main() { println!("{}", ${name}); }\n`,
  'Windows line ends': (name, literal) => `const a = 1;\r\nconst ${name} = ${literal};\r\n`,
};

describe.each(Object.entries(LANGUAGES))('a constant in %s', (_, source) => {
  it('is found, and a number written into it is found again, with nothing else changed', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 10, noNaN: true }), (raw) => {
        const value = snapKnob(float, raw);
        const before = source('RATE', '3e-4');
        expect(findKnob(float, before)).toMatchObject({ ok: true, value: 0.0003 });
        const after = writeKnob(float, before, value);
        expect(findKnob(float, after)).toMatchObject({ ok: true, value });
        expect(after).toBe(source('RATE', String(value)));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the quotes of a word', () => {
    for (const quote of [`'`, `"`]) {
      const before = source('PIVOT', `${quote}first${quote}`);
      expect(findKnob(choice, before)).toMatchObject({ ok: true, value: 'first', quote });
      expect(writeKnob(choice, before, 'ninther')).toBe(source('PIVOT', `${quote}ninther${quote}`));
    }
  });

  it('is a problem in words where it is set to more than a literal, twice, or nowhere', () => {
    for (const expression of ['3 * BASE', '2 + 2', 'f(3)', '3 / 4', 'OTHER', '1 if a else 2'])
      expect(findKnob(float, source('RATE', expression)), expression).toMatchObject({ ok: false, code: 'not-literal' });
    const twice = findKnob(float, source('RATE', '1') + source('RATE', '2'));
    expect(twice).toEqual({ ok: false, code: 'twice', problem: 'f: RATE is set 2 times' });
    const problem = 'f: RATE is not set to a literal on a line of its own';
    for (const source of ['nothing here', 'if (RATE == 3) stop();', 'RATE == 3'])
      expect(findKnob(float, source), source).toEqual({ ok: false, code: 'absent', problem });
    expect(() => writeKnob(float, 'nothing here', 1)).toThrow(RangeError);
  });
});

describe('numbers as programs write them', () => {
  it.each([
    ['10_000', 10_000],
    ['-1.5e-3', -0.0015],
    ['+.5', 0.5],
    ['2**15', 32768],
    ['2 ** 10', 1024],
    ['1 << 6', 64],
    ['3.', 3],
  ])('%s is read as %f', (literal, value) => {
    expect(findKnob(float, `RATE = ${literal}\n`)).toMatchObject({ ok: true, value });
  });

  it('a float is written with four digits, an integer whole', () => {
    expect(writeKnob(float, 'RATE = 1', 0.123456)).toBe('RATE = 0.1235');
    expect(writeKnob(int, 'DEPTH = 4', 12)).toBe('DEPTH = 12');
    expect(writeKnob(pow2, 'BATCH = 2**5', 64)).toBe('BATCH = 64');
  });
});

describe('the nearest value that a knob may have', () => {
  it('lies in the range, is of the right kind, and is its own nearest', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), (raw) => {
        for (const knob of [float, int, pow2] as const) {
          const value = Number(snapKnob(knob, raw));
          expect(value).toBeGreaterThanOrEqual(knob.range[0]);
          expect(value).toBeLessThanOrEqual(knob.range[1]);
          expect(snapKnob(knob, value)).toBe(value);
        }
        expect(Number.isInteger(snapKnob(int, raw))).toBe(true);
        expect(Number.isInteger(Math.log2(Number(snapKnob(pow2, raw))))).toBe(true);
      }),
    );
    expect(snapKnob(choice, 'median3')).toBe('median3');
    expect(snapKnob(choice, 'unknown')).toBe('first');
  });

  it.each([
    [int, 3.4, 3],
    [int, 3.5, 4],
    [pow2, 5, 4],
    [pow2, 6, 8],
    [float, 0.123456, 0.1235],
  ] as const)('of %j to %d is %d', (knob, raw, value) => {
    expect(snapKnob(knob, raw)).toBe(value);
    expect(snapKnob(knob, String(raw))).toBe(value);
  });

  it('stays in the range when four digits would leave it', () => {
    const narrow = { name: 'R', file: 'f', kind: 'float' as const, log: false };
    const within = (low: number, high: number): Knob => ({ ...narrow, range: [low, high] });
    expect(snapKnob(within(0.123456, 0.765432), 0.1)).toBe(0.1235);
    expect(snapKnob(within(0.123456, 0.765432), 0.7654321)).toBe(0.7654);
    expect(snapKnob(within(0.123456, 0.123457), 1)).toBe(0.123457);
    expect(snapKnob(within(0.12344, 0.7), 0)).toBe(0.12344);
  });

  it('of a whole number is never a negative zero', () => {
    const around: Knob = { name: 'R', file: 'f', kind: 'int', log: false, range: [-3, 3] };
    expect(Object.is(snapKnob(around, -0.2), 0)).toBe(true);
    expect(snapKnob(around, -1.2)).toBe(-1);
  });
});

describe('what is written', () => {
  it('is in quotes where there were some, or where the value is a word', () => {
    expect(writeKnob(choice, 'PIVOT = 3;', 'first')).toBe("PIVOT = 'first';");
    expect(writeKnob(choice, 'PIVOT = "a";', 4)).toBe('PIVOT = "4";');
    expect(writeKnob(choice, 'PIVOT = 3;', 0.123456)).toBe('PIVOT = 0.123456;');
    expect(writeKnob(int, 'DEPTH = 3;', 123456)).toBe('DEPTH = 123456;');
    expect(writeKnob(float, 'RATE = 3;', 1e-7)).toBe('RATE = 1e-7;');
  });
});

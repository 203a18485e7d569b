/**
 * Knobs found in source text: what counts as a constant in each language, that every suggested range is one, and that a
 * manifest keeps its text.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { Knob } from '../core/arena.ts';
import { parseArena } from '../core/manifest-check.ts';
import { findKnob, snapKnob, writeKnob } from '../core/admission/knobs.ts';
import { scanConstants } from './constants.ts';
import { addKnobs, formatKnobLine } from './manifest.ts';
import { suggestKnob } from './ranges.ts';
import { MINIMAL_MANIFEST } from '../testing/script.ts';

const names = (file: string, source: string): string[] => scanConstants(file, source).constants.map((c) => c.name);
const reasons = (file: string, source: string): Record<string, string> =>
  Object.fromEntries(scanConstants(file, source).leftOut.map((c) => [c.name, c.reason]));

describe('constants of TypeScript and JavaScript', () => {
  it('are upper-case `const` literals at the top level, exported, typed or not', () => {
    const source = `const LR = 0.04; // rate\nexport const DEPTH: number = 4;\nconst BATCH = 2 ** 14;\nconst KIND = 'a' as const;\nconst lower = 3;\nlet MOVING = 3;\n`;
    expect(names('a.ts', source)).toEqual(['LR', 'DEPTH', 'BATCH', 'KIND']);
    expect(scanConstants('a.ts', source).constants[2]).toMatchObject({ value: 16384, literal: '2 ** 14', line: 3 });
  });

  it('are not what looks like one inside a function, a comment or a text', () => {
    const source = `/*\nconst A = 1;\n*/\nconst TEXT = \`\nconst B = 2;\n\`;\nfunction f() {\n  const C = 3;\n  return C;\n}\nconst D = 4;\n`;
    expect(names('a.ts', source)).toEqual(['D']);
  });

  it('that cannot be rewritten are left out with the reason', () => {
    const source = `const A = 1, B = 2;\nconst HEADS = WIDTH / 4;\nconst ON = true;\nconst C = 1;\nfunction f() {\n  const C = 2;\n}\n`;
    expect(reasons('a.ts', source)).toEqual({
      B: 'it is not set to a literal on a line of its own',
      HEADS: 'it is an expression, not a number or a text',
      ON: 'it is an expression, not a number or a text',
      C: 'it is set 2 times',
    });
  });

  it('are read in .js with JSX and in .tsx, where a regular expression would stumble', () => {
    expect(names('a.jsx', `const SIZE = 3;\nconst view = <b>const FAKE = 1;</b>;\n`)).toEqual(['SIZE']);
    expect(names('a.tsx', `const SIZE = 3;\nconst id = <T,>(x: T) => <b>{x}</b>;\n`)).toEqual(['SIZE']);
  });
});

describe('constants of Python', () => {
  it('are upper-case assignments of literals at the top level', () => {
    const source = `import os\nLR = 3e-4  # rate\nDEPTH: int = 8\nTOTAL = 2**19\nSHIFT = -0.5\nHEAD = D // 4\nif os:\n    INNER = 1\ndef f():\n    LOCAL = 2\n"""\nDOC = 3\n"""\nA = B = 3\n`;
    expect(names('train.py', source)).toEqual(['LR', 'DEPTH', 'TOTAL', 'SHIFT']);
    expect(reasons('train.py', source)).toMatchObject({ HEAD: 'it is an expression, not a number or a text' });
  });
});

describe('a file', () => {
  it('that does not parse, or has no parser, says so and gives nothing', () => {
    expect(scanConstants('a.ts', 'const A = (1;\nconst B = 2;\n')).toMatchObject({ constants: [], problem: /./ });
    expect(scanConstants('a.py', 'A = (1\nB = 2\n').problem).toBe('it does not parse at line 2');
    expect(scanConstants('a.rs', 'const A: u8 = 1;').problem).toMatch(/^there is a parser only for \.ts .* \.py$/);
  });

  it('of any text never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('a.ts', 'a.py', 'a.jsx', 'noending'), (text, file) => {
        scanConstants(file, text);
      }),
    );
  });
});

const constant = (name: string, literal: string) =>
  ({ name, file: 'x.ts', line: 1, literal, value: Number(literal) }) as const;

describe('a suggested range', () => {
  it('holds the present value, validates, and what is drawn from it can be written', () => {
    const numbers = fc.oneof(
      fc.integer({ min: -1000, max: 100_000 }).map(String),
      fc.double({ min: -50, max: 50, noNaN: true, noDefaultInfinity: true }).map((x) => x.toPrecision(4)),
      fc.constantFrom('0.5', '0.999', '1e-10', '3e-4', '0.0', '1.0', '16', '32768'),
    );
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (literal, u) => {
        const suggestion = suggestKnob(constant('RATE_X', literal));
        if (!suggestion.ok) {
          expect(Math.abs(Number(literal))).toBeLessThan(1e-300);
          return;
        }
        const { knob } = suggestion;
        const parsed = parseArena({ ...MINIMAL_MANIFEST, knobs: [knob] });
        expect('problems' in parsed && parsed.problems).toBe(false);
        const [low, high] = (knob as Extract<Knob, { range: unknown }>).range;
        expect(low).toBeLessThanOrEqual(Number(literal) + 0.01 * Math.abs(Number(literal)));
        expect(high).toBeGreaterThanOrEqual(Number(literal) - 0.01 * Math.abs(Number(literal)));
        const value = snapKnob(knob, low + u * (high - low));
        expect(findKnob(knob, writeKnob(knob, 'const RATE_X = 1;\n', value))).toMatchObject({ ok: true, value });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['LR', '0.04', { kind: 'float', range: [0.004, 0.4], log: true }],
    ['X0_LR', '0.5', { kind: 'float', range: [0.125, 2], log: true }],
    ['ADAM_BETA2', '0.95', { kind: 'float', range: [0.8, 0.988], log: false }],
    ['DEPTH', '4', { kind: 'int', range: [2, 8], log: false }],
    ['BATCH', '1024', { kind: 'pow2', range: [256, 4096] }],
    ['STEPS', '1000', { kind: 'int', range: [250, 4000], log: true }],
    ['WARMUP', '0.0', { kind: 'float', range: [0, 1], log: false }],
  ])('for %s = %s is %j', (name, literal, expected) => {
    expect(suggestKnob(constant(name, literal))).toMatchObject({ ok: true, knob: expected });
  });

  it('is not made up for texts, seeds and whole zeros', () => {
    expect(suggestKnob({ ...constant('MODE', '0'), value: 'fast', literal: "'fast'" })).toMatchObject({ ok: false });
    expect(suggestKnob(constant('SEED', '42'))).toMatchObject({ ok: false, reason: /no idea to try/ });
    expect(suggestKnob(constant('MAX_STEPS', '0'))).toMatchObject({ ok: false, reason: /it is 0/ });
  });
});

describe('knobs written into a manifest', () => {
  const a: Knob = { name: 'A', file: 'x.ts', kind: 'int', range: [1, 8], log: false };
  const b: Knob = { name: 'B', file: 'my file.ts', kind: 'choice', values: ['S L', 'x', 2] };
  const had = '{ name: OLD, file: x.ts, kind: int, range: [0, 3] }';

  it.each([
    ['no knobs', '# mine\nname: a   # kept\n', 0],
    ['no newline at its end', 'name: a', 0],
    ['a list of them', `# mine\nknobs:\n  - ${had} # old\n\n# after\nname:   a\n`, 1],
    ['a list at the end without a newline', `name: a\nknobs:\n- ${had}`, 1],
    ['a list in brackets', `knobs: [${had}]\nname: a # kept\n`, 1],
    ['an empty list', 'knobs: []\nname: a\n', 0],
  ])('with %s stand behind the old ones, and the rest is as it was', (_, text, old) => {
    const after = addKnobs(text, [a, b]);
    const value = parseYaml(after) as { name?: string; knobs: Knob[] };
    expect(value.name).toBe('a');
    expect(value.knobs.map((knob) => knob.name)).toEqual([...(old ? ['OLD'] : []), 'A', 'B']);
    expect(value.knobs.at(-1)).toEqual(b);
    for (const line of text.split('\n').filter((l) => l !== '' && !l.startsWith('knobs: [')))
      expect(after).toContain(line);
  });

  it('are one line each', () => {
    expect(formatKnobLine(a)).toBe('{ name: A, file: x.ts, kind: int, range: [1, 8] }');
    expect(formatKnobLine(b)).toBe('{ name: B, file: "my file.ts", kind: choice, values: ["S L", x, 2] }');
  });
});

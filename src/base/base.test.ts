import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, LabError, reasonOf } from './error.ts';
import { sha256Hex, sha256Parts } from './hash.ts';
import { canonicalJson, type Json } from './json.ts';
import { createRandom, seedOf } from './random.ts';
import { formatCount, oneLine, sanitizeText, keepTail } from './text.ts';

describe('chance', () => {
  it('is the same for the same seed on every machine', () => {
    const one = createRandom(42);
    expect([one.uniform(), one.below(100), one.normal()].map((x) => x.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.153772",
        "85.000000",
        "0.045264",
      ]
    `);
    const again = createRandom(42);
    expect(again.uniform()).toBe(createRandom(42).uniform());
  });

  it('is even, normal, and inside its bounds', () => {
    const draw = createRandom(7);
    const even = Array.from({ length: 20_000 }, () => draw.uniform());
    expect(Math.min(...even)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...even)).toBeLessThan(1);
    expect(even.reduce((a, b) => a + b, 0) / even.length).toBeCloseTo(0.5, 1);
    const normal = Array.from({ length: 20_000 }, () => draw.normal());
    const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length)).toBeCloseTo(1, 1);
    expect(new Set(Array.from({ length: 1000 }, () => draw.below(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('makes seeds of names: positive, below 2^31, rarely equal', () => {
    const seeds = Array.from({ length: 5000 }, (_, i) => seedOf(`lab/${i}`));
    for (const seed of seeds) expect(Number.isInteger(seed) && seed > 0 && seed < 2 ** 31).toBe(true);
    expect(new Set(seeds).size).toBeGreaterThan(4990);
  });
});

describe('hashes and JSON', () => {
  it('knows the hash of nothing, and that borders count', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256Hex(Buffer.from('é'))).toBe(sha256Hex('é'));
    expect(sha256Parts(['a', 'b'])).not.toBe(sha256Parts(['ab']));
    expect(sha256Parts(['1:a'])).not.toBe(sha256Parts(['a']));
  });

  it('has one spelling for a value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned as Json)).toBe(canonicalJson(value as Json));
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
  });
});

describe('text', () => {
  it('counts, cuts, and takes the poison out', () => {
    expect(formatCount(1, 'process', 'processes')).toBe('1 process');
    expect(formatCount(1200, 'line')).toBe('1,200 lines');
    expect(oneLine('a\n\tb  c', 4)).toBe('a b…');
    expect(oneLine('abc', 3)).toBe('abc');
    expect(keepTail('one\ntwo\nthree', 6)).toBe('[… 7 characters left out]\nthree');
    expect(sanitizeText('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u202e\u0000y')).toBe('red xy');
    expect(sanitizeText('10%\r20%\r\n')).toBe('10%\n20%\n');
  });

  it('nothing that a terminal would obey survives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitizeText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});

describe('errors', () => {
  it('have three parts, a status, and statuses that mean the same thing everywhere', () => {
    const error = new LabError('E_LOCKED', { what: 'What.', why: 'Why.', next: 'Next.' });
    expect(error.message).toBe('What. Why. Next.');
    expect(error.exitStatus).toBe(5);
    expect(reasonOf(error)).toBe(error.message);
    expect(reasonOf('text')).toBe('text');
    for (const { exit, title } of Object.values(ERROR_CODES)) {
      expect([2, 3, 4, 5, 6, 70]).toContain(exit);
      expect(title).toMatch(/^[A-Z].*[^.]$|^git |^arena/);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json, lastObject } from './json.ts';

describe('canonical JSON', () => {
  it('has one spelling for a value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned as Json)).toBe(canonicalJson(value as Json));
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
    expect(canonicalJson({ b: [1, null, true, 'x'], a: { d: 1, c: 2 }, B: 0 })).toBe(
      '{"B":0,"a":{"c":2,"d":1},"b":[1,null,true,"x"]}',
    );
    expect(() => canonicalJson(Number.NEGATIVE_INFINITY)).toThrow(RangeError);
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
  });
});

describe('the last JSON object of a text that has a member', () => {
  it('is found between words, behind others, and at the very beginning', () => {
    expect(lastObject('so {"a":1} or {"a":2}, and {"b":3}', 'a')).toEqual({ a: 2 });
    expect(lastObject('{"a":1} rest', 'a')).toEqual({ a: 1 });
    expect(lastObject('{"a":1}', 'b')).toBeUndefined();
    expect(lastObject('nothing', 'a')).toBeUndefined();
    expect(lastObject('', 'a')).toBeUndefined();
  });

  it('is the inner one where both have the member, and the outer one where only that has it', () => {
    expect(lastObject('{"a":{"a":1}}', 'a')).toEqual({ a: 1 });
    expect(lastObject('{"a":{"b":1},"c":{}} x', 'a')).toEqual({ a: { b: 1 }, c: {} });
  });

  it('may hold brackets and escaped quotes in its strings', () => {
    for (const value of ['}', '{', '"}', '\\', '\\"}{', 'x'])
      expect(lastObject(`a } {"a":${JSON.stringify(value)}} } b "`, 'a')).toEqual({ a: value });
  });

  it('must be whole, and must have the member itself', () => {
    expect(lastObject('{"a":1', 'a')).toBeUndefined();
    expect(lastObject('{a:1} {"a":1}} {"a', 'a')).toEqual({ a: 1 });
    expect(lastObject('{"b":1}', 'toString')).toBeUndefined();
  });

  it('is found whatever stands around it', () => {
    const noise = fc.string().map((text) => text.replaceAll('"a"', ''));
    fc.assert(
      fc.property(
        noise,
        fc.jsonValue(),
        fc.string().map((text) => text.replaceAll('{', '')),
        (before, value, after) => {
          const inner = JSON.stringify(value).includes('"a":');
          if (!inner)
            expect(lastObject(`${before}\n${JSON.stringify({ a: value })}${after}`, 'a')).toEqual({
              a: JSON.parse(JSON.stringify(value)),
            });
        },
      ),
    );
  });
});

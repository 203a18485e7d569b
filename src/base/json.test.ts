import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex, sha256Parts } from './hash.ts';
import { canonicalJson, type Json } from './json.ts';

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

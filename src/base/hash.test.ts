import { describe, expect, it } from 'vitest';
import { sha256Hex, sha256Parts } from './hash.ts';

describe('hashes', () => {
  it('knows the hash of nothing, and that borders count', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256Hex(Buffer.from('é'))).toBe(sha256Hex('é'));
    expect(sha256Parts(['a', 'b'])).not.toBe(sha256Parts(['ab']));
    expect(sha256Parts(['1:a'])).not.toBe(sha256Parts(['a']));
  });

  it('of parts know how many bytes each part has', () => {
    expect(sha256Parts(['a', 'é', 'xyz'])).toBe(sha256Hex('1:a2:é3:xyz'));
    expect(sha256Parts([])).toBe(sha256Hex(''));
  });
});

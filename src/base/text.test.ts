import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCount, keepTail, oneLine, sanitizeText } from './text.ts';

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

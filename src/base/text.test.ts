import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCount, keepTail, oneLine, revealText, sanitizeText, sharedWords } from './text.ts';

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

  it('spells in code what would not show, and leaves the rest as it is', () => {
    expect(revealText('plain\n\ttext')).toBe('plain\n\ttext');
    expect(revealText('é 世界')).toBe('é 世界');
    expect(revealText('a\x1b[1m\x00\x0b\x9f\rb')).toBe('a⟨U+001B⟩[1m⟨U+0000⟩⟨U+000B⟩⟨U+009F⟩⟨U+000D⟩b');
    expect(revealText('a\u202e\u{e0041}\ufeffb')).toBe('a⟨U+202E⟩⟨U+E0041⟩⟨U+FEFF⟩b');
    expect(revealText('a\ud800b')).toBe('a\ufffdb');
  });

  it('keeps a tail of the whole text, or from the first line that is whole', () => {
    expect(keepTail('abcdef', 6)).toBe('abcdef');
    expect(keepTail('abcdef', 3)).toBe('[… 3 characters left out]\ndef');
    expect(keepTail('abc\nde', 3)).toBe('[… 3 characters left out]\nde');
  });

  it('is one line without white space around it, cut with an ellipsis that counts', () => {
    expect(oneLine('  a \n b  ', 10)).toBe('a b');
    expect(oneLine('abcdef', 4)).toBe('abc…');
    expect(oneLine('abc', 1)).toBe('…');
    expect(oneLine('abc', 0)).toBe('…');
  });

  it.each([
    ['\u001b[1;31mx\u001b[m', 'x'],
    ['\u001b[?25lx', 'x'],
    ['\u001b[0 qx', 'x'],
    ['\u001b]8;;link\u001b\\x', 'x'],
    ['\u001b]0;a\u0007b\u001b]0;c\u0007d', 'bd'],
    ['\u001bMx', 'x'],
    ['a\rb\r\nc\td', 'a\nb\nc\td'],
    ['\u0000\u0008\u000b\u000e\u001f\u007f\u0080\u009f', ''],
    ['\u00a0 ~', '\u00a0 ~'],
    ['\u202a\u202e\u2066\u2069\u2065\u206a', ''],
    ['\u001bP+q544e\u001b\\a\u001b_G\u001b\\b\u009b31mc\u009d0;t\u009cd', 'abcd'],
    ['a\u200bb\u200dc\ufeff\u{e0041}', 'abc'],
    ['👩‍👩‍👧 می‌خواهم', '👩‍👩‍👧 می‌خواهم'],
    ['x\u001b]0;no end', 'x0;no end'],
  ])('%j is safe as %j', (text, safe) => {
    expect(sanitizeText(text)).toBe(safe);
  });

  it('shares words with another text: common words over all words, two at least on both sides', () => {
    expect(sharedWords('Use a Wider window', 'use a wider mind')).toBeCloseTo(3 / 5, 12);
    expect(sharedWords('a b', 'b a')).toBe(1);
    expect(sharedWords('a b', 'c d')).toBe(0);
    expect(sharedWords('größe x_1 2.5', 'GRÖSSE x_1, 2.5!')).toBeCloseTo(2 / 4, 12);
    expect(sharedWords('a', 'a b')).toBe(0);
    expect(sharedWords('a b', 'a')).toBe(0);
    expect(sharedWords('a a', 'a a')).toBe(0);
    expect(sharedWords('', '…')).toBe(0);
    expect(sharedWords('…', 'a b')).toBe(0);
  });

  it('nothing that a terminal would obey survives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitizeText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});

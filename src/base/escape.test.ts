/** Text that stays text in each language in which it leaves the program. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanJson,
  colorText,
  escapeCsv,
  escapeDiscord,
  escapeEnvironment,
  escapeHtml,
  escapeMarkdown,
  escapeNotice,
  escapeSlack,
  escapeTerminal,
  escapeTerminalLine,
  escapeTsv,
  fenceMarkdown,
  stringifyJson,
  withoutColor,
} from './escape.ts';

const NO_WIDTH = '\u200b';

describe('text for a terminal', () => {
  it.each([
    ['bold', 1],
    ['dim', 2],
    ['red', 31],
    ['green', 32],
    ['yellow', 33],
    ['blue', 34],
    ['cyan', 36],
  ] as const)('has our own %s and nothing else that a terminal obeys', (color, code) => {
    const text = `a${colorText(color, 'b\x1b[31mc')}d`;
    expect(escapeTerminal(text, true)).toBe(`a\x1b[${code}mbc\x1b[0md`);
    expect(escapeTerminal(text, false)).toBe('abcd');
    expect(escapeTerminal(text)).toBe('abcd');
    expect(withoutColor(text)).toBe('ab\x1b[31mcd');
  });

  it('keeps its lines, or is one line', () => {
    expect(escapeTerminal('a\n\tb')).toBe('a\n\tb');
    expect(escapeTerminalLine('a\n\n\tb\tc')).toBe('a b c');
    expect(escapeTerminalLine(colorText('red', 'a\nb'), true)).toBe('\x1b[31ma b\x1b[0m');
    expect(escapeTerminalLine(colorText('red', 'a'))).toBe('a');
  });
});

describe('text for a page', () => {
  it('makes no tag and ends no attribute', () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;</a>`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
    );
    expect(escapeHtml('a\u202eb')).toBe('a⟨U+202E⟩b');
    expect(escapeHtml('""\'\'<<>>&&')).not.toMatch(/["'<>]|&(?!(amp|lt|gt|quot|#39);)/);
  });
});

describe('text in a line of Markdown', () => {
  it.each([
    ['a  \n\t b', 'a b'],
    ['\\ ` * [ ] | ~ $', '\\\\ \\` \\* \\[ \\] \\| \\~ \\$'],
    ['snake_case', 'snake_case'],
    ['_a_ b _c_', '\\_a\\_ b \\_c\\_'],
    ['é_é 1_1', 'é_é 1_1'],
    ['&#64; &amp; & b', '&amp;#64; &amp;amp; & b'],
    ['<b> a > b', '&lt;b> a > b'],
    ['- item', '\\- item'],
    ['+ item', '\\+ item'],
    ['= line', '\\= line'],
    ['> quote', '\\> quote'],
    ['# title', '\\# title'],
    ['## title', '\\## title'],
    ['#12 is no title', '#12 is no title'],
    ['a - b # c', 'a - b # c'],
    ['1. item', '1\\. item'],
    ['12) item', '12\\) item'],
    [' 1. item', ' 1\\. item'],
    ['v1. item', 'v1. item'],
    ['1.5 is a number', '1.5 is a number'],
    ['a 1. b', 'a 1. b'],
  ])('%j is %j', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('makes no link and calls nobody', () => {
    for (const scheme of ['http:', 'https:', 'ftp:', 'mailto:', 'xmpp:', 'WWW.'])
      expect(escapeMarkdown(`see ${scheme}//x`)).toBe(`see ${scheme.slice(0, -1)}${NO_WIDTH}${scheme.at(-1)}//x`);
    expect(escapeMarkdown('@team @é @1 a @ b')).toBe(`@${NO_WIDTH}team @${NO_WIDTH}é @${NO_WIDTH}1 a @ b`);
  });
});

describe('a block of code in Markdown', () => {
  it('has a fence that the code cannot close', () => {
    expect(fenceMarkdown('ts', 'a\n  b\n\n')).toBe('```ts\na\n  b\n```');
    expect(fenceMarkdown('', '``` and ````')).toBe('`````\n``` and ````\n`````');
    expect(fenceMarkdown('', 'a\u202eb')).toBe('```\na⟨U+202E⟩b\n```');
  });

  it('whatever the code is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', 'a', '\n', ' ') }), (code) => {
        const lines = fenceMarkdown('x', code).split('\n');
        const fence = lines.at(-1)!;
        expect(lines.slice(1, -1).every((line) => !line.includes(fence))).toBe(true);
      }),
    );
  });
});

describe('a cell of a table', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-a', "'-a"],
    ['@x', "'@x"],
    ['\uff1d1', "'\uff1d1"],
    ['\uff0b1', "'\uff0b1"],
    ['\uff0d1', "'\uff0d1"],
    ['\uff20x', "'\uff20x"],
    ['-1', '-1'],
    ['+1,234.5', '+1,234.5'],
    ['-.5e-3 %', '-.5e-3 %'],
    ['-12%', '-12%'],
    ['-1e+10', '-1e+10'],
    ['-1e10', '-1e10'],
    ['-1.55', '-1.55'],
    ['-1.5.', "'-1.5."],
    ['-1 %x', "'-1 %x"],
    ['- 1', "'- 1"],
    ['a=1', 'a=1'],
    ['  =1 ', "'=1"],
    ['a\n\t b', 'a b'],
    ['', ''],
  ])('%j is no formula: %j', (text, cell) => {
    expect(escapeTsv(text)).toBe(cell);
  });

  it('between commas is quoted where it must be', () => {
    expect(['a', 'a,b', 'a"b"', '=1,2', '-1,000'].map(escapeCsv)).toEqual([
      'a',
      '"a,b"',
      '"a""b"""',
      '"\'=1,2"',
      '"-1,000"',
    ]);
  });
});

describe('a value as JSON', () => {
  it('loses nothing, and shows nothing that a terminal obeys', () => {
    const value = { text: 'a\x9b31m\u202e\u200c\u200d\x7f\u{e0041}é' };
    const line = stringifyJson(value);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toBe('{"text":"a\\u009b31m\\u202e\\u200c\\u200d\\u007f\\udb40\\udc41é"}');
  });

  it('for a page is without what does not show', () => {
    const clean = (text: string): unknown =>
      (JSON.parse(cleanJson(JSON.stringify({ text }))) as { text: unknown }).text;
    expect(clean('a\x1b[31mb')).not.toContain('\x1b');
    expect(clean('a\b\f\rb')).toBe('ab');
    expect(clean('tab\t, line\n, "quote", back\\slash')).toBe('tab\t, line\n, "quote", back\\slash');
    expect(clean('a\u202eb')).toBe('ab');
    expect(clean('a\u2028b')).toBe('a b');
    expect(cleanJson('{"text":"\\u0041\\u202E\\u009b\\u00e9"}')).toBe('{"text":"\\u0041\\u00e9"}');
    expect(cleanJson('"\\\\u202e"')).toBe('"\\\\u202e"');
  });
});

describe('a notice', () => {
  it('is plain text without links and mentions', () => {
    expect(escapeNotice('a\x1b[1m\0b')).toBe('ab');
    expect(escapeNotice('https://x @all')).toBe(`https${NO_WIDTH}://x @${NO_WIDTH}all`);
    expect(escapeNotice('<!channel> & *b*')).toBe('<!channel> & *b*');
  });

  it('has no angle brackets for Slack, and no Markdown for Discord', () => {
    expect(escapeSlack('<!channel> & @x')).toBe(`&lt;!channel&gt; &amp; @${NO_WIDTH}x`);
    expect(escapeDiscord('\\ ` * _ ~ | [ ] < >')).toBe('\\\\ \\` \\* \\_ \\~ \\| \\[ \\] \\< \\>');
    expect(escapeDiscord('# a\n  - b\nc # d')).toBe('\\# a\n  \\- b\nc # d');
    expect(escapeDiscord('http://x')).toBe(`http${NO_WIDTH}://x`);
  });
});

describe('a value of the environment', () => {
  it('holds no NUL and no escapes', () => {
    expect(escapeEnvironment('a\0b\x1b[1mc é')).toBe('abc é');
  });
});

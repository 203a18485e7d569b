/**
 * Characters and columns: width, cutting, wrapping, colour, and a spelling without Unicode. Knows nothing about labs.
 */

/** What a terminal can show. Colour is never the only sign. */
export interface Style {
  readonly color: boolean;
  readonly columns: number;
  readonly unicode: boolean;
}

export const PLAIN: Style = { color: false, columns: 80, unicode: true };

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Paint = keyof typeof CODES;

export function paint(style: Style, color: Paint, text: string): string {
  return style.color && text !== '' ? `\x1b[${CODES[color]}m${text}\x1b[0m` : text;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

function cells(grapheme: string): number {
  if (NOTHING.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns a text takes, escapes not counted. */
export function widthOf(text: string): number {
  if (PLAIN_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text.replace(/\x1b\[[0-9;]*m/g, ''))) width += cells(segment);
  return width;
}

/** At most `columns` wide, with an ellipsis where something was cut. Never cuts a character in two. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let [kept, width] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    if (width + cells(segment) > columns - 1) break;
    kept += segment;
    width += cells(segment);
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Exactly `columns` wide: cut or padded. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const short = cut(text, columns);
  const space = ' '.repeat(Math.max(0, columns - widthOf(short)));
  return side === 'left' ? short + space : space + short;
}

/** Words over several lines, each at most `columns` wide. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(indent + next) > columns) {
      lines.push(indent + line);
      line = word;
    } else line = next;
  }
  return [...lines, indent + line];
}

const SPELLED: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '±': '+-',
  '·': '.',
  '…': '...',
  '×': 'x',
  '→': '->',
  '↓': '(lower is better)',
  '↑': '(higher is better)',
  '●': '@',
  '◐': '%',
  '○': 'o',
  '◇': '+',
  '⊘': '/',
  '▲': '^',
  '▼': 'v',
  '░': ':',
  '▓': '#',
  '─': '-',
  '│': '|',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '┤': '|',
  '┬': '+',
  '┴': '+',
  '’': "'",
  '∞': 'inf',
  σ: 'sd',
  '✓': 'ok',
  '✗': 'no',
  '▁': '_',
  '▂': '_',
  '▃': '.',
  '▄': '.',
  '▅': '-',
  '▆': '-',
  '▇': '=',
  '█': '=',
};

/** The same in ASCII where the terminal knows nothing else. Characters of other languages become question marks. */
export function spell(text: string, style: Style): string {
  if (style.unicode) return text;
  return text.replace(/[^\x00-\x7e]/gu, (c) => SPELLED[c] ?? (/\p{Mn}|\p{Cf}/u.test(c) ? '' : '?'));
}

/** A bar of ten. */
export function bar(share: number, length = 10): string {
  const full = Math.max(0, Math.min(length, Math.round((Number.isFinite(share) ? share : 0) * length)));
  return '▓'.repeat(full) + '░'.repeat(length - full);
}

/** Characters that turn the direction of text, made visible: a diff must not read otherwise than it runs. */
export function revealBidi(text: string): string {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}

/** Text that may stand in HTML, SVG and their attributes. */
export function escapeHtml(text: string): string {
  return revealBidi(text)
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text that stays text in Markdown: also inside a table. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*[\]|~$]/g, (c) => `\\${c}`)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#|\w)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/^(\s*)([-+=>]|#+ |\d+[.)] )/, '$1\\$2')
    .replace(/(https?|ftp|www)(:|\.)/gi, '$1​$2')
    .replace(/@(?=\w)/g, '@​');
}

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

const COLOR_CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Paint = keyof typeof COLOR_CODES;

export function paintText(style: Style, color: Paint, content: string): string {
  return style.color && content !== '' ? `\x1b[${COLOR_CODES[color]}m${content}\x1b[0m` : content;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const WIDE_CHARACTER =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

function cellsOf(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE_CHARACTER.test(grapheme) ? 2 : 1;
}

/** Columns a text takes, escapes not counted. */
export function widthOf(content: string): number {
  if (PLAIN_ASCII.test(content)) return content.length;
  let width = 0;
  for (const { segment } of segmenter.segment(content.replace(/\x1b\[[0-9;]*m/g, ''))) width += cellsOf(segment);
  return width;
}

/** At most `columns` wide, with an ellipsis where something was cut. Never cuts a character in two. */
export function cutText(content: string, columns: number): string {
  if (widthOf(content) <= columns) return content;
  let [kept, width] = ['', 0];
  for (const { segment } of segmenter.segment(content)) {
    if (width + cellsOf(segment) > columns - 1) break;
    kept += segment;
    width += cellsOf(segment);
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Exactly `columns` wide: cut or padded. */
export function padText(content: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const shortened = cutText(content, columns);
  const padding = ' '.repeat(Math.max(0, columns - widthOf(shortened)));
  return side === 'left' ? shortened + padding : padding + shortened;
}

/** Words over several lines, each at most `columns` wide. */
export function wrapText(content: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let currentLine = '';
  for (const word of content.split(' ')) {
    const extendedLine = currentLine === '' ? word : `${currentLine} ${word}`;
    if (currentLine !== '' && widthOf(indent + extendedLine) > columns) {
      lines.push(indent + currentLine);
      currentLine = word;
    } else currentLine = extendedLine;
  }
  return [...lines, indent + currentLine];
}

const ASCII_SPELLINGS: Readonly<Record<string, string>> = {
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
export function spellText(content: string, style: Style): string {
  if (style.unicode) return content;
  return content.replace(
    /[^\x00-\x7e]/gu,
    (character) => ASCII_SPELLINGS[character] ?? (/\p{Mn}|\p{Cf}/u.test(character) ? '' : '?'),
  );
}

/** A bar of ten. */
export function drawBar(share: number, length = 10): string {
  const filledCount = Math.max(0, Math.min(length, Math.round((Number.isFinite(share) ? share : 0) * length)));
  return '▓'.repeat(filledCount) + '░'.repeat(length - filledCount);
}

/** Characters that turn the direction of text, made visible: a diff must not read otherwise than it runs. */
export function revealBidi(content: string): string {
  return content.replace(
    /[\u202a-\u202e\u2066-\u2069]/g,
    (character) => `⟨U+${character.charCodeAt(0).toString(16).toUpperCase()}⟩`,
  );
}

/** Text that may stand in HTML, SVG and their attributes. */
export function escapeHtml(content: string): string {
  return revealBidi(content)
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text that stays text in Markdown: also inside a table. */
export function escapeMarkdown(content: string): string {
  return content
    .replace(/\s+/g, ' ')
    .replace(/[\\`*[\]|~$]/g, (character) => `\\${character}`)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#|\w)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/^(\s*)([-+=>]|#+ |\d+[.)] )/, '$1\\$2')
    .replace(/(https?|ftp|www)(:|\.)/gi, '$1​$2')
    .replace(/@(?=\w)/g, '@​');
}

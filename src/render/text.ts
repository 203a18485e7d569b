/**
 * Characters and columns: width, cutting, wrapping, colour, and a spelling without Unicode. Knows nothing about labs.
 */
import { type ColorName, colorText, withoutColor } from '../base/escape.ts';

/** What a terminal can show. Colour is never the only sign. */
export interface Style {
  readonly color: boolean;
  readonly columns: number;
  readonly unicode: boolean;
}

export const PLAIN: Style = { color: false, columns: 80, unicode: true };

export type Paint = Exclude<ColorName, 'reset'>;

export function paintText(style: Style, color: Paint, content: string): string {
  return style.color && content !== '' ? colorText(color, content) : content;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const WIDE_CHARACTER =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\ufdd0-\ufdd7]+$/u;

function cellsOf(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE_CHARACTER.test(grapheme) ? 2 : 1;
}

/** Columns a text takes, colours not counted. */
export function widthOf(content: string): number {
  if (PLAIN_ASCII.test(content)) return content.length;
  let width = 0;
  for (const { segment } of segmenter.segment(withoutColor(content))) width += cellsOf(segment);
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
  '★': '*',
  '□': '~',
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
  '☆': '*',
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
    /[^\x00-\x7e\ufdd0-\ufdd7]/gu,
    (character) => ASCII_SPELLINGS[character] ?? (/\p{Mn}|\p{Cf}/u.test(character) ? '' : '?'),
  );
}

/** A bar of ten. */
export function drawBar(share: number, length = 10): string {
  const filledCount = Math.max(0, Math.min(length, Math.round((Number.isFinite(share) ? share : 0) * length)));
  return '▓'.repeat(filledCount) + '░'.repeat(length - filledCount);
}

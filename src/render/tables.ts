/**
 * Tables as CSV and Markdown: the same text from the command line and from the dashboard's copy menu. Programs read
 * CSV, so numbers have the ASCII minus there; people read Markdown, so they have the typographic one.
 */
import { escapeCsv, escapeMarkdown } from '../base/escape.ts';
import { MINUS } from '../view/format.ts';

/** A cell that holds figures and nothing else: `−0.0072`, `+4 −2`, `1,204`, `2.0 %`. */
const FIGURES = /^[+\-−]?[\d.,\s%+\-−eE]+$/;

/** RFC 4180; no cell is a formula. */
export function csvText(rows: readonly (readonly string[])[]): string {
  const formatCell = (content: string): string =>
    escapeCsv(FIGURES.test(content) ? content.replaceAll(MINUS, '-') : content);
  return `${rows.map((cells) => cells.map(formatCell).join(',')).join('\n')}\n`;
}

export function markdownTable([headings = [], ...rows]: readonly (readonly string[])[]): string {
  const escapeCell = (content: string): string =>
    escapeMarkdown(FIGURES.test(content) ? content.replaceAll('-', MINUS) : content);
  const formatLine = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return `${[formatLine(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(formatLine)].join('\n')}\n`;
}

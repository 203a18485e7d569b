/** Pieces of the HTML report: foreign text, sentences, sections, tables, lists of facts. Everything is escaped here. */
import { escapeHtml as esc } from '../base/escape.ts';

/** Foreign text: escaped, in its own direction. */
export const foreignHtml = (content: string): string => `<bdi>${esc(content)}</bdi>`;

/** Our sentences; commands in backticks become code. */
export const proseHtml = (sentence: string): string => esc(sentence).replace(/`(overnight[^`]*)`/g, '<code>$1</code>');

export const sectionHtml = (sectionId: string, title: string, content: string): string =>
  content === '' ? '' : `<section id="${sectionId}"><h2>${title}</h2>\n${content}</section>`;

export interface TableOptions {
  /** Columns of figures: right-aligned, never wrapped. */
  readonly numeric?: readonly number[];
  /** The column that gets the width. */
  readonly wide?: number;
}

/** On a narrow screen each row becomes a block with the headings beside its cells. Cells are markup. */
export function tableHtml(
  headings: readonly string[],
  bodyRows: readonly (readonly string[])[],
  { numeric = [], wide }: TableOptions = {},
): string {
  const classOf = (column: number): string =>
    numeric.includes(column) ? ' class="n"' : column === wide ? ' class="w"' : '';
  const headHtml = headings.map((heading, column) => `<th${classOf(column)}>${heading}</th>`).join('');
  const cellHtml = (content: string, column: number): string =>
    content === '' || ['', '#'].includes(headings[column]!)
      ? `<td${classOf(column)}>${content}</td>`
      : `<td${classOf(column)} data-label="${headings[column]!}">${content}</td>`;
  const bodyHtml = bodyRows.map((cells) => `<tr>${cells.map(cellHtml).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${headHtml}</tr></thead><tbody>\n${bodyHtml}\n</tbody></table></div>`;
}

export function pairsHtml(entries: readonly { readonly label: string; readonly html: string }[]): string {
  return `<dl class="pairs">${entries.map(({ label, html }) => `<dt>${esc(label)}</dt><dd>${html}</dd>`).join('\n')}</dl>`;
}

/** Tables as CSV and Markdown: the same text from the command line and from the dashboard's copy menu. */

/** RFC 4180. A cell that a spreadsheet would take for a formula is marked as text. */
export function csvText(rows: readonly (readonly string[])[]): string {
  const formatCell = (content: string): string => {
    const isFormula = /^[=+@\-\t\r]/.test(content) && !/^[+\-−]?[\d.,\s%−+eE-]+$/.test(content);
    const safeText = isFormula ? `'${content}` : content;
    return /[",\r\n]/.test(safeText) ? `"${safeText.replaceAll('"', '""')}"` : safeText;
  };
  return `${rows.map((cells) => cells.map(formatCell).join(',')).join('\n')}\n`;
}

export function markdownTable([headings = [], ...rows]: readonly (readonly string[])[]): string {
  const escapeCell = (content: string): string => content.replace(/([\\|`*_<>[\]])/g, '\\$1').replace(/\s+/g, ' ');
  const formatLine = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return `${[formatLine(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(formatLine)].join('\n')}\n`;
}

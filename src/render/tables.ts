/** Tables as CSV and Markdown: the same text from the command line and from the dashboard's copy menu. */

/** RFC 4180. A cell that a spreadsheet would take for a formula is marked as text. */
export function csvText(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const formula = /^[=+@\-\t\r]/.test(text) && !/^[+\-−]?[\d.,\s%−+eE-]+$/.test(text);
    const safe = formula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const cell = (text: string): string => text.replace(/([\\|`*_<>[\]])/g, '\\$1').replace(/\s+/g, ' ');
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`;
  return `${[line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}\n`;
}

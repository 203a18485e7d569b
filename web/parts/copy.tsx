/** Copying what is seen: SVG, CSV, Markdown. The texts are made when asked for. */
import { useState } from 'preact/hooks';

export interface Copies {
  readonly what: string;
  readonly svg?: () => string;
  readonly table?: () => readonly (readonly string[])[];
}

export function CopyMenu({ what, svg, table }: Copies) {
  const [said, say] = useState('');
  const put = (name: string, text: string): void => {
    const done = (): void => say(`${name} copied`);
    navigator.clipboard.writeText(text).then(done, () => download(`${what}.${name.toLowerCase()}`, text, done));
    setTimeout(() => say(''), 2500);
  };
  return (
    <span class="copy" role="group" aria-label={`Copy ${what}`}>
      <span class="soft">copy</span>
      {svg && <button type="button" onClick={() => put('SVG', svg())}>SVG</button>}
      {table && <button type="button" onClick={() => put('CSV', csv(table()))}>CSV</button>}
      {table && <button type="button" onClick={() => put('Markdown', markdown(table()))}>Markdown</button>}
      <span class="said" role="status">{said}</span>
    </span>
  );
}

/** Where the clipboard is not allowed, a file. */
function download(name: string, text: string, done: () => void): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name.replace('.markdown', '.md');
  link.click();
  URL.revokeObjectURL(link.href);
  done();
}

/** A cell that a spreadsheet would take for a formula is quoted as text. */
function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+@\t\r]/.test(text) && !/^[+−-]?[\d.,\s%]+$/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const cell = (text: string): string => text.replace(/([\\|`*_<>[\]])/g, '\\$1').replace(/\s+/g, ' ');
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`;
  return `${[line(head ?? []), `|${(head ?? []).map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}\n`;
}

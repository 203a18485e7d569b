/** Copies a picture or a table as SVG, CSV or Markdown. The text is made when somebody presses the button. */
import { useState } from 'preact/hooks';
import { csvText, markdownTable } from '../../src/render/tables.ts';

export interface CopyMenuProps {
  readonly what: string;
  readonly svg?: () => string;
  readonly table?: () => readonly (readonly string[])[];
}

export function CopyMenu({ what, svg, table }: CopyMenuProps) {
  const [notice, setNotice] = useState('');
  const copyText = (format: string, content: string): void => {
    const confirmCopy = (): void => setNotice(`${format} copied`);
    navigator.clipboard
      .writeText(content)
      .then(confirmCopy, () => downloadFile(`${what}.${format.toLowerCase()}`, content, confirmCopy));
    setTimeout(() => setNotice(''), 2500);
  };
  return (
    <span class="copy" role="group" aria-label={`Copy ${what}`}>
      <span class="soft">copy</span>
      {svg && (
        <button type="button" onClick={() => copyText('SVG', svg())}>
          SVG
        </button>
      )}
      {table && (
        <button type="button" onClick={() => copyText('CSV', csvText(table()))}>
          CSV
        </button>
      )}
      {table && (
        <button type="button" onClick={() => copyText('Markdown', markdownTable(table()))}>
          Markdown
        </button>
      )}
      <span class="said" role="status">
        {notice}
      </span>
    </span>
  );
}

/** A file, where the clipboard is not allowed. */
function downloadFile(fileName: string, content: string, onDone: () => void): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content]));
  link.download = fileName.replace('.markdown', '.md');
  link.click();
  URL.revokeObjectURL(link.href);
  onDone();
}

/** Copying what is seen: SVG, CSV, Markdown. The texts are made when asked for. */
import { useState } from 'preact/hooks';
import { csvText, markdownTable } from '../../src/render/tables.ts';

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
      {svg && (
        <button type="button" onClick={() => put('SVG', svg())}>
          SVG
        </button>
      )}
      {table && (
        <button type="button" onClick={() => put('CSV', csvText(table()))}>
          CSV
        </button>
      )}
      {table && (
        <button type="button" onClick={() => put('Markdown', markdownTable(table()))}>
          Markdown
        </button>
      )}
      <span class="said" role="status">
        {said}
      </span>
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

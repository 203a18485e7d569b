/** A line of source text in pieces: colours of its syntax, marks on its changed words. Text stays text. */
import type { TextRange } from '../../src/view/diff/words.ts';
import type { SyntaxRange } from './syntax.ts';

/** Characters of a line that are shown; the rest is counted. */
const MAX_SHOWN = 2000;

interface CodeTextProps {
  readonly text: string;
  readonly marks: readonly TextRange[];
  readonly syntax: readonly SyntaxRange[] | undefined;
}

export function CodeText({ text, marks, syntax = [] }: CodeTextProps) {
  if (text.length > MAX_SHOWN)
    return (
      <>
        {text.slice(0, MAX_SHOWN)}
        <span class="soft"> … {(text.length - MAX_SHOWN).toLocaleString('en-US')} more characters</span>
      </>
    );
  if (marks.length === 0 && syntax.length === 0) return <>{text}</>;
  const borders = [...new Set([0, text.length, ...[...marks, ...syntax].flatMap(([from, to]) => [from, to])])].sort(
    (left, right) => left - right,
  );
  return (
    <>
      {borders.slice(0, -1).map((from, index) => {
        const scope = syntax.find(([start, end]) => start <= from && from < end)?.[2];
        const isMarked = marks.some(([start, end]) => start <= from && from < end);
        const classes = [scope && `s-${scope}`, isMarked && 'changed'].filter(Boolean).join(' ');
        const piece = text.slice(from, borders[index + 1]);
        return classes === '' ? (
          piece
        ) : (
          <span key={from} class={classes}>
            {piece}
          </span>
        );
      })}
    </>
  );
}

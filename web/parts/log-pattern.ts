/**
 * Looks for a pattern in the lines of an output, in a thread of its own: a pattern that takes for ever is ended with
 * its thread.
 */
import type { TextRange } from '../../src/view/diff/words.ts';

/** Places that are marked in one line. */
const MAX_MARKS = 50;

export interface PatternQuestion {
  readonly lines: readonly string[];
  readonly source: string;
}

/** Numbers of lines with what is marked in them; or why the pattern is none. */
export type PatternAnswer =
  { readonly found: ReadonlyMap<number, readonly TextRange[]> } | { readonly problem: string };

function findPattern({ lines, source }: PatternQuestion): PatternAnswer {
  try {
    const pattern = new RegExp(source, 'giu');
    const found = new Map<number, readonly TextRange[]>();
    lines.forEach((line, index) => {
      const marks: TextRange[] = [];
      for (const { 0: text, index: from } of line.matchAll(pattern)) {
        marks.push([from, from + text.length]);
        if (marks.length >= MAX_MARKS) break;
      }
      if (marks.length > 0) found.set(index, marks);
    });
    return { found };
  } catch (thrown) {
    return { problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

addEventListener('message', (event: MessageEvent<PatternQuestion>) => postMessage(findPattern(event.data)));

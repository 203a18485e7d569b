/** Which change is the same as an earlier one but for its spelling. Looks at text, never at the meaning of code. */
import { sha256Parts } from '../../base/hash.ts';
import type { Arena } from '../arena.ts';
import { findKnob } from './knobs.ts';

/**
 * Hash of editable files with their spelling taken out: white space at the ends of lines, empty lines, the way in which
 * the value of a declared knob is written (0.1, 1e-1). Indentation and comments stay: in some language they mean
 * something.
 */
export function normalHash(arena: Pick<Arena, 'knobs'>, files: ReadonlyMap<string, string>): string {
  const normalized = [...files].map(([path, source]) => {
    let normalText = source;
    for (const knob of arena.knobs.filter((declared) => declared.file === path)) {
      const literal = findKnob(knob, normalText);
      if (literal.ok)
        normalText = normalText.slice(0, literal.start) + JSON.stringify(literal.value) + normalText.slice(literal.end);
    }
    return [
      path,
      normalText
        .split(/\r?\n/)
        .map((line) => line.trimEnd())
        .filter((line) => line !== '')
        .join('\n'),
    ] as const;
  });
  return sha256Parts(normalized.sort(([leftPath], [rightPath]) => (leftPath < rightPath ? -1 : 1)).flat());
}

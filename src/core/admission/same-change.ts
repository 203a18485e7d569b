/** Which change is the same as an earlier one but for its spelling. Looks at text, never at what code means. */
import { sha256Parts } from '../../base/hash.ts';
import type { Arena } from '../arena.ts';
import { findKnob } from './knobs.ts';

/**
 * Hash of editable files with their spelling taken out: white space at the ends of lines, empty lines, the way in which
 * the value of a declared knob is written (0.1, 1e-1). Indentation and comments stay: in some language they mean
 * something.
 */
export function normalHash(arena: Pick<Arena, 'knobs'>, files: ReadonlyMap<string, string>): string {
  const plain = [...files].map(([path, source]) => {
    let text = source;
    for (const knob of arena.knobs.filter((one) => one.file === path)) {
      const found = findKnob(knob, text);
      if (found.ok) text = text.slice(0, found.start) + JSON.stringify(found.value) + text.slice(found.end);
    }
    return [
      path,
      text
        .split(/\r?\n/)
        .map((line) => line.trimEnd())
        .filter((line) => line !== '')
        .join('\n'),
    ] as const;
  });
  return sha256Parts(plain.sort(([a], [b]) => (a < b ? -1 : 1)).flat());
}

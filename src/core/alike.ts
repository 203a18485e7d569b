/**
 * Which change is the same as an earlier one but for its spelling, and which is close to one. Looks at text and the ledger, never at what code means.
 */
import { sha256Parts } from '../base/hash.ts';
import { sharedWords } from '../base/text.ts';
import type { Arena } from './arena.ts';
import { findKnob } from './knobs.ts';
import type { LabState } from './state.ts';

/**
 * Hash of editable files with their spelling taken out: white space at the ends of lines, empty lines, the way in which the value of a declared knob is
 * written (0.1, 1e-1). Indentation and comments stay: in some language they mean something.
 */
export function normalHash(arena: Pick<Arena, 'knobs'>, files: ReadonlyMap<string, string>): string {
  const plain = [...files].map(([path, source]) => {
    let text = source;
    for (const knob of arena.knobs.filter((one) => one.file === path)) {
      const found = findKnob(knob, text);
      if (found.ok) text = text.slice(0, found.start) + JSON.stringify(found.value) + text.slice(found.end);
    }
    return [path, text.split(/\r?\n/).map((line) => line.trimEnd()).filter((line) => line !== '').join('\n')] as const;
  });
  return sha256Parts(plain.sort(([a], [b]) => (a < b ? -1 : 1)).flat());
}

/** Words of two hypotheses that must be shared, and the most ideas that are named. */
const NEAR = 0.6;
const MOST_NEAR = 3;

/** Earlier ideas on the same files whose words are much the same: to be told, never to be refused. Newest first. */
export function nearIdeas(state: LabState, hypothesis: string, files: readonly string[]): number[] {
  const touched = [...files].sort().join('\n');
  return state.experiments
    .filter(({ idea }) => idea.kind === 'idea' && Object.keys(idea.edits).sort().join('\n') === touched)
    .filter(({ idea }) => sharedWords(hypothesis, idea.hypothesis) >= NEAR)
    .map(({ idea }) => idea.n)
    .reverse()
    .slice(0, MOST_NEAR);
}


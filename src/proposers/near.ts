/** Which earlier ideas say much the same of the same files. Looks at words, never at what code means. */
import { sharedWords } from '../base/text.ts';
import type { LabState } from '../core/state.ts';

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

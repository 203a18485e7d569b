/** Which earlier ideas say much the same of the same files. Looks at words, never at what code means. */
import { sharedWords } from '../base/text.ts';
import type { LabState } from '../core/state.ts';

/** Words of two hypotheses that must be shared, and the most ideas that are named. */
const NEAR_SHARE = 0.6;
const MAX_NEAR = 3;

/** Earlier ideas on the same files whose words are much the same: to be told, never to be refused. Newest first. */
export function nearIdeas(labState: LabState, hypothesis: string, filePaths: readonly string[]): number[] {
  const touchedPaths = [...filePaths].sort().join('\n');
  return labState.experiments
    .filter(({ idea }) => idea.kind === 'idea' && Object.keys(idea.edits).sort().join('\n') === touchedPaths)
    .filter(({ idea }) => sharedWords(hypothesis, idea.hypothesis) >= NEAR_SHARE)
    .map(({ idea }) => idea.n)
    .reverse()
    .slice(0, MAX_NEAR);
}

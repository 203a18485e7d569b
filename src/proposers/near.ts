/**
 * Which earlier ideas are similar: the same files, and a hypothesis with much the same words. It does not read code.
 */
import { sharedWords } from '../base/text.ts';
import type { LabState } from '../core/state.ts';

/** Share of the words of two hypotheses that must be the same. */
const NEAR_SHARE = 0.6;
/** The most ideas that are named. */
const MAX_NEAR = 3;

/** Earlier ideas that are similar, newest first. They are reported; a similar idea is never refused. */
export function nearIdeas(labState: LabState, hypothesis: string, filePaths: readonly string[]): number[] {
  const touchedPaths = [...filePaths].sort().join('\n');
  return labState.experiments
    .filter(({ idea }) => idea.kind === 'idea' && Object.keys(idea.edits).sort().join('\n') === touchedPaths)
    .filter(({ idea }) => sharedWords(hypothesis, idea.hypothesis) >= NEAR_SHARE)
    .map(({ idea }) => idea.n)
    .reverse()
    .slice(0, MAX_NEAR);
}

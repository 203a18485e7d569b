/**
 * An earlier experiment as an agent may read it: what was expected, changed and found. Text of models in it is data.
 */
import { oneLine, sanitizeText } from '../../base/text.ts';
import type { LabState } from '../../core/state.ts';
import { viewExperiment } from '../lab/experiment.ts';
import { verdictWord } from '../words.ts';

const MAX_DIFF_CHARS = 8000;

/** `codeDiff` is the unified diff from the experiment's parent to it; empty where there is none. */
export function earlierText(state: LabState, n: number, codeDiff: string, now: string): string {
  const page = viewExperiment(state, n, { now, alive: true, tip: '' });
  if (!page) return `There is no experiment ${n}; the newest is ${state.experiments.length - 1}.`;
  const { verdict, discard, reason, effect, mean, parent, place } = page.row;
  const numbers = `${effect?.text ?? ''} ${mean ? `${page.metric} ${mean.text}` : ''}`;
  return [
    `#${n} on #${parent}: ${verdictWord(verdict, discard)}. ${numbers}`.trim(),
    `Said: ${oneLine(page.hypothesis, 600)}`,
    `Found: ${oneLine(reason, 400)}${place === undefined ? '' : ` (${place})`}`,
    sanitizeText(codeDiff).slice(0, MAX_DIFF_CHARS),
  ].join('\n');
}

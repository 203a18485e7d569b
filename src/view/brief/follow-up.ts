/**
 * The brief of an agent that has read one before: only what is new since an experiment, in at most 250 tokens of four
 * bytes. What is left out is counted. Pure.
 */
import { formatCount, oneLine } from '../../base/text.ts';
import type { LabState } from '../../core/state.ts';
import { viewLab } from '../lab/lab.ts';
import type { ExperimentView, Facts } from '../types.ts';
import { type BriefMaterial, isVerdict, verdictLine, writePart } from './brief.ts';
import { bytesOf } from './bytes.ts';
import { type AskingAgent, leftText, othersPart } from './team.ts';

export const MAX_FOLLOW_UP_BYTES = 1000;
const MAX_WORDS_BYTES = 300;
const [MAX_OTHERS_BYTES, MAX_OTHERS_TEXT] = [320, 60];

/** `since` is the number of an experiment that the lab has. */
export function followUpText(
  state: LabState,
  facts: Facts,
  since: number,
  program: BriefMaterial['program'],
  agent?: AskingAgent,
): string {
  const labView = viewLab(state, facts);
  const sinceAt = state.experiments[since]!.idea.at;
  const isNew = ({ n, at }: ExperimentView): boolean => n > since || at > sinceAt;
  const decided = labView.experiments.filter((row) => isNew(row) && isVerdict(row));
  const open = labView.experiments.filter(({ verdict }) => verdict === 'running' || verdict === 'waiting');
  const best = labView.experiments[state.incumbent];
  const newest = state.experiments.length - 1;
  const isBestNew = decided.some(({ n }) => n === state.incumbent);
  const head = [
    `## Since #${since}: ${formatCount(decided.length, 'verdict')}, ${open.length} open`,
    `Best: #${state.incumbent}${isBestNew ? ', new: move your working copy to it' : ', as before'}${best?.mean ? `: ${oneLine(labView.metric.name, 40)} ${best.mean.text}` : ''}.`,
    `Claimed: ${oneLine(labView.verdict.headline, 160)}.`,
    ...(agent ? [leftText(state, agent)].filter(Boolean) : []),
    `As of #${newest}${program ? `, program.md version ${program.version.slice(0, 8)}` : ''}.`,
  ].join('\n');
  const others = othersPart(state, agent, facts.now, MAX_OTHERS_TEXT);
  const wordsText = newWords(state, sinceAt) + (others ? writePart(others, MAX_OTHERS_BYTES) : '');
  const verdicts = {
    title: 'Verdicts, newest first',
    maxBytes: MAX_FOLLOW_UP_BYTES,
    data: true,
    lines: decided.map(verdictLine).reverse(),
  };
  const room = MAX_FOLLOW_UP_BYTES - bytesOf(head) - bytesOf(wordsText) - 2;
  const verdictsText = decided.length === 0 ? '' : writePart(verdicts, room);
  return `${head}\n\n${wordsText}${verdictsText}`.trimEnd();
}

/** Instructions given since; those from before are counted. */
function newWords({ steering }: LabState, sinceAt: string): string {
  const lines = steering.words.flatMap(({ at, from, text }, i) =>
    at > sinceAt ? [`w${i + 1} (${oneLine(from, 40)}): ${oneLine(text, 200)}`] : [],
  );
  const earlier = steering.words.length - lines.length;
  const stay = earlier === 0 ? [] : [`${formatCount(earlier, 'earlier instruction')} in force as before.`];
  const part = { title: 'Instructions of the person', maxBytes: MAX_WORDS_BYTES, lines: [...lines.reverse(), ...stay] };
  return part.lines.length === 0 ? '' : writePart(part, MAX_WORDS_BYTES);
}

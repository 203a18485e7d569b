/**
 * Which proposers chose the ideas, and of an optimizer which sampler and why, once for the whole lab. Pure.
 */
import { defined } from '../../base/defined.ts';
import { oneLine } from '../../base/text.ts';
import type { LabState } from '../../core/state.ts';

const MAX_REASON_LENGTH = 300;
/** `gp: one knob from the best; … (why this sampler)`, as an optimizer writes it. */
const WHY_PATTERN = /^([a-z][\w-]{0,30}): ([^]*?)(?: \(([^]*)\))?$/;

/** An optimizer's explanation of one idea, in its parts: the sampler that chose it, how, and why that sampler. */
export function chosenBy(explanation: string): {
  readonly sampler?: string;
  readonly how: string;
  readonly reason?: string;
} {
  const match = WHY_PATTERN.exec(explanation);
  if (!match) return { how: explanation };
  const [, sampler, how, reason] = match;
  return defined({ sampler, how: how!, reason });
}

/** `search 12 (gp 11, default 1): why the optimizer takes that sampler`; empty before the first idea. */
export function choosersText(state: LabState): string {
  const proposers = new Map<string, { n: number; readonly samplers: Map<string, number>; reason: string }>();
  for (const { idea } of state.experiments) {
    if (idea.kind !== 'idea') continue;
    const group = proposers.get(idea.proposer) ?? { n: 0, samplers: new Map(), reason: '' };
    proposers.set(idea.proposer, group);
    group.n++;
    const { sampler, reason } = chosenBy(idea.why ?? '');
    if (sampler) group.samplers.set(sampler, (group.samplers.get(sampler) ?? 0) + 1);
    if (reason) group.reason = reason;
  }
  return [...proposers]
    .map(([proposer, { n, samplers, reason }]) => {
      const samplerTexts = [...samplers].map(([sampler, ideaCount]) => `${sampler} ${ideaCount}`).join(', ');
      const groupText = `${oneLine(proposer, 60)} ${n}${samplerTexts ? ` (${samplerTexts})` : ''}`;
      return reason ? `${groupText}: ${oneLine(reason, MAX_REASON_LENGTH)}` : groupText;
    })
    .join('; ');
}

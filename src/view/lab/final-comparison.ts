/** The final comparison as people see it. */
import { formatCount } from '../../base/text.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, comparedText, effectView, shortEffectText, withPercent } from '../basis.ts';
import type { VerdictView } from '../types.ts';

/** The final comparison of what is kept now showed it to be better than the baseline. */
export function isFinalShown({ finalComparison: final, incumbent }: LabState): boolean {
  return final?.n === incumbent && final.interval[0] > 0 && final.broken === undefined;
}

/** The only headline once the kept steps were finalized and have not changed since. */
export function finalVerdict(basis: Basis): VerdictView | undefined {
  const { finalComparison: final, incumbent } = basis.state;
  if (!final || final.n !== incumbent) return undefined;
  const effect = withPercent(basis, effectView(basis, final.effect, final.interval, final.probability));
  const isShown = isFinalShown(basis.state);
  const droppedText =
    final.dropped.length > 0 ? ` (without ${final.dropped.map((n) => `#${n}`).join(', ')}, which did not help)` : '';
  const comparisonText = isShown
    ? comparedText(effect, 'the baseline')
    : final.broken !== undefined
      ? `no improvement, because of a ${final.broken} (${effect.text})`
      : `not shown to be better than the baseline (${effect.text})`;
  const rangeText = isShown ? ` (95 %: ${effect.percentIntervalText ?? effect.intervalText})` : '';
  return {
    outcome: isShown ? 'confirmed' : 'not shown',
    sentence: `Final: ${basis.arena.metric.name} of #${final.n}${droppedText} is ${comparisonText}${rangeText}, on ${formatCount(final.pairs, 'pair')} measured side by side.`,
    headline: `final ${shortEffectText(effect)}, ${final.pairs} pairs${isShown ? '' : ', not shown'}`,
  };
}

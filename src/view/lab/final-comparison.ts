/** The finish line as people see it, and what the holdout says beside the validation score. */
import { formatCount } from '../../base/text.ts';
import { holdoutEffect, holdoutReads } from '../../core/plan/holdout.ts';
import { type Basis, effectView, withPercent } from '../basis.ts';
import type { EffectView, HealthView, VerdictView } from '../types.ts';

/** The only headline once a stack was finalized and stands as it was then. */
export function finalVerdict(basis: Basis): VerdictView | undefined {
  const { finalComparison: final, incumbent } = basis.state;
  if (!final || final.n !== incumbent) return undefined;
  const effect = withPercent(basis, effectView(basis, final.effect, final.interval, final.probability));
  const isShown = final.interval[0] > 0;
  const droppedText =
    final.dropped.length > 0 ? ` (without ${final.dropped.map((n) => `#${n}`).join(', ')}, which did not pay)` : '';
  const comparisonText = isShown
    ? `${shortEffectText(effect)} than the baseline`
    : `not shown to be better than the baseline (${effect.text})`;
  const rangeText = isShown ? ` (95 %: ${effect.percentIntervalText ?? effect.intervalText})` : '';
  const holdoutSentence = final.holdout ? ` ${holdoutText(basis, final.holdout)}.` : '';
  return {
    outcome: isShown ? 'confirmed' : 'not shown',
    sentence: `Final: ${basis.arena.metric.name} of #${final.n}${droppedText} is ${comparisonText}${rangeText}, on ${formatCount(final.pairs, 'pair')} measured side by side.${holdoutSentence}`,
    headline: `final ${shortEffectText(effect)}, ${final.pairs} pairs${isShown ? '' : ', not shown'}`,
  };
}

const shortEffectText = (effect: EffectView): string =>
  effect.percentText
    ? `${effect.percentText} ${effect.raw > 0 ? 'better' : 'worse'}`
    : effect.text.replace(/ \(95 %.*$/, '');

function holdoutText(basis: Basis, holdoutResult: { readonly effect: number } | { readonly problem: string }): string {
  if ('problem' in holdoutResult) return `The holdout does not back it: ${holdoutResult.problem}`;
  return `On the holdout: ${effectView(basis, holdoutResult.effect).text}, against ${effectView(basis, basis.state.finalComparison!.effect).text} in validation`;
}

/** What the holdout said of the confirmed champion, against what validation says. Nothing where the arena has none. */
export function holdoutLines(basis: Basis, gain: number | undefined): HealthView[] {
  const { holdout } = basis.arena;
  const { champion, finalComparison: final } = basis.state;
  if (!holdout) return [];
  const readsText = `${holdoutReads(basis.state)} of ${holdout.reads} reads used`;
  const n = final?.n === basis.state.incumbent ? final.n : champion;
  if (n === 0) return [{ what: 'Holdout', text: `not asked: nothing is confirmed (${readsText})`, warning: false }];
  const holdoutResult = holdoutEffect(basis.state, n);
  if ('problem' in holdoutResult)
    return [
      { what: 'Holdout', text: `#${n} is not backed by it: ${holdoutResult.problem} (${readsText})`, warning: true },
    ];
  const validationEffect = final?.n === n ? final.effect : gain;
  const effectText = `#${n} is ${shortEffectText(effectView(basis, holdoutResult.effect))} than the baseline on it`;
  if (validationEffect === undefined)
    return [{ what: 'Holdout', text: `${effectText} (${readsText})`, warning: holdoutResult.effect <= 0 }];
  const gapText = effectView(basis, validationEffect - holdoutResult.effect).text.replace(/ (better|worse)$/, '');
  const text = `${effectText}, ${shortEffectText(effectView(basis, validationEffect))} in validation: a gap of ${gapText} (${readsText})`;
  return [{ what: 'Holdout', text, warning: holdoutResult.effect <= 0 || holdoutResult.effect < validationEffect / 2 }];
}

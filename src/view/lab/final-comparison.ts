/** The final comparison as people see it, and the holdout's result beside the validation score. */
import { formatCount } from '../../base/text.ts';
import { holdoutEffect, holdoutReads } from '../../core/plan/holdout.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, comparedText, effectView, shortEffectText, withPercent } from '../basis.ts';
import type { HealthView, VerdictView } from '../types.ts';

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
  const holdoutSentence = final.holdout ? ` ${holdoutText(basis, final.holdout)}.` : '';
  return {
    outcome: isShown ? 'confirmed' : 'not shown',
    sentence: `Final: ${basis.arena.metric.name} of #${final.n}${droppedText} is ${comparisonText}${rangeText}, on ${formatCount(final.pairs, 'pair')} measured side by side.${holdoutSentence}`,
    headline: `final ${shortEffectText(effect)}, ${final.pairs} pairs${isShown ? '' : ', not shown'}`,
  };
}

function holdoutText(basis: Basis, holdoutResult: { readonly effect: number } | { readonly problem: string }): string {
  if ('problem' in holdoutResult) return `The holdout does not support it: ${holdoutResult.problem}`;
  return `On the holdout: ${effectView(basis, holdoutResult.effect).text}, against ${effectView(basis, basis.state.finalComparison!.effect).text} in validation`;
}

/** The holdout's effect of the confirmed champion beside the validation's. Nothing where the arena has no holdout. */
export function holdoutLines(basis: Basis, gain: number | undefined): HealthView[] {
  const { holdout } = basis.arena;
  const { champion, finalComparison: final } = basis.state;
  if (!holdout) return [];
  const readsText = `${holdoutReads(basis.state)} of ${holdout.reads} reads used`;
  const n = final?.n === basis.state.incumbent ? final.n : champion;
  if (n === 0)
    return [
      { code: 'holdout', what: 'Holdout', text: `not asked: nothing is confirmed (${readsText})`, warning: false },
    ];
  const holdoutResult = holdoutEffect(basis.state, n);
  if ('problem' in holdoutResult)
    return [
      {
        code: 'holdout',
        what: 'Holdout',
        text: `it does not support #${n}: ${holdoutResult.problem} (${readsText})`,
        warning: true,
      },
    ];
  const validationEffect = final?.n === n ? final.effect : gain;
  const effectText = `#${n} is ${comparedText(effectView(basis, holdoutResult.effect), 'the baseline')} on it`;
  if (validationEffect === undefined)
    return [
      { code: 'holdout', what: 'Holdout', text: `${effectText} (${readsText})`, warning: holdoutResult.effect <= 0 },
    ];
  const gapText = effectView(basis, validationEffect - holdoutResult.effect).amountText;
  const text = `${effectText}, ${shortEffectText(effectView(basis, validationEffect))} in validation: a gap of ${gapText} (${readsText})`;
  return [
    {
      code: 'holdout',
      what: 'Holdout',
      text,
      warning: holdoutResult.effect <= 0 || holdoutResult.effect < validationEffect / 2,
    },
  ];
}

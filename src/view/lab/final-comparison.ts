/** The finish line as people see it, and what the holdout says beside the validation score. */
import { count } from '../../base/text.ts';
import { heldEffect, holdoutReads } from '../../core/plan/holdout.ts';
import { type Basis, effectView, withPercent } from '../basis.ts';
import type { EffectView, HealthView, VerdictView } from '../types.ts';

/** The only headline once a stack was finalized and stands as it was then. */
export function finalVerdict(b: Basis): VerdictView | undefined {
  const { final, incumbent } = b.state;
  if (!final || final.n !== incumbent) return undefined;
  const effect = withPercent(b, effectView(b, final.effect, final.interval, final.probability));
  const shown = final.interval[0] > 0;
  const dropped =
    final.dropped.length > 0 ? ` (without ${final.dropped.map((n) => `#${n}`).join(', ')}, which did not pay)` : '';
  const verb = shown
    ? `${short(effect)} than the baseline`
    : `not shown to be better than the baseline (${effect.text})`;
  const range = shown ? ` (95 %: ${effect.percentIntervalText ?? effect.intervalText})` : '';
  const holdout = final.holdout ? ` ${holdoutText(b, final.holdout)}.` : '';
  return {
    outcome: shown ? 'confirmed' : 'not shown',
    sentence: `Final: ${b.arena.metric.name} of #${final.n}${dropped} is ${verb}${range}, on ${count(final.pairs, 'pair')} measured side by side.${holdout}`,
    headline: `final ${short(effect)}, ${final.pairs} pairs${shown ? '' : ', not shown'}`,
  };
}

const short = (effect: EffectView): string =>
  effect.percentText
    ? `${effect.percentText} ${effect.raw > 0 ? 'better' : 'worse'}`
    : effect.text.replace(/ \(95 %.*$/, '');

function holdoutText(b: Basis, held: { readonly effect: number } | { readonly problem: string }): string {
  if ('problem' in held) return `The holdout does not back it: ${held.problem}`;
  return `On the holdout: ${effectView(b, held.effect).text}, against ${effectView(b, b.state.final!.effect).text} in validation`;
}

/** What the holdout said of the confirmed champion, against what validation says. Nothing where the arena has none. */
export function holdoutLines(b: Basis, gain: number | undefined): HealthView[] {
  const { holdout } = b.arena;
  const { champion, final } = b.state;
  if (!holdout) return [];
  const reads = `${holdoutReads(b.state)} of ${holdout.reads} reads used`;
  const n = final?.n === b.state.incumbent ? final.n : champion;
  if (n === 0) return [{ what: 'Holdout', text: `not asked: nothing is confirmed (${reads})`, warning: false }];
  const held = heldEffect(b.state, n);
  if ('problem' in held)
    return [{ what: 'Holdout', text: `#${n} is not backed by it: ${held.problem} (${reads})`, warning: true }];
  const validation = final?.n === n ? final.effect : gain;
  const said = `#${n} is ${short(effectView(b, held.effect))} than the baseline on it`;
  if (validation === undefined) return [{ what: 'Holdout', text: `${said} (${reads})`, warning: held.effect <= 0 }];
  const gap = effectView(b, validation - held.effect).text.replace(/ (better|worse)$/, '');
  const text = `${said}, ${short(effectView(b, validation))} in validation: a gap of ${gap} (${reads})`;
  return [{ what: 'Holdout', text, warning: held.effect <= 0 || held.effect < validation / 2 }];
}

/**
 * How often luck passes here, and what a kept effect is worth when one knows that it was chosen. Said wherever a
 * champion is shown.
 */
import { formatCount } from '../../base/text.ts';
import type { Decision } from '../../core/rules/judge.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, effectView } from '../basis.ts';
import { formatPercent } from '../format.ts';
import type { EffectView, FalseKeepView } from '../types.ts';

/** The share of A/A controls that would have been kept, with Jeffreys' interval by the nearest normal. */
export function falseKeepView(state: LabState): FalseKeepView {
  const { decided, wouldKeep } = state.controls;
  if (decided === 0) {
    const text = 'not known: no unchanged candidate has been measured as a control yet';
    return { decided, wouldKeep, short: 'luck not measured', text };
  }
  const falseKeepRate = (wouldKeep + 0.5) / (decided + 1);
  const halfWidth = 1.96 * Math.sqrt((falseKeepRate * (1 - falseKeepRate)) / (decided + 2));
  const range: readonly [number, number] = [
    Math.max(0, falseKeepRate - halfWidth),
    Math.min(1, falseKeepRate + halfWidth),
  ];
  const rangeText = `${formatPercent(range[0])} to ${formatPercent(range[1])}`;
  const text = `${wouldKeep} of ${formatCount(decided, 'unchanged candidate')} would have been kept: luck passes in ${rangeText} of tries`;
  return { decided, wouldKeep, range, short: `luck passes ${rangeText}`, text };
}

/** The effect of a kept experiment without what choosing it, and what it was made on, has added. */
export function shrunkenEffect(basis: Basis, n: number, decision: Decision): EffectView | undefined {
  if (decision.verdict !== 'kept' || decision.effect === undefined) return undefined;
  const shrunken = basis.shrunkenEffects()?.[n];
  return shrunken && effectView(basis, shrunken.effect, undefined, shrunken.probability);
}

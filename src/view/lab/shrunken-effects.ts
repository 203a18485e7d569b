/**
 * How often unchanged code would be kept here, and the shrunken effect of a kept experiment: what remains of it once
 * the choice among many is accounted for. Shown beside every champion.
 */
import { formatCount } from '../../base/text.ts';
import type { Decision } from '../../core/decision.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, effectView } from '../basis.ts';
import { formatPercent } from '../format.ts';
import type { EffectView, FalseKeepView } from '../types.ts';

/** The share of A/A controls that would have been kept, with Jeffreys' interval by the nearest normal. */
export function falseKeepView(state: LabState): FalseKeepView {
  const { decided, wouldKeep } = state.controls;
  if (decided === 0) {
    const text = 'not known: no unchanged candidate has been measured as a control yet';
    return { decided, wouldKeep, short: 'false keeps not measured', text };
  }
  const falseKeepRate = (wouldKeep + 0.5) / (decided + 1);
  const halfWidth = 1.96 * Math.sqrt((falseKeepRate * (1 - falseKeepRate)) / (decided + 2));
  const range: readonly [number, number] = [
    Math.max(0, falseKeepRate - halfWidth),
    Math.min(1, falseKeepRate + halfWidth),
  ];
  const rangeText = `${formatPercent(range[0])} to ${formatPercent(range[1])}`;
  const text = `${wouldKeep} of ${formatCount(decided, 'unchanged candidate')} would have been kept: a false-keep rate of ${rangeText}`;
  return { decided, wouldKeep, range, short: `false keeps ${rangeText}`, text };
}

/** The effect of a kept experiment, shrunken: without what the choice of it and of its parents has added. */
export function shrunkenEffect(basis: Basis, n: number, decision: Decision): EffectView | undefined {
  if (decision.verdict !== 'kept' || decision.effect === undefined) return undefined;
  const shrunken = basis.shrunkenEffects()?.[n];
  return shrunken && effectView(basis, shrunken.effect, undefined, shrunken.probability);
}

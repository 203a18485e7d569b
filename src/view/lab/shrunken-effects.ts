/**
 * How often unchanged code would be kept here, and the shrunken effect of a kept experiment: what remains of it once
 * the choice among many is accounted for. Shown beside every champion.
 */
import { formatCount } from '../../base/text.ts';
import type { Decision } from '../../core/decision.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, effectView } from '../basis.ts';
import { formatFixed, formatPercent } from '../format.ts';
import type { EffectView, FalseKeepView } from '../types.ts';

/** A wider interval of a share tells nothing. */
const MAX_TELLING_WIDTH = 0.4;

/** The share of A/A controls that would have been kept, with Jeffreys' interval by the nearest normal. */
export function falseKeepView(state: LabState): FalseKeepView {
  const { decided, wouldKeep } = state.controls;
  if (decided === 0) {
    const text = 'not measured yet (no control run so far)';
    return { decided, wouldKeep, short: 'false-positive rate not measured', text };
  }
  const falseKeepRate = (wouldKeep + 0.5) / (decided + 1);
  const halfWidth = 1.96 * Math.sqrt((falseKeepRate * (1 - falseKeepRate)) / (decided + 2));
  const range: readonly [number, number] = [
    Math.max(0, falseKeepRate - halfWidth),
    Math.min(1, falseKeepRate + halfWidth),
  ];
  const rangeText = `${formatFixed(100 * range[0], 0)} to ${formatPercent(range[1])}`;
  const isTooWide = range[1] - range[0] > MAX_TELLING_WIDTH;
  const text = `${formatCount(decided, 'control run')} of unchanged code, ${wouldKeep} wrongly carried on: ${isTooWide ? `too few to tell (${rangeText})` : rangeText}`;
  return { decided, wouldKeep, range, short: `false positives ${rangeText}`, text };
}

/**
 * The effect of a kept experiment, shrunken: without what the choice of it and of its parents has added. It has the
 * digits of the effect that it stands beside.
 */
export function shrunkenEffect(basis: Basis, n: number, decision: Decision): EffectView | undefined {
  if (decision.verdict !== 'kept' || decision.effect === undefined) return undefined;
  const shrunken = basis.shrunkenEffects()?.[n];
  if (!shrunken) return undefined;
  const [lowest, highest] = decision.interval ?? [0, 0];
  return effectView(basis, shrunken.effect, undefined, shrunken.help, (highest - lowest) / 2);
}

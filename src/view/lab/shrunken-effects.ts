/**
 * How often luck passes here, and what a kept effect is worth when one knows that it was chosen. Said wherever a
 * champion is shown.
 */
import { count } from '../../base/text.ts';
import type { Decision } from '../../core/rules/judge.ts';
import type { LabState } from '../../core/state.ts';
import { type Basis, effectView } from '../basis.ts';
import { percent } from '../format.ts';
import type { EffectView, LuckView } from '../types.ts';

/** The share of A/A controls that would have been kept, with Jeffreys' interval by the nearest normal. */
export function luckView(state: LabState): LuckView {
  const { decided, wouldKeep } = state.controls;
  if (decided === 0) {
    const text = 'not known: no unchanged candidate has been measured as a control yet';
    return { decided, wouldKeep, short: 'luck not measured', text };
  }
  const rate = (wouldKeep + 0.5) / (decided + 1);
  const half = 1.96 * Math.sqrt((rate * (1 - rate)) / (decided + 2));
  const range: readonly [number, number] = [Math.max(0, rate - half), Math.min(1, rate + half)];
  const spoken = `${percent(range[0])} to ${percent(range[1])}`;
  const text = `${wouldKeep} of ${count(decided, 'unchanged candidate')} would have been kept: luck passes in ${spoken} of tries`;
  return { decided, wouldKeep, range, short: `luck passes ${spoken}`, text };
}

/** The effect of a kept experiment without what choosing it, and what it was made on, has added. */
export function shrunkenEffect(b: Basis, n: number, decision: Decision): EffectView | undefined {
  if (decision.verdict !== 'kept' || decision.effect === undefined) return undefined;
  const found = b.luck()?.[n];
  return found && effectView(b, found.effect, undefined, found.probability);
}
